"""Who was a paying customer when, with which MRR, and who stopped: what rates are made from."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum

from analytics.dimensions import ATTRIBUTES, losses
from analytics.filters import (
    CUSTOMER_KEYS,
    LIFE_STAGES,
    LOSS_KEYS,
    NO,
    UNKNOWN,
    YES,
    Filters,
    stored_values,
)
from analytics.periods import Period
from reasons.models import Perspective
from surveys.calendar import minus_months
from surveys.models import Loss, PaidSpan

# Databases limit how many columns and parameters a query may have.
PERIODS_A_QUERY = 60
RUNNING = np.nan
EARLY, MIDDLE, LATE = LIFE_STAGES


@dataclass(frozen=True, slots=True)
class Start:
    """Customers running on the day before a period, and the MRR of their subscriptions then.

    ``mrr``: of the subscriptions where it is known; ``mrr_unknown``: of how many it is not.
    """

    customers: int
    mrr: Decimal
    mrr_unknown: int


def starts_of(periods: Sequence[Period], filters: Filters) -> list[Start]:
    """Who was there at the start of each period. Two queries for each sixty periods."""
    starts: list[Start] = []
    for at in range(0, len(periods), PERIODS_A_QUERY):
        starts += _starts(periods[at : at + PERIODS_A_QUERY], filters)
    return starts


def _starts(periods: Sequence[Period], filters: Filters) -> list[Start]:
    first = min(period.start for period in periods)
    last = max(period.start for period in periods)
    spans = _spans(first, last, filters)
    stages = [_in_stage(period, filters) for period in periods]
    customers = spans.aggregate(
        **{
            f"n{at}": Count("pk", filter=_runs_before(period.start) & stages[at])
            for at, period in enumerate(periods)
        }
    )
    # An MRR is that of the paid subscriptions inside the span.
    paid = spans.annotate(
        paid_from=F("customer__subscriptions__started_on"),
        paid_until=F("customer__subscriptions__ended_on"),
        paid_mrr=F("customer__subscriptions__mrr"),
        value=F("customer__subscriptions__mrr_reporting"),
        subscription=F("customer__subscriptions__pk"),
        unpaid=F("customer__subscriptions__is_trial"),
    ).filter(
        Q(paid_mrr__isnull=True) | Q(paid_mrr__gt=0),
        Q(ended_on__isnull=True) | Q(paid_from__lt=F("ended_on")),
        unpaid=False,
        paid_from__gte=F("started_on"),
    )
    sums: dict[str, Count | Sum] = {}
    for at, period in enumerate(periods):
        then = _runs_before(period.start, since="paid_from", until="paid_until") & stages[at]
        sums[f"sum{at}"] = Sum("value", filter=then)
        sums[f"unknown{at}"] = Count("subscription", filter=then & Q(value__isnull=True))
    money = paid.aggregate(**sums)
    return [
        Start(
            customers=customers[f"n{at}"],
            mrr=money[f"sum{at}"] or Decimal(0),
            mrr_unknown=money[f"unknown{at}"],
        )
        for at in range(len(periods))
    ]


def losses_dated(*, first: dt.date, last: dt.date, filters: Filters) -> pd.DataFrame:
    """Every span of the customers who have a loss in these days, for ``lost_in``. Two queries.

    Columns ``customer``, ``started``, ``ended`` (ordinal days, NaN: running), ``is_loss``,
    ``counts`` (the loss passes the filters), ``mrr`` (frozen, reporting currency, None where it
    is not known); sorted by customer and start.
    """
    dated = Loss.objects.counted().dated(first, last)
    rows = (
        PaidSpan.objects.filter(customer__in=dated.values("customer"))
        .order_by("customer", "started_on")
        .values_list("customer", "started_on", "ended_on", "loss")
    )
    matching = dict(
        losses(Perspective.STATED)
        .counted()
        .dated(first, last)
        .filter(filters.as_q(prefix="in_", keys=(*CUSTOMER_KEYS, *LOSS_KEYS)))
        .order_by()
        .values_list("pk", "mrr_reporting")
    )
    return pd.DataFrame(
        [
            (
                customer,
                started.toordinal(),
                ended.toordinal() if ended else RUNNING,
                loss is not None,
                loss in matching,
                matching.get(loss),
            )
            for customer, started, ended, loss in rows
        ],
        columns=["customer", "started", "ended", "is_loss", "counts", "mrr"],
    ).astype({"ended": "float64", "is_loss": bool, "counts": bool, "mrr": object})


def _runs_before(day: dt.date, *, since: str = "started_on", until: str = "ended_on") -> Q:
    """As ``PaidSpan.objects.running_before``, for columns of any name."""
    ends_later = Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gte": day})
    return Q(**{f"{since}__lt": day}) & ends_later


def _spans(first: dt.date, last: dt.date, filters: Filters) -> "QuerySet[PaidSpan]":
    """Those that run before any of these days, of customers as the filters want them."""
    return PaidSpan.objects.filter(
        _customer_is(filters),
        Q(ended_on__isnull=True) | Q(ended_on__gte=first),
        started_on__lt=last,
        customer__is_test=False,
    ).order_by()


def _customer_is(filters: Filters) -> Q:
    """What was frozen where the span ended with a loss, else what is known now."""
    frozen, current = Q(loss__isnull=False), Q(loss__isnull=True)
    chosen = {key: getattr(filters, key) for key in (*ATTRIBUTES, "ideal")}
    if not any(chosen.values()):
        return Q()
    for key, column in ATTRIBUTES.items():
        if chosen[key]:
            frozen &= Q(**{f"loss__{column}__in": stored_values(chosen[key])})
            current &= Q(**{f"customer__{column}__in": stored_values(chosen[key])})
    if chosen["ideal"]:
        frozen &= _ideal_is("loss__ideal", chosen["ideal"])
        current &= _ideal_is("customer__ideal", chosen["ideal"])
    return frozen | current


def _ideal_is(column: str, chosen: Collection[str]) -> Q:
    named = [{YES: True, NO: False}[value] for value in chosen if value in (YES, NO)]
    condition = Q(**{f"{column}__in": named})
    return condition if len(named) == len(chosen) else condition | Q(**{f"{column}__isnull": True})


def _in_stage(period: Period, filters: Filters) -> Q:
    """The stage at the loss for who is lost in the period, else at the period's start."""
    if not filters.life_stage:
        return Q()
    middle_from, late_from = settings.LIFE_STAGE_MONTHS
    middle_since = minus_months(period.start, middle_from)
    late_since = minus_months(period.start, late_from)
    at_loss = {
        EARLY: Q(loss__months__lt=middle_from),
        MIDDLE: Q(loss__months__gte=middle_from, loss__months__lt=late_from),
        LATE: Q(loss__months__gte=late_from),
        UNKNOWN: Q(loss__months__isnull=True),
    }
    at_start = {
        EARLY: Q(start_known=True, started_on__gt=middle_since),
        MIDDLE: Q(start_known=True, started_on__lte=middle_since, started_on__gt=late_since),
        LATE: Q(start_known=True, started_on__lte=late_since),
        UNKNOWN: Q(start_known=False),
    }
    lost = Q(loss__lost_on__range=(period.start, period.end))
    kept = Q(loss__isnull=True) | Q(loss__lost_on__gt=period.end)
    lost_in_stage, kept_in_stage = Q(), Q()
    for stage in filters.life_stage:
        lost_in_stage |= at_loss[stage]
        kept_in_stage |= at_start[stage]
    return (lost & lost_in_stage) | (kept & kept_in_stage)
