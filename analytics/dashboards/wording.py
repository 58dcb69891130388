"""Figures as people read them: amounts, percentages, days."""

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext

from surveys.wording import DASH, NBSP, day, day_range, number, percent

__all__ = [
    "DASH",
    "MINUS",
    "NBSP",
    "day",
    "day_range",
    "money",
    "money_change",
    "number",
    "percent",
    "percent_range",
    "period_label",
    "points",
]

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩"}
# A minus sign of its own width; a hyphen is too short beside figures.
MINUS = "−"


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
