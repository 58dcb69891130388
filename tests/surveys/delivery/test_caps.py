"""How many mails may go: an hour altogether, a day to one address."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from surveys.delivery import gate, sending
from surveys.delivery.caps import mails_allowed_now
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.delivery.sending import send_due
from surveys.models import Invitation, InvitationState
from tests.factories.surveys import InvitationFactory, published_version
from tests.surveys.delivery.mails import (
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


class TestAnHour:
    def test_no_cap_asks_nothing(self, settings, django_assert_num_queries):
        settings.MAIL_MAX_PER_HOUR = 0
        with django_assert_num_queries(0):
            assert mails_allowed_now(timezone.now()) is None

    def test_what_went_out_in_the_last_hour_and_what_is_on_its_way_counts(self, settings):
        settings.MAIL_MAX_PER_HOUR = 10
        now = timezone.now()
        minutes = lambda count: now - dt.timedelta(minutes=count)  # noqa: E731
        sent = invited(state=State.SENT, sent_at=minutes(59))
        reminded(sent, state=State.SENT, sent_at=minutes(1))
        reminded(sent, step=2, state=State.SENDING)
        invited(state=State.SENDING)
        invited(state=State.UNCERTAIN, handed_over_at=minutes(30))
        assert _allowed(now) == 5
        # None of these: too long ago, waiting, not mailed.
        invited(state=State.SENT, sent_at=minutes(61))
        invited(state=State.UNCERTAIN, handed_over_at=minutes(61))
        invited(state=State.SCHEDULED)
        invited(state=State.FAILED)
        InvitationFactory(for_intent=True)
        assert _allowed(now) == 5

    def test_never_less_than_none(self, settings):
        settings.MAIL_MAX_PER_HOUR = 1
        for _ in range(3):
            invited(state=State.SENT)

        assert _allowed(timezone.now()) == 0

    def test_the_rest_stays_due_and_goes_an_hour_later(self, settings, sink):
        settings.MAIL_MAX_PER_HOUR = 2
        rows = [invited(email=f"p{number}@mail.localhost") for number in range(3)]

        assert send_due()["sent"] == 2
        assert not send_due()["sent"]
        assert after(rows[2]).state == State.SCHEDULED

        Invitation.objects.filter(sent_at__isnull=False).update(
            sent_at=timezone.now() - dt.timedelta(minutes=61)
        )
        assert send_due()["sent"] == 1

    @pytest.mark.django_db(transaction=True)
    def test_asked_outside_a_transaction_it_would_mean_nothing(self, settings):
        settings.MAIL_MAX_PER_HOUR = 2
        with pytest.raises(RuntimeError, match="transaction"):
            mails_allowed_now(timezone.now())

    @pytest.mark.django_db(transaction=True)
    def test_eight_workers_together_send_no_more(self, settings, sink, monkeypatch):
        settings.MAIL_MAX_PER_HOUR = 7
        monkeypatch.setattr(sending, "CHUNK", 2)
        for number in range(20):
            invited(email=f"p{number}@mail.localhost")

        at_once(lambda _: send_due(), 8)

        assert len(sink.received) == 7
        assert sorted(states_of()) == sorted([State.SENT] * 7 + [State.SCHEDULED] * 13)


class TestADayToOneAddress:
    def test_whatever_brought_it_in(self, settings):
        settings.INVITATION_QUIET_DAYS = 0
        settings.INVITATION_MAX_PER_ADDRESS_PER_DAY = 2
        now = timezone.now()

        invitations = [schedule_for_cancellation(cancelled(), now=now) for _ in range(3)]

        assert [each.state for each in invitations] == [
            State.SCHEDULED,
            State.SCHEDULED,
            State.WITHHELD,
        ]
        assert invitations[2].withheld_because == gate.TOO_MANY

    def test_what_was_written_before_that_day_does_not_count(self, settings):
        settings.INVITATION_QUIET_DAYS = 0
        settings.INVITATION_MAX_PER_ADDRESS_PER_DAY = 1
        now = timezone.now()
        old = sent_days_ago(2, now=now)
        Invitation.objects.filter(pk=old.pk).update(created_at=now - dt.timedelta(days=2))

        assert schedule_for_cancellation(cancelled(), now=now).state == State.SCHEDULED

    def test_what_was_scheduled_within_the_cap_is_sent(self, settings, sink):
        settings.INVITATION_QUIET_DAYS = 0
        settings.INVITATION_MAX_PER_ADDRESS_PER_DAY = 2
        invited()
        invited()

        assert send_due()["sent"] == 2


def _allowed(now):
    with transaction.atomic():
        return mails_allowed_now(now)
