"""Counts and shares by reason for each period, from stored counts alone.

Words as in PRODUCT.md: ``lost``: all; ``classified``: those with a primary reason, unresolved ones
among them; ``resolved``: those in one of the three categories; ``coverage``: resolved / lost. A
reason's ``share`` is its part of the classified: of the customers, or with the weight *mrr* of the
MRR that is known. What has no denominator has no share: None, never 0.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from analytics.filters import Filters
from analytics.models import ReasonCount, Unit
from analytics.periods import Period, PeriodError, split
from reasons.models import Category, Perspective

CENT = Decimal("0.01")
WEIGHTS = ("customers", "mrr")
COLUMNS = (
    "start",
    "end",
    "lost",
    "classified",
    "resolved",
    "coverage",
    "mrr_lost",
    "reason",
    "category",
    "count",
    "share",
    "mrr",
)


class OptionError(ValueError):
    """A unit, weight or perspective that there is not; says what was found and what fits."""


@dataclass(slots=True)
class Tally:
    """How many, how much of their MRR is known, and of how many it is not."""

    customers: int = 0
    known_mrr: Decimal = Decimal(0)
    mrr_unknown: int = 0

    def add(self, customers: int, mrr: Decimal, mrr_unknown: int) -> None:
        self.customers += customers
        self.known_mrr += mrr
        self.mrr_unknown += mrr_unknown

    @property
    def mrr(self) -> Decimal | None:
        """None where there is somebody and nobody's MRR is known."""
        if self.customers and self.mrr_unknown == self.customers:
            return None
        return self.known_mrr.quantize(CENT)

    def weighed(self, weight: str) -> Decimal | int:
        return self.known_mrr if weight == "mrr" else self.customers


