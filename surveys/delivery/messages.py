"""The mail of an invitation: subject, text, HTML and headers.

What operators wrote is filled in by plain placeholders and escaped; only our own templates are
ever run.
"""

import hashlib
import re
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from surveys.models import Invitation
from surveys.pages.languages import direction, interface_language, language_tag
from surveys.placeholders import fill_placeholders, placeholder_values
from surveys.questionnaire import Question, Questionnaire, VersionWords

TEMPLATES = "surveys/mail/invitation"


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """What the reader sees. ``language`` is a tag of BCP 47: ``zh-Hans``."""

    subject: str
    text: str
    html: str
    language: str


@dataclass(frozen=True, slots=True)
class ReasonLink:
    label: str
    url: str


class Message(EmailMultiAlternatives):
    """Django's, with a subject that begins on the line of its name in every language.

    A long subject beyond ASCII is folded by Django without counting "Subject: ", so that the
    first line stays empty: some servers take that for no subject at all, and readers show a
    blank before it.
    """

    def message(self, **options: Any) -> Any:
        built = super().message(**options)
        subject = str(self.subject)
        if not subject.isascii():
            built.replace_header("Subject", Header(subject, "utf-8", header_name="Subject"))
        return built


def build_message(invitation: Invitation, *, connection: Any = None) -> EmailMultiAlternatives:
    """The message for the invitation's contact, ready to be sent over ``connection``.

    One and the same invitation always makes the same Message-ID. ValueError where the address
    is none. No queries where version, customer, contact and the cancellation's subscription
    have been joined.
    """
    if invitation.contact is None:
        raise ValueError("The invitation has no contact.")
    mail = write_mail(invitation)
    message = Message(
        subject=mail.subject,
        body=mail.text,
        from_email=_sender(),
        to=[invitation.contact.email],
        reply_to=[settings.REPLY_TO] if settings.REPLY_TO else None,
        headers={
            "Message-ID": message_id_of(invitation),
            # RFC 8058: a mail program's own button posts to this address.
            "List-Unsubscribe": f"<{invitation.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # RFC 3834, and Exchange's word for it: no out-of-office notes in return.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "Content-Language": mail.language,
        },
        connection=connection,
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def message_id_of(invitation: Invitation) -> str:
    """The same for every attempt, and no way back to the token, which opens the survey."""
    if invitation.message_id:
        return invitation.message_id
    digest = hashlib.sha256(f"message:{invitation.token}".encode()).hexdigest()[:32]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{digest}@{domain}>"


def write_mail(invitation: Invitation) -> WrittenMail:
    """Subject, text and HTML in the invitation's language. KeyError or ValueError: see
    ``Questionnaire.from_definition``."""
    questionnaire = Questionnaire.from_definition(invitation.survey_version.definition)
    language = questionnaire.language_for(invitation.language)
    words = questionnaire.words_in(language)
    values = placeholder_values(invitation, language)
    reason = questionnaire.reason_question
    body = fill_placeholders(words.mail_body or words.introduction, values).strip()
    with translation.override(interface_language(language)):
        context = {
            "language": language_tag(language),
            "direction": direction(language),
            "organisation": settings.ORGANISATION_NAME,
            "paragraphs": [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()],
            "question": _question_label(questionnaire, reason, language, values),
            "reasons": _reason_links(questionnaire, reason, language, invitation),
            "survey_url": invitation.url,
            "unsubscribe_url": invitation.unsubscribe_url,
            "privacy_url": settings.PRIVACY_URL,
            "can_reply": bool(settings.REPLY_TO),
        }
        subject = _subject(words, values)
        text = render_to_string(f"{TEMPLATES}.txt", context)
        html = render_to_string(f"{TEMPLATES}.html", {**context, "subject": subject})
    return WrittenMail(
        subject=subject,
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=html,
        language=context["language"],
    )


def _subject(words: VersionWords, values: dict[str, str]) -> str:
    """On one line, whatever a name brings along."""
    return " ".join(fill_placeholders(words.mail_subject or words.title, values).split())


def _question_label(
    questionnaire: Questionnaire, question: Question | None, language: str, values: dict[str, str]
) -> str:
    if question is None:
        return ""
    return fill_placeholders(questionnaire.question_words(question, language).label, values)


def _reason_links(
    questionnaire: Questionnaire, question: Question | None, language: str, invitation: Invitation
) -> list[ReasonLink]:
    """In the order in which the page shows them; each link preselects and answers nothing."""
    if question is None:
        return []
    return [
        ReasonLink(
            label=questionnaire.choice_label(choice, language),
            url=f"{invitation.url}?r={choice.key}",
        )
        for choice in question.displayed_choices(invitation.token)
    ]


def _sender() -> str:
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((name or settings.ORGANISATION_NAME, address))
