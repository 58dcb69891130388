"""Sending once more, because a person says so."""

import datetime as dt

import pytest
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.failures import MAX_ATTEMPTS
from surveys.delivery.resending import send_again
from surveys.delivery.sending import send_due
from surveys.models import InvitationState, Suppression, Survey
from tests.factories.surveys import InvitationFactory, ResponseFactory
from tests.surveys.delivery.mails import ANN, after, invited, sent_days_ago

State = InvitationState
pytestmark = pytest.mark.django_db


def stuck(state, **facts):
    handed_over = timezone.now() if state == State.UNCERTAIN else None
    return invited(
        state=state,
        **{"handed_over_at": handed_over, "attempts": MAX_ATTEMPTS, "lease": "dead", **facts},
    )


@pytest.mark.parametrize("state", [State.FAILED, State.UNCERTAIN])
def test_it_goes_out_as_if_it_had_never_been_tried(sink, state):
    invitation = stuck(state, last_error="451 later", message_id="<abc@vendor.dev>")

    done = send_again(ids=[invitation.pk], now=timezone.now())

    assert (done.scheduled, done.stopped) == (1, {})
    assert (after(invitation).attempts, invitation.last_error, invitation.lease) == (0, "", "")
    assert send_due()["sent"] == 1
    (message,) = sink.received
    assert message["Message-ID"] == "<abc@vendor.dev>"


@pytest.mark.parametrize(
    "state",
    [State.SCHEDULED, State.SENDING, State.SENT, State.OFFERED, State.WITHHELD, State.WITHDRAWN],
)
def test_nothing_else_is_sent_again(state):
    invitation = invited(state=state)

    done = send_again(ids=[invitation.pk], now=timezone.now())

    assert (done.scheduled, done.stopped) == (0, {})
    assert after(invitation).state == state


def test_not_of_an_intent():
    invitation = InvitationFactory(for_intent=True, state=State.FAILED)

    assert send_again(ids=[invitation.pk], now=timezone.now()).scheduled == 0


def test_what_speaks_against_it_by_now_is_said():
    suppressed, answered, fine = (
        stuck(State.FAILED, email=email)
        for email in (ANN, "bob@mail.localhost", "cy@mail.localhost")
    )
    Suppression.objects.add_address(ANN, "bounced")
    ResponseFactory(invitation=answered)

    done = send_again(ids=[suppressed.pk, answered.pk, fine.pk], now=timezone.now())

    assert done.scheduled == 1
    assert done.stopped == {gate.SUPPRESSED: 1, gate.ANSWERED_BEFORE_MAIL: 1}
    assert after(suppressed).state == State.FAILED


@pytest.mark.parametrize("another", [State.SCHEDULED, State.SENT])
def test_not_within_the_quiet_period_of_another(another):
    invitation = stuck(State.UNCERTAIN)
    if another == State.SENT:
        sent_days_ago(1, now=timezone.now())
    else:
        invited()

    done = send_again(ids=[invitation.pk], now=timezone.now())

    assert done.stopped == {gate.ASKED_LATELY: 1}
    assert after(invitation).state == State.UNCERTAIN


def test_in_the_sending_window():
    invitation = stuck(State.FAILED)
    now = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    Survey.objects.update(window_from=dt.time(14), window_until=dt.time(15))

    assert send_again(ids=[invitation.pk], now=now).scheduled == 1
    assert after(invitation).not_before == now.replace(hour=14)
