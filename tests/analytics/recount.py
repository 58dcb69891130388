"""A plain recount of losses and cancellations, row by row in Python: what stored counts must equal.

Written from PRODUCT.md's words and the rows alone; it shares no code with the rollups.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from django.conf import settings

from reasons.models import Classification
from surveys.calendar import local_date, months_between
from surveys.models import Cancellation, Loss, PaidSpan, Response

FACTS = ("plan", "segment", "industry", "country", "billing_interval", "account_owner", "language")
IDEAL = {True: "yes", False: "no", None: ""}


def life_stage(months):
    early_until, late_from = settings.LIFE_STAGE_MONTHS
    return "early" if months < early_until else "late" if months >= late_from else "middle"


def reason_of(cancellation, perspective):
    """(reason, category, avoidable) as counted."""
    given = (
        Classification.objects.filter(
            cancellation=cancellation, is_current=True, role="primary", perspective=perspective
        )
        .select_related("reason", "response")
        .first()
        if cancellation
        else None
    )
    if given is None or (given.response and given.response.is_test):
        return "", "", ""
    category = "unresolved" if given.needs_probe else given.reason.category
    return given.reason.code, category, given.avoidable or given.reason.avoidable


def survey_of(cancellation):
    answered = [
        each
        for each in Response.objects.filter(cancellation=cancellation, is_test=False)
        if each.submitted_at
    ]
    if not cancellation or not answered:
        return ""
    return max(answered, key=lambda each: (each.submitted_at, each.pk)).survey_version.survey.key


def of_loss(loss, perspective):
    cancellation = loss.cancellation
    return {
        "day": loss.lost_on,
        "facts": tuple(getattr(loss, name) for name in FACTS),
        "ideal": IDEAL[loss.ideal],
        "life_stage": life_stage(loss.months),
        "kind": loss.kind,
        "trial": "yes" if loss.not_converted else "no",
        "survey": survey_of(cancellation),
        "source": cancellation.source if cancellation else "",
        "provider_reason": cancellation.provider_reason if cancellation else "",
        "reason": reason_of(cancellation, perspective),
        "mrr": loss.mrr_reporting,
    }


def of_cancellation(cancellation, perspective):
    customer, subscription = cancellation.customer, cancellation.subscription
    asked_on = local_date(cancellation.requested_at)
    frozen = getattr(cancellation, "loss", None) or getattr(cancellation, "contraction", None)
    if frozen:
        facts = tuple(getattr(frozen, name) for name in FACTS)
        ideal, months, mrr = frozen.ideal, frozen.months, frozen.mrr_reporting
        trial = getattr(frozen, "not_converted", False)
    else:
        facts = tuple(
            (getattr(subscription, name) or getattr(customer, name))
            if name in ("plan", "billing_interval")
            else getattr(customer, name)
            for name in FACTS
        )
        spans = PaidSpan.objects.filter(customer=customer, started_on__lte=asked_on)
        starts = [span.started_on for span in spans]
        months = months_between(max(starts) if starts else subscription.started_on, asked_on)
        ideal, mrr, trial = customer.ideal, subscription.mrr_reporting, not subscription.is_paid
    return {
        "day": asked_on,
        "facts": facts,
        "ideal": IDEAL[ideal],
        "life_stage": life_stage(months),
        "kind": cancellation.kind,
        "trial": "yes" if trial else "no",
        "survey": survey_of(cancellation),
        "source": cancellation.source,
        "provider_reason": cancellation.provider_reason,
        "reason": reason_of(cancellation, perspective),
        "mrr": mrr,
    }


def recount():
    """{(unit, perspective, every dimension): (customers, MRR, of unknown MRR)}."""
    counts = defaultdict(lambda: [0, Decimal(0), 0])
    for perspective in ("stated", "internal"):
        rows = [
            ("losses", of_loss(loss, perspective))
            for loss in Loss.objects.all()
            if not loss.customer.is_test
        ]
        rows += [
            ("cancellations", of_cancellation(each, perspective))
            for each in Cancellation.objects.all()
            if not each.customer.is_test
            and each.reverted_at is None
            and each.kind != "administrative"
        ]
        for unit, facts in rows:
            mrr = facts.pop("mrr")
            key = (unit, perspective, *flat(facts))
            counts[key][0] += 1
            counts[key][1] += mrr or 0
            counts[key][2] += mrr is None
    return {key: tuple(value) for key, value in counts.items()}


def flat(facts):
    reason, category, avoidable = facts["reason"]
    order = ("day", "ideal", "life_stage", "kind", "trial", "survey", "source", "provider_reason")
    return (*(facts[name] for name in order), *facts["facts"], reason, category, avoidable)


def stored(rows):
    """Stored counts (ReasonCount) in the same form."""
    return {
        (
            row.unit, row.perspective, row.day, row.ideal, row.life_stage, row.kind, row.trial,
            row.survey, row.source, row.provider_reason, row.plan, row.segment, row.industry,
            row.country, row.billing_interval, row.owner, row.language, row.reason, row.category,
            row.avoidable,
        ): (row.customers, row.mrr, row.mrr_unknown)
        for row in rows
    }  # fmt: skip


def day(text):
    return dt.date.fromisoformat(text)
