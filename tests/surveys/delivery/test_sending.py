"""Sending over real SMTP to a server on this machine, and what becomes of the rows."""

import datetime as dt
import logging
import threading

import pytest
from django.core import mail
from django.utils import timezone

from surveys.delivery import gate, outlets, sending
from surveys.delivery.failures import MAX_ATTEMPTS
from surveys.delivery.sending import send_due
from surveys.models import Invitation, InvitationState, Suppression
from tests.factories.surveys import (
    InvitationFactory,
)
from tests.surveys.delivery.mails import invited

pytestmark = pytest.mark.django_db

State = InvitationState


def due(email="ann@mail.localhost", **facts):
    return invited(email=email, **facts)


def after(invitation):
    invitation.refresh_from_db()
    return invitation


def test_sent_once_and_noted(sink):
    invitation = due()

    assert send_due() == {"uncertain": 0, "sent": 1}
    assert send_due() == {"uncertain": 0}

    (message,) = sink.received
    invitation = after(invitation)
    assert invitation.state == State.SENT
    assert invitation.sent_at is not None
    assert invitation.attempts == 1
    assert (invitation.lease, invitation.leased_until, invitation.handed_over_at) == (
        "",
        None,
        None,
    )
    assert message["Message-ID"] == invitation.message_id
    assert message["To"] == "ann@mail.localhost"


def test_not_before_its_time(sink):
    due(not_before=timezone.now() + dt.timedelta(minutes=5))

    assert not send_due()["sent"]
    assert not sink.received


@pytest.mark.parametrize(("mails_a_connection", "connections"), [(100, 1), (4, 3)])
def test_many_go_over_one_connection(sink, monkeypatch, mails_a_connection, connections):
    monkeypatch.setattr(sending, "CHUNK", 3)
    monkeypatch.setattr(outlets, "MAILS_A_CONNECTION", mails_a_connection)
    for number in range(10):
        due(f"person{number}@mail.localhost")

    assert send_due()["sent"] == 10
    assert len(sink.received) == 10
    assert sink.connections == connections


@pytest.mark.parametrize(
    ("recipient", "message", "state", "suppressed", "arrived"),
    [
        ("550 No such user", "250 OK", State.FAILED, True, 0),
        ("554 5.7.1 Relay access denied", "250 OK", State.SCHEDULED, False, 0),
        ("450 4.2.0 Greylisted", "250 OK", State.SCHEDULED, False, 0),
        ("421 Closing", "250 OK", State.SCHEDULED, False, 0),
        ("drop", "250 OK", State.SCHEDULED, False, 0),
        ("hang", "250 OK", State.SCHEDULED, False, 0),
        ("250 OK", "554 Looks like spam", State.FAILED, False, 0),
        ("250 OK", "451 Try later", State.SCHEDULED, False, 0),
        ("250 OK", "421 Closing", State.SCHEDULED, False, 0),
        ("250 OK", "take and drop", State.UNCERTAIN, False, 1),
        ("250 OK", "take and hang", State.UNCERTAIN, False, 1),
    ],
)
@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelined"])
def test_what_the_server_answers_and_the_rest_goes_on(
    sink, pipelining, recipient, message, state, suppressed, arrived
):
    sink.pipelining = pipelining
    trouble = due("trouble@mail.localhost")
    others = [due("first@mail.localhost"), due("second@mail.localhost")]
    Invitation.objects.filter(pk=others[0].pk).update(
        not_before=trouble.not_before - dt.timedelta(minutes=1)
    )
    sink.recipients["trouble@mail.localhost"] = recipient
    sink.messages["trouble@mail.localhost"] = message

    outcomes = send_due()

    assert outcomes["sent"] == 2
    assert outcomes[state.value] == 1
    assert [after(other).state for other in others] == [State.SENT, State.SENT]
    trouble = after(trouble)
    assert (trouble.state, trouble.attempts) == (state, 1)
    assert trouble.last_error
    assert "trouble@" not in trouble.last_error
    assert len(sink.to("trouble@mail.localhost")) == arrived
    assert Suppression.objects.covers("Trouble@mail.localhost") is suppressed
    if state == State.SCHEDULED:
        assert trouble.not_before > timezone.now() + dt.timedelta(seconds=40)
        assert trouble.handed_over_at is None


def test_tried_again_later_with_the_same_message_id(sink):
    invitation = due()
    sink.recipients["ann@mail.localhost"] = "450 Later"
    send_due()
    sink.recipients.clear()
    first = after(invitation).message_id
    Invitation.objects.update(not_before=timezone.now())

    send_due()

    assert after(invitation).state == State.SENT
    assert (invitation.attempts, invitation.last_error) == (2, "")
    assert sink.received[0]["Message-ID"] == first == invitation.message_id


