"""550, a bounce, a complaint: nobody is written to again, and the others are (FAULTS 5)."""

import pytest
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.reminders import plan_reminders
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.delivery.sending import send_due
from surveys.models import Invitation, InvitationState, Reminder, Suppression, Survey
from tests.factories.surveys import published_version
from tests.surveys.delivery.conftest import sink  # noqa: F401  (a fixture)
from tests.surveys.delivery.mails import after, cancelled, invited, reminded, sent_days_ago
from tests.surveys.delivery.provider_events import (
    SECRET,
    SIGNING_KEY,
    Provider,
    mailgun,
    postmark,
    sparkpost,
)

pytestmark = pytest.mark.django_db

State = InvitationState
GONE, FINE = "gone@mail.localhost", "fine@mail.localhost"


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


def test_550_in_mid_batch(sink):  # noqa: F811
    before, gone, behind = (
        invited(email=email) for email in ("first@mail.localhost", GONE, "last@mail.localhost")
    )
    sink.recipients[GONE] = "550 5.1.1 No such user"

    outcomes = send_due()

    assert (outcomes["sent"], outcomes["failed"]) == (2, 1)
    assert [after(each).state for each in (before, gone, behind)] == [
        State.SENT,
        State.FAILED,
        State.SENT,
    ]
    assert Suppression.objects.get().reason == "bounced"
    # Nor ever again, whatever customer it belongs to.
    published_version()
    again = schedule_for_cancellation(cancelled(email=GONE.title()), now=timezone.now())
    assert (again.state, again.withheld_because) == (State.WITHHELD, gate.SUPPRESSED)


def test_550_to_a_reminder_in_mid_batch(sink):  # noqa: F811
    Survey.objects.update(reminder_days=[3, 1])
    now = timezone.now()
    gone, fine = (sent_days_ago(4, now=now, email=email) for email in (GONE, FINE))
    Survey.objects.update(reminder_days=[3, 1])
    sink.recipients[GONE] = "550 5.1.1 No such user"
    plan_reminders(now)

    outcomes = send_due()

    assert (outcomes["sent"], outcomes["failed"]) == (1, 1)
    assert Suppression.objects.covers(GONE)
    Reminder.objects.update(sent_at=now - timezone.timedelta(days=2))
    plan_reminders(now)
    assert [gone.reminders.count(), fine.reminders.count()] == [1, 2]


@pytest.mark.parametrize(
    ("provider", "events"),
    [
        ("postmark", [postmark(email=GONE)]),
        ("postmark", [postmark("SpamComplaint", email=GONE)]),
        ("mailgun", [mailgun(email=GONE)]),
        ("mailgun", [mailgun("complained", email=GONE)]),
        ("sparkpost", [[sparkpost(email=GONE), sparkpost("delivery", email=FINE)]]),
        ("sparkpost", [[sparkpost("spam_complaint", email=GONE)]]),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_webhook_between_two_mails(sink, client, provider, events):  # noqa: F811
    now = timezone.now()
    gone, fine = (sent_days_ago(4, now=now, email=email) for email in (GONE, FINE))
    Survey.objects.update(reminder_days=[3])
    waiting, also_waiting = reminded(gone), reminded(fine)

    for event in events * 2:
        assert Provider(client, provider).post(event).status_code == 200
    plan_reminders(now)
    send_due()

    assert after(waiting).state == State.WITHDRAWN
    assert after(also_waiting).state == State.SENT
    assert [message["To"] for message in sink.received] == [FINE]
    assert Suppression.objects.covers(GONE)
    assert not Suppression.objects.covers(FINE)


def test_a_webhook_before_the_reminder_was_planned(sink, client):  # noqa: F811
    now = timezone.now()
    for email in (GONE, FINE):
        sent_days_ago(4, now=now, email=email)
    Survey.objects.update(reminder_days=[3])
    Provider(client, "postmark").post(postmark(email=GONE))

    plan_reminders(now)
    send_due()

    assert [message["To"] for message in sink.received] == [FINE]
    assert Invitation.objects.get(contact__email=GONE).bounced_at is not None
    assert Reminder.objects.count() == 1
