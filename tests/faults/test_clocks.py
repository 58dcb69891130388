"""Clocks that jump: no reminder doubled or missed, none outside its hours (FAULTS 17).

Each case walks the ticker through days in steps, as it would have run, and looks at every mail
that it made.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine

from surveys.delivery.reminders import plan_reminders
from surveys.delivery.sending import send_due
from surveys.models import Customer, Invitation, InvitationState, Reminder, Survey
from tests.surveys.delivery.mails import invited, sent_days_ago

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
HOURS = (dt.time(9), dt.time(17))
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def tick_from(start, until, *, step=dt.timedelta(minutes=229)):
    """The ticker, as if it ran at each of these moments."""
    now = start
    while now <= until:
        tick(now)
        now += step


def tick(now):
    with time_machine.travel(now, tick=False):
        plan_reminders(now)
        if any(model.objects.due(now).exists() for model in (Invitation, Reminder)):
            send_due()


def survey_says(days=(3, 7), window=HOURS):
    Survey.objects.update(reminder_days=list(days), window_from=window[0], window_until=window[1])


def steps():
    """(step, when it was sent), as they went out."""
    return list(Reminder.objects.order_by("sent_at").values_list("step", "sent_at"))


@pytest.mark.parametrize(
    ("sent_at", "zone"),
    [
        ("2026-03-26 09:30", BERLIN),  # the reminder's days lead over the gap
        ("2026-03-28 20:00", BERLIN),  # sent in the night before it
        ("2026-10-22 09:30", BERLIN),  # over the fold
        ("2026-10-25 00:30", BERLIN),  # sent in the hour that comes twice, the first time
        ("2026-10-25 01:30", BERLIN),  # and the second time
        ("2026-03-05 20:00", NEW_YORK),
        ("2026-10-01 02:00", LORD_HOWE),  # half an hour
        ("2026-02-26 15:00", BERLIN),  # and of a short one
        ("2028-02-27 15:00", NEW_YORK),  # into the 29th of a leap year
        ("2026-12-30 15:00", BERLIN),  # and of a year
    ],
)
def test_each_step_once_and_in_its_hours(sent_at, zone):
    sent = utc(sent_at)
    invitation = sent_days_ago(0, now=sent)
    Customer.objects.update(time_zone=zone)
    survey_says()

    tick_from(sent, sent + 14 * DAY)

    (first, first_at), (second, second_at) = steps()
    assert (first, second) == (1, 2)
    assert sent + 3 * DAY <= first_at <= sent + 4 * DAY
    assert first_at + 7 * DAY <= second_at <= first_at + 8 * DAY
    for moment in (first_at, second_at):
        assert HOURS[0] <= moment.astimezone(ZoneInfo(zone)).time() <= HOURS[1]
    assert invitation.reminders.count() == 2


def test_in_the_hours_of_the_organisation_where_no_zone_is_known(settings):
    settings.ORGANISATION_TIME_ZONE = NEW_YORK
    sent = utc("2026-03-05 20:00")
    sent_days_ago(0, now=sent)
    survey_says(days=(3,))

    tick_from(sent, sent + 5 * DAY)

    ((_, moment),) = steps()
    assert HOURS[0] <= moment.astimezone(ZoneInfo(NEW_YORK)).time() <= HOURS[1]


def test_a_window_that_the_gap_swallows_opens_a_day_later():
    sent = utc("2026-03-26 00:00")
    sent_days_ago(0, now=sent)
    Customer.objects.update(time_zone=BERLIN)
    survey_says(days=(3,), window=(dt.time(2, 5), dt.time(2, 55)))

    tick_from(sent + 2.9 * DAY, sent + 5 * DAY, step=dt.timedelta(minutes=15))

    ((step, moment),) = steps()
    assert (step, moment.date()) == (1, dt.date(2026, 3, 30))


@pytest.mark.parametrize("back", [dt.timedelta(hours=1), DAY, 10 * DAY])
def test_a_clock_set_back_makes_no_second_one(back):
    sent = utc("2026-06-01 10:00")
    sent_days_ago(0, now=sent)
    survey_says()
    tick(sent + 3 * DAY)
    ((_, first_at),) = steps()

    tick_from(sent + 3 * DAY - back, sent + 9 * DAY)
    assert steps() == [(1, first_at)]

    tick_from(sent + 9 * DAY, sent + 14 * DAY)
    assert [step for step, _ in steps()] == [1, 2]


def test_a_clock_set_back_before_the_mail_itself_reminds_of_nothing_too_early():
    sent = utc("2026-06-10 10:00")
    sent_days_ago(0, now=sent)
    survey_says(days=(3,))

    tick_from(sent - 5 * DAY, sent + 2.9 * DAY)

    assert not Reminder.objects.exists()


def test_a_ticker_that_was_away_for_days_misses_none_and_makes_none_twice():
    sent = utc("2026-06-01 10:00")
    sent_days_ago(0, now=sent)
    survey_says(days=(1, 1, 1))

    tick(sent + 6.2 * DAY)
    assert [step for step, _ in steps()] == [1]
    tick_from(sent + 6.2 * DAY, sent + 9.5 * DAY)

    assert [step for step, _ in steps()] == [1, 2, 3]


def test_what_is_due_in_the_hour_that_comes_twice_goes_once():
    due = utc("2026-10-25 00:30")
    invitation = invited(
        requested_at=due - dt.timedelta(hours=2), not_before=due, expires_at=due + 30 * DAY
    )
    Customer.objects.update(time_zone=BERLIN)
    Survey.objects.update(reminder_days=[])

    tick_from(due - dt.timedelta(hours=1), due + DAY, step=dt.timedelta(minutes=10))

    invitation.refresh_from_db()
    assert invitation.state == InvitationState.SENT
    assert (invitation.attempts, invitation.sent_at) == (1, due)
