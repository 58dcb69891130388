"""Reasons and their categories in one period beside another: shares, intervals, what changed.

Made from frames of stored counts, a row a day, reason, category and avoidable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from django.conf import settings
from django.db.models import Sum
from django.utils import translation

from analytics.breakdown import Tally, share, stored_counts
from analytics.changes import SMALL, change_of_shares
from analytics.filters import Filters
from analytics.frames import beside_previous, with_shares
from analytics.periods import Period
from reasons.models import Avoidable, Category, Reason

# As they are stacked and listed; the last holds those whose reason nobody has told us.
NOT_KNOWN = "not_known"
CATEGORIES = (
    Category.REQUIRED_OUTCOME.value,
    Category.APPROPRIATE_EXPERIENCE.value,
    Category.CIRCUMSTANCES.value,
    Category.UNRESOLVED.value,
)
STACK = (*CATEGORIES, NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class CategoryFigure:
    """``share`` is out of all that were heard (by weight); None for those not known.

    The interval is the customers' share's (Wilson, 95 %), also with the weight *mrr*.
    """

    category: str
    count: int
    share: float | None
    share_low: float | None
    share_high: float | None
    mrr: Decimal | None
    mrr_unknown: int
    previous_count: int
    previous_share: float | None


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason of this period or of the one before.

    ``share`` by weight, ``share_low`` and ``share_high`` of the customers' share. ``change``: share
    minus previous share (by weight), None without a share in both periods. ``change_low``,
    ``change_high`` and ``significant`` are about customers: more than chance over the whole table.
    ``small``: too few to read much into. ``avoidable``: yes, partly, no or unknown, as the reason
    says; ``avoidable_count``: of how many it holds, analysts' word included.
    """

    reason: str
    label: str
    category: str
    count: int
    share: float | None
    share_low: float | None
    share_high: float | None
    mrr: Decimal | None
    mrr_unknown: int
    previous_count: int
    previous_share: float | None
    previous_mrr: Decimal | None
    change: float | None
    change_low: float | None
    change_high: float | None
    p: float
    q: float
    significant: bool
    small: bool
    avoidable: str
    avoidable_count: int


def count_days(period: Period, *, filters: Filters, unit: str, perspective: str) -> pd.DataFrame:
    """A row a day, reason, category and avoidable; ``mrr`` as Decimal. One query."""
    rows = (
        stored_counts(
            first=period.start,
            last=period.end,
            filters=filters,
            unit=unit,
            perspective=perspective,
        )
        .order_by()
        .values_list("day", "reason", "category", "avoidable")
        .annotate(Sum("customers"), Sum("mrr"), Sum("mrr_unknown"))
    )
    columns = ["day", "reason", "category", "avoidable", "count", "mrr", "mrr_unknown"]
    frame = pd.DataFrame(list(rows), columns=columns)
    return frame.astype(
        {"day": object, "reason": object, "category": object, "avoidable": object,
         "count": "int64", "mrr": object, "mrr_unknown": "int64"}
    )  # fmt: skip


def tally_of(counts: pd.DataFrame) -> Tally:
    """All of these rows together."""
    return Tally(
        customers=int(counts["count"].sum()),
        known_mrr=sum(counts["mrr"], Decimal(0)),
        mrr_unknown=int(counts["mrr_unknown"].sum()),
    )


