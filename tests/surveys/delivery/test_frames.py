"""What a prepared frame makes is what the templates and Django's message make."""

import re
from email import message_from_bytes, policy

import pytest
from django.conf import settings as project

from surveys.delivery.frames import Frames
from surveys.delivery.mime import build_message
from surveys.models import Reminder, SurveyVersion

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _name in project.LANGUAGES]
NAMES = [
    "Ann",
    "",
    "Ann & Søren “the boss” O'Neil",
    '<script>alert("1")</script>',
    "王小明",
    "سارة بنت أحمد",
    "👩‍👩‍👧 Ann\u200f",
    "{plan} {{ organisation }} %(name)s",
    "=3D =?utf-8?q?Ann?= =\ue000x\ue001",
    ". .. --=_",
    "A" * 200,
    "ä" * 200,
    "long words in a long name " * 7 + "end",
]


def parsed(source):
    return message_from_bytes(source, policy=policy.default)


def by_django(mail):
    return parsed(build_message(mail).message().as_bytes(linesep="\r\n"))


def content(message):
    """Every header but those that differ by nature, and both parts decoded."""
    headers = {
        name: str(value) for name, value in message.items() if name not in {"Date", "Content-Type"}
    }
    assert message.get_content_type() == "multipart/alternative"
    assert not message.defects
    parts = [(part.get_content_type(), part.get_content()) for part in message.iter_parts()]
    return headers, parts


def assert_same(mail, frames=None):
    envelope = (frames or Frames()).fill(mail)
    assert envelope is not None
    made = parsed(envelope.payload)
    assert content(made) == content(by_django(mail))
    assert made["Date"].datetime is not None
    assert not made.defects
    return envelope


def test_whatever_the_name(invite):
    for name in NAMES:
        invitation = invite(
            name=name,
            mail_subject="{contact_name}, one question about {organisation}",
            mail_body="Hello {contact_name},\n\nyou left {plan}.\n{contact_name} {end_date}",
        )

        assert_same(invitation)
        assert_same(Reminder(invitation=invitation, step=1))


def test_in_every_language(invite, settings):
    settings.REPLY_TO = "people@harbour.dev"
    settings.PRIVACY_URL = "https://harbour.dev/privacy?a=1&b"
    settings.ORGANISATION_NAME = "Häfen & Co"
    assert len(LANGUAGES) == 12
    for language in LANGUAGES:
        invitation = invite(language=language, name="Zoë")
        invitation.message_id = "<first@harbour.dev>"

        assert_same(invitation)
        assert_same(Reminder(invitation=invitation, step=1))


def test_one_frame_for_many_recipients(invite):
    frames = Frames()
    invitations = [invite(name=name) for name in ("Ann", "Bob", "", "Zoë", "Eve")]

    for invitation in invitations:
        assert_same(invitation, frames)


def test_the_templates_run_once(invite, monkeypatch):
    from surveys.delivery import messages

    rendered = []
    render = messages.render_to_string
    monkeypatch.setattr(
        messages,
        "render_to_string",
        lambda *arguments: rendered.append(arguments) or render(*arguments),
    )
    frames = Frames()
    for name in ("Ann", "Bob", "Zoë"):
        frames.fill(invite(name=name))

    assert len(rendered) == 2


@pytest.mark.parametrize(
    "words",
    [
        {"mail_subject": "", "mail_body": ""},
        {"mail_body": "{contact_name}"},
        {"mail_body": "\r\n.\r\n..{plan}\r\n\r\n\r\n  =\n{end_date} \n"},
        {"mail_body": "{contact_name}{contact_name} {plan}{unknown}" * 30},
        {"mail_subject": "Über " + "lange Betreffzeilen " * 9 + "{contact_name}"},
        {"mail_subject": "a" * 190},
        {"mail_body": "{% debug %} <b>{{ settings.SECRET_KEY }}</b> \ue000contact_name\ue001"},
    ],
)
def test_whatever_the_operator_wrote(invite, words):
    assert_same(invite(**words))


def test_without_a_question_for_the_reason(invite):
    invitation = invite()
    version = invitation.survey_version
    SurveyVersion.objects.filter(pk=version.pk).update(
        definition={**version.definition, "questions": []}
    )
    version.refresh_from_db()

    assert_same(invitation)


@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: all@mail.localhost", "Ann\nMiller", " Ann", "Ann\u00a0Miller", "A  B"]
)
def test_names_that_change_more_than_their_place_are_left_to_the_templates(invite, name):
    assert Frames().fill(invite(name=name)) is None


@pytest.mark.parametrize(
    "address",
    ["ann@mail.localhost\nBcc: bob@mail.localhost", "änn@mail.localhost", "ann@bücher.localhost",
     '"ann b"@mail.localhost', "<ann@mail.localhost>", "ann@mail.localhost, bob@mail.localhost",
     ""],
)  # fmt: skip
def test_addresses_that_are_not_plain_are_left_to_django(invite, address):
    invitation = invite()
    invitation.contact.email = address

    assert Frames().fill(invitation) is None


def test_without_a_contact_there_is_no_mail(invite):
    invitation = invite()
    invitation.contact = None

    assert Frames().fill(invitation) is None


def test_seven_bits_and_short_lines(invite):
    envelope = assert_same(invite(name="ä" * 200, language="zh-hans"))

    assert envelope.payload.isascii()
    lines = envelope.payload.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= 78


def test_a_recipient_gets_nobody_elses_words(invite):
    frames = Frames()
    first, second = invite(name="Ann"), invite(name="Bob")
    frames.fill(first)

    text = parsed(frames.fill(second).payload).get_body().get_content()

    assert "Bob" in text
    assert "Ann" not in text
    assert first.token not in text
    assert re.search(rf"/s/{re.escape(second.token)}/", text)
