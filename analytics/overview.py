"""Everything the page *Why customers leave* shows of a period, beside the period before.

Figures only; what is said about them in words belongs to the page. Eight queries, however long
the periods and however many the reasons.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from django.conf import settings

from analytics import rollups
from analytics.breakdown import check_options, share
from analytics.filters import Filters
from analytics.frames import pivot_periods
from analytics.models import Unit
from analytics.periods import Period, split
from analytics.rates import ChurnRate, compound, monthly, monthly_mrr, rates_of
from analytics.reason_table import (
    NOT_KNOWN,
    STACK,
    CategoryFigure,
    ReasonRow,
    category_figures,
    count_days,
    heard_of,
    reason_rows,
    tally_of,
)
from reasons.models import Avoidable, Category, Perspective


@dataclass(frozen=True, slots=True)
class Churn:
    """``monthly``: average rate a month; ``yearly``: what it makes of the customers in a year.

    ``mrr_monthly``: the same of MRR lost / MRR at the start. Parts from 0 to 1, None
    without anybody at the start.
    """

    monthly: float | None
    yearly: float | None
    mrr_monthly: float | None
    at_start: int


@dataclass(frozen=True, slots=True)
class Totals:
    """``heard``: with a primary reason; ``settled``: in one of the three categories.

    ``not_known`` = lost - heard. ``avoidable``, ``partly_avoidable``: of the settled. ``mrr_lost``
    of those whose MRR is known, None where nobody's is; ``mrr_unknown``: of how many it is not.
    """

    lost: int
    heard: int
    settled: int
    mrr_lost: Decimal | None
    mrr_unknown: int
    avoidable: int
    partly_avoidable: int
    churn: Churn | None

    @property
    def not_known(self) -> int:
        return self.lost - self.heard

    @property
    def unresolved(self) -> int:
        return self.heard - self.settled

    @property
    def coverage(self) -> float | None:
        return share(self.settled, self.lost)

    @property
    def avoidable_share(self) -> float | None:
        return share(self.avoidable, self.settled)


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One period of the chart; the values are in the order of ``STACK``, by weight."""

    start: dt.date
    end: dt.date
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """``pending``: something has changed that the counts do not hold yet; they hold ``as_of``."""

    period: Period
    previous_period: Period
    by: str
    unit: str
    weight: str
    perspective: str
    currency: str
    filters: Filters
    totals: Totals
    previous: Totals
    categories: tuple[CategoryFigure, ...]
    reasons: tuple[ReasonRow, ...]
    series: tuple[SeriesPoint, ...]
    as_of: dt.datetime | None
    pending: bool


def overview(
    *,
    first: dt.date,
    last: dt.date,
    previous_first: dt.date,
    previous_last: dt.date,
    by: str = "week",
    filters: Filters | None = None,
    weight: str = "customers",
    unit: str = Unit.LOSSES,
    perspective: str = Perspective.STATED,
) -> Overview:
    """The figures of one period beside those of the one before; all days are included.

    Raises PeriodError and OptionError as ``breakdown`` does.
    """
    check_options(unit=unit, weight=weight, perspective=perspective)
    chosen = filters or Filters()
    period, previous_period = Period(first, last), Period(previous_first, previous_last)
    parts = split(first, last, by)
    split(previous_first, previous_last, "year")  # says so where the dates make no sense
    current, previous = (
        count_days(each, filters=chosen, unit=unit, perspective=perspective)
        for each in (period, previous_period)
    )
    churn, previous_churn = _churn(period, previous_period, chosen)
    as_of, pending = rollups.state()
    return Overview(
        period=period,
        previous_period=previous_period,
        by=by,
        unit=str(unit),
        weight=weight,
        perspective=str(perspective),
        currency=settings.REPORTING_CURRENCY,
        filters=chosen,
        totals=_totals(current, churn),
        previous=_totals(previous, previous_churn),
        categories=category_figures(current, previous, weight),
        reasons=reason_rows(current, previous, weight),
        series=_series(current, parts, weight),
        as_of=as_of,
        pending=pending,
    )


def _totals(counts: pd.DataFrame, churn: Churn | None) -> Totals:
    heard = heard_of(counts)
    settled = heard[heard["category"] != Category.UNRESOLVED]
    lost = tally_of(counts)
    by_avoidable = settled.groupby("avoidable")["count"].sum()
    return Totals(
        lost=lost.customers,
        heard=int(heard["count"].sum()),
        settled=int(settled["count"].sum()),
        mrr_lost=lost.mrr,
        mrr_unknown=lost.mrr_unknown,
        avoidable=int(by_avoidable.get(Avoidable.YES.value, 0)),
        partly_avoidable=int(by_avoidable.get(Avoidable.PARTLY.value, 0)),
        churn=churn,
    )


def _churn(period: Period, previous: Period, filters: Filters) -> tuple[Churn | None, Churn | None]:
    """Of both periods, from one reading of the paid spans; None for trials, who have none."""
    if filters.trials_only:
        return None, None
    parts = [split(each.start, each.end, "month") for each in (previous, period)]
    rates = rates_of([*parts[0], *parts[1]], filters=filters)
    before, now = rates[: len(parts[0])], rates[len(parts[0]) :]
    return _average(now), _average(before)


def _average(rates: Sequence[ChurnRate]) -> Churn:
    rate = monthly(rates)
    return Churn(
        monthly=rate,
        yearly=None if rate is None else compound(rate),
        mrr_monthly=monthly_mrr(rates),
        at_start=rates[0].at_start,
    )


def _series(counts: pd.DataFrame, parts: Sequence[Period], weight: str) -> tuple[SeriesPoint, ...]:
    starts = np.array([part.start.toordinal() for part in parts])
    days = np.array([day.toordinal() for day in counts["day"]], dtype="int64")
    stacked = pd.DataFrame(
        {
            "period": np.searchsorted(starts, days, side="right") - 1,
            "category": counts["category"].replace("", NOT_KNOWN).to_numpy(),
            "value": counts["mrr" if weight == "mrr" else "count"].astype("float64").to_numpy(),
        }
    )
    table = pivot_periods(stacked, periods=len(parts), categories=STACK, value="value")
    digits = 2 if weight == "mrr" else 0
    return tuple(
        SeriesPoint(part.start, part.end, tuple(round(float(each), digits) for each in values))
        for part, values in zip(parts, table.to_numpy(), strict=True)
    )
