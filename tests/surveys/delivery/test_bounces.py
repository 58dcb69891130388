"""What becomes of an address, and of what waits for it, when a provider reports a mail."""

import datetime as dt

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.bounces import COMPLAINED, is_soft, record_event, suppression_for
from surveys.models import Invitation, InvitationState, Reminder, Suppression
from surveys.models.invitations import SuppressionReason as Why
from tests.surveys.delivery.mails import ANN, after, invited, reminded, sent_days_ago

State = InvitationState
NOW = dt.datetime(2026, 6, 10, 12, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def event(event_type=EventType.BOUNCED, reject_reason=RejectReason.BOUNCED, **facts):
    facts = {"recipient": ANN, "esp_event": {}, **facts}
    return AnymailTrackingEvent(event_type=event_type, reject_reason=reject_reason, **facts)


@pytest.mark.parametrize(
    ("event_type", "reject_reason", "suppressed"),
    [
        (EventType.BOUNCED, RejectReason.BOUNCED, Why.BOUNCED),
        (EventType.BOUNCED, RejectReason.INVALID, Why.BOUNCED),
        (EventType.BOUNCED, None, Why.BOUNCED),
        (EventType.REJECTED, RejectReason.BOUNCED, Why.BOUNCED),
        (EventType.REJECTED, RejectReason.INVALID, Why.BOUNCED),
        (EventType.REJECTED, RejectReason.SPAM, Why.COMPLAINED),
        (EventType.REJECTED, RejectReason.UNSUBSCRIBED, Why.UNSUBSCRIBED),
        (EventType.COMPLAINED, RejectReason.SPAM, Why.COMPLAINED),
        (EventType.COMPLAINED, None, Why.COMPLAINED),
        (EventType.UNSUBSCRIBED, None, Why.UNSUBSCRIBED),
        # About our side, the message or the moment.
        (EventType.BOUNCED, RejectReason.BLOCKED, None),
        (EventType.BOUNCED, RejectReason.SPAM, None),
        (EventType.BOUNCED, RejectReason.TIMED_OUT, None),
        (EventType.BOUNCED, RejectReason.OTHER, None),
        (EventType.REJECTED, RejectReason.BLOCKED, None),
        (EventType.REJECTED, RejectReason.OTHER, None),
        (EventType.DEFERRED, None, None),
        (EventType.DELIVERED, None, None),
        (EventType.OPENED, None, None),
        (EventType.AUTORESPONDED, None, None),
        (EventType.FAILED, None, None),
        (EventType.UNKNOWN, None, None),
        (EventType.SUBSCRIBED, None, None),
    ],
)
def test_which_events_suppress(event_type, reject_reason, suppressed):
    said = event(event_type, reject_reason)
    record_event(said, now=NOW)

    assert suppression_for(said) == suppressed
    assert list(Suppression.objects.values_list("reason", flat=True)) == (
        [suppressed] if suppressed else []
    )


@pytest.mark.parametrize(
    ("payload", "soft"),
    [
        ({"RecordType": "Bounce", "Type": "SoftBounce"}, True),
        ({"RecordType": "Bounce", "Type": "HardBounce"}, False),
        ({"event": "soft_bounce"}, True),
        ({"event": "hard_bounce"}, False),
        ({"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}}, True),
        ({"bounce": {"bounceType": "Undetermined"}}, True),
        ({"bounce": {"bounceType": "Permanent"}}, False),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "22"}}}, True),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "10"}}}, False),
        ({"event": "bounce", "hard_bounce": False}, True),
        ({"event": "bounce", "hard_bounce": True}, False),
        ({"type": "activity.soft_bounced"}, True),
        ({"event": "soft bounce"}, True),
        ({"reason": "soft", "event": "bounce"}, False),
        ({}, False),
        (None, False),
        (["soft"], False),
    ],
)
def test_what_providers_call_a_passing_bounce(payload, soft):
    assert is_soft(payload) is soft


def test_a_passing_bounce_changes_nothing():
    invitation = sent_days_ago(1, now=NOW)

    record_event(event(esp_event={"Type": "SoftBounce"}), now=NOW)

    assert after(invitation).bounced_at is None
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("said_as", ["<abc@vendor.dev>", "abc@vendor.dev"])
@pytest.mark.parametrize("kept_as", ["<abc@vendor.dev>", "abc@vendor.dev"])
def test_the_mail_is_found_by_its_message_id(kept_as, said_as):
    invitation = sent_days_ago(3, now=NOW, message_id=kept_as)
    newer = sent_days_ago(1, now=NOW)

    record_event(event(message_id=said_as, timestamp=NOW - dt.timedelta(hours=1)), now=NOW)

    assert after(invitation).bounced_at == NOW - dt.timedelta(hours=1)
    assert after(newer).bounced_at is None


