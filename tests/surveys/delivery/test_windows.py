"""When mails may go out next, on both sides of every edge that clocks have."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from surveys.delivery.windows import (
    has_strange_zone,
    next_moment_in_window,
    window_of,
    zone_of,
)
from surveys.models import Customer, Survey

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
DAY = ("09:00", "18:00")


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("moment", "window", "zone", "expected"),
    [
        # Inside, and on both edges, which are included: at once.
        ("2026-06-10 10:30", DAY, "UTC", "2026-06-10 10:30"),
        ("2026-06-10 09:00", DAY, "UTC", "2026-06-10 09:00"),
        ("2026-06-10 18:00", DAY, "UTC", "2026-06-10 18:00"),
        # Before: the same day. After: the next one.
        ("2026-06-10 08:59:59", DAY, "UTC", "2026-06-10 09:00"),
        ("2026-06-10 18:00:01", DAY, "UTC", "2026-06-11 09:00"),
        ("2026-06-10 00:00", DAY, "UTC", "2026-06-10 09:00"),
        # The days of the customer, not of UTC.
        ("2026-06-10 23:30", DAY, KOLKATA, "2026-06-11 03:30"),
        ("2026-06-10 03:30", DAY, KOLKATA, "2026-06-10 03:30"),
        ("2026-06-11 02:00", DAY, NEW_YORK, "2026-06-11 13:00"),
        ("2026-06-10 21:59", DAY, NEW_YORK, "2026-06-10 21:59"),
        # Ends of months and years, a leap day.
        ("2026-04-30 20:00", DAY, "UTC", "2026-05-01 09:00"),
        ("2026-12-31 20:00", DAY, "UTC", "2027-01-01 09:00"),
        ("2028-02-28 20:00", DAY, "UTC", "2028-02-29 09:00"),
        # Over the night in which clocks change: nine o'clock is nine o'clock.
        ("2026-03-28 20:00", DAY, BERLIN, "2026-03-29 07:00"),
        ("2026-10-24 20:00", DAY, BERLIN, "2026-10-25 08:00"),
        # Clocks go forward: 02:00 to 02:59 do not exist on 29 March.
        ("2026-03-28 23:30", ("02:30", "18:00"), BERLIN, "2026-03-29 01:00"),
        ("2026-03-29 00:59", ("02:30", "18:00"), BERLIN, "2026-03-29 01:00"),
        ("2026-03-29 01:00", ("02:30", "18:00"), BERLIN, "2026-03-29 01:00"),
        ("2026-03-28 23:30", ("02:30", "03:10"), BERLIN, "2026-03-29 01:00"),
        ("2026-03-28 23:30", ("03:00", "18:00"), BERLIN, "2026-03-29 01:00"),
        # A window that lies in the gap as a whole: that day has none.
        ("2026-03-28 23:30", ("02:15", "02:45"), BERLIN, "2026-03-30 00:15"),
        # Clocks go back: 02:00 to 02:59 come twice on 25 October.
        ("2026-10-24 22:00", ("02:30", "18:00"), BERLIN, "2026-10-25 00:30"),
        ("2026-10-25 00:45", ("02:30", "18:00"), BERLIN, "2026-10-25 00:45"),
        ("2026-10-25 01:10", ("02:30", "18:00"), BERLIN, "2026-10-25 01:30"),
        ("2026-10-25 00:20", ("01:00", "02:15"), BERLIN, "2026-10-26 00:00"),
        # A gap of half an hour, and one at midnight.
        ("2026-10-03 14:00", ("02:10", "18:00"), "Australia/Lord_Howe", "2026-10-03 15:30"),
        ("2026-04-23 21:30", ("00:15", "18:00"), "Africa/Cairo", "2026-04-23 22:00"),
    ],
)
def test_next_moment(moment, window, zone, expected):
    hours = tuple(dt.time.fromisoformat(each) for each in window)

    assert next_moment_in_window(utc(moment), hours, ZoneInfo(zone)) == utc(expected)


def test_no_window_is_at_any_time():
    moment = utc("2026-06-10 03:00")

    assert next_moment_in_window(moment, None, ZoneInfo(BERLIN)) == moment


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KOLKATA, "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("window", [("02:10", "02:50"), DAY, ("00:00", "00:20")])
def test_never_before_and_always_inside_through_a_whole_year(zone, window):
    hours = tuple(dt.time.fromisoformat(each) for each in window)
    moment, step = utc("2026-01-01 00:00"), dt.timedelta(minutes=477)

    while moment.year == 2026:
        found = next_moment_in_window(moment, hours, ZoneInfo(zone))
        assert moment <= found <= moment + dt.timedelta(hours=49)
        assert hours[0] <= found.astimezone(ZoneInfo(zone)).time() <= hours[1]
        moment += step


@pytest.mark.parametrize(
    ("said", "zone", "strange"),
    [
        ("Asia/Tokyo", "Asia/Tokyo", False),
        ("", BERLIN, False),
        ("Mars/Olympus", BERLIN, True),
        ("Europe", BERLIN, True),
        ("../../etc/passwd", BERLIN, True),
        ("/etc/localtime", BERLIN, True),
        ("a\x00b", BERLIN, True),
    ],
)
def test_a_zone_that_does_not_exist_is_the_organisations(settings, said, zone, strange):
    settings.ORGANISATION_TIME_ZONE = BERLIN
    customer = Customer(time_zone=said)

    assert zone_of(customer).key == zone
    assert has_strange_zone(customer) is strange


def test_a_window_has_two_ends_or_is_none():
    nine, six = dt.time(9), dt.time(18)

    assert window_of(Survey(window_from=nine, window_until=six)) == (nine, six)
    assert window_of(Survey()) is None
