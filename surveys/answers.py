"""What an answer is: choice keys, a text, or a scale's value; and what its question can have."""

from dataclasses import dataclass

from surveys.models import Answer
from surveys.models import QuestionKind as Kind
from surveys.questionnaire import AnswerValue, Question, taken_choices

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


def content_of(question: Question, value: AnswerValue) -> Content:
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
