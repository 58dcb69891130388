"""What a form sent, read without judging it: to be kept, or shown where it came too late."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.request import QueryDict

from surveys.models import QuestionKind
from surveys.pages.forms import ScreenForm
from surveys.pages.languages import asked_language
from surveys.questionnaire import AnswerValue, Question, Questionnaire
from surveys.unsent import filled_in


@dataclass(frozen=True)
class TypedText:
    field_id: str
    label: str
    text: str


def typed_values(data: QueryDict, questions: Sequence[Question]) -> dict[str, AnswerValue]:
    """By question key, of these questions; None where nothing was filled in."""
    return {
        question.key: filled_in(question, data.getlist(_field_name(question)))
        for question in questions
    }


def typed_texts(request: HttpRequest, questionnaire: Questionnaire) -> list[TypedText]:
    """What was written into the form that ``request`` sends, to be copied from the page."""
    questions = [each for each in questionnaire.questions if each.kind == QuestionKind.TEXT]
    values = typed_values(request.POST, questions)
    language = asked_language(request)
    return [
        TypedText(
            _field_name(question),
            questionnaire.question_words(question, language).label,
            str(values[question.key]),
        )
        for question in questions
        if values[question.key]
    ]


def _field_name(question: Question) -> str:
    return f"{ScreenForm.prefix}-{question.key}"
