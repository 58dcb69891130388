"""Reminders go the way of invitations, and stand below the first mail."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.delivery import gate, outlets
from surveys.delivery.sending import send_due
from surveys.models import InvitationState
from tests.factories.surveys import ResponseFactory
from tests.surveys.delivery.mails import invited, reminded, sent_days_ago

pytestmark = pytest.mark.django_db

State = InvitationState


def due_reminder(email="ann@mail.localhost"):
    sent = sent_days_ago(4, now=timezone.now(), email=email, message_id="<first@harbour.dev>")
    return reminded(sent)


def test_sent_once_below_the_first_mail(sink):
    reminder = due_reminder()

    assert send_due() == {"uncertain": 0, "sent": 1}
    assert send_due() == {"uncertain": 0}

    (message,) = sink.received
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts) == (State.SENT, 1)
    assert reminder.sent_at is not None
    assert message["Message-ID"] == reminder.message_id != "<first@harbour.dev>"
    assert message["In-Reply-To"] == message["References"] == "<first@harbour.dev>"
    assert reminder.invitation.url in message.get_body(("plain",)).get_content()
    reminder.invitation.refresh_from_db()
    assert reminder.invitation.message_id == "<first@harbour.dev>"


def test_invitations_and_reminders_in_one_pass_over_one_connection(sink):
    for number in range(3):
        due_reminder(f"old{number}@mail.localhost")
        invited(email=f"new{number}@mail.localhost")

    assert send_due()["sent"] == 6
    assert sink.connections == 1
    assert len({message["Message-ID"] for message in sink.received}) == 6


@pytest.mark.parametrize(
    ("recipient", "state"),
    [("550 No such user", State.FAILED), ("450 Later", State.SCHEDULED)],
)
def test_what_the_server_answers(sink, recipient, state):
    reminder, other = due_reminder("ann@mail.localhost"), due_reminder("bob@mail.localhost")
    sink.recipients["ann@mail.localhost"] = recipient

    send_due()

    reminder.refresh_from_db()
    other.refresh_from_db()
    assert (reminder.state, other.state) == (state, State.SENT)
    assert reminder.last_error


def test_who_answers_between_the_gate_and_the_hand_over_is_not_reminded(sink, monkeypatch):
    reminder = due_reminder()
    prepare = outlets.SmtpOutlet.prepare

    def meanwhile(self, row):
        ResponseFactory(invitation=reminder.invitation)
        return prepare(self, row)

    monkeypatch.setattr(outlets.SmtpOutlet, "prepare", meanwhile)

    send_due()

    reminder.refresh_from_db()
    assert (reminder.state, reminder.withheld_because) == (State.WITHDRAWN, gate.ANSWERED)
    assert not sink.received


def test_one_query_a_reminder(sink):
    def queries(count, prefix):
        for number in range(count):
            due_reminder(f"{prefix}{number}@mail.localhost")
        with CaptureQueriesContext(connection) as captured:
            assert send_due()["sent"] == count
        return len(captured)

    assert queries(11, "many") - queries(1, "one") == 10
