"""What becomes of a screen that a customer sends: one response an invitation, answers added to it.

Answers are never overwritten: a changed one is a new row, and the one before is no longer current.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F

from surveys.delivery.gate import ANSWERED_CANCELLING
from surveys.delivery.scheduling import withdraw_pending
from surveys.models import Answer, Cancellation, Intent, Invitation, Question, Response
from surveys.models import QuestionKind as Kind
from surveys.questionnaire import AnswerValue, Questionnaire, taken_choices
from surveys.questionnaire import Question as AskedQuestion
from surveys.signals import response_submitted

TEXT_LIMIT = 5_000  # characters of one verbatim


class AnswerRefusedError(ValueError):
    """An answer that its question cannot have. Forms say so before; this is the last guard."""


def clean_verbatim(text: str) -> str:
    """As typed, without what a database refuses (NUL, lone surrogates), lines ending in LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "ignore").decode("utf-8").strip()


@dataclass(frozen=True)
class Content:
    """An answer as it is stored: choice keys, or a text, or a scale's value."""

    choices: tuple[str, ...] = ()
    text: str = ""
    scale: int | None = None

    @property
    def is_empty(self) -> bool:
        return not self.choices and not self.text and self.scale is None

    @property
    def value(self) -> AnswerValue:
        """For conditions: the choices, else the text or the scale's value."""
        return list(self.choices) or self.text or self.scale


def content_of(question: AskedQuestion, value: AnswerValue) -> Content:
    """``value`` as an answer to ``question``; AnswerRefusedError where it cannot be one."""
    if value is None or value == "" or value == []:
        return Content()
    if question.has_choices:
        keys = taken_choices(value)
        if not keys or not set(keys) <= set(question.choice_keys):
            raise AnswerRefusedError(f"{question.key}: {value!r} is none of its choices.")
        if question.kind == Kind.SINGLE and len(keys) > 1:
            raise AnswerRefusedError(f"{question.key}: only one choice can be taken.")
        # In the questionnaire's order, so that the same choices are always the same answer.
        return Content(choices=tuple(key for key in question.choice_keys if key in keys))
    if question.kind == Kind.SCALE:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10:
            raise AnswerRefusedError(f"{question.key}: {value!r} is not from 0 to 10.")
        return Content(scale=value)
    if not isinstance(value, str):
        raise AnswerRefusedError(f"{question.key}: {value!r} is no text.")
    text = clean_verbatim(value)
    if len(text) > TEXT_LIMIT:
        raise AnswerRefusedError(f"{question.key}: longer than {TEXT_LIMIT} characters.")
    return Content(text=text)


def content_of_row(answer: Answer) -> Content:
    return Content(choices=tuple(answer.choices), text=answer.text, scale=answer.scale)


@transaction.atomic
def save_screen(
    *,
    invitation: Invitation,
    screen: int,
    answers: Mapping[str, AnswerValue],
    displayed: Mapping[str, list[str]],
    language: str,
    now: dt.datetime,
) -> Response:
    """Save one screen (1 or 2) of ``invitation``'s survey as sent at ``now`` (aware).

    ``answers`` by question key say all of that screen: what is missing or empty is taken back.
    ``displayed`` are the choice keys in the order shown. Answers to branches that these answers
    do not open are dropped, on both screens. Sent again with the same content it changes
    nothing; with other content it is a revision. AnswerRefusedError, and nothing saved, where an
    answer fits no question of the screen. Fires ``response_submitted`` where anything was new,
    inside the transaction.
    """
    questionnaire = Questionnaire.from_definition(invitation.survey_version.definition)
    sent = _contents_of_screen(questionnaire, screen, answers)
    cancellation = _cancellation_of(invitation)
    response = _locked_response(invitation, language, now)
    first = response.submitted_at is None
    current = _current_answers(response)
    wanted = _wanted(questionnaire, screen, sent, current)
    changed = _changed(wanted, current)
    attached = cancellation is not None and response.cancellation_id is None
    completes = screen == 2 and response.completed_at is None
    if not (first or changed or attached or completes):
        return response
    if changed and not first:
        response.revision += 1
    if changed:
        _write_answers(response, changed, current, displayed, now)
    response.submitted_at = response.submitted_at or now
    response.completed_at = now if completes else response.completed_at
    response.cancellation = cancellation or response.cancellation
    response.language = language
    response.save(
        update_fields=["revision", "submitted_at", "completed_at", "cancellation", "language"]
    )
    if cancellation is not None and (first or changed or attached):
        _mark_unread(cancellation)
        if invitation.intent_id is not None and (first or attached):
            _withdraw_mail_about(cancellation)
    response_submitted.send(sender=Response, response=response)
    return response


