import datetime as dt

import pytest
from django.http import QueryDict

from analytics.dashboards.screen import Screen, ScreenError
from analytics.filters import FilterError

TODAY = dt.date(2026, 11, 21)


def screen(query=""):
    return Screen.from_query(QueryDict(query), today=TODAY)


@pytest.mark.parametrize(
    ("query", "period", "before", "by"),
    [
        ("", ("2026-08-22", "2026-11-21"), ("2026-05-22", "2026-08-21"), "week"),
        ("period=30d", ("2026-10-23", "2026-11-21"), ("2026-09-23", "2026-10-22"), "day"),
        ("period=6m", ("2026-05-22", "2026-11-21"), ("2025-11-22", "2026-05-21"), "week"),
        ("period=12m", ("2025-11-22", "2026-11-21"), ("2024-11-22", "2025-11-21"), "month"),
        ("period=year", ("2026-01-01", "2026-11-21"), ("2025-01-01", "2025-11-21"), "month"),
        ("from=2026-02-01&to=2026-02-28", ("2026-02-01", "2026-02-28"),
         ("2026-01-04", "2026-01-31"), "day"),
        ("from=2026-11-01", ("2026-11-01", "2026-11-21"), ("2026-10-11", "2026-10-31"), "day"),
        ("to=2026-03-31", ("2026-01-01", "2026-03-31"), ("2025-10-03", "2025-12-31"), "week"),
        ("from=2016-01-01&to=2026-01-01", ("2016-01-01", "2026-01-01"),
         ("2005-12-30", "2015-12-31"), "quarter"),
    ],
)  # fmt: skip
def test_period_and_what_it_is_compared_with(query, period, before, by):
    shown = screen(query)
    assert (f"{shown.first}", f"{shown.last}") == period
    assert (f"{shown.previous_first}", f"{shown.previous_last}") == before
    assert shown.by == by


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?period=6m",
        "?from=2026-02-01&to=2026-02-28&by=week&weight=mrr&unit=cancellations&perspective=internal",
        "?plan=Pro&plan=Team&country=unknown&reason=hard_to_use",
        "?plan=%3Cb%3E%26+x%3D1",
    ],
)
def test_every_state_is_an_address(query):
    shown = screen(query.removeprefix("?"))
    assert shown.query() == query
    assert screen(shown.query().removeprefix("?")) == shown


def test_what_goes_without_saying_stays_out_of_the_address():
    assert screen("period=3m&weight=customers&unit=losses&perspective=stated&plan=").query() == ""


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=week", "found “week”"),
        ("by=hour", "found “hour”"),
        ("weight=euro", "expected one of customers, mrr"),
        ("unit=people", "expected one of losses, cancellations"),
        ("perspective=mine", "expected one of stated, internal"),
        ("from=1.11.2026", "expected a day such as"),
        ("from=2026-02-30", "found “2026-02-30”"),
        ("from=0001-01-01", "found “0001-01-01”"),
        ("to=9999-12-31", "found “9999-12-31”"),
        ("from=2026-11-02&to=2026-11-01", "lies before the first"),
        ("from=2016-01-01&by=day", "too many steps"),
    ],
)
def test_what_makes_no_screen_says_why(query, said):
    with pytest.raises(ScreenError, match=said):
        screen(query)


def test_an_unknown_filter_is_refused():
    with pytest.raises(FilterError, match="nix"):
        screen("nix=1")
