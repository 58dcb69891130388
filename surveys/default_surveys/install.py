"""Writes the default surveys and routing rules, and never over what a team has made of them."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.history import content_digest, shipped
from surveys.default_surveys.templates import INSTALLED
from surveys.drafts import write_draft
from surveys.models import CancellationKind, RoutingRule, Survey, SurveyMoment
from surveys.publishing import publish

# Moment, kind ("" is any), survey ("" is none). A trial's customer is asked like any other.
ROUTING = (
    (SurveyMoment.LEFT, CancellationKind.VOLUNTARY, "exit"),
    (SurveyMoment.LEFT, CancellationKind.INVOLUNTARY, ""),
    (SurveyMoment.LEFT, CancellationKind.ADMINISTRATIVE, ""),
    (SurveyMoment.CANCELLING, "", "cancellation"),
)


@transaction.atomic
def install_default_surveys(*, now: dt.datetime | None = None) -> dict[str, int]:
    """Bring the default surveys up to date; a second run changes nothing.

    Returns how many surveys, versions and routing rules were made. Every check that rooms above
    have registered must already be able to pass (reasons installs its mappings first).
    """
    made = {"surveys": 0, "versions": 0, "routing_rules": 0}
    for template in INSTALLED:
        survey, created = Survey.objects.get_or_create(
            key=template.key, defaults={"name": str(template.name), "moment": template.moment}
        )
        made["surveys"] += created
        made["versions"] += _bring_up_to_date(survey, new=created, now=now or timezone.now())
    made["routing_rules"] = _install_routing()
    return made


def _bring_up_to_date(survey: Survey, *, new: bool, now: dt.datetime) -> bool:
    """Publish the shipped content unless the team has its own; True when it was published."""
    questionnaire = default_questionnaire(survey.key)
    newest = survey.versions.order_by("-number").first()
    if newest is None:
        # A survey of this key without versions: somebody has begun one of their own.
        wanted = new
    else:
        # A draft has no definition: the team is at work on it.
        digest = content_digest(newest.definition)
        shipped_before = digest in shipped()[survey.key]
        wanted = shipped_before and digest != content_digest(questionnaire.to_definition())
    if wanted:
        publish(write_draft(survey=survey, questionnaire=questionnaire), now=now)
    return wanted


def _install_routing() -> int:
    """Only into an empty table: rules that are there, or were taken away, are the team's."""
    if RoutingRule.objects.exists():
        return 0
    keys = [template.key for template in INSTALLED]
    surveys = {survey.key: survey for survey in Survey.objects.filter(key__in=keys)}
    rules = RoutingRule.objects.bulk_create(
        RoutingRule(position=position * 10, moment=moment, kind=kind, survey=surveys.get(key))
        for position, (moment, kind, key) in enumerate(ROUTING, start=1)
    )
    return len(rules)
