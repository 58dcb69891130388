"""Which survey a leaving customer gets: the table of routing rules, read."""

from collections.abc import Callable

from django.db.models import Q

from surveys.models import (
    Cancellation,
    CancellationKind,
    RoutingRule,
    Subscription,
    Survey,
    SurveyVersion,
)
from surveys.questionnaire import best_language


def choose_survey(
    *,
    moment: str,
    kind: str = "",
    trial: bool = False,
    segment: str = "",
    language: str = "",
    keeps_paying: Callable[[], bool] = bool,
) -> SurveyVersion | None:
    """The newest published version of the survey that the first fitting routing rule names.

    None when no rule fits, when the rule says "no survey", when its survey is archived or has
    never been published. Administrative ends are never surveyed: nobody chose to leave.
    ``keeps_paying`` is asked only where a rule wants to know. Two SQL queries besides.
    """
    if kind == CancellationKind.ADMINISTRATIVE:
        return None
    rules = RoutingRule.objects.filter(moment=moment).select_related("survey").order_by("position")
    for rule in rules:
        fits = _fits(rule, kind=kind, trial=trial, segment=segment, language=language)
        if fits and (rule.keeps_paying is None or rule.keeps_paying == keeps_paying()):
            if rule.survey is None or rule.survey.is_archived:
                return None
            return _newest_version(rule.survey)
    return None


def goes_on_with_another(cancellation: Cancellation) -> bool:
    """Whether another paid subscription of the customer runs on when this one ends: a contraction.

    One query.
    """
    return (
        Subscription.objects.paid()
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=cancellation.effective_on))
        .filter(customer=cancellation.customer_id, started_on__lte=cancellation.effective_on)
        .exclude(pk=cancellation.subscription_id)
        .exists()
    )


def _fits(rule: RoutingRule, *, kind: str, trial: bool, segment: str, language: str) -> bool:
    return (
        rule.kind in ("", kind)
        and rule.trial in (None, trial)
        and rule.segment.casefold() in ("", segment.casefold())
        and (not rule.language or best_language(language, [rule.language.lower()], "") != "")
    )


def _newest_version(survey: Survey) -> SurveyVersion | None:
    return (
        SurveyVersion.objects.filter(survey=survey, published_at__isnull=False)
        .select_related("survey")
        .order_by("-number")
        .first()
    )
