"""Which survey a leaving customer gets: the table of routing rules, read."""

from surveys.models import CancellationKind, RoutingRule, Survey, SurveyVersion
from surveys.questionnaire import best_language


def choose_survey(
    *, moment: str, kind: str = "", trial: bool = False, segment: str = "", language: str = ""
) -> SurveyVersion | None:
    """The newest published version of the survey that the first fitting routing rule names.

    None when no rule fits, when the rule says "no survey", when its survey is archived or has
    never been published. Administrative ends are never surveyed: nobody chose to leave. Two
    SQL queries.
    """
    if kind == CancellationKind.ADMINISTRATIVE:
        return None
    rules = RoutingRule.objects.filter(moment=moment).select_related("survey").order_by("position")
    for rule in rules:
        if _fits(rule, kind=kind, trial=trial, segment=segment, language=language):
            if rule.survey is None or rule.survey.is_archived:
                return None
            return _newest_version(rule.survey)
    return None


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
