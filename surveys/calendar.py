"""Dates in the organisation's time zone. Moments are stored in UTC; a date is a local date."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def organisation_zone() -> ZoneInfo:
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def local_date(moment: dt.datetime) -> dt.date:
    """The date that ``moment`` (aware) falls on for the organisation."""
    return moment.astimezone(organisation_zone()).date()


def today() -> dt.date:
    return local_date(timezone.now())


def local_midnight(day: dt.date) -> dt.datetime:
    """The moment at which ``day`` begins for the organisation (aware)."""
    return dt.datetime.combine(day, dt.time(), tzinfo=organisation_zone())


def months_between(first: dt.date, last: dt.date) -> int:
    """Whole months from ``first`` to ``last``: 31 January to 28 February are none."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - 1 if last.day < first.day else months


def minus_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months before, or the month's last where it has none."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    next_month = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (next_month - dt.timedelta(days=1)).day))
