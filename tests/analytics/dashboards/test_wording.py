import datetime as dt
from decimal import Decimal

import pytest

from analytics.dashboards import wording


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("48310.49"), "EUR", "€48,310"),
        (Decimal("48310.50"), "USD", "$48,310"),
        (Decimal("-6120"), "EUR", "−€6,120"),
        (Decimal("1240"), "CHF", "1,240\xa0CHF"),
        (Decimal(0), "USD", "$0"),
        (None, "USD", "–"),
    ],
)
def test_money(amount, currency, text):
    assert wording.money(amount, currency) == text


@pytest.mark.parametrize(
    ("part", "places", "text"),
    [
        (0.769, 0, "77\xa0%"),
        (0.005, 0, "1\xa0%"),
        (0.029, 1, "2.9\xa0%"),
        (0.02951, 1, "3.0\xa0%"),
        (0, 0, "0\xa0%"),
        (1, 0, "100\xa0%"),
        (None, 1, "–"),
    ],
)
def test_percent(part, places, text):
    assert wording.percent(part, places) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [(0.12, "+12"), (-0.12, "−12"), (0.004, "0"), (-0.004, "0"), (None, "")],
)
def test_points(change, text):
    assert wording.points(change) == text


def test_money_change():
    assert wording.money_change(Decimal("6120"), "EUR") == "+€6,120"
    assert wording.money_change(Decimal("-20"), "EUR") == "−€20"
    assert wording.money_change(Decimal("0.2"), "EUR") == "€0"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-08-01", "2026-10-31", "1 August to 31 October 2026"),
        ("2025-12-01", "2026-01-31", "1 December 2025 to 31 January 2026"),
        ("2026-08-01", "2026-08-01", "1 August 2026"),
    ],
)
def test_days(first, last, text):
    assert wording.day_range(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == text


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("day", "3 Aug"),
        ("week", "3 Aug"),
        ("month", "Aug 2026"),
        ("quarter", "Q3 2026"),
        ("year", "2026"),
    ],
)
def test_what_stands_under_a_bar(by, text):
    assert wording.period_label(dt.date(2026, 8, 3), by) == text
