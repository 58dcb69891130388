"""Cells -> values: what each converter takes, and what it refuses and why."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from surveys.intake.csv.values import (
    BadValueError,
    amount_converter,
    date_converter,
    moment_converter,
    text_converter,
    to_boolean,
    to_currency,
    to_email,
    to_language,
    to_time_zone,
    word_converter,
)


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        ((), "2024-02-29", dt.date(2024, 2, 29)),
        ((), "2024-02-29T23:30:00", dt.date(2024, 2, 29)),
        ((), "2024-02-29 23:30", dt.date(2024, 2, 29)),
        # Half past eleven in London is the next day in Berlin.
        ((), "2024-02-28T23:30:00+00:00", dt.date(2024, 2, 29)),
        (("%d.%m.%Y",), "29.02.2024", dt.date(2024, 2, 29)),
        (("%d/%m/%Y", "%Y-%m-%d"), "2024-02-29", dt.date(2024, 2, 29)),
        ((), "2023-02-29", None),
        ((), "29.02.2024", None),
        ((), "0000-00-00", None),
        ((), "0001-01-01", None),
        ((), "9999-12-31", None),
        ((), "yesterday", None),
        (("%d.%m.%Y",), "2024-02-29", None),
    ],
)
def test_dates(settings, formats, text, expected):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    if expected is None:
        with pytest.raises(BadValueError, match="a date from 1900 to 2199 as"):
            date_converter(formats)(text)
    else:
        assert date_converter(formats)(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-06-30", dt.datetime(2024, 6, 30, tzinfo=ZoneInfo("Europe/Berlin"))),
        ("2024-06-30 12:00", dt.datetime(2024, 6, 30, 12, tzinfo=ZoneInfo("Europe/Berlin"))),
        ("2024-06-30T12:00:00Z", dt.datetime(2024, 6, 30, 12, tzinfo=dt.UTC)),
    ],
)
def test_moments_are_local_unless_they_say_otherwise(settings, text, expected):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    moment = moment_converter(())(text)
    assert moment == expected
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({}, "53.85", "53.85"),
        ({}, "-4", "-4.00"),
        ({}, "0", "0.00"),
        ({}, "0.005", "0.00"),
        ({}, "1,234.50", None),
        ({}, "1e3", None),
        ({}, "NaN", None),
        ({}, "Infinity", None),
        ({}, "$5", None),
        ({}, "٣", None),
        ({}, "1234567890123", None),
        ({"thousands": ","}, "1,234,567.5", "1234567.50"),
        ({"thousands": ","}, "12,34", None),
        ({"decimal": ",", "thousands": "."}, "1.234,50", "1234.50"),
        ({"divide_by": Decimal(12)}, "9996", "833.00"),
        ({"divide_by": Decimal(12)}, "100", "8.33"),
    ],
)
def test_amounts(options, text, expected):
    if expected is None:
        with pytest.raises(BadValueError, match="a number"):
            amount_converter(**options)(text)
    else:
        assert str(amount_converter(**options)(text)) == expected


@pytest.mark.parametrize(
    ("convert", "good", "bad"),
    [
        (to_boolean, {"TRUE": True, "no": False, "1": True, "f": False}, ["maybe", "2"]),
        (to_currency, {"usd": "USD", "EUR": "EUR"}, ["XYZ", "$", "DOLLAR"]),
        (to_language, {"EN": "en", "zh_Hans": "zh-hans"}, ["English", "e"]),
        (to_time_zone, {"Europe/Berlin": "Europe/Berlin"}, ["Mars/Base", "../etc/passwd"]),
        (to_email, {"A@Example.com": "a@example.com"}, ["a@", "a b@example.com"]),
        (text_converter(3), {"abc": "abc"}, ["abcd"]),
        (word_converter((("monthly", "month"),)), {"Monthly": "month"}, ["weekly"]),
    ],
)
def test_words(convert, good, bad):
    assert {text: convert(text) for text in good} == good
    for text in bad:
        with pytest.raises(BadValueError):
            convert(text)
