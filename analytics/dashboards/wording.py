"""Figures as people read them: amounts, percentages, days."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩"}
DASH = "–"
# A minus sign of its own width; a hyphen is too short beside figures.
MINUS = "−"
# Keeps a figure and its unit on one line.
NBSP = "\N{NO-BREAK SPACE}"


def number(value: float | Decimal, places: int = 0) -> str:
    """Rounded half up (Django's own formatting cuts), with separators as the language has them."""
    rounded = Decimal(str(value)).quantize(Decimal(10) ** -places, ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=places, force_grouping=True)


def money(amount: Decimal | float | None, currency: str) -> str:
    """``€48,310``, whole units; a dash where it is not known."""
    if amount is None:
        return DASH
    text = number(abs(round(amount)))
    sign = MINUS if round(amount) < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text}{NBSP}{currency}"


def money_change(amount: Decimal, currency: str) -> str:
    return money(amount, currency) if round(amount) <= 0 else f"+{money(amount, currency)}"


def percent(part: float | None, places: int = 0) -> str:
    """``66 %``; a dash where there is nothing it could be a part of."""
    return DASH if part is None else f"{number(part * 100, places)}{NBSP}%"


def percent_range(low: float | None, high: float | None) -> str:
    """``47–63``: the ends of an interval, in per cent."""
    if low is None or high is None:
        return ""
    return f"{number(low * 100)}–{number(high * 100)}"


def points(change: float | None) -> str:
    """``+12``: percentage points, with their sign; empty without a change to speak of."""
    if change is None:
        return ""
    whole = round(change * 100)
    if whole == 0:
        return "0"
    return f"+{number(whole)}" if whole > 0 else f"{MINUS}{number(-whole)}"


def day(value: dt.date, *, with_year: bool = True) -> str:
    """``1 August 2026``, as the language in force writes it."""
    return date_format(value, gettext("j F Y") if with_year else gettext("j F"))


def day_range(first: dt.date, last: dt.date) -> str:
    """``1 August to 31 October 2026``."""
    if first == last:
        return day(first)
    same_year = first.year == last.year
    return gettext("%(first)s to %(last)s") % {
        "first": day(first, with_year=not same_year),
        "last": day(last),
    }


def period_label(start: dt.date, by: str) -> str:
    """What stands under a bar: ``3 Aug``, ``Aug 2026``, ``Q3 2026``, ``2026``."""
    if by in ("day", "week"):
        return date_format(start, gettext("j M"))
    if by == "month":
        return date_format(start, gettext("M Y"))
    if by == "quarter":
        return gettext("Q%(quarter)d %(year)d") % {
            "quarter": (start.month + 2) // 3,
            "year": start.year,
        }
    return str(start.year)
