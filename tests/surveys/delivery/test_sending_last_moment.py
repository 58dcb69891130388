"""What happens between scheduling, claiming and handing over, and whose a row is."""

import datetime as dt

import pytest
from django.utils import timezone

from surveys.delivery import claiming, gate, outlets
from surveys.delivery.claiming import claim, recover_lost
from surveys.delivery.mime import message_id_of
from surveys.delivery.sending import send_due
from surveys.delivery.unsubscribing import unsubscribe
from surveys.models import Invitation, InvitationState, Suppression
from tests.factories.surveys import IntentFactory, InvitationFactory, ResponseFactory
from tests.surveys.delivery.mails import invited

pytestmark = pytest.mark.django_db

State = InvitationState


def due(email="ann@mail.localhost", **facts):
    return invited(email=email, **facts)


def after(invitation):
    invitation.refresh_from_db()
    return invitation


def _suppressed(invitation):
    Suppression.objects.add_address("ANN@Mail.Localhost", "unsubscribed")


def _taken_back(invitation):
    invitation.cancellation.reverted_at = timezone.now()
    invitation.cancellation.save()


def _answered_while_cancelling(invitation):
    intent = IntentFactory(subscription=invitation.cancellation.subscription)
    invitation.cancellation.intent = intent
    invitation.cancellation.save()
    ResponseFactory(invitation=InvitationFactory(for_intent=True, intent=intent))


def _answered_by_its_own_link(invitation):
    ResponseFactory(invitation=invitation)


def _too_old(invitation):
    invitation.cancellation.requested_at = timezone.now() - dt.timedelta(days=14, minutes=1)
    invitation.cancellation.save()


def _expired(invitation):
    invitation.expires_at = timezone.now()
    invitation.save()


def _contact_erased(invitation):
    invitation.contact.delete()


def _customer_erased(invitation):
    invitation.customer.erased_at = timezone.now()
    invitation.customer.save()


@pytest.mark.parametrize(
    ("arrange", "state", "because"),
    [
        (_suppressed, State.WITHHELD, gate.SUPPRESSED),
        (_taken_back, State.WITHDRAWN, gate.TAKEN_BACK),
        (_answered_while_cancelling, State.WITHDRAWN, gate.ANSWERED_CANCELLING),
        (_answered_by_its_own_link, State.OFFERED, gate.ANSWERED_BEFORE_MAIL),
        (_too_old, State.WITHHELD, gate.TOO_OLD),
        (_expired, State.WITHHELD, gate.EXPIRED),
        (_contact_erased, State.WITHHELD, gate.NO_CONTACT),
        (_customer_erased, State.WITHHELD, gate.ERASED),
    ],
)
def test_asked_again_at_the_last_moment(sink, arrange, state, because):
    invitation = due()
    arrange(invitation)

    assert send_due()[state.value] == 1

    invitation = after(invitation)
    assert (invitation.state, invitation.withheld_because) == (state, because)
    assert not sink.received


