"""Nobody is sent two invitations within the quiet period, however many workers send."""

import datetime as dt
import threading

import pytest
from django.utils import timezone

from surveys.delivery import gate, quiet, sending
from surveys.delivery.scheduling import schedule_for_cancellation, withdraw_pending
from surveys.delivery.sending import send_due
from surveys.models import Invitation, InvitationState, Reminder
from tests.factories.surveys import InvitationFactory, published_version
from tests.surveys.delivery.mails import (
    ANN,
    after,
    at_once,
    cancelled,
    invited,
    reminded,
    sent_days_ago,
    states_of,
)

State = InvitationState
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _surveys(db):
    published_version()


@pytest.mark.parametrize(
    ("days", "quiet_days", "state", "because"),
    [
        (29, 30, State.WITHHELD, gate.ASKED_LATELY),
        (31, 30, State.SCHEDULED, ""),
        (6, 7, State.WITHHELD, gate.ASKED_LATELY),
        (8, 7, State.SCHEDULED, ""),
        (0, 0, State.SCHEDULED, ""),
    ],
)
@pytest.mark.parametrize("spelling", [ANN, "Ann@Mail.localhost"])
def test_an_address_that_was_asked_is_left_alone(
    settings, days, quiet_days, state, because, spelling
):
    settings.INVITATION_QUIET_DAYS = quiet_days
    now = timezone.now()
    sent_days_ago(days, now=now, email=ANN)

    invitation = schedule_for_cancellation(cancelled(email=spelling), now=now)

    assert (invitation.state, invitation.withheld_because) == (state, because)


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({"state": State.UNCERTAIN, "sent_at": None, "handed_over_at": timezone.now()}, True),
        ({"state": State.FAILED, "sent_at": None}, False),
        ({"state": State.WITHHELD, "sent_at": None}, False),
        ({"state": State.WITHDRAWN, "sent_at": None}, False),
        ({"state": State.OFFERED, "sent_at": None}, False),
    ],
)
def test_only_what_went_out_or_may_have_counts(facts, counts):
    invited(**facts)

    invitation = schedule_for_cancellation(cancelled(), now=timezone.now())

    assert (invitation.state == State.WITHHELD) is counts


def test_neither_reminders_nor_the_cancel_page_count(settings):
    now = timezone.now()
    settings.INVITATION_QUIET_DAYS = 10
    reminded(sent_days_ago(12, now=now), state=State.SENT, sent_at=now)
    InvitationFactory(for_intent=True)

    assert schedule_for_cancellation(cancelled(), now=now).state == State.SCHEDULED


def test_others_are_written_to():
    sent_days_ago(1, now=timezone.now(), email="bob@mail.localhost")

    invitation = schedule_for_cancellation(cancelled(), now=timezone.now())

    assert invitation.state == State.SCHEDULED


def test_a_reminder_is_not_held_up_by_another_invitation(sink):
    now = timezone.now()
    reminder = reminded(sent_days_ago(4, now=now))
    sent_days_ago(1, now=now)

    send_due()

    assert after(reminder).state == State.SENT


def test_of_two_that_wait_the_first_is_sent(sink):
    first, second = invited(), invited()

    send_due()

    assert [after(first).state, after(second).state] == [State.SENT, State.WITHHELD]
    assert after(second).withheld_because == gate.ASKED_LATELY
    assert len(sink.received) == 1


def test_the_second_goes_where_the_first_was_withdrawn(sink):
    first, second = invited(), invited()
    withdraw_pending(first.cancellation, because=gate.TAKEN_BACK)

    send_due()

    assert after(second).state == State.SENT


def test_the_first_wins_even_where_it_is_due_later(sink):
    first = invited(not_before=timezone.now() + dt.timedelta(hours=5))
    second = invited()

    send_due()

    assert [after(first).state, after(second).state] == [State.SCHEDULED, State.WITHHELD]


def test_what_was_withheld_does_not_join_where_another_waits():
    now = timezone.now()
    about = cancelled(email="")
    withheld = schedule_for_cancellation(about, now=now)
    assert withheld.withheld_because == gate.NO_CONTACT
    other = schedule_for_cancellation(cancelled(), now=now)
    about.customer.contacts.create(email=ANN)

    again = schedule_for_cancellation(about, now=now)

    assert (again.state, again.withheld_because) == (State.WITHHELD, gate.ASKED_LATELY)
    assert after(other).state == State.SCHEDULED


def test_one_question_for_however_many_addresses(django_assert_num_queries):
    invitations = [invited(email=f"p{number}@mail.localhost") for number in range(10)]

    with django_assert_num_queries(1):
        found = quiet.mailed_to([each.contact.email for each in invitations], now=timezone.now())

    assert [found[each.contact.email].oldest_waiting for each in invitations] == [
        each.pk for each in invitations
    ]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_eight_workers_with_two_invitations_each_to_six_addresses(self, sink, monkeypatch):
        monkeypatch.setattr(sending, "CHUNK", 1)
        for number in range(12):
            invited(email=f"p{number % 6}@mail.localhost")

        at_once(lambda _: send_due(), 8)

        assert sorted(message["To"] for message in sink.received) == [
            f"p{number}@mail.localhost" for number in range(6)
        ]
        # Of each address the row that was written first.
        assert states_of() == [State.SENT] * 6 + [State.WITHHELD] * 6

    def test_both_are_asked_for_before_either_is_handed_over(self, sink, monkeypatch):
        """The race itself: two senders have each asked the gate when the first one sends."""
        monkeypatch.setattr(sending, "CHUNK", 1)
        first, second = invited(), invited()
        asked = threading.Barrier(2)
        reason_to_stop = gate.reason_to_stop

        def both_ask_first(**question):
            stop = reason_to_stop(**question)
            asked.wait(timeout=20)
            return stop

        def send_one(_):
            sender = sending.Sender(sending.Outcomes())
            assert sender.send_some(Invitation)
            sender.outlet.disconnect()

        monkeypatch.setattr(gate, "reason_to_stop", both_ask_first)
        at_once(send_one, 2)

        assert [after(first).state, after(second).state] == [State.SENT, State.WITHHELD]
        assert len(sink.received) == 1

    def test_scheduled_at_once_at_most_the_share_of_a_day_waits(self):
        cancellations = [cancelled() for _ in range(8)]

        at_once(
            lambda number: schedule_for_cancellation(cancellations[number], now=timezone.now()), 8
        )

        assert sorted(states_of()) == sorted([State.SCHEDULED] * 3 + [State.WITHHELD] * 5)
        assert set(
            Invitation.objects.filter(state=State.WITHHELD).values_list(
                "withheld_because", flat=True
            )
        ) == {gate.TOO_MANY}
        assert not Reminder.objects.exists()
