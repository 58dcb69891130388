"""The first answers that somebody gives, saved with three statements.

They leave the same rows as ``surveys.responses.save_screen``, which is asked where this returns
False: it waits for others, compares and revises. Here the database itself settles who comes first,
and whoever does not has changed nothing.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import F

from surveys.answers import content_of
from surveys.glance import Glance, cancellation_of
from surveys.models import Answer, Cancellation, Response
from surveys.questionnaire import AnswerValue, Questionnaire, published_question_ids
from surveys.signals import response_submitted
from surveys.statements import (
    PreparedInsert,
    PreparedUpdate,
    insert_with_children,
    run_together,
)

_DEFAULTS = {field.attname: field.get_default() for field in Response._meta.concrete_fields}  # noqa: SLF001
_insert_response = PreparedInsert(Response, list(_DEFAULTS)[1:])
_insert_answers = PreparedInsert(
    Answer,
    (
        "response_id",
        "question_id",
        "revision",
        "is_current",
        "choices",
        "displayed",
        "text",
        "scale",
        "answered_at",
    ),
)
_mark_unread = PreparedUpdate(Cancellation, content_version=F("content_version") + 1)


def save_first_screen(
    seen: Glance,
    *,
    questionnaire: Questionnaire,
    answers: Mapping[str, AnswerValue],
    seed: str,
    text_probe: str,
    completes: bool,
    language: str,
    now: dt.datetime,
) -> bool:
    """Save the first screen of a survey about a cancellation, sent at ``now``; whether it was.

    ``answers`` by question key, of open questions; ``seed`` settles the order in which choices
    were shown; ``completes`` says that no screen follows. False, and nothing saved, where there
    is an answer already, or what was kept unsent is not what was ``seen``. Fires
    ``response_submitted`` inside the transaction.
    """
    rows = _answer_rows(seen, questionnaire, answers, seed, now)
    response = _response(seen, text_probe, _still_unsent(seen, questionnaire), language, now)
    response.completed_at = now if completes else None
    response.cancellation = cancellation_of(seen)
    try:
        with transaction.atomic():
            if not _write(response, seen, rows):
                return False
            response_submitted.send(sender=Response, response=response)
    except IntegrityError:  # somebody else was first
        return False
    return True


def _response(
    seen: Glance, text_probe: str, unsent: dict[str, Any], language: str, now: dt.datetime
) -> Response:
    values = {
        **_DEFAULTS,
        "id": seen.response_id,
        "invitation_id": seen.id,
        "survey_version_id": seen.version_id,
        "customer_id": seen.customer_id,
        "cancellation_id": seen.cancellation_id,
        "language": language,
        "text_probe": text_probe,
        "unsent": unsent,
        "unsent_at": seen.unsent_at if unsent else None,
        "started_at": min(seen.opened_at or now, now),
        "submitted_at": now,
    }
    return Response.from_db(DEFAULT_DB_ALIAS, list(_DEFAULTS), [values[name] for name in _DEFAULTS])


def _still_unsent(seen: Glance, questionnaire: Questionnaire) -> dict[str, Any]:
    """What was kept of other screens than the one that is sent now."""
    if not seen.unsent:
        return {}
    sent = {question.key for question in questionnaire.on_screen(questionnaire.screens[0])}
    return {key: value for key, value in seen.unsent.items() if key not in sent}


def _write(response: Response, seen: Glance, rows: list[list[Any]]) -> bool:
    """Make this the invitation's one response; False where what was kept of it has changed.

    IntegrityError where another one has been made meanwhile.
    """
    unread = _mark_unread.of(seen.cancellation_id or 0)
    if seen.response_id is None:
        row = [getattr(response, name) for name in list(_DEFAULTS)[1:]]
        response.pk = insert_with_children(_insert_response, row, _insert_answers, rows, unread)
        return True
    unchanged = Response.objects.filter(
        pk=seen.response_id, submitted_at=None, unsent_at=seen.unsent_at
    )
    changed = ("language", "text_probe", "unsent", "unsent_at", "submitted_at", "completed_at")
    values = {name: getattr(response, name) for name in changed}
    if not unchanged.update(cancellation_id=seen.cancellation_id, **values):
        return False
    _insert_answers.insert([[seen.response_id, *row] for row in rows])
    run_together(unread)
    return True


def _answer_rows(
    seen: Glance,
    questionnaire: Questionnaire,
    answers: Mapping[str, AnswerValue],
    seed: str,
    now: dt.datetime,
) -> list[list[Any]]:
    """As ``_insert_answers`` wants them, but without their response."""
    ids = published_question_ids(seen.version_id, seen.published_at)
    rows = []
    for question in questionnaire.questions:
        value = answers.get(question.key)
        if value is None or (content := content_of(question, value)).is_empty:
            continue
        shown = question.displayed_choices(seed) if question.has_choices else []
        displayed = [choice.key for choice in shown]
        pk, choices = ids[question.key], list(content.choices)
        rows.append([pk, 1, True, choices, displayed, content.text, content.scale, now])
    return rows
