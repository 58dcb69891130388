from itertools import pairwise

import pytest

from analytics.periods import KINDS, Period, PeriodError, months_of, split
from tests.analytics.scenes import date


@pytest.mark.parametrize(
    ("by", "first", "last", "starts"),
    [
        ("day", "2026-02-27", "2026-03-01", ["2026-02-27", "2026-02-28", "2026-03-01"]),
        ("week", "2026-03-04", "2026-03-17", ["2026-03-04", "2026-03-09", "2026-03-16"]),
        ("week", "2026-03-02", "2026-03-08", ["2026-03-02"]),
        ("week", "2025-12-29", "2026-01-04", ["2025-12-29"]),  # ISO week 1 begins in December
        ("month", "2025-12-15", "2026-02-01", ["2025-12-15", "2026-01-01", "2026-02-01"]),
        ("month", "2024-02-01", "2024-02-29", ["2024-02-01"]),
        ("quarter", "2025-11-30", "2026-04-01", ["2025-11-30", "2026-01-01", "2026-04-01"]),
        ("year", "2024-06-01", "2026-01-01", ["2024-06-01", "2025-01-01", "2026-01-01"]),
        ("day", "2026-03-05", "2026-03-05", ["2026-03-05"]),
        ("year", "9999-01-01", "9999-12-30", ["9999-01-01"]),
    ],
)
def test_where_periods_begin(by, first, last, starts):
    periods = split(date(first), date(last), by)
    assert [str(period.start) for period in periods] == starts
    assert periods[-1].end == date(last)


@pytest.mark.parametrize("by", KINDS)
@pytest.mark.parametrize(("first", "last"), [("2024-02-11", "2026-03-05"), ("2025-01-01",) * 2])
def test_periods_hold_every_day_once(by, first, last):
    periods = split(date(first), date(last), by)
    assert sum(period.days for period in periods) == (date(last) - date(first)).days + 1
    for before, after in pairwise(periods):
        assert (after.start - before.end).days == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2026-03-05", "2026-03-04", "day"), "2026-03-04.*2026-03-05"),
        (("2026-03-05", "2026-03-06", "fortnight"), "fortnight.*day, week, month"),
    ],
)
def test_what_makes_no_sense(arguments, says):
    first, last, by = arguments
    with pytest.raises(PeriodError, match=says):
        split(date(first), date(last), by)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-06-01", "2026-06-30", 1),
        ("2026-06-01", "2026-06-15", 0.5),
        ("2026-06-16", "2026-08-31", 2.5),
        ("2025-01-01", "2025-12-31", 12),
    ],
)
def test_months_of_a_period(first, last, months):
    assert months_of(Period(date(first), date(last))) == pytest.approx(months)
