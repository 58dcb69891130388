"""The page *Churn rates*: each period's rate, and what it means in a year, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext

from analytics.dashboards.screen import CUSTOM, Screen
from analytics.dashboards.wording import day_range, money, number, percent, period_label
from analytics.rates import COLUMNS, KINDS, ChurnRate, churn_rate, compound, monthly

BAR_WIDTH = 120


def months_shown(screen: Screen) -> Screen:
    """Whole periods from the first on, unless somebody asked for certain days."""
    by = screen.by if screen.by in KINDS else "month"
    first = screen.first
    if screen.preset != CUSTOM:
        months = {"month": 1, "quarter": 3, "year": 12}[by]
        first = first.replace(month=first.month - (first.month - 1) % months, day=1)
    return replace(screen, first=first, by=by)


def churn_context(screen: Screen) -> dict[str, Any]:
    """Four queries."""
    rates = churn_rate(first=screen.first, last=screen.last, by=screen.by, filters=screen.filters)
    widest = max((_value(each, screen) or 0 for each in rates), default=0)
    return {
        "rates": rates,
        "lines": [
            {
                "label": day_range(each.start, each.end),
                "at_start": number(each.at_start),
                "lost": number(each.lost),
                "lost_new": number(each.lost_new),
                "rate": percent(each.rate, 1),
                "mrr_at_start": money(each.mrr_at_start, each.currency),
                "mrr_lost": money(each.mrr_lost, each.currency),
                "mrr_rate": percent(each.mrr_rate, 1),
                "bar": round((_value(each, screen) or 0) / widest * BAR_WIDTH) if widest else 0,
            }
            for each in rates
        ],
        "chart": _chart(rates, screen),
        "chart_title": (
            gettext("MRR churn rate") if screen.by_mrr else gettext("Customer churn rate")
        ),
        "meaning": _meaning(rates),
    }


def churn_rows(rates: Sequence[ChurnRate]) -> Iterator[Sequence[object]]:
    yield COLUMNS
    for each in rates:
        yield each.row()


def _value(rate: ChurnRate, screen: Screen) -> float | None:
    return rate.mrr_rate if screen.by_mrr else rate.rate


def _chart(rates: Sequence[ChurnRate], screen: Screen) -> dict[str, Any]:
    values = [_value(each, screen) for each in rates]
    texts = [percent(value, 1) for value in values]
    return {
        "stacked": False,
        "percent": True,
        "labels": [period_label(each.start, screen.by) for each in rates],
        "titles": [day_range(each.start, each.end) for each in rates],
        "totals": texts,
        "series": [
            {
                "label": gettext("Churn rate"),
                "css": "rate",
                "values": [None if value is None else round(value * 100, 3) for value in values],
                "texts": texts,
                "urls": [],
            }
        ],
    }


def _meaning(rates: Sequence[ChurnRate]) -> list[str]:
    """What the average rate a month makes of a year."""
    rate = monthly(rates)
    if rate is None:
        return [gettext("Nobody was paying when these periods began, so there is no rate.")]
    if not rate:
        return [gettext("Nobody who was there at the start has left.")]
    words = {"month": percent(rate, 1), "year": percent(compound(rate))}
    said = [
        gettext(
            "On average %(month)s of customers leave in a month. If that goes on, %(year)s of "
            "those you begin a year with are gone at its end."
        )
        % words
    ]
    half = percent(compound(rate / 2))
    said.append(gettext("At half the rate it would be %(half)s of them.") % {"half": half})
    return said