def test_a_reminder_is_found_by_its_message_id():
    invitation = sent_days_ago(4, now=NOW, message_id="<first@vendor.dev>")
    first = reminded(invitation, state=State.SENT, sent_at=NOW, message_id="<second@vendor.dev>")
    waiting = reminded(invitation, step=2)

    record_event(event(EventType.REJECTED, RejectReason.OTHER, message_id="second@vendor.dev"),
                 now=NOW)  # fmt: skip

    assert after(first).bounced_at == NOW
    assert after(invitation).bounced_at is None
    assert (after(waiting).state, waiting.withheld_because) == (State.WITHDRAWN, gate.RETURNED)
    assert not Suppression.objects.exists()


def test_without_a_known_id_it_is_the_newest_mail_to_the_address():
    old, new = sent_days_ago(9, now=NOW), sent_days_ago(4, now=NOW)
    reminder = reminded(new, state=State.SENT, sent_at=NOW - dt.timedelta(days=1))
    never_sent = invited()

    record_event(event(message_id="of-the-provider", recipient="Ann@Mail.localhost"), now=NOW)

    assert after(reminder).bounced_at == NOW
    assert [after(each).bounced_at for each in (old, new, never_sent)] == [None] * 3


def test_the_address_is_that_of_the_mail_where_none_is_said():
    sent_days_ago(1, now=NOW, message_id="<abc@vendor.dev>")

    record_event(event(EventType.COMPLAINED, recipient=None, message_id="abc@vendor.dev"), now=NOW)

    assert Suppression.objects.covers(ANN)


def test_what_waits_for_the_address_is_withdrawn_and_others_are_not():
    waiting = invited()
    other = invited(email="bob@mail.localhost")

    record_event(event(EventType.COMPLAINED), now=NOW)

    assert (after(waiting).state, waiting.withheld_because) == (State.WITHDRAWN, COMPLAINED)
    assert after(other).state == State.SCHEDULED


def test_a_complaint_is_no_return():
    invitation = sent_days_ago(1, now=NOW)

    record_event(event(EventType.COMPLAINED), now=NOW)

    assert after(invitation).bounced_at is None


def test_again_changes_nothing():
    invitation = sent_days_ago(1, now=NOW, message_id="<abc@vendor.dev>")
    for hour in range(3):
        record_event(event(message_id="abc@vendor.dev"), now=NOW + dt.timedelta(hours=hour))

    assert after(invitation).bounced_at == NOW
    assert Suppression.objects.count() == 1


def test_an_erasure_is_not_undone_by_a_late_bounce():
    Suppression.objects.add_address(ANN, Why.ERASED)

    record_event(event(), now=NOW)

    assert Suppression.objects.get().reason == Why.ERASED


@pytest.mark.parametrize(
    "facts",
    [
        {"recipient": None},
        {"recipient": ""},
        {"recipient": "nobody we know <x@y.dev>"},
        {"recipient": "not an address"},
        {"recipient": 7},
        {"recipient": "a\x00nn@mail.localhost", "message_id": "\x00"},
        {"recipient": "\ud800@mail.localhost", "message_id": "\udfff"},
        {"recipient": "x" * 9_000 + "@mail.localhost"},
        {"message_id": "<" * 500},
        {"message_id": {"a": 1}},
        {"message_id": "unknown"},
        {"timestamp": "yesterday"},
        {"timestamp": dt.datetime(2026, 1, 1)},  # noqa: DTZ001
        {"esp_event": None},
        {"esp_event": {"type": {"type": {"type": {"type": {"type": "soft"}}}}}},
    ],
)
def test_whatever_is_said_is_no_error(facts):
    record_event(event(**facts), now=NOW)

    assert not Invitation.objects.exclude(bounced_at=None).exists()
    assert not Reminder.objects.exists()


def test_a_moment_in_the_future_is_now():
    invitation = sent_days_ago(1, now=NOW)

    record_event(event(timestamp=NOW + dt.timedelta(days=400)), now=NOW)

    assert after(invitation).bounced_at == NOW


def test_the_signal_is_heard():
    from anymail.signals import tracking

    tracking.send(sender=object, event=event(timestamp=timezone.now()), esp_name="Postmark")

    assert Suppression.objects.covers(ANN)
