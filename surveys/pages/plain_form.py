"""What a form sends where there is nothing wrong with it, read without building the form.

For any other form None: then ``ScreenForm`` reads it, which can also say what is wrong.
"""

from django.http import QueryDict

from surveys.answers import TEXT_LIMIT, clean_verbatim
from surveys.models import QuestionKind as Kind
from surveys.pages.forms import ScreenForm
from surveys.questionnaire import SCALE_KEYS, AnswerValue, Question, Questionnaire

WRONG = object()


def plain_answers(
    questionnaire: Questionnaire, screen: int, data: QueryDict
) -> dict[str, AnswerValue] | None:
    """The answers of the first ``screen`` by question key, only of questions that are open; the
    same as ``ScreenForm.answers`` of somebody who has answered nothing before. None where the
    form would not be valid.
    """
    values: dict[str, AnswerValue] = {}
    asked = questionnaire.on_screen(screen)
    for question in asked:
        value = _value(question, data)
        if value is WRONG:
            return None
        values[question.key] = value  # type: ignore[assignment]
    opened = questionnaire.open_questions(values)
    if any(
        question.required and question.key in opened and values[question.key] in (None, "", [])
        for question in asked
    ):
        return None
    return {key: value for key, value in values.items() if key in opened}


def _value(question: Question, data: QueryDict) -> object:
    name = f"{ScreenForm.prefix}-{question.key}"
    if question.kind == Kind.MULTIPLE:
        taken = data.getlist(name)
        return taken if all(key in question.choice_keys for key in taken) else WRONG
    sent = data.get(name) if name in data else ""
    if not sent:
        return None if question.kind == Kind.SCALE else ""
    if question.kind == Kind.SINGLE:
        return sent if sent in question.choice_keys else WRONG
    if question.kind == Kind.SCALE:
        return int(sent) if sent in SCALE_KEYS else WRONG
    text = clean_verbatim(sent)
    return text if len(text) <= TEXT_LIMIT else WRONG
