"""What becomes of a screen that a customer sends: one response an invitation, answers added to it.

Answers are never overwritten: a changed one is a new row, and the one before is no longer current.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import F

from surveys.answers import AnswerRefusedError, Content, content_of, content_of_row
from surveys.delivery.gate import ANSWERED_CANCELLING
from surveys.delivery.scheduling import withdraw_pending
from surveys.models import (
    Answer,
    Cancellation,
    Intent,
    Invitation,
    Question,
    Response,
    SurveyVersion,
)
from surveys.paths import SETTLING, is_settled_apart, screen_after
from surveys.questionnaire import (
    AnswerValue,
    Questionnaire,
    published_question_ids,
    questionnaire_of,
)
from surveys.signals import response_submitted


@transaction.atomic
def save_screen(
    *,
    invitation: Invitation,
    screen: int,
    answers: Mapping[str, AnswerValue],
    displayed: Mapping[str, list[str]],
    language: str,
    now: dt.datetime,
    text_probe: str | None = None,
) -> Response:
    """Save one screen of ``invitation``'s survey (its number, or SETTLING) as sent at ``now``.

    ``answers`` by question key say all of that screen: what is missing or empty is taken back.
    ``displayed`` are the choice keys in the order shown. ``text_probe`` is the probe that the
    written reason calls for from now on; None leaves it as it is. Answers to questions that these
    answers do not open are dropped, on every screen. Sent again with the same content it changes
    nothing; with other content it is a revision. What was kept of this screen unsent goes.
    AnswerRefusedError, and nothing saved, where an answer fits no question of the screen. Fires
    ``response_submitted`` where anything was new, inside the transaction.
    """
    questionnaire = questionnaire_of(invitation.survey_version)
    cancellation = _cancellation_of(invitation)
    response = locked_response(invitation, language, now)
    response.survey_version = invitation.survey_version  # known already: no query for it
    before = response.text_probe, response.unsent
    if text_probe is not None:
        response.text_probe = text_probe
    first = response.submitted_at is None
    rows = current_answers(response)
    current = {key: content_of_row(row) for key, row in rows.items()}
    sent = _contents_of_screen(questionnaire, screen, answers, current, response.text_probe)
    wanted = _wanted(questionnaire, current | sent, response.text_probe)
    changed = {key: each for key, each in wanted.items() if each != current.get(key, Content())}
    attached = cancellation is not None and response.cancellation_id is None
    completes = response.completed_at is None and _is_last(
        questionnaire, screen, wanted, response.text_probe
    )
    response.unsent = {key: value for key, value in response.unsent.items() if key not in sent}
    is_news = first or bool(changed) or attached or completes
    if not is_news and before == (response.text_probe, response.unsent):
        return response
    if changed and not first:
        response.revision += 1
    if changed:
        _write_answers(response, changed, rows, displayed, now)
    response.unsent_at = response.unsent_at if response.unsent else None
    response.submitted_at = response.submitted_at or now
    response.completed_at = now if completes else response.completed_at
    response.cancellation = cancellation or response.cancellation
    response.language = language
    response.save(update_fields=_SAVED_FIELDS)
    if cancellation is not None and (first or changed or attached):
        _mark_unread(cancellation)
        if invitation.intent_id is not None and (first or attached):
            _withdraw_mail_about(cancellation)
    if is_news:
        response_submitted.send(sender=Response, response=response)
    return response


_SAVED_FIELDS = (
    "revision",
    "text_probe",
    "unsent",
    "unsent_at",
    "submitted_at",
    "completed_at",
    "cancellation",
    "language",
)


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
    questionnaire: Questionnaire,
    screen: int,
    answers: Mapping[str, AnswerValue],
    current: Mapping[str, Content],
    text_probe: str,
) -> dict[str, Content]:
    """What the screen says of each question that it asks."""
    if screen == SETTLING:
        # Another page may have changed what is to be settled: then this answer is not asked for.
        if text_probe not in answers:
            return {}
        probe = questionnaire.question(text_probe)
        return {text_probe: content_of(probe, answers[text_probe])}
    asked = {question.key: question for question in questionnaire.on_screen(screen)}
    unknown = [key for key in answers if key not in asked]
    if unknown:
        raise AnswerRefusedError(f"Not asked on screen {screen}: {', '.join(sorted(unknown))}.")
    contents = {key: content_of(question, answers.get(key)) for key, question in asked.items()}
    together = _values({**current, **contents})
    if text_probe in contents and is_settled_apart(questionnaire, together, text_probe):
        del contents[text_probe]  # the settling screen asks it
    return contents


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


def locked_response(invitation: Invitation, language: str, now: dt.datetime) -> Response:
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


def current_answers(response: Response) -> dict[str, Answer]:
    """By question key; what has never been submitted has none."""
    if response.submitted_at is None:
        return {}
    answers = response.answers.current().select_related("question")
    return {answer.question.key: answer for answer in answers}


def _wanted(
    questionnaire: Questionnaire, together: Mapping[str, Content], text_probe: str
) -> dict[str, Content]:
    """Every question's answer after this screen; empty where it has none or is not open."""
    opened = questionnaire.open_questions(_values(together), text_probe=text_probe)
    return {
        question.key: together[question.key]
        if question.key in opened and question.key in together
        else Content()
        for question in questionnaire.questions
    }


def _values(contents: Mapping[str, Content]) -> dict[str, AnswerValue]:
    return {key: content.value for key, content in contents.items()}


def _is_last(
    questionnaire: Questionnaire, screen: int, wanted: Mapping[str, Content], text_probe: str
) -> bool:
    """Whether this respondent's path ends with ``screen``."""
    return screen_after(questionnaire, screen, _values(wanted), text_probe=text_probe) is None


def _write_answers(
    response: Response,
    changed: Mapping[str, Content],
    rows: Mapping[str, Answer],
    displayed: Mapping[str, list[str]],
    now: dt.datetime,
) -> None:
    superseded = [rows[key].pk for key in changed if key in rows]
    if superseded:
        Answer.objects.filter(pk__in=superseded).update(is_current=False)
    given = {key: content for key, content in changed.items() if not content.is_empty}
    ids = _question_ids(response.survey_version, given)
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


def _question_ids(version: SurveyVersion, keys: Iterable[str]) -> Mapping[str, int]:
    if version.published_at is not None:
        return published_question_ids(version.pk, version.published_at)
    rows = Question.objects.filter(version=version, key__in=list(keys))
    return dict(rows.values_list("key", "pk"))


def _mark_unread(cancellation: Cancellation) -> None:
    Cancellation.objects.filter(pk=cancellation.pk).update(content_version=F("content_version") + 1)


def _withdraw_mail_about(cancellation: Cancellation) -> None:
    """What was answered on the cancel page is not asked again by mail."""
    withdraw_pending(cancellation, because=ANSWERED_CANCELLING)
