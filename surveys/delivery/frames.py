"""Prepared mails: rendered once for each version, language and step, filled for each recipient.

Running the templates costs most of what a mail costs, and for a thousand recipients they make the
same but for a few words. So they are run once with marks in place of these words, encoded for
the wire, and cut at the marks; a recipient's mail is the pieces joined with that person's own
words between them.

Parts are quoted-printable, in which "=" before a line's end stands for nothing: so pieces that
were encoded apart can be joined, with such an end around each word that is put in.
"""

import binascii
import html
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.header import Header
from email.utils import formatdate, parseaddr
from functools import cached_property, lru_cache

from django.conf import settings
from django.core.mail.message import forbid_multi_line_headers

from surveys.delivery.messages import (
    Mail,
    MailLinks,
    ReasonLink,
    WrittenMail,
    invitation_of,
    reason_url,
    step_of,
    write_mail_for,
)
from surveys.delivery.mime import headers_of, sender
from surveys.models import Invitation, SurveyVersion
from surveys.placeholders import PLACEHOLDERS, placeholder_values
from surveys.questionnaire import Questionnaire

CRLF = b"\r\n"
SOFT_END = b"=\r\n"
# What stands on a line of a header as it is; anything else is left to Django.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
LONGEST_PLAIN_SUBJECT = 66

