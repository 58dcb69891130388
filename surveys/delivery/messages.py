"""The words of a mail: subject, text and HTML, of an invitation and of its reminders.

What operators wrote is filled in by plain placeholders and escaped; only our own templates are
ever run.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from surveys.models import Invitation, Reminder
from surveys.pages.languages import direction, interface_language, language_tag
from surveys.placeholders import fill_placeholders, placeholder_values, written_date
from surveys.questionnaire import Question, Questionnaire, VersionWords

TEMPLATES = "surveys/mail/invitation"

Mail = Invitation | Reminder


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """What the reader sees. ``language`` is a tag of BCP 47: ``zh-Hans``."""

    subject: str
    text: str
    html: str
    language: str


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Where the mail leads. ``seed`` decides the order of the reasons, as it does on the page."""

    survey: str
    unsubscribe: str
    seed: str = ""


@dataclass(frozen=True, slots=True)
class ReasonLink:
    label: str
    url: str


def invitation_of(mail: Mail) -> Invitation:
    """The invitation itself, or the one that a reminder is about."""
    return mail.invitation if isinstance(mail, Reminder) else mail


def step_of(mail: Mail) -> int:
    """0 for an invitation's first mail, then the number of the reminder."""
    return mail.step if isinstance(mail, Reminder) else 0


def write_mail(mail: Mail) -> WrittenMail:
    """Subject, text and HTML in the invitation's language. KeyError or ValueError: see
    ``Questionnaire.from_definition``."""
    invitation = invitation_of(mail)
    questionnaire = Questionnaire.from_definition(invitation.survey_version.definition)
    language = questionnaire.language_for(invitation.language)
    return write_mail_for(
        questionnaire,
        language,
        placeholder_values(invitation, language),
        step=step_of(mail),
        links=MailLinks(
            survey=invitation.url, unsubscribe=invitation.unsubscribe_url, seed=invitation.token
        ),
    )


def write_mail_for(
    questionnaire: Questionnaire,
    language: str,
    values: Mapping[str, str],
    *,
    step: int = 0,
    links: MailLinks | None = None,
    reasons: Sequence[ReasonLink] | None = None,
) -> WrittenMail:
    """The mail of any questionnaire, a draft's too; no queries.

    ``values``: what the placeholders stand for, by name; ``sample_values`` has some. ``step``: 0
    the first mail, from 1 a reminder. ``links``: None leads to a page that says that it was a
    preview. ``reasons``: None shows the questionnaire's, in the order that ``links`` decides.
    """
    links = links or preview_links()
    reason = questionnaire.reason_question
    if reasons is None:
        reasons = [
            ReasonLink(
                label=questionnaire.choice_label(choice, language),
                url=reason_url(links.survey, choice.key),
            )
            for choice in (reason.displayed_choices(links.seed) if reason else [])
        ]
    with translation.override(interface_language(language)):
        words = questionnaire.words_in(language)
        body = fill_placeholders(_body(words, step), values).strip()
        context = {
            "language": language_tag(language),
            "direction": direction(language),
            "organisation": settings.ORGANISATION_NAME,
            "is_reminder": step > 0,
            "paragraphs": [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()],
            "question": _question_label(questionnaire, reason, language, values),
            "reasons": reasons,
            "survey_url": links.survey,
            "unsubscribe_url": links.unsubscribe,
            "privacy_url": settings.PRIVACY_URL,
            "can_reply": bool(settings.REPLY_TO),
        }
        subject = _subject(words, values, step)
        text = render_to_string(f"{TEMPLATES}.txt", context)
        html = render_to_string(f"{TEMPLATES}.html", {**context, "subject": subject})
    return WrittenMail(
        subject=subject,
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=html,
        language=context["language"],
    )


def sample_values(language: str) -> dict[str, str]:
    """What the placeholders stand for where there is no customer yet."""
    end = timezone.localdate() + dt.timedelta(days=9)
    return {
        "organisation": settings.ORGANISATION_NAME,
        "contact_name": "Ann",
        "plan": "Team",
        "end_date": written_date(end, language),
        "minutes": "1",
    }


def preview_links() -> MailLinks:
    """Each to a page that says: this was a preview."""
    page = settings.BASE_URL + reverse("surveys:mail-preview")
    return MailLinks(survey=page, unsubscribe=page)


def reason_url(survey: str, choice_key: str) -> str:
    """Preselects and answers nothing: mail scanners open every link."""
    return f"{survey}?r={choice_key}"


def _body(words: VersionWords, step: int) -> str:
    if step == 0:
        return words.mail_body or words.introduction
    return words.reminder_body or "\n\n".join(
        [
            gettext("Hello {contact_name},"),
            gettext(
                "a few days ago we asked why you left. If you have half a minute, choose the "
                "answer that comes closest. A person reads it."
            ),
            gettext("If you would rather not say, there is nothing you need to do."),
        ]
    )


def _subject(words: VersionWords, values: Mapping[str, str], step: int) -> str:
    """On one line, whatever a name brings along. A reminder without words of its own says "Re:",
    which is the sign of a reply in every language: mail programs take it off to find the first.
    """
    said = words.mail_subject or words.title
    if step:
        said = words.reminder_subject or f"Re: {said}"
    return " ".join(fill_placeholders(said, values).split())


def _question_label(
    questionnaire: Questionnaire,
    question: Question | None,
    language: str,
    values: Mapping[str, str],
) -> str:
    if question is None:
        return ""
    return fill_placeholders(questionnaire.question_words(question, language).label, values)
