"""The table of reasons, and what changed, as the template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from django.utils.translation import gettext

from analytics.changes import change_of_shares
from analytics.dashboards.cards import tone_of
from analytics.dashboards.chart import Link, stored_category
from analytics.dashboards.labels import CATEGORY_CLASS, avoidable_label, category_label
from analytics.dashboards.screen import Screen
from analytics.dashboards.wording import (
    money,
    number,
    percent,
    percent_range,
    points,
)
from analytics.overview import Overview
from analytics.reason_table import NOT_KNOWN, CategoryFigure, ReasonRow

BAR_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of reasons, a category's or a reason's."""

    label: str
    css: str
    bar: int
    count: int
    count_text: str
    share: str
    interval: str
    mrr: str
    change: str
    tone: str
    avoidable: str
    is_small: bool
    url: str
    answers_url: str


@dataclass(frozen=True, slots=True)
class Group:
    head: Line
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    text: str
    url: str


def groups(overview: Overview, screen: Screen, link: Link | None) -> list[Group]:
    """The table: each category that has anybody, its reasons below; those not known last."""
    widest = max((_weight_of(row, overview) for row in overview.reasons), default=0.0)
    found = []
    for figure in overview.categories:
        rows = rows_of(overview, figure.category)
        if not figure.count and not rows:
            continue
        lines = [_reason_line(row, overview, screen, link, widest) for row in rows]
        found.append(Group(_category_line(figure, overview, screen, link), lines))
    return found


def rows_of(overview: Overview, category: str) -> list[ReasonRow]:
    """The category's reasons that anybody has now, and those whose going is more than chance."""
    return [
        row
        for row in overview.reasons
        if row.category == category and (row.count or row.significant)
    ]


def _category_line(
    figure: CategoryFigure, overview: Overview, screen: Screen, link: Link | None
) -> Line:
    narrowed = screen.narrowed(category=[stored_category(figure.category)])
    change = (
        figure.share - figure.previous_share
        if figure.share is not None and figure.previous_share is not None
        else None
    )
    known = figure.category != NOT_KNOWN
    return Line(
        label=category_label(figure.category),
        css=CATEGORY_CLASS[figure.category],
        bar=0,
        count=figure.count,
        count_text=number(figure.count),
        share=percent(figure.share) if known else "",
        interval="" if screen.by_mrr else percent_range(figure.share_low, figure.share_high),
        mrr=money(figure.mrr, overview.currency),
        change=points(change),
        tone="",
        avoidable="",
        is_small=False,
        url=link(narrowed) if link and figure.count else "",
        answers_url="",
    )


def _reason_line(
    row: ReasonRow, overview: Overview, screen: Screen, link: Link | None, widest: float
) -> Line:
    narrowed = screen.narrowed(reason=[row.reason], category=[row.category])
    url = link(narrowed) if link and row.count else ""
    part = _weight_of(row, overview) / widest if widest else 0
    return Line(
        label=row.label,
        css=CATEGORY_CLASS[row.category],
        bar=round(part * BAR_WIDTH),
        count=row.count,
        count_text=number(row.count),
        share=percent(row.share),
        interval="" if screen.by_mrr else percent_range(row.share_low, row.share_high),
        mrr=money(row.mrr, overview.currency),
        change=points(row.change),
        tone=tone_of(row.change or 0.0) if row.significant else "",
        avoidable=avoidable_label(row.avoidable),
        is_small=row.small,
        url=url,
        answers_url=f"{url}&said=yes" if url else "",
    )


def _weight_of(row: ReasonRow, overview: Overview) -> float:
    return float(row.mrr or 0) if overview.weight == "mrr" else float(row.count)


def changes(overview: Overview, screen: Screen, link: Link | None) -> list[Change]:
    """Kinds of reason and reasons that moved by more than chance, those that moved most first.

    As shares of the customers heard from, also where the screen counts MRR.
    """
    heard, heard_before = overview.totals.heard, overview.previous.heard
    if not heard or not heard_before:
        return []
    moved: list[CategoryFigure | ReasonRow] = [row for row in overview.reasons if row.significant]
    moved += _moved_categories(overview)
    moved.sort(key=lambda row: -abs(row.count / heard - row.previous_count / heard_before))
    found = []
    for row in moved:
        if isinstance(row, ReasonRow):
            label = row.label
            narrowed = screen.narrowed(reason=[row.reason], category=[row.category])
        else:
            label = category_label(row.category)
            narrowed = screen.narrowed(category=[row.category])
        text = gettext(
            "%(before)s → %(now)s (%(count_before)s of %(heard_before)s, %(count)s of %(heard)s). "
            "More than chance."
        ) % {
            "before": percent(row.previous_count / heard_before),
            "now": percent(row.count / heard),
            "count_before": number(row.previous_count),
            "heard_before": number(heard_before),
            "count": number(row.count),
            "heard": number(heard),
        }
        found.append(Change(label, text, link(narrowed) if link and row.count else ""))
    return found


def _moved_categories(overview: Overview) -> list[CategoryFigure]:
    """Kinds of reason whose share of those heard from moved by more than chance."""
    told = [each for each in overview.categories if each.category != NOT_KNOWN]
    table = pd.DataFrame(
        {
            "count": [each.count for each in told],
            "previous": [each.previous_count for each in told],
        }
    )
    tested = change_of_shares(table, n=overview.totals.heard, previous_n=overview.previous.heard)
    return [each for each, moved in zip(told, tested["significant"], strict=True) if moved]


def nothing_else(overview: Overview, found: Sequence[Change]) -> str:
    """What is to be said of everything that is not in ``found``."""
    if not overview.previous.heard:
        return gettext("Nobody told us why in the period before, so there is nothing to compare.")
    if not overview.totals.heard:
        return gettext("Nobody has told us why in this period yet.")
    if found:
        return gettext("Nothing else moved by more than chance.")
    return gettext("Nothing moved by more than chance.")


def table_notes(overview: Overview, screen: Screen) -> list[str]:
    """What a share is of, and what the figures beside it mean."""
    heard: dict[str, Any] = {"heard": number(overview.totals.heard)}
    if screen.by_mrr:
        notes = [
            gettext(
                "Shares are of the known MRR of the %(heard)s with a reason. An interval holds for "
                "customers, so none stands beside money."
            )
            % heard
        ]
    else:
        notes = [
            gettext(
                "Shares are of the %(heard)s with a reason; the range beside them holds with 95 %% "
                "confidence."
            )
            % heard
        ]
    notes.append(gettext("Changes are in percentage points; coloured ones are more than chance."))
    if any(row.small for row in overview.reasons):
        notes.append(gettext("“few”: fewer than five, too few to read much into."))
    return notes