def test_a_stopped_sender_leaves_one_row_uncertain_and_gives_the_others_back(sink, monkeypatch):
    rows = [due(f"person{number}@mail.localhost") for number in range(3)]
    deliver = outlets.SmtpOutlet.deliver

    def stopped_after_the_second(self, prepared):
        deliver(self, prepared)
        if prepared.recipient == "person1@mail.localhost":
            raise KeyboardInterrupt

    monkeypatch.setattr(outlets.SmtpOutlet, "deliver", stopped_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        send_due()
    monkeypatch.undo()

    assert [after(row).state for row in rows] == [State.SENT, State.SENDING, State.SCHEDULED]
    assert rows[1].handed_over_at is not None
    Invitation.objects.filter(pk=rows[1].pk).update(leased_until=timezone.now())

    assert send_due() == {"uncertain": 1, "sent": 1}
    assert send_due() == {"uncertain": 0}
    assert [after(row).state for row in rows] == [State.SENT, State.UNCERTAIN, State.SENT]
    assert [len(sink.to(f"person{number}@mail.localhost")) for number in range(3)] == [1, 1, 1]


def test_leases_that_ran_out(sink):
    now = timezone.now()
    late, early = now - dt.timedelta(seconds=1), now + dt.timedelta(minutes=1)
    sending_ = {"state": State.SENDING, "lease": "dead"}
    unsent = due("a@mail.localhost", **sending_, leased_until=late)
    in_flight = due("b@mail.localhost", **sending_, leased_until=late, handed_over_at=late)
    alive = due("c@mail.localhost", **sending_, leased_until=early, handed_over_at=late)

    assert recover_lost(now=now) == 1

    assert [after(row).state for row in (unsent, in_flight, alive)] == [
        State.SCHEDULED,
        State.UNCERTAIN,
        State.SENDING,
    ]
    assert in_flight.last_error == claiming.STOPPED_BETWEEN
    assert in_flight.message_id == message_id_of(in_flight) != ""
    assert (unsent.message_id, alive.message_id) == ("", "")


def test_a_sender_that_was_only_slow_says_what_became_of_its_mail(sink, monkeypatch):
    invitation = due()
    deliver = outlets.SmtpOutlet.deliver

    def slow(self, prepared):
        deliver(self, prepared)
        recover_lost(now=timezone.now() + 2 * claiming.LEASE)
        assert after(invitation).state == State.UNCERTAIN

    monkeypatch.setattr(outlets.SmtpOutlet, "deliver", slow)

    assert send_due()["sent"] == 1
    assert after(invitation).state == State.SENT


def _unsubscribes(invitation):
    assert unsubscribe(invitation=invitation) == 1


def _answers(invitation):
    ResponseFactory(invitation=invitation)


def _address_turns_out_not_to_exist(invitation):
    Suppression.objects.add_address(invitation.contact.email, "bounced")


@pytest.mark.parametrize(
    ("happens", "state", "because"),
    [
        (_unsubscribes, State.WITHDRAWN, gate.UNSUBSCRIBED),
        (_answers, State.OFFERED, gate.ANSWERED_BEFORE_MAIL),
        (_address_turns_out_not_to_exist, State.WITHHELD, gate.SUPPRESSED),
    ],
)
def test_what_happens_between_the_gate_and_the_hand_over_is_heeded(
    sink, monkeypatch, happens, state, because
):
    first, second = due("first@mail.localhost"), due("second@mail.localhost")
    prepare = outlets.SmtpOutlet.prepare

    def meanwhile(self, row):
        if row.pk == second.pk:
            happens(row)
        return prepare(self, row)

    monkeypatch.setattr(outlets.SmtpOutlet, "prepare", meanwhile)

    assert send_due()["sent"] == 1
    assert (after(second).state, second.withheld_because) == (state, because)
    assert after(first).state == State.SENT
    assert [message["To"] for message in sink.received] == ["first@mail.localhost"]


def test_a_row_is_claimed_once(sink):
    rows = [due(f"person{number}@mail.localhost") for number in range(3)]

    first = claim(Invitation, now=timezone.now(), limit=2)
    second = claim(Invitation, now=timezone.now(), limit=2)

    assert first.rows() == [rows[0], rows[1]]
    assert second.rows() == [rows[2]]
    assert first.lease != second.lease
    assert claim(Invitation, now=timezone.now(), limit=2).rows() == []


def test_a_lease_is_renewed_before_it_runs_out(sink, monkeypatch):
    rows = [due(f"person{number}@mail.localhost") for number in range(2)]
    monkeypatch.setattr(claiming, "LEASE", dt.timedelta(minutes=1))
    deliver, seen = outlets.SmtpOutlet.deliver, []

    def looked_at(self, prepared):
        seen.append([after(row).leased_until for row in rows])
        deliver(self, prepared)

    monkeypatch.setattr(outlets.SmtpOutlet, "deliver", looked_at)
    send_due()

    # Leased for a minute; whoever goes to the server has more than half of the full lease.
    in_a_while = timezone.now() + dt.timedelta(minutes=2)
    (first, second_waits), (_sent, second) = seen
    assert first > in_a_while > second_waits
    assert second > in_a_while
