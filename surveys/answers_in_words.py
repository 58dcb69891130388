"""Answers in the words that this customer saw: those of the frozen version, in their language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.models import Answer
from surveys.questionnaire import Question, Questionnaire


@dataclass(frozen=True, slots=True)
class AnswerInWords:
    """``displayed``: the choices in the order in which they were seen. ``is_current``: still
    holds; a later revision may have taken its place."""

    question: str
    choices: list[str] = field(default_factory=list)
    text: str = ""
    scale: int | None = None
    displayed: list[str] = field(default_factory=list)
    is_current: bool = True


def answers_in_words(
    questionnaire: Questionnaire, language: str, answers: Iterable[Answer]
) -> list[AnswerInWords]:
    """``answers`` of one response, in the questions' order; no queries if they know theirs."""
    by_key: dict[str, list[Answer]] = {}
    for answer in answers:
        by_key.setdefault(answer.question.key, []).append(answer)
    return [
        AnswerInWords(
            question=questionnaire.question_words(question, language).label,
            choices=_labels(questionnaire, question, language, answer.choices),
            text=answer.text,
            scale=answer.scale,
            displayed=_labels(questionnaire, question, language, answer.displayed),
            is_current=answer.is_current,
        )
        for question in questionnaire.questions
        for answer in by_key.get(question.key, ())
    ]


def unsent_in_words(
    questionnaire: Questionnaire, language: str, unsent: Mapping[str, Any]
) -> list[AnswerInWords]:
    """What was filled in and never sent (``Response.unsent``), in the questions' order."""
    rows = []
    for question in questionnaire.questions:
        value = unsent.get(question.key)
        if value in (None, "", []):
            continue
        words = questionnaire.question_words(question, language).label
        if question.has_choices:
            keys = value if isinstance(value, list) else [value]
            rows.append(AnswerInWords(words, _labels(questionnaire, question, language, keys)))
        elif isinstance(value, int):
            rows.append(AnswerInWords(words, scale=value))
        else:
            rows.append(AnswerInWords(words, text=str(value)))
    return rows


def _labels(
    questionnaire: Questionnaire, question: Question, language: str, keys: Iterable[Any]
) -> list[str]:
    label_of = {
        choice.key: questionnaire.choice_label(choice, language) for choice in question.choices
    }
    return [label_of.get(key, str(key)) for key in keys]
