"""Figures and days as people read them, in the language in force."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

DASH = "–"
# Keeps a figure and its unit on one line.
NBSP = "\N{NO-BREAK SPACE}"


def number(value: float | Decimal, places: int = 0) -> str:
    """Rounded half up (Django's own formatting cuts), with separators as the language has them."""
    rounded = Decimal(str(value)).quantize(Decimal(10) ** -places, ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=places, force_grouping=True)


def percent(part: float | None, places: int = 0) -> str:
    """``66 %``; a dash where there is nothing it could be a part of."""
    return DASH if part is None else f"{number(part * 100, places)}{NBSP}%"


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