@transaction.atomic
def attach_response_to_cancellation(cancellation: Cancellation) -> Response | None:
    """Give ``cancellation`` what was answered while cancelling; returns that response or None.

    Called once ``cancellation.intent`` is stored; a second call changes nothing. Saving an
    answer locks the intent's row, which storing a cancellation with that intent must share: so
    whichever comes second sees the first.
    """
    if cancellation.intent_id is None:
        return None
    response = Response.objects.submitted().filter(intent=cancellation.intent_id).first()
    if response is None or response.cancellation_id == cancellation.pk:
        return response
    Response.objects.filter(pk=response.pk).update(cancellation=cancellation)
    response.cancellation = cancellation
    _mark_unread(cancellation)
    cancellation.refresh_from_db(fields=["content_version"])
    return response


def is_editable(response: Response, now: dt.datetime) -> bool:
    """Mails get forwarded: the answers are shown for RESPONSE_EDITABLE_HOURS, then only thanks."""
    if response.submitted_at is None:
        return True
    return now < response.submitted_at + dt.timedelta(hours=settings.RESPONSE_EDITABLE_HOURS)


def _contents_of_screen(
    questionnaire: Questionnaire, screen: int, answers: Mapping[str, AnswerValue]
) -> dict[str, Content]:
    asked = {question.key: question for question in questionnaire.on_screen(screen)}
    unknown = [key for key in answers if key not in asked]
    if unknown:
        raise AnswerRefusedError(f"Not asked on screen {screen}: {', '.join(sorted(unknown))}.")
    return {key: content_of(question, answers.get(key)) for key, question in asked.items()}


def _known_response(invitation: Invitation) -> Response | None:
    """The response where it came along with the invitation; a query where nobody looked yet."""
    return getattr(invitation, "response", None)


def _cancellation_of(invitation: Invitation) -> Cancellation | None:
    """What the answer is about: the cancellation, or the one that the intent has become."""
    if invitation.intent_id is None:
        return invitation.cancellation
    known = _known_response(invitation)
    if known is not None and known.cancellation is not None:
        return known.cancellation
    Intent.objects.select_for_update().get(pk=invitation.intent_id)
    return Cancellation.objects.filter(intent=invitation.intent_id).first()


def _locked_response(invitation: Invitation, language: str, now: dt.datetime) -> Response:
    """The invitation's one response, made if this is the first; others wait until we are done."""
    locked = Response.objects.select_for_update().filter(invitation=invitation)
    if _known_response(invitation) is not None and (response := locked.first()):
        return response
    Response.objects.bulk_create(
        [
            Response(
                invitation=invitation,
                survey_version=invitation.survey_version,
                customer_id=invitation.customer_id,
                intent_id=invitation.intent_id,
                cancellation_id=invitation.cancellation_id,
                language=language,
                started_at=min(invitation.opened_at or now, now),
            )
        ],
        ignore_conflicts=True,
    )
    return locked.get()


def _current_answers(response: Response) -> dict[str, Answer]:
    """By question key; what has never been submitted has none."""
    if response.submitted_at is None:
        return {}
    answers = response.answers.current().select_related("question")
    return {answer.question.key: answer for answer in answers}


def _wanted(
    questionnaire: Questionnaire,
    screen: int,
    sent: Mapping[str, Content],
    current: Mapping[str, Answer],
) -> dict[str, Content]:
    """Every question's answer after this screen, branches not taken left out."""
    kept = {key: content_of_row(answer) for key, answer in current.items()}
    together = kept | dict(sent)
    opened = questionnaire.open_questions({key: content.value for key, content in together.items()})
    return {
        question.key: together[question.key]
        if question.key in opened and question.key in together
        else Content()
        for question in questionnaire.questions
    }


def _changed(wanted: Mapping[str, Content], current: Mapping[str, Answer]) -> dict[str, Content]:
    """What differs from the current answers; an empty content takes an answer back."""
    return {
        key: content
        for key, content in wanted.items()
        if content != (content_of_row(current[key]) if key in current else Content())
    }


def _write_answers(
    response: Response,
    changed: Mapping[str, Content],
    current: Mapping[str, Answer],
    displayed: Mapping[str, list[str]],
    now: dt.datetime,
) -> None:
    superseded = [current[key].pk for key in changed if key in current]
    if superseded:
        Answer.objects.filter(pk__in=superseded).update(is_current=False)
    given = {key: content for key, content in changed.items() if not content.is_empty}
    ids = _question_ids(response, given)
    Answer.objects.bulk_create(
        Answer(
            response=response,
            question_id=ids[key],
            revision=response.revision,
            choices=list(content.choices),
            displayed=list(displayed.get(key, [])),
            text=content.text,
            scale=content.scale,
            answered_at=now,
        )
        for key, content in given.items()
    )


def _question_ids(response: Response, keys: Iterable[str]) -> dict[str, int]:
    rows = Question.objects.filter(version=response.survey_version_id, key__in=list(keys))
    return dict(rows.values_list("key", "pk"))


def _mark_unread(cancellation: Cancellation) -> None:
    Cancellation.objects.filter(pk=cancellation.pk).update(content_version=F("content_version") + 1)


def _withdraw_mail_about(cancellation: Cancellation) -> None:
    """What was answered on the cancel page is not asked again by mail."""
    withdraw_pending(cancellation, because=ANSWERED_CANCELLING)
