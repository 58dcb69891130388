"""Headers and parts of a mail."""

import re
from email import message_from_bytes, policy

import pytest
from django.core import mail

from surveys.delivery.mime import build_message, message_id_of

pytestmark = pytest.mark.django_db


def test_headers(invite, settings):
    settings.REPLY_TO = "people@harbour.dev"
    invitation = invite()
    build_message(invitation).send()
    headers = mail.outbox[0].message()

    unsubscribe = f"https://surveys.harbour.dev/u/{invitation.token}/"
    assert headers["From"] == "Harbour Tools <care@harbour.dev>"
    assert headers["To"] == "ann@mail.localhost"
    assert headers["Reply-To"] == "people@harbour.dev"
    assert headers["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert headers["Message-ID"] == message_id_of(invitation)
    assert [part.get_content_type() for part in headers.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_sender_that_has_a_name_keeps_it(invite, settings):
    settings.DEFAULT_FROM_EMAIL = "Care Team <care@harbour.dev>"

    assert build_message(invite()).from_email == "Care Team <care@harbour.dev>"


def test_without_an_address_for_replies_none_are_invited(invite, settings):
    settings.REPLY_TO = ""
    message = build_message(invite())

    assert "Reply-To" not in message.message()
    assert "reply" not in message.body


def test_message_id_is_stable_unique_and_keeps_the_token_to_itself(invite):
    first, second = invite(), invite()

    assert message_id_of(first) == message_id_of(first)
    assert message_id_of(first) != message_id_of(second)
    assert first.token not in message_id_of(first)
    assert re.fullmatch(r"<[0-9a-f]{32}@harbour\.dev>", message_id_of(first))


def test_a_subject_is_one_line_whatever_the_name(invite):
    invitation = invite(name="Ann\r\nBcc: all@mail.localhost", mail_subject="For {contact_name}")

    message = build_message(invitation).message()

    assert message["Subject"] == "For Ann Bcc: all@mail.localhost"
    assert "Bcc" not in message


def test_no_queries_where_all_has_been_joined(invite, django_assert_num_queries):
    from surveys.models import Invitation

    invite()
    invitation = Invitation.objects.select_related(
        "survey_version", "customer", "contact", "cancellation__subscription"
    ).get()
    with django_assert_num_queries(0):
        build_message(invitation).message()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "One question"),
        ("en", "One question about why you left, and about a great many things besides " * 2),
        ("zh-hans", "关于您离开的原因，只想请教一个问题"),
        ("zh-hans", "关于您离开的原因，只想请教一个问题。" * 4),
        ("en", "Zoë’s question"),
    ],
)
def test_the_subject_begins_on_the_line_of_its_name(invite, language, subject):
    """A first line with nothing on it is taken for no subject by some servers."""
    subject = subject.strip()
    message = build_message(invite(language=language, mail_subject=subject)).message()
    for linesep in ("\n", "\r\n"):
        source = message.as_bytes(linesep=linesep)
        head = source.partition(2 * linesep.encode())[0].decode("ascii").split(linesep)
        (line,) = [each for each in head if each.startswith("Subject:")]
        assert line.removeprefix("Subject:").strip()
        parsed = message_from_bytes(source, policy=policy.default)
        assert parsed["Subject"] == subject
