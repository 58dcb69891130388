"""What the gate says at the moment of sending, of invitations and of reminders."""

import datetime as dt

import pytest
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.sending import send_due
from surveys.models import (
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Suppression,
    Survey,
)
from tests.factories.surveys import (
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
)
from tests.surveys.delivery.mails import after, invited, reminded, sent_days_ago

State = InvitationState
pytestmark = pytest.mark.django_db


def _answered(invitation):
    ResponseFactory(invitation=invitation)


def _answered_while_cancelling(invitation):
    intent = IntentFactory(subscription=invitation.cancellation.subscription)
    invitation.cancellation.intent = intent
    invitation.cancellation.save()
    ResponseFactory(invitation=InvitationFactory(for_intent=True, intent=intent))


def _suppressed(invitation):
    Suppression.objects.add_address(invitation.contact.email.upper(), "unsubscribed")


def _taken_back(invitation):
    invitation.cancellation.reverted_at = timezone.now()
    invitation.cancellation.save()


def _came_back(invitation):
    tomorrow = invitation.cancellation.requested_at.date() + dt.timedelta(days=1)
    SubscriptionFactory(customer=invitation.customer, started_on=tomorrow)


def _expired(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())


def _too_old(invitation):
    invitation.cancellation.requested_at = timezone.now() - dt.timedelta(days=14, minutes=1)
    invitation.cancellation.save()


def _erased(invitation):
    invitation.customer.erased_at = timezone.now()
    invitation.customer.save()


def _archived(invitation):
    Survey.objects.update(is_archived=True)


def _fewer_reminders(invitation):
    Survey.objects.update(reminder_days=[])