def test_attempts_are_bounded(sink):
    invitation = due()
    sink.recipients["ann@mail.localhost"] = "450 Later"
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert after(invitation).state == State.SCHEDULED, attempt
        Invitation.objects.update(not_before=timezone.now())
        send_due()

    assert after(invitation).state == State.FAILED
    assert invitation.attempts == MAX_ATTEMPTS


def test_no_server_at_all(settings, sink):
    settings.EMAIL_PORT = 1
    first, second = due("first@mail.localhost"), due("second@mail.localhost")
    Invitation.objects.filter(pk=first.pk).update(not_before=timezone.now() - dt.timedelta(hours=1))

    assert send_due()["scheduled"] == 2

    first, second = after(first), after(second)
    assert (first.state, first.attempts) == (State.SCHEDULED, 1)
    assert (second.state, second.attempts) == (State.SCHEDULED, 0)
    assert min(first.not_before, second.not_before) > timezone.now() + dt.timedelta(seconds=40)
    assert "refused" in first.last_error


def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(sink, caplog):
    broken = due("broken@mail.localhost", language="en")
    no_address = due("ann@mail.localhost\nBcc: bob@mail.localhost")
    fine = due("fine@mail.localhost")
    version = broken.survey_version
    broken.survey_version = type(version).objects.create(
        survey=version.survey, number=99, definition={"format": 1}, published_at=timezone.now()
    )
    broken.save()

    with caplog.at_level(logging.CRITICAL):
        send_due()

    assert after(fine).state == State.SENT
    assert (after(broken).state, broken.attempts) == (State.SCHEDULED, 1)
    assert "KeyError" in broken.last_error
    assert after(no_address).state == State.FAILED


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com", "Ann@EXAMPLE.org", "ann@mail.example.net", "ann@shop.test",
        "ann@nowhere.invalid", "ann@an.example", "ann@example",
    ],
)  # fmt: skip
def test_example_addresses_never_leave_by_smtp(sink, address):
    invitation = due(address)

    send_due()

    assert after(invitation).state == State.WITHHELD
    assert invitation.withheld_because == gate.EXAMPLE_ADDRESS
    assert not sink.received
    assert sink.connections == 0


@pytest.mark.parametrize("address", ["ann@notexample.com", "ann@test.localhost"])
def test_addresses_that_only_look_like_examples_are_written_to(sink, address):
    due(address)

    assert send_due()["sent"] == 1


def test_a_provider_s_backend_is_no_way_around_for_example_addresses(settings):
    settings.EMAIL_BACKEND = "somebody.elses.EmailBackend"

    assert gate.reason_against_address("ann@example.com") == gate.EXAMPLE_ADDRESS


@pytest.mark.parametrize(
    "backend",
    ["surveys.delivery.folder.EmailBackend", "django.core.mail.backends.filebased.EmailBackend"],
)
def test_into_a_folder_example_addresses_are_written(settings, tmp_path, backend):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = backend, str(tmp_path / "mail")
    first, second = due("ann@example.com"), due("bob@example.com")

    assert send_due()["sent"] == 2

    files = sorted((tmp_path / "mail").iterdir())
    written = "".join(path.read_text() for path in files)
    assert first.url in written
    assert second.url in written
    if "folder" in backend:
        assert [path.suffix for path in files] == [".eml", ".eml"]


def test_an_intents_invitation_is_never_mailed(sink):
    InvitationFactory(for_intent=True, state=State.SCHEDULED)

    assert send_due() == {"uncertain": 0, "offered": 1}
    assert not sink.received


def test_a_pass_ends_after_its_time_and_gives_back_the_rest(sink):
    rows = [due(f"person{number}@mail.localhost") for number in range(3)]
    sink.recipients["person0@mail.localhost"] = "hang"

    send_due(seconds=0.5)

    assert [after(row).state for row in rows] == [State.SCHEDULED] * 3
    assert [row.attempts for row in rows] == [1, 0, 0]
    assert send_due()["sent"] == 2


@pytest.mark.parametrize("mails", [1, 11])
def test_one_query_a_mail(sink, django_assert_num_queries, mails):
    for number in range(mails):
        due(f"person{number}@mail.localhost")
    # Four for lost leases, and then a pass over both queues that finds mail and one that finds
    # none: two to claim invitations, seven for what is known of the whole batch (rows, survey,
    # version, the gate's four), two for its last row and to give back, three times one to find that
    # nothing is due, and the transactions of the four claims.
    with django_assert_num_queries(4 + 2 + 7 + 2 + 3 + 4 * 2 + mails):
        assert send_due()["sent"] == mails


def test_rows_are_counted_as_they_are_done(sink):
    for number in range(3):
        due(f"person{number}@mail.localhost")
    done = threading.Semaphore(0)

    send_due(on_row=done.release)

    assert all(done.acquire(blocking=False) for _ in range(3))


def test_locmem_is_used_where_the_tests_ask_for_nothing_else():
    due("ann@example.com")

    send_due()

    assert [message.to for message in mail.outbox] == [["ann@example.com"]]
