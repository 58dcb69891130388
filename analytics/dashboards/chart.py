"""Series as the chart's script and the table beside it want them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from analytics.dashboards.labels import CATEGORY_CLASS, category_label
from analytics.dashboards.screen import Screen
from analytics.dashboards.wording import day_range, money, number, period_label
from analytics.overview import Overview
from analytics.reason_table import NOT_KNOWN, STACK

Link = Callable[[Screen], str]


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Legend:
    label: str
    css: str
    text: str
    url: str


def stored_category(category: str) -> str:
    """As filters name it: those who have not told us are ``unknown``."""
    return "unknown" if category == NOT_KNOWN else category


def chart_title(screen: Screen) -> str:
    titles = {
        "day": gettext("%(what)s per day, by kind of reason"),
        "week": gettext("%(what)s per week, by kind of reason"),
        "month": gettext("%(what)s per month, by kind of reason"),
        "quarter": gettext("%(what)s per quarter, by kind of reason"),
        "year": gettext("%(what)s per year, by kind of reason"),
    }
    if screen.by_mrr:
        what = gettext("MRR lost") if screen.of_losses else gettext("MRR cancelled")
    else:
        what = gettext("Customers lost") if screen.of_losses else gettext("Cancellations")
    return titles[screen.by] % {"what": what}


def _text(value: float, overview: Overview) -> str:
    return money(value, overview.currency) if overview.weight == "mrr" else number(value)


def chart_data(overview: Overview, screen: Screen, link: Link | None) -> dict[str, Any]:
    """For ``json_script``: labels, and a series a category with values, texts and addresses."""
    points = overview.series
    return {
        "stacked": True,
        "labels": [period_label(point.start, overview.by) for point in points],
        "titles": [day_range(point.start, point.end) for point in points],
        "totals": [_text(sum(point.values), overview) for point in points],
        "money": overview.weight == "mrr",
        "series": [
            {
                "label": category_label(category),
                "css": CATEGORY_CLASS[category],
                "values": [point.values[at] for point in points],
                "texts": [_text(point.values[at], overview) for point in points],
                "urls": [
                    _period_link(screen, point.start, point.end, category, link) for point in points
                ],
            }
            for at, category in enumerate(STACK)
        ],
    }


def chart_rows(overview: Overview, screen: Screen, link: Link | None) -> list[Row]:
    """The same as a table: a row a period, a column a category and one for all."""
    rows = []
    for point in overview.series:
        cells = [
            Cell(
                _text(value, overview),
                _period_link(screen, point.start, point.end, category, link) if value else "",
            )
            for category, value in zip(STACK, point.values, strict=True)
        ]
        total = link(screen.within(point.start, point.end)) if link and sum(point.values) else ""
        cells.append(Cell(_text(sum(point.values), overview), total))
        rows.append(Row(day_range(point.start, point.end), cells))
    return rows


def legend(overview: Overview, screen: Screen, link: Link | None) -> list[Legend]:
    entries = []
    for figure in overview.categories:
        narrowed = screen.narrowed(category=[stored_category(figure.category)])
        text = (
            money(figure.mrr, overview.currency)
            if overview.weight == "mrr"
            else number(figure.count)
        )
        entries.append(
            Legend(
                label=category_label(figure.category),
                css=CATEGORY_CLASS[figure.category],
                text=text,
                url=link(narrowed) if link and figure.count else "",
            )
        )
    return entries


def _period_link(screen: Screen, start: Any, end: Any, category: str, link: Link | None) -> str:
    if link is None:
        return ""
    return link(screen.within(start, end).narrowed(category=[stored_category(category)]))
