"""What somebody has filled in and not sent yet, kept with the invitation's one response.

It counts as no answer anywhere: it is shown again on the same link, and goes once it is sent.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from surveys.answers import TEXT_LIMIT, clean_verbatim, content_of_row
from surveys.models import Invitation, Response
from surveys.models import QuestionKind as Kind
from surveys.questionnaire import SCALE_KEYS, AnswerValue, Question
from surveys.responses import current_answers, locked_response

# Beyond what may be sent, so that whoever must shorten a text does not lose its end meanwhile.
KEPT_TEXT_LIMIT = 2 * TEXT_LIMIT


def filled_in(question: Question, raw: Sequence[str]) -> AnswerValue:
    """What a form's raw values say, as an answer's value; None for nothing.

    More lenient than what is sent: what is no answer is left out, a long text is kept.
    """
    if question.has_choices:
        taken = raw if question.kind == Kind.MULTIPLE else raw[-1:]
        return [key for key in question.choice_keys if key in taken] or None
    last = raw[-1] if raw else ""
    if question.kind == Kind.SCALE:
        return int(last) if last in SCALE_KEYS else None
    return clean_verbatim(last)[:KEPT_TEXT_LIMIT] or None


@transaction.atomic
def keep_unsent(
    *,
    invitation: Invitation,
    questions: Sequence[Question],
    values: Mapping[str, AnswerValue],
    language: str,
    now: dt.datetime,
) -> Response:
    """Keep ``values`` (by question key, as ``filled_in`` makes them) of one screen's ``questions``.

    They take the place of what was kept of these questions before; other screens stay as they
    are. Only what differs from the answers sent before is kept. No submission: no signal.
    """
    response = locked_response(invitation, language, now)
    rows = current_answers(response)
    answers = {key: content_of_row(row).value for key, row in rows.items()}
    page = {question.key for question in questions}
    unsent = {key: value for key, value in response.unsent.items() if key not in page}
    for question in questions:
        value = values.get(question.key)
        if value != answers.get(question.key):
            unsent[question.key] = value
    if unsent == response.unsent:
        return response
    response.unsent = unsent
    response.unsent_at = now if unsent else None
    fields = ["unsent", "unsent_at"]
    if response.submitted_at is None:
        response.language = language
        fields.append("language")
    response.save(update_fields=fields)
    return response