def share(part: Decimal | float, whole: Decimal | float) -> float | None:
    """``part`` / ``whole`` from 0 to 1, None where there is no whole."""
    return float(part / whole) if whole else None  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class ReasonFigure:
    reason: str
    category: str
    count: int
    share: float | None
    mrr: Decimal | None
    mrr_unknown: int


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """``mrr_lost`` in the reporting currency; ``mrr_unknown``: of how many it is not known."""

    start: dt.date
    end: dt.date
    lost: int
    classified: int
    resolved: int
    coverage: float | None
    mrr_lost: Decimal | None
    mrr_unknown: int
    reasons: tuple[ReasonFigure, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    first: dt.date
    last: dt.date
    by: str
    unit: str
    weight: str
    perspective: str
    currency: str
    filters: Filters
    periods: tuple[PeriodFigures, ...]

    def as_json(self) -> dict[str, Any]:
        """The contracted shape: dates as ISO texts, amounts and shares as numbers."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "by": self.by,
            "unit": self.unit,
            "weight": self.weight,
            "perspective": self.perspective,
            "currency": self.currency,
            "filters": self.filters.as_dict(),
            "periods": [_period_as_json(each) for each in self.periods],
        }

    def rows(self) -> Iterator[list[object]]:
        """``COLUMNS`` of each period and reason; a period without reasons has one, those empty."""
        for period in self.periods:
            facts = [
                period.start,
                period.end,
                period.lost,
                period.classified,
                period.resolved,
                period.coverage,
                period.mrr_lost,
            ]
            for each in period.reasons:
                yield [*facts, each.reason, each.category, each.count, each.share, each.mrr]
            if not period.reasons:
                yield [*facts, "", "", None, None, None]

    @property
    def mrr_unknown(self) -> int:
        return sum(period.mrr_unknown for period in self.periods)


@dataclass(slots=True)
class Counted:
    """One period while it is being added up; the key "" holds those whose reason is not known."""

    period: Period
    by_reason: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def add(self, reason: str, category: str, tally: tuple[int, Decimal, int]) -> None:
        self.by_reason.setdefault((reason, category), Tally()).add(*tally)

    def total(self, *, of: Iterable[tuple[str, str]]) -> Tally:
        whole = Tally()
        for key in of:
            tally = self.by_reason[key]
            whole.add(tally.customers, tally.known_mrr, tally.mrr_unknown)
        return whole

    def lost(self) -> Tally:
        return self.total(of=self.by_reason)

    def classified(self) -> Tally:
        return self.total(of=[key for key in self.by_reason if key[0]])

    def resolved(self) -> Tally:
        settled = [key for key in self.by_reason if key[0] and key[1] != Category.UNRESOLVED]
        return self.total(of=settled)


def breakdown(
    *,
    first: dt.date,
    last: dt.date,
    by: str = "month",
    filters: Filters | None = None,
    unit: str = Unit.LOSSES,
    weight: str = "customers",
    perspective: str = Perspective.STATED,
) -> Breakdown:
    """Figures of each period from ``first`` to ``last``, both included. One query.

    Raises PeriodError where dates or period make no sense, OptionError for an unknown unit,
    weight or perspective. Empty periods are there, with zeros. Reads what is stored: call
    ``rollups.refresh`` first where figures must not lag by seconds.
    """
    check_options(unit=unit, weight=weight, perspective=perspective)
    chosen = filters or Filters()
    counted = count_periods(
        split(first, last, by), filters=chosen, unit=unit, perspective=perspective
    )
    return Breakdown(
        first=first,
        last=last,
        by=by,
        unit=str(unit),
        weight=weight,
        perspective=str(perspective),
        currency=settings.REPORTING_CURRENCY,
        filters=chosen,
        periods=tuple(_figures(each, weight) for each in counted),
    )


def check_options(*, unit: str, weight: str, perspective: str) -> None:
    """Raises OptionError."""
    for name, found, expected in (
        ("unit", unit, Unit.values),
        ("weight", weight, WEIGHTS),
        ("perspective", perspective, Perspective.values),
    ):
        if found not in expected:
            raise OptionError(
                _("Unknown %(name)s “%(found)s”: expected one of %(expected)s.")
                % {"name": name, "found": found, "expected": ", ".join(expected)}
            )


def stored_counts(
    *, first: dt.date, last: dt.date, filters: Filters, unit: str, perspective: str
) -> "QuerySet[ReasonCount]":
    """The stored counts of these days that pass the filters."""
    return ReasonCount.objects.filter(
        filters.as_q(), unit=unit, perspective=perspective, day__range=(first, last)
    )


def count_periods(
    periods: Sequence[Period], *, filters: Filters, unit: str, perspective: str
) -> list[Counted]:
    """Customers and MRR of each period (adjoining, in order) by reason. One query."""
    if not periods:
        raise PeriodError(_("No period to count."))
    counted = [Counted(period) for period in periods]
    starts = [period.start for period in periods]
    rows = (
        stored_counts(
            first=periods[0].start,
            last=periods[-1].end,
            filters=filters,
            unit=unit,
            perspective=perspective,
        )
        .order_by()
        .values_list("day", "reason", "category")
        .annotate(Sum("customers"), Sum("mrr"), Sum("mrr_unknown"))
    )
    for day, reason, category, customers, mrr, mrr_unknown in rows:
        at = bisect_right(starts, day) - 1
        counted[at].add(reason, category, (customers, mrr, mrr_unknown))
    return counted


def _figures(counted: Counted, weight: str) -> PeriodFigures:
    lost, classified, resolved = counted.lost(), counted.classified(), counted.resolved()
    whole = classified.weighed(weight)
    heard: Mapping[tuple[str, str], Tally] = {
        key: tally for key, tally in counted.by_reason.items() if key[0]
    }
    ordered = sorted(heard.items(), key=lambda each: (-each[1].weighed(weight), each[0]))
    return PeriodFigures(
        start=counted.period.start,
        end=counted.period.end,
        lost=lost.customers,
        classified=classified.customers,
        resolved=resolved.customers,
        coverage=share(resolved.customers, lost.customers),
        mrr_lost=lost.mrr,
        mrr_unknown=lost.mrr_unknown,
        reasons=tuple(
            ReasonFigure(
                reason=reason,
                category=category,
                count=tally.customers,
                share=share(tally.weighed(weight), whole),
                mrr=tally.mrr,
                mrr_unknown=tally.mrr_unknown,
            )
            for (reason, category), tally in ordered
        ),
    )


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _period_as_json(period: PeriodFigures) -> dict[str, Any]:
    return {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "lost": period.lost,
        "classified": period.classified,
        "resolved": period.resolved,
        "coverage": period.coverage,
        "mrr_lost": _number(period.mrr_lost),
        "reasons": [
            {
                "reason": each.reason,
                "category": each.category,
                "count": each.count,
                "share": each.share,
                "mrr": _number(each.mrr),
            }
            for each in period.reasons
        ],
    }
