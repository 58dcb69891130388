"""The link that the team hands on instead of a mail."""

import datetime as dt

import pytest
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.links import OfferRefusedError, offer_link
from surveys.delivery.reminders import plan_reminders
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.delivery.sending import send_due
from surveys.models import Invitation, InvitationChannel, InvitationState, Reminder, Survey
from tests.factories.surveys import (
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
    published_version,
)
from tests.surveys.delivery.mails import (
    after,
    cancelled,
    invited,
    reminded,
    sent_days_ago,
)

State, Channel = InvitationState, InvitationChannel
NOW = timezone.now()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _surveys(db):
    published_version()


def test_one_is_made_and_is_the_same_however_often():
    about = cancelled(email="")

    offered = offer_link(about, NOW)
    again = offer_link(about, NOW + dt.timedelta(hours=1))

    assert (offered.channel, offered.state) == (Channel.LINK, State.OFFERED)
    assert (offered.not_before, offered.expires_at) == (NOW, NOW + dt.timedelta(days=30))
    assert (again.pk, again.token, again.expires_at) == (
        offered.pk,
        offered.token,
        offered.expires_at,
    )
    assert offered.survey.key == "exit"


@pytest.mark.parametrize(
    ("state", "facts", "afterwards"),
    [
        (State.SCHEDULED, {}, State.OFFERED),
        (State.SENDING, {"lease": "x", "leased_until": NOW}, State.OFFERED),
        (State.SENDING, {"lease": "x", "handed_over_at": NOW}, State.SENDING),
        (State.SENT, {}, State.SENT),
        (State.UNCERTAIN, {"handed_over_at": NOW}, State.UNCERTAIN),
        (State.FAILED, {}, State.OFFERED),
        (State.WITHHELD, {"withheld_because": gate.NO_CONTACT}, State.OFFERED),
        (State.WITHDRAWN, {"withheld_because": "by hand"}, State.OFFERED),
        (State.OFFERED, {}, State.OFFERED),
    ],
)
def test_it_takes_the_place_of_a_mail_that_no_server_has(state, facts, afterwards):
    invitation = invited(state=state, **facts)

    offered = offer_link(invitation.cancellation, NOW)

    assert (offered.pk, offered.token) == (invitation.pk, invitation.token)
    assert (offered.state, offered.channel) == (afterwards, Channel.LINK)
    if afterwards == State.OFFERED:
        assert (offered.withheld_because, offered.lease) == ("", "")


def test_neither_a_mail_nor_a_reminder_goes_out_afterwards(sink):
    waiting, sent = invited(), sent_days_ago(4, now=NOW, email="bob@mail.localhost")
    reminder = reminded(sent)
    for each in (waiting, sent):
        offer_link(each.cancellation, NOW)

    assert (after(reminder).state, reminder.withheld_because) == (
        State.WITHDRAWN,
        gate.LINK_HANDED_ON,
    )
    plan_reminders(NOW)
    schedule_for_cancellation(waiting.cancellation, now=NOW)
    send_due()
    assert not sink.received
    assert Reminder.objects.count() == 1


def test_a_link_that_has_expired_opens_again():
    Survey.objects.update(expires_days=5)
    invitation = invited(state=State.OFFERED, expires_at=NOW - dt.timedelta(days=1))

    assert offer_link(invitation.cancellation, NOW).expires_at == NOW + dt.timedelta(days=5)


def test_what_was_answered_keeps_its_link():
    invitation = sent_days_ago(1, now=NOW)
    ResponseFactory(invitation=invitation)

    assert offer_link(invitation.cancellation, NOW).pk == invitation.pk


def _erased(about):
    about.customer.erased_at = NOW
    about.customer.save()


def _taken_back(about):
    about.reverted_at = NOW


def _no_survey(about):
    about.kind = "administrative"


def _answered_while_cancelling(about):
    about.intent = IntentFactory(subscription=about.subscription)
    about.save()
    ResponseFactory(invitation=InvitationFactory(for_intent=True, intent=about.intent))


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        (_erased, "erased"),
        (_taken_back, "taken back"),
        (_no_survey, "No survey fits"),
        (_answered_while_cancelling, "already answered"),
    ],
)
def test_refused_in_words(arrange, words):
    about = cancelled()
    arrange(about)

    with pytest.raises(OfferRefusedError, match=words):
        offer_link(about, NOW)
    assert not Invitation.objects.filter(cancellation=about).exists()


def test_an_old_cancellation_may_have_its_link_all_the_same():
    about = cancelled(requested_at=NOW - dt.timedelta(days=300))

    assert offer_link(about, NOW).state == State.OFFERED
