"""Churn rates: of the customers at the start of a period, how many are not there at its end.

A customer is at the start of a period who was running on the day before it. *Lost* is who was at
the start, is not running on the last day, and whose last end in the period was a loss: who came
back within the period is not lost, and what the vendor ended (administrative) never is. *New and
lost* is who was not at the start and is lost all the same. Both are counted once.

What a customer is (plan, segment, ...) is what was frozen on the loss that ended the span, where
there is one, and else what is known now: so a rate by plan finds those it counts as lost among
those at the start, though they may have been something else by today. The life stage is the one
at the loss for those lost in the period, and at the period's start for all others. What only a
loss has (reason, category, provider_reason, survey, kind, source) restricts who counts as
lost and never whom the rate is out of: the rate is then what this reason contributes.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from django.conf import settings
from django.utils.translation import gettext as _

from analytics.breakdown import CENT, share
from analytics.filters import FilterError, Filters
from analytics.paid_time import Start, losses_dated, starts_of
from analytics.periods import Period, PeriodError, months_of, split

KINDS = ("month", "quarter", "year")
COLUMNS = (
    "start",
    "end",
    "at_start",
    "lost",
    "lost_new",
    "rate",
    "mrr_at_start",
    "mrr_lost",
    "mrr_rate",
    "currency",
)


@dataclass(frozen=True, slots=True)
class ChurnRate:
    """``mrr_lost`` is that of the ``lost``; amounts are sums of what is known, in ``currency``.

    None: nothing is known of anybody. ``mrr_at_start_unknown``: of how many subscriptions at the
    start, ``mrr_lost_unknown``: of how many of the lost, the MRR is not known.
    """

    start: dt.date
    end: dt.date
    at_start: int
    lost: int
    lost_new: int
    rate: float | None
    mrr_at_start: Decimal | None
    mrr_lost: Decimal | None
    mrr_rate: float | None
    currency: str
    mrr_at_start_unknown: int
    mrr_lost_unknown: int

    def as_json(self) -> dict[str, Any]:
        """The contracted shape."""
        values = {name: getattr(self, name) for name in COLUMNS}
        for name in ("start", "end"):
            values[name] = values[name].isoformat()
        for name in ("mrr_at_start", "mrr_lost"):
            values[name] = None if values[name] is None else float(values[name])
        return values

    def row(self) -> list[object]:
        """The values of ``COLUMNS``."""
        return [getattr(self, name) for name in COLUMNS]


def churn_rate(
    *, first: dt.date, last: dt.date, by: str = "month", filters: Filters | None = None
) -> list[ChurnRate]:
    """The rate of each period from ``first`` to ``last``, both included, clipped to them.

    Four queries for up to sixty periods. Raises PeriodError, and FilterError for trials alone:
    they never paid, so there is nothing they could be out of.
    """
    if by not in KINDS:
        raise PeriodError(
            _("Unknown kind of period “%(found)s”: expected one of %(expected)s.")
            % {"found": by, "expected": ", ".join(KINDS)}
        )
    return rates_of(split(first, last, by), filters=filters)


def rates_of(periods: Sequence[Period], *, filters: Filters | None = None) -> list[ChurnRate]:
    """As ``churn_rate``, of any periods in the order of their starts; they may overlap."""
    chosen = filters or Filters()
    if chosen.trials_only:
        raise FilterError("trial", "yes", _("customers who pay; trials have no churn rate"))
    if not periods:
        return []
    first = min(period.start for period in periods)
    last = max(period.end for period in periods)
    ends = losses_dated(first=first, last=last, filters=chosen)
    starts = starts_of(periods, chosen)
    return [_rate(*each, ends) for each in zip(periods, starts, strict=True)]


def _rate(period: Period, start: Start, ends: pd.DataFrame) -> ChurnRate:
    lost = lost_in(ends, period)
    lost = lost[lost["counts"]]
    old, new = lost[~lost["is_new"]], lost[lost["is_new"]]
    mrr_at_start = _known(start.mrr, start.mrr_unknown)
    unknown = int(old["mrr"].isna().sum())
    mrr_lost = _known(sum(old["mrr"].dropna(), Decimal(0)), unknown)
    without = mrr_at_start is None or mrr_lost is None
    return ChurnRate(
        start=period.start,
        end=period.end,
        at_start=start.customers,
        lost=len(old),
        lost_new=len(new),
        rate=share(len(old), start.customers),
        mrr_at_start=mrr_at_start,
        mrr_lost=mrr_lost,
        mrr_rate=None if without else share(mrr_lost or 0, mrr_at_start or 0),
        currency=settings.REPORTING_CURRENCY,
        mrr_at_start_unknown=start.mrr_unknown,
        mrr_lost_unknown=unknown,
    )


def _known(amount: Decimal, unknown: int) -> Decimal | None:
    """None where there is only what is not known: paid MRR is never 0."""
    return None if unknown and not amount else amount.quantize(CENT)


def lost_in(ends: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Who is lost in ``period``, new ones too. Pure.

    Parameters
    ----------
    ends
        every span of every customer who has a loss: ``customer``, ``started`` and ``ended``
        (ordinal days, ``ended`` the first day without, NaN while running), ``is_loss``, further
        columns as they come; sorted by customer and start.

    Returns
    -------
    The rows that are the last of their customer to touch the period and end in it with a loss, a
    customer at most once, with ``is_new``: the customer was not running on the day before.
    """
    start, end = period.start.toordinal(), period.end.toordinal()
    running_on = ends["ended"].isna() | (ends["ended"] >= start)
    touching = ends[running_on & (ends["started"] <= end)]
    final = touching.drop_duplicates("customer", keep="last")
    lost = final[final["is_loss"] & (final["ended"] <= end)]
    known = touching.loc[touching["started"] < start, "customer"]
    return lost.assign(is_new=~lost["customer"].isin(known))


def compound(rate: float, periods: int = 12) -> float:
    """What a constant rate a period makes of ``periods`` of them: 0.05 a month, 0.46 a year."""
    return 1 - (1 - rate) ** periods


def monthly(rates: Sequence[ChurnRate]) -> float | None:
    """The average rate a month of calendar months, the first and last of them clipped or not.

    Lost / months that the customers at the starts were at risk: a clipped month counts as the
    part of a month that it is. None without anybody at risk.
    """
    at_risk = sum(each.at_start * months_of(Period(each.start, each.end)) for each in rates)
    return share(sum(each.lost for each in rates), at_risk)


def monthly_mrr(rates: Sequence[ChurnRate]) -> float | None:
    """As ``monthly``, of the MRR that is known; None where none is."""
    at_risk = sum(
        float(each.mrr_at_start or 0) * months_of(Period(each.start, each.end)) for each in rates
    )
    return share(float(sum(each.mrr_lost or 0 for each in rates)), at_risk)


def project(
    *, customers: float, new_each_period: float, rate: float, periods: int = 12
) -> list[float]:
    """Customers after 0, 1, ... ``periods`` periods at a constant rate with constant new ones.

    1,000 customers, 100 new a month, 5 % a month: 1,460 after twelve months; at 10 %: 1,000.
    Those who are new count from the period after the one they came in.
    """
    course = [float(customers)]
    for _period in range(periods):
        course.append(course[-1] * (1 - rate) + new_each_period)
    return course
