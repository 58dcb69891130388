"""Days into periods: days, weeks, months, quarters, years. Pure."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

DAY = dt.timedelta(days=1)


class PeriodError(ValueError):
    """The dates or the kind of period make no sense; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Period:
    """Both ends are included."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def _month_after(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later; the end of the calendar stays itself."""
    total = day.year * 12 + day.month - 1 + months
    if total // 12 > dt.MAXYEAR:
        return dt.date.max
    return dt.date(total // 12, total % 12 + 1, 1)


def _next_week(day: dt.date) -> dt.date:
    return day + (7 - day.weekday()) * DAY


# The first day of the period after the one that ``day`` lies in.
_NEXT_START: dict[str, Callable[[dt.date], dt.date]] = {
    "day": lambda day: day + DAY,
    "week": _next_week,
    "month": lambda day: _month_after(day, 1),
    "quarter": lambda day: _month_after(day, 3 - (day.month - 1) % 3),
    "year": lambda day: _month_after(day, 13 - day.month),
}
KINDS = tuple(_NEXT_START)


def split(first: dt.date, last: dt.date, by: str) -> list[Period]:
    """The calendar's periods from ``first`` to ``last`` (both included), in order, without gaps.

    Weeks begin on Monday. The first and the last period are clipped to ``first`` and ``last``,
    whatever their kind. Raises PeriodError.
    """
    if by not in _NEXT_START:
        raise PeriodError(
            _("Unknown kind of period “%(found)s”: expected one of %(expected)s.")
            % {"found": by, "expected": ", ".join(KINDS)}
        )
    if last < first:
        raise PeriodError(
            _("The last day (%(last)s) lies before the first (%(first)s).")
            % {"last": last, "first": first}
        )
    periods = []
    start = first
    while start <= last:
        following = min(_NEXT_START[by](start), last + DAY)
        periods.append(Period(start, following - DAY))
        start = following
    return periods


def months_of(period: Period) -> float:
    """How many months ``period`` lasts; a clipped month is its part: 1 to 15 June is 0.5."""
    return sum(
        part.days / ((_month_after(part.start, 1) - part.start.replace(day=1)).days)
        for part in split(period.start, period.end, "month")
    )