# Static text, the name of a slot, static text, and so on.
Pieces = list[str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as the mail server gets it."""

    sender: str
    recipient: str
    payload: bytes


class Frames:
    """The frames that one pass of a sender has needed. Kept no longer, so that neither a changed
    setting nor a changed translation is missed."""

    def __init__(self) -> None:
        self._frames: dict[tuple[int, str, int, frozenset[str]], Frame] = {}
        self._questionnaires: dict[int, Questionnaire] = {}
        self._languages: dict[tuple[int, str], str] = {}

    def fill(self, mail: Mail) -> Envelope | None:
        """The mail as ``build_message`` would make it, headers, text and HTML, in other encodings.

        None where the recipient's words need more than being put in, and ``build_message`` has
        to do it: an address beyond ASCII, a name with line breaks or blanks at its ends.
        KeyError or ValueError: see ``Questionnaire.from_definition``.
        """
        invitation = invitation_of(mail)
        if invitation.contact is None or not PLAIN_ADDRESS.fullmatch(invitation.contact.email):
            return None
        questionnaire = self._questionnaire(invitation.survey_version)
        language = self._language(invitation)
        values = placeholder_values(invitation, language)
        if any(value != " ".join(value.split()) for value in values.values()):
            return None
        # An empty word takes the blank before it along, so it makes another frame.
        empty = frozenset(name for name in PLACEHOLDERS if not values.get(name))
        key = (invitation.survey_version_id, language, step_of(mail), empty)
        frame = self._frames.get(key)
        if frame is None:
            frame = Frame(questionnaire, language, step=step_of(mail), empty=empty)
            self._frames[key] = frame
        return frame.fill(mail, invitation.contact.email, values)

    def _questionnaire(self, version: SurveyVersion) -> Questionnaire:
        if version.pk not in self._questionnaires:
            self._questionnaires[version.pk] = Questionnaire.from_definition(version.definition)
        return self._questionnaires[version.pk]

    def _language(self, invitation: Invitation) -> str:
        asked = (invitation.survey_version_id, invitation.language)
        if asked not in self._languages:
            questionnaire = self._questionnaire(invitation.survey_version)
            self._languages[asked] = questionnaire.language_for(invitation.language)
        return self._languages[asked]


class Frame:
    """One mail with slots: the placeholders, the token, and the reasons in their order.

    The slots of the reason at place 0 are ``label0`` and ``key0``, and so on.
    """

    def __init__(
        self, questionnaire: Questionnaire, language: str, *, step: int, empty: frozenset[str]
    ) -> None:
        self._reason = questionnaire.reason_question
        self._marks = _Marks()
        written = self._write(questionnaire, language, step=step, empty=empty)
        self._tag = written.language
        self._subject = self._marks.cut(written.subject)
        self._text = _Part(self._marks.cut(written.text))
        self._html = _Part(self._marks.cut(written.html), escape=html.escape)
        self._choices = {
            choice.key: tuple(
                part.encode(word)
                for part in (self._text, self._html)
                for word in (questionnaire.choice_label(choice, language), choice.key)
            )
            for choice in (self._reason.choices if self._reason else ())
        }
        # Never a line of quoted-printable: there, "=" stands before two digits or a line's end.
        self._boundary = f"=_{secrets.token_hex(16)}"
        self._from = sender()
        self._envelope_sender = parseaddr(self._from)[1]

    def fill(self, mail: Mail, recipient: str, values: Mapping[str, str]) -> Envelope:
        """``recipient``: a plain address. ``values``: of the placeholders, each on one line
        without blanks at its ends."""
        invitation = invitation_of(mail)
        words = {"token": invitation.token, **values}
        texts, htmls = self._text.encoded(words), self._html.encoded(words)
        displayed = self._reason.displayed_choices(invitation.token) if self._reason else []
        for place, choice in enumerate(displayed):
            label, key = b"label%d" % place, b"key%d" % place
            texts[label], texts[key], htmls[label], htmls[key] = self._choices[choice.key]
        subject = self._plain_subject or self._subject_line(values)
        head = self._head(subject, recipient, headers_of(mail))
        payload = CRLF.join(
            [
                head,
                b"",
                self._opening,
                self._text.fill(texts),
                self._between,
                self._html.fill(htmls),
                self._closing,
            ]
        )
        return Envelope(self._envelope_sender, recipient, payload)

    def _write(
        self,
        questionnaire: Questionnaire,
        language: str,
        *,
        step: int,
        empty: frozenset[str],
    ) -> WrittenMail:
        """The words, with marks where the slots are."""
        mark = self._marks.mark
        links = MailLinks(
            survey=f"{settings.BASE_URL}/s/{mark('token')}/",
            unsubscribe=f"{settings.BASE_URL}/u/{mark('token')}/",
        )
        values = {name: "" if name in empty else mark(name) for name in PLACEHOLDERS}
        places = range(len(self._reason.choices) if self._reason else 0)
        reasons = [
            ReasonLink(
                label=mark(f"label{place}"), url=reason_url(links.survey, mark(f"key{place}"))
            )
            for place in places
        ]
        return write_mail_for(
            questionnaire, language, values, step=step, links=links, reasons=reasons
        )

    @cached_property
    def _plain_subject(self) -> bytes:
        """The whole line, where no word of the recipient's stands in it."""
        return _subject_line(self._subject[0]) if len(self._subject) == 1 else b""

    def _subject_line(self, values: Mapping[str, str]) -> bytes:
        words = [values[piece] if place % 2 else piece for place, piece in enumerate(self._subject)]
        return _subject_line("".join(words))

    def _head(self, subject: bytes, recipient: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"To: {recipient}", f"Date: {_date(int(time.time()))}"]
        head = "\r\n".join(lines).encode("ascii")
        return CRLF.join([self._fixed_head, subject, head])

    @cached_property
    def _fixed_head(self) -> bytes:
        lines = [
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative;\r\n boundary="{self._boundary}"',
            f"Content-Language: {self._tag}",
        ]
        addresses = {"From": self._from, "Reply-To": settings.REPLY_TO}
        for name, address in addresses.items():
            if address:
                lines.append("{}: {}".format(*forbid_multi_line_headers(name, address, "utf-8")))
        return "\r\n".join(lines).encode("ascii")

    @cached_property
    def _opening(self) -> bytes:
        return self._part_head("text/plain")

    @cached_property
    def _between(self) -> bytes:
        return self._part_head("text/html")

    @cached_property
    def _closing(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _part_head(self, kind: str) -> bytes:
        lines = [
            f"--{self._boundary}",
            f'Content-Type: {kind}; charset="utf-8"',
            "Content-Transfer-Encoding: quoted-printable",
            "",
        ]
        return "\r\n".join(lines).encode("ascii")


class _Part:
    """A text or HTML part, encoded, with slots: a template of ``bytes.__mod__``, whose keys are
    bytes."""

    def __init__(self, pieces: Pieces, escape: Callable[[str], str] = str) -> None:
        self._escape = escape
        self._names = set(pieces[1::2])
        self._template = b"".join(
            f"%({piece})b".encode() if place % 2 else _quoted(piece).replace(b"%", b"%%")
            for place, piece in enumerate(pieces)
        )
        # Plans and dates return from mail to mail; the names between them push them out late.
        self.encode = lru_cache(maxsize=256)(self._encode)

    def _encode(self, word: str) -> bytes:
        """``word`` as ``fill`` takes it."""
        return SOFT_END + _quoted(self._escape(word)) + SOFT_END

    def encoded(self, words: Mapping[str, str]) -> dict[bytes, bytes]:
        """Those of ``words`` that have a slot here, as ``fill`` takes them."""
        return {
            name.encode(): self.encode(word) for name, word in words.items() if name in self._names
        }

    def fill(self, words: Mapping[bytes, bytes]) -> bytes:
        return self._template % words


class _Marks:
    """Stand in a text where a recipient's words will stand, and can be found again.

    Nobody can write one: they hold a number that nobody knows.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_hex(16)
        self._pattern = re.compile(f"\ue000{self._secret}:([a-z_0-9]+)\ue001")

    def mark(self, slot: str) -> str:
        return f"\ue000{self._secret}:{slot}\ue001"

    def cut(self, text: str) -> Pieces:
        """The text before the first mark, the first mark's slot, the text after it, and so on."""
        return self._pattern.split(text)


def _quoted(text: str) -> bytes:
    """Quoted-printable, with the line ends of the wire."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", CRLF)


@lru_cache(maxsize=256)  # most subjects name nobody
def _subject_line(subject: str) -> bytes:
    if subject.isascii() and len(subject) <= LONGEST_PLAIN_SUBJECT:
        return f"Subject: {subject}".encode("ascii")
    charset = "us-ascii" if subject.isascii() else "utf-8"
    folded = Header(subject, charset, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {folded}".encode("ascii")


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second)
