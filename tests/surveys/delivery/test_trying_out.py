"""A test mail: sent to one address, about nobody, with links that lead to a page that says so."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail

from surveys.delivery.trying_out import MailNotSentError, send_test
from surveys.models import Invitation, Response, Suppression, SurveyVersion, VersionText
from tests.factories.surveys import published_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    published = published_version()
    version = SurveyVersion.objects.create(survey=published.survey, number=99)
    VersionText.objects.create(
        version=version, language="en", title="Why?", thanks_title="Thanks",
        mail_subject="{contact_name}, why?", mail_body="Your {plan} plan ends on {end_date}.",
        reminder_subject="Once more", reminder_body="Hello again {contact_name}",
    )  # fmt: skip
    return version


def test_a_draft_is_sent_as_it_stands(draft):
    send_test(draft, "en", " me@harbour.dev ")
    send_test(draft, "en", "me@harbour.dev", step=1)

    first, second = mail.outbox
    assert first.to == second.to == ["me@harbour.dev"]
    assert (first.subject, second.subject) == ("[Test] Ann, why?", "[Test] Once more")
    assert re.search(r"Your Team plan ends on \d+ \w+ \d{4}\.", first.body)
    assert "Hello again Ann" in second.body
    assert not {"List-Unsubscribe", "Message-ID"} & set(first.extra_headers)
    assert first.message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("language", ["en", "ar", "zh-hans"])
def test_every_link_says_that_it_was_a_preview(client, language):
    send_test(published_version(), language, "me@harbour.dev")

    (message,) = mail.outbox
    html = message.alternatives[0].content
    links = re.findall(r'href="([^"]+)"', html)
    assert len(links) == 9
    for link in links:
        for method in (client.get, client.head):
            parts = urlsplit(link)
            answer = method(f"{parts.path}?{parts.query}", headers={"Accept-Language": language})
            assert answer.status_code == 200
    assert message.subject.startswith("[Test] ")
    assert not Invitation.objects.exists()
    assert not Response.objects.exists()


def test_the_preview_page_takes_no_form(client):
    assert client.post("/preview/").status_code == 405
    assert "preview" in client.get("/preview/").content.decode()


@pytest.mark.parametrize(
    ("address", "words"),
    [("nobody", "“nobody” is no e-mail address."), ("", "no e-mail address"),
     ("a@b.de\nBcc: c@d.de", "no e-mail address")],
)  # fmt: skip
def test_an_address_that_is_none(address, words):
    with pytest.raises(MailNotSentError, match=re.escape(words)):
        send_test(published_version(), "en", address)

    assert not mail.outbox


def test_an_address_that_asked_not_to_be_written_to():
    Suppression.objects.add_address("me@harbour.dev", "unsubscribed")

    with pytest.raises(MailNotSentError, match="must not be written to"):
        send_test(published_version(), "en", "Me@harbour.dev")


def test_an_example_address_stays_here(sink):
    with pytest.raises(MailNotSentError, match="reserved for examples"):
        send_test(published_version(), "en", "me@example.com")

    assert sink.connections == 0


def test_over_smtp(sink):
    send_test(published_version(), "en", "me@mail.localhost")

    assert sink.received[0]["Subject"].startswith("[Test] ")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("550 5.1.1 No such user", "No such user"), ("450 Busy", "450 Busy"), ("hang", "timed out")],
)
def test_what_the_server_says_is_told(sink, answer, words):
    sink.recipients["me@mail.localhost"] = answer

    with pytest.raises(MailNotSentError, match=words):
        send_test(published_version(), "en", "me@mail.localhost")


def test_a_server_that_cannot_be_reached_is_told(sink, settings):
    settings.EMAIL_PORT = 1

    with pytest.raises(MailNotSentError, match="refused"):
        send_test(published_version(), "en", "me@mail.localhost")
