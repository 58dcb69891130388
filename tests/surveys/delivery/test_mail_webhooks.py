"""Where providers report to: who may, and what happens to what makes no sense."""

import json

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone

from surveys.models import Suppression
from tests.surveys.delivery.mails import ANN, after, sent_days_ago
from tests.surveys.delivery.provider_events import (
    SECRET,
    SIGNING_KEY,
    Provider,
    authorised,
    mailgun,
    postmark,
    postmark_unsubscribed,
    sparkpost,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


@pytest.fixture
def sent():
    return sent_days_ago(1, now=timezone.now(), message_id="<abc@vendor.dev>")


@pytest.mark.parametrize(
    ("provider", "payload", "reason", "returned"),
    [
        ("postmark", postmark(), "bounced", True),
        ("postmark", postmark("BadEmailAddress"), "bounced", True),
        ("postmark", postmark("SpamComplaint"), "complained", False),
        ("postmark", postmark_unsubscribed(), "unsubscribed", False),
        ("postmark", postmark("SoftBounce"), None, False),
        ("postmark", postmark("Transient"), None, False),
        ("postmark", postmark("DMARCPolicy"), None, True),
        ("mailgun", mailgun(message_id="abc@vendor.dev"), "bounced", True),
        ("mailgun", mailgun("complained", message_id="abc@vendor.dev"), "complained", False),
        ("mailgun", mailgun("unsubscribed"), "unsubscribed", False),
        ("mailgun", mailgun(severity="temporary"), None, False),
        ("mailgun", mailgun("delivered"), None, False),
        ("sparkpost", [sparkpost()], "bounced", True),
        ("sparkpost", [sparkpost("spam_complaint")], "complained", False),
        ("sparkpost", [sparkpost("link_unsubscribe")], "unsubscribed", False),
        ("sparkpost", [sparkpost("delay"), sparkpost("delivery")], None, False),
        ("sparkpost", [sparkpost(bounce_class="22")], None, False),
        ("sparkpost", [sparkpost(bounce_class="50")], None, True),
        ("sparkpost", [{"msys": {}}], None, False),
    ],
)
def test_real_looking_events(client, sent, provider, payload, reason, returned):
    for _ in range(2):  # a replay changes nothing
        assert Provider(client, provider).post(payload).status_code == 200

    assert list(Suppression.objects.values_list("reason", flat=True)) == (
        [reason] if reason else []
    )
    assert (after(sent).bounced_at is not None) is returned


def test_several_events_in_one_call(client):
    batch = [sparkpost(email=f"p{number}@mail.localhost") for number in range(3)]

    assert Provider(client, "sparkpost").post(batch).status_code == 200
    assert Suppression.objects.count() == 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        authorised("mail:guessed"),
        authorised("mail:"),
        authorised(":"),
        authorised(SECRET.upper()),
        {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"},
        {"HTTP_AUTHORIZATION": "Basic ???"},
        {"HTTP_AUTHORIZATION": "Basic"},
    ],
)
@pytest.mark.parametrize("provider", ["postmark", "mailgun"])
def test_without_the_secret_nothing_happens(client, sent, provider, headers):
    payload = {"postmark": postmark(), "mailgun": mailgun()}[provider]

    answer = Provider(client, provider, secret="").post(payload, **headers)

    assert answer.status_code == 400
    assert not Suppression.objects.exists()
    assert after(sent).bounced_at is None


def test_a_signature_that_is_forged_is_refused(client):
    assert Provider(client, "mailgun").post(mailgun(key="guessed")).status_code == 400
    assert not Suppression.objects.exists()


def test_both_secrets_hold_while_one_is_being_replaced(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET, "mail:new"]}
    for secret in (SECRET, "mail:new"):
        assert Provider(client, "postmark", secret=secret).post(postmark()).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "post", "options"])
@pytest.mark.parametrize("unset", [{}, {"WEBHOOK_SECRET": []}, {"WEBHOOK_SECRET": ""}])
def test_where_no_secret_is_set_there_is_no_such_address(client, settings, unset, method):
    settings.ANYMAIL = unset

    assert getattr(client, method)("/webhooks/mail/postmark/tracking/").status_code == 404


def test_a_provider_whose_key_is_not_set_has_no_address(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET]}

    assert Provider(client, "mailgun").post(mailgun()).status_code == 404


@pytest.mark.parametrize(
    "payload",
    [
        "", "{", "[]", "null", "7", '"text"', "{}", b"\xff\xfe", '{"RecordType": []}',
        '{"RecordType": "Bounce", "BouncedAt": 5}', "[" * 900 + "]" * 900,
        json.dumps(postmark(Metadata=None)), json.dumps(postmark(BouncedAt="yesterday")),
        json.dumps(postmark(Email=["a"])), json.dumps(postmark(MessageID={"a": 1})),
        json.dumps([sparkpost(timestamp="9" * 40)]), json.dumps([sparkpost(raw_rcpt_to={"a": 1})]),
        json.dumps(mailgun(timestamp="1e999")), json.dumps({"signature": []}),
        json.dumps(mailgun(key="ü")), "[" * 100_000,
        json.dumps(postmark(Email="a\x00nn@mail.localhost", MessageID="\ud800")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("provider", ["postmark", "sparkpost", "mailgun"])
def test_what_makes_no_sense_is_never_an_error_of_ours(client, sent, provider, payload):
    answer = Provider(client, provider).post(payload)

    assert answer.status_code in (200, 400)
    assert not Suppression.objects.filter(digest="").exists()


def test_too_large_is_refused_unread(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000

    answer = Provider(client, "postmark").post(postmark(Details="x" * 20_000))

    assert answer.status_code == 400
    assert not Suppression.objects.exists()


def test_a_provider_needs_no_cookie_and_no_csrf_token(sent):
    from django.test import Client

    assert (
        Provider(Client(enforce_csrf_checks=True), "postmark").post(postmark()).status_code == 200
    )
    assert Suppression.objects.covers(ANN)


def test_incoming_mail_has_no_address_here():
    assert resolve("/webhooks/mail/postmark/tracking/")
    for path in ("postmark/inbound/", "mailgun/inbound/", "mailgun/inbound_mime/"):
        with pytest.raises(Resolver404):
            resolve(f"/webhooks/mail/{path}")


def test_get_changes_nothing(client):
    assert client.get("/webhooks/mail/postmark/tracking/", **authorised()).status_code == 405
