"""The hours of the day in which mails go out, where the customer is."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from surveys.calendar import organisation_zone
from surveys.models import Customer, Survey

# From, until, both included; local time of day.
Window = tuple[dt.time, dt.time]

MINUTE = dt.timedelta(minutes=1)
# A day on which the window does not exist, as its hour was skipped, is followed by one with it.
MOST_DAYS = 4


def window_of(survey: Survey) -> Window | None:
    """None: mails go out at any time."""
    if survey.window_from is None or survey.window_until is None:
        return None
    return survey.window_from, survey.window_until


def zone_of(customer: Customer) -> ZoneInfo:
    """The customer's time zone; the organisation's where it is not known or none that exists."""
    return _zone(customer.time_zone) or organisation_zone()


def has_strange_zone(customer: Customer) -> bool:
    """Whether something stands there that is no time zone, so that the organisation's is used."""
    return bool(customer.time_zone) and _zone(customer.time_zone) is None


def next_moment_in_window(
    moment: dt.datetime, window: Window | None, zone: ZoneInfo
) -> dt.datetime:
    """``moment`` (aware) itself if it lies in the window, else when the window next opens.

    Never before ``moment``. Where clocks go forward over the opening, it opens with the first
    minute after it that exists; where they go back over it, at the first of the two that is not
    over. A day whose whole window is skipped is left out.
    """
    if window is None or _is_inside(moment, window, zone):
        return moment
    day = moment.astimezone(zone).date()
    for days in range(MOST_DAYS):
        for opening in _openings(day + dt.timedelta(days=days), window[0], zone):
            if opening >= moment and _is_inside(opening, window, zone):
                return opening
    raise ValueError(f"The window {window} does not open in {MOST_DAYS} days in {zone}.")


def _is_inside(moment: dt.datetime, window: Window, zone: ZoneInfo) -> bool:
    return window[0] <= moment.astimezone(zone).time() <= window[1]


def _openings(day: dt.date, at: dt.time, zone: ZoneInfo) -> list[dt.datetime]:
    """When it is ``at`` o'clock on that day, in UTC: once, twice (clocks go back), or, where it
    never is (clocks go forward), the first minute after."""
    wall = dt.datetime.combine(day, at)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first <= second:
        return sorted({first, second})
    # Skipped: PEP 495 reads such a time an offset too late or too early, so it lies in between.
    moment = second
    while moment < first and moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += MINUTE
    return [moment.replace(second=0, microsecond=0)]


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):  # no such file, a folder, a path that leads away
        return None