def heard_of(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows with a reason, resolved or not."""
    return counts[counts["reason"] != ""]


def category_figures(
    current: pd.DataFrame, previous: pd.DataFrame, weight: str
) -> tuple[CategoryFigure, ...]:
    """One figure for each of ``STACK``, also where nobody is in it."""
    whole, whole_before = tally_of(heard_of(current)), tally_of(heard_of(previous))
    figures = []
    for category in STACK:
        stored = "" if category == NOT_KNOWN else category
        now, before = (
            tally_of(counts[counts["category"] == stored]) for counts in (current, previous)
        )
        ends = with_shares(pd.DataFrame({"count": [now.customers]}), n=whole.customers).iloc[0]
        told = category != NOT_KNOWN
        figures.append(
            CategoryFigure(
                category=category,
                count=now.customers,
                share=share(now.weighed(weight), whole.weighed(weight)) if told else None,
                share_low=_known(ends["share_low"]) if told else None,
                share_high=_known(ends["share_high"]) if told else None,
                mrr=now.mrr,
                mrr_unknown=now.mrr_unknown,
                previous_count=before.customers,
                previous_share=(
                    share(before.weighed(weight), whole_before.weighed(weight)) if told else None
                ),
            )
        )
    return tuple(figures)


def reason_rows(
    current: pd.DataFrame, previous: pd.DataFrame, weight: str
) -> tuple[ReasonRow, ...]:
    """Reasons of either period: by category as stacked, then by weight, then by code. One query."""
    heard, before = heard_of(current), heard_of(previous)
    whole, whole_before = tally_of(heard), tally_of(before)
    key = ["reason", "category"]
    table = beside_previous(heard.groupby(key)["count"].sum(), before.groupby(key)["count"].sum())
    table = with_shares(table, n=whole.customers).join(
        change_of_shares(table, n=whole.customers, previous_n=whole_before.customers)
    )
    now, then = _by_key(heard), _by_key(before)
    avoidable = heard[heard["avoidable"] == Avoidable.YES].groupby(key)["count"].sum()
    reasons = reason_labels(table.index.get_level_values("reason"))
    rows = []
    for at, figures in table.iterrows():
        code, category = at
        tally, tally_before = now.get(at, Tally()), then.get(at, Tally())
        part = share(tally.weighed(weight), whole.weighed(weight))
        part_before = share(tally_before.weighed(weight), whole_before.weighed(weight))
        label, usually_avoidable = reasons.get(code, (code, Avoidable.UNKNOWN.value))
        rows.append(
            ReasonRow(
                reason=code,
                label=label,
                category=category,
                count=tally.customers,
                share=part,
                share_low=_known(figures["share_low"]),
                share_high=_known(figures["share_high"]),
                mrr=tally.mrr,
                mrr_unknown=tally.mrr_unknown,
                previous_count=tally_before.customers,
                previous_share=part_before,
                previous_mrr=tally_before.mrr,
                change=None if part is None or part_before is None else part - part_before,
                change_low=_known(figures["low"]),
                change_high=_known(figures["high"]),
                p=float(figures["p"]),
                q=float(figures["q"]),
                significant=bool(figures["significant"]),
                small=tally.customers < SMALL,
                avoidable=usually_avoidable,
                avoidable_count=int(avoidable.get(at, 0)),
            )
        )
    place = {category: number for number, category in enumerate(CATEGORIES)}
    rows.sort(
        key=lambda row: (
            place[row.category],
            -(row.count if weight == "customers" else row.mrr or 0),
            row.reason,
        )
    )
    return tuple(rows)


def reason_labels(codes: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Code -> label in the language that is active, and whether it is usually avoidable. One query.

    A language without a label of its own falls back to the reason's.
    """
    language = translation.get_language() or settings.LANGUAGE_CODE
    rows = Reason.objects.filter(code__in=list(codes)).values_list(
        "code", "label", "avoidable", "texts__language", "texts__label"
    )
    labels: dict[str, tuple[str, str]] = {}
    for code, label, avoidable, of_language, translated in rows:
        if of_language == language:
            labels[code] = (translated, avoidable)
        else:
            labels.setdefault(code, (label, avoidable))
    return labels


def _by_key(counts: pd.DataFrame) -> dict[tuple[str, str], Tally]:
    tallies: dict[tuple[str, str], Tally] = {}
    for row in counts.itertuples():
        tallies.setdefault((row.reason, row.category), Tally()).add(
            row.count, row.mrr, row.mrr_unknown
        )
    return tallies


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
