"""Sending through a provider's API: Postmark's shape, answered by a server on this machine."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from surveys.delivery.sending import send_due
from surveys.models import InvitationState, Suppression
from tests.surveys.delivery.mails import ANN, after, invited
from tests.surveys.delivery.provider_events import SECRET, Provider, postmark

State = InvitationState
pytestmark = pytest.mark.django_db

TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"}
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to recipient(s) that have been marked as inactive. "
    "Found inactive addresses: ann@mail.localhost. Inactive recipients are ones that have "
    "generated a hard bounce, a spam complaint, or a manual suppression.",
}


@contextmanager
def api(status=200, answer=None, *, hang_up=False):
    """A server that answers so; yields its address and what it was sent."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append(body)
            if hang_up:
                return
            said = json.dumps(answer if answer is not None else {**TAKEN, "To": body["To"]})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def use(settings):
    def provider(address):
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "token-of-the-account",
            "POSTMARK_API_URL": address,
            "WEBHOOK_SECRET": [SECRET],
        }

    return provider


def test_a_mail_goes_out_with_its_headers(use):
    invitation = invited()
    with api() as (address, received):
        use(address)
        assert send_due()["sent"] == 1

    (said,) = received
    headers = {each["Name"]: each["Value"] for each in said["Headers"]}
    assert said["To"] == ANN
    assert headers["List-Unsubscribe"] == f"<{invitation.unsubscribe_url}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Message-ID"] == after(invitation).message_id
    assert invitation.url in said["TextBody"]
    assert invitation.url in said["HtmlBody"]


@pytest.mark.parametrize(
    ("status", "answer", "hang_up", "state", "suppressed"),
    [
        (422, INACTIVE, False, State.FAILED, True),
        (401, {"ErrorCode": 10, "Message": "Bad token"}, False, State.SCHEDULED, False),
        (429, {"ErrorCode": 429, "Message": "Slow down"}, False, State.SCHEDULED, False),
        (500, {"ErrorCode": 0, "Message": "x"}, False, State.SCHEDULED, False),
        (504, {"ErrorCode": 0, "Message": "x"}, False, State.UNCERTAIN, False),
        (200, {"strange": 1}, False, State.UNCERTAIN, False),
        (200, None, True, State.UNCERTAIN, False),
    ],
)
def test_what_the_provider_answers(use, status, answer, hang_up, state, suppressed):
    invitation = invited()
    with api(status, answer, hang_up=hang_up) as (address, _):
        use(address)
        send_due()

    assert after(invitation).state == state
    assert Suppression.objects.covers(ANN) is suppressed
    assert invitation.last_error
    assert "@" not in invitation.last_error
    assert "token-of" not in invitation.last_error


def test_nobody_there_is_tried_again_later(use):
    invitation = invited()
    with api() as (address, _):
        pass
    use(address)

    send_due()

    assert after(invitation).state == State.SCHEDULED
    assert invitation.attempts == 1


def test_its_bounce_finds_the_mail_by_the_address(use, client):
    """The provider names its own ID, which is none of ours."""
    invitation = invited()
    with api() as (address, _):
        use(address)
        send_due()
        answer = Provider(client, "postmark").post(postmark(message_id=TAKEN["MessageID"]))

    assert answer.status_code == 200
    assert after(invitation).bounced_at <= timezone.now()


def test_example_addresses_do_not_leave(use):
    invitation = invited(email="ann@example.com")
    with api() as (address, received):
        use(address)
        send_due()

    assert after(invitation).state == State.WITHHELD
    assert not received