def _returned(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(bounced_at=timezone.now())


def _link_handed_on(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(channel=InvitationChannel.LINK)


def _not_sent_after_all(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(state=State.WITHDRAWN)


@pytest.mark.parametrize(
    ("arrange", "state", "because"),
    [
        (_answered, State.WITHDRAWN, gate.ANSWERED),
        (_answered_while_cancelling, State.WITHDRAWN, gate.ANSWERED_CANCELLING),
        (_suppressed, State.WITHHELD, gate.SUPPRESSED),
        (_taken_back, State.WITHDRAWN, gate.TAKEN_BACK),
        (_came_back, State.WITHHELD, gate.CAME_BACK),
        (_expired, State.WITHHELD, gate.EXPIRED),
        (_too_old, State.WITHHELD, gate.TOO_OLD),
        (_erased, State.WITHHELD, gate.ERASED),
        (_archived, State.WITHHELD, gate.NO_MORE_REMINDERS),
        (_fewer_reminders, State.WITHHELD, gate.NO_MORE_REMINDERS),
        (_returned, State.WITHHELD, gate.RETURNED),
        (_link_handed_on, State.WITHDRAWN, gate.LINK_HANDED_ON),
        (_not_sent_after_all, State.WITHDRAWN, gate.NOT_MAILED_BEFORE),
    ],
)
def test_a_reminder_is_asked_again_at_the_last_moment(sink, arrange, state, because):
    invitation = sent_days_ago(4, now=timezone.now())
    reminder = reminded(invitation)
    arrange(invitation)

    send_due()

    assert (after(reminder).state, reminder.withheld_because) == (state, because)
    assert not sink.received


def test_an_answer_that_was_begun_and_not_sent_is_reminded_of(sink):
    invitation = sent_days_ago(4, now=timezone.now())
    ResponseFactory(invitation=invitation, submitted_at=None, started_at=timezone.now())
    reminder = reminded(invitation)

    send_due()

    assert after(reminder).state == State.SENT
    assert len(sink.received) == 1


def _ran_beside_it(invitation):
    SubscriptionFactory(customer=invitation.customer)


def _began_that_day(invitation):
    SubscriptionFactory(
        customer=invitation.customer, started_on=invitation.cancellation.requested_at.date()
    )


def _first_heard_of_later(invitation):
    SubscriptionFactory(
        customer=invitation.customer,
        started_on=timezone.now().date() + dt.timedelta(days=-1),
        start_known=False,
    )


def _came_and_went(invitation):
    day = timezone.now().date() - dt.timedelta(days=1)
    SubscriptionFactory(customer=invitation.customer, started_on=day, ended_on=day)


def _on_trial(invitation):
    SubscriptionFactory(
        customer=invitation.customer, started_on=timezone.now().date(), is_trial=True
    )


@pytest.mark.parametrize(
    "arrange",
    [_ran_beside_it, _began_that_day, _first_heard_of_later, _came_and_went, _on_trial],
)
def test_ending_one_of_several_is_asked_about_and_is_no_coming_back(sink, arrange):
    invitation = invited(requested_at=timezone.now() - dt.timedelta(days=3))
    arrange(invitation)

    assert send_due()["sent"] == 1


def test_who_has_come_back_is_not_asked_why_they_left(sink):
    invitation = invited(requested_at=timezone.now() - dt.timedelta(days=3))
    _came_back(invitation)

    send_due()

    assert after(invitation).withheld_because == gate.CAME_BACK


class TestSendingWindow:
    """A mail that was held up until its window was over waits for the next one."""

    @pytest.fixture
    def closed(self):
        """A window that opens in an hour, for all surveys; returns when."""
        opens = (timezone.now() + dt.timedelta(hours=1)).replace(second=0, microsecond=0)
        closes = opens + dt.timedelta(minutes=10)
        if closes.date() != opens.date():
            opens, closes = opens - dt.timedelta(minutes=30), closes - dt.timedelta(minutes=30)
        return opens, {"window_from": opens.time(), "window_until": closes.time()}

    def test_an_invitation(self, sink, closed):
        opens, window = closed
        invitation = invited()
        Survey.objects.update(**window)

        assert send_due() == {"uncertain": 0, "scheduled": 1}
        assert after(invitation).state == State.SCHEDULED
        assert (invitation.not_before, invitation.withheld_because) == (opens, "")
        assert (invitation.attempts, invitation.lease) == (0, "")
        assert not sink.received

    def test_a_reminder(self, sink, closed):
        opens, window = closed
        reminder = reminded(sent_days_ago(4, now=timezone.now()))
        Survey.objects.update(**window)

        send_due()

        assert (after(reminder).state, reminder.not_before) == (State.SCHEDULED, opens)
        assert not sink.received


def test_the_same_answers_for_many_at_once_in_four_queries(django_assert_num_queries):
    now = timezone.now()
    rows = [sent_days_ago(4, now=now, email=f"p{number}@mail.localhost") for number in range(6)]
    for row, arrange in zip(
        rows, (_answered, _suppressed, _answered_while_cancelling, _came_back), strict=False
    ):
        arrange(row)
    reminders = [reminded(row) for row in rows]
    rows = list(
        Invitation.objects.filter(pk__in=[row.pk for row in rows])
        .select_related("cancellation", "customer", "contact", "survey")
        .order_by("pk")
    )

    with django_assert_num_queries(4):
        known = gate.known_about(rows, now=now)
    with django_assert_num_queries(0):
        together = [
            gate.reason_to_stop(
                invitation=row,
                cancellation=row.cancellation,
                now=now,
                reminder=reminder,
                known=known,
            )
            for row, reminder in zip(rows, reminders, strict=True)
        ]

    assert [stop and stop.because for stop in together] == [
        gate.ANSWERED,
        gate.SUPPRESSED,
        gate.ANSWERED_CANCELLING,
        gate.CAME_BACK,
        None,
        None,
    ]
    assert together == [
        gate.reason_to_stop(
            invitation=row, cancellation=row.cancellation, now=now, reminder=reminder
        )
        for row, reminder in zip(rows, reminders, strict=True)
    ]
    assert Reminder.objects.count() == 6
