"""A survey as its pages need it: frozen, without a database, made from a version's definition.

A published version's ``definition`` is this, written as JSON. It names its survey but neither its
number nor any row, so that two versions with the same content have the same definition.
"""

import datetime as dt
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf.locale import LANG_INFO

from surveys.models import ConditionTest, QuestionKind, QuestionRole, SurveyVersion
from surveys.models import Question as QuestionRow

# A single choice's key, several choices' keys, a text, or a scale's value; None: no answer.
AnswerValue = str | list[str] | int | None

FORMAT = 1
SCALE_KEYS = tuple(str(value) for value in range(11))


def best_language(asked: str, available: Sequence[str], default: str) -> str:
    """Which of ``available`` to show to someone who asked for ``asked``.

    The language itself, what stands in for it (zh-cn: zh-hans), its base (de-at: de), another
    of the same base (pt: pt-br), else ``default``.
    """
    asked = asked.lower().replace("_", "-")
    base = asked.split("-")[0]
    candidates = [asked, *LANG_INFO.get(asked, {}).get("fallback", []), base]
    siblings = [code for code in available if base and code.split("-")[0] == base]
    return next((code for code in [*candidates, *siblings] if code in available), default)


@dataclass(frozen=True)
class VersionWords:
    """What a version says outside its questions, in one language."""

    title: str = ""
    introduction: str = ""
    more_title: str = ""
    more_introduction: str = ""
    thanks_title: str = ""
    thanks_text: str = ""
    mail_subject: str = ""
    mail_body: str = ""
    reminder_subject: str = ""
    reminder_body: str = ""


@dataclass(frozen=True)
class QuestionWords:
    label: str = ""
    help_text: str = ""


@dataclass(frozen=True)
class Choice:
    key: str
    pinned: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """Rests on the answer to the earlier ``question``.

    ``test`` says how: its ``choice`` was taken, something was written, or its value is from
    ``at_least`` to ``at_most``, both inclusive.
    """

    question: str
    choice: str = ""
    test: str = str(ConditionTest.CHOICE)
    at_least: int | None = None
    at_most: int | None = None

    def holds(self, value: AnswerValue) -> bool:
        """For ``value`` as the answer to ``question``."""
        if self.test == ConditionTest.CHOICE:
            return self.choice in taken_choices(value)
        if self.test == ConditionTest.TEXT:
            return isinstance(value, str) and bool(value.strip())
        return (
            isinstance(value, int)
            and self.at_least is not None
            and self.at_most is not None
            and self.at_least <= value <= self.at_most
        )


@dataclass(frozen=True)
class Question:
    key: str
    kind: str
    role: str
    screen: int = 1
    required: bool = False
    shuffle: bool = False
    words: Mapping[str, QuestionWords] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    # Any of them is enough; none at all: always shown.
    conditions: tuple[Condition, ...] = ()

    @property
    def has_choices(self) -> bool:
        return self.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE)

    @property
    def choice_keys(self) -> tuple[str, ...]:
        return tuple(choice.key for choice in self.choices)

    def displayed_choices(self, seed: str) -> list[Choice]:
        """The choices in the order that the holder of ``seed`` (an invitation's token) sees.

        Shuffled by an HMAC of seed and question where the question says so, always the same for
        the same seed, so that reading the page needs no memory of it. Pinned choices stay last.
        """
        if not self.shuffle:
            return list(self.choices)
        digest = hmac.digest(seed.encode(), self.key.encode(), "sha256")
        number = int.from_bytes(digest, "big")
        left = [choice for choice in self.choices if not choice.pinned]
        order = []
        while left:
            number, place = divmod(number, len(left))
            order.append(left.pop(place))
        return order + [choice for choice in self.choices if choice.pinned]


@dataclass(frozen=True)
class Questionnaire:
    survey: str
    moment: str
    default_language: str
    languages: tuple[str, ...]
    words: Mapping[str, VersionWords]
    questions: tuple[Question, ...]

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> "Questionnaire":
        """Of a published version's ``definition``. A KeyError or ValueError: it is none."""
        if definition["format"] != FORMAT:
            raise ValueError(f"A definition of format {definition['format']!r} cannot be read.")
        return cls(
            survey=definition["survey"],
            moment=definition["moment"],
            default_language=definition["default_language"],
            languages=tuple(definition["languages"]),
            words={code: VersionWords(**words) for code, words in definition["words"].items()},
            questions=tuple(_question_from(question) for question in definition["questions"]),
        )

    def to_definition(self) -> dict[str, Any]:
        """The same as JSON values; ``from_definition`` reads it back."""
        return {
            "format": FORMAT,
            "survey": self.survey,
            "moment": self.moment,
            "default_language": self.default_language,
            "languages": list(self.languages),
            "words": {code: dict(vars(words)) for code, words in self.words.items()},
            "questions": [_question_to(question) for question in self.questions],
        }

    def language_for(self, asked: str) -> str:
        return best_language(asked, self.languages, self.default_language)

    def words_in(self, language: str) -> VersionWords:
        return self.words.get(self.language_for(language), VersionWords())

    def question_words(self, question: Question, language: str) -> QuestionWords:
        """In ``language``; a question not translated yet is asked in the default language."""
        available = tuple(question.words)
        code = best_language(language, available, self.default_language)
        return question.words.get(code, QuestionWords(label=question.key))

    def choice_label(self, choice: Choice, language: str) -> str:
        code = best_language(language, tuple(choice.labels), self.default_language)
        return choice.labels.get(code, choice.key)

    def question(self, key: str) -> Question:
        """KeyError where there is none of that key."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    @property
    def screens(self) -> tuple[int, ...]:
        """The numbers of the screens that have questions, in order."""
        return tuple(sorted({question.screen for question in self.questions}))

    def on_screen(self, screen: int) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.screen == screen)

    def with_role(self, role: str) -> Question | None:
        """The first question of that role."""
        return next((question for question in self.questions if question.role == role), None)

    @property
    def reason_question(self) -> Question | None:
        return self.with_role(QuestionRole.REASON)

    def open_questions(
        self, answers: Mapping[str, AnswerValue], *, text_probe: str = ""
    ) -> set[str]:
        """Keys of the questions that are asked, given these answers (by question key).

        A condition counts only where the question that it rests on is open itself.
        ``text_probe`` is the key of the question that the written answer has called for.
        """
        opened: set[str] = set()
        for question in self.questions:  # a condition rests on an earlier question
            if not question.conditions or question.key == text_probe:
                opened.add(question.key)
                continue
            for condition in question.conditions:
                rests_on = condition.question
                if rests_on in opened and condition.holds(answers.get(rests_on)):
                    opened.add(question.key)
                    break
        return opened


def taken_choices(value: AnswerValue) -> list[str]:
    """The choice keys in an answer's value."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) and value else []


def _question_from(data: Mapping[str, Any]) -> Question:
    return Question(
        key=data["key"],
        kind=data["kind"],
        role=data["role"],
        screen=data["screen"],
        required=data["required"],
        shuffle=data["shuffle"],
        words={code: QuestionWords(**words) for code, words in data["words"].items()},
        choices=tuple(
            Choice(key=choice["key"], pinned=choice["pinned"], labels=choice["labels"])
            for choice in data["choices"]
        ),
        conditions=tuple(Condition(**condition) for condition in data["conditions"]),
    )


def _question_to(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind,
        "role": question.role,
        "screen": question.screen,
        "required": question.required,
        "shuffle": question.shuffle,
        "words": {code: dict(vars(words)) for code, words in question.words.items()},
        "choices": [
            {"key": choice.key, "pinned": choice.pinned, "labels": dict(choice.labels)}
            for choice in question.choices
        ],
        "conditions": [_condition_to(condition) for condition in question.conditions],
    }


def _condition_to(condition: Condition) -> dict[str, Any]:
    if condition.test == ConditionTest.CHOICE:
        return {"question": condition.question, "choice": condition.choice}
    said: dict[str, Any] = {"question": condition.question, "test": condition.test}
    if condition.test == ConditionTest.SCALE:
        said |= {"at_least": condition.at_least, "at_most": condition.at_most}
    return said


def questionnaire_of(version: SurveyVersion) -> Questionnaire:
    """Of a published version, read once a process: no query and no parsing after the first time.

    ``version.definition`` is not touched, so that it may be left out of the query for the row.
    """
    if version.published_at is None:
        return Questionnaire.from_definition(version.definition)
    return published_questionnaire(version.pk, version.published_at)


@lru_cache(maxsize=64)
def published_questionnaire(version_id: int, published_at: dt.datetime) -> Questionnaire:
    """The moment is part of the name: another database may know another version by that key."""
    versions = SurveyVersion.objects.filter(pk=version_id, published_at=published_at)
    return Questionnaire.from_definition(versions.values_list("definition", flat=True).get())


@lru_cache(maxsize=64)
def published_question_ids(version_id: int, published_at: dt.datetime) -> Mapping[str, int]:
    """The rows of a published version's questions, by key; asked once a process like the rest."""
    asked = QuestionRow.objects.filter(version=version_id, version__published_at=published_at)
    return dict(asked.values_list("key", "pk"))


def compile_version(version: SurveyVersion) -> dict[str, Any]:
    """The definition that a version's rows make; the same rows always make the same.

    Nine queries, whatever the version's size.
    """
    questions = version.questions.order_by("screen", "position").prefetch_related(
        "texts", "choices__texts", "conditions__choice__question", "conditions__source"
    )
    words = {
        text.language: VersionWords(
            **{name: getattr(text, name) for name in VersionWords.__dataclass_fields__}
        )
        for text in version.texts.order_by("language")
    }
    return Questionnaire(
        survey=version.survey.key,
        moment=version.survey.moment,
        default_language=version.default_language,
        languages=_default_first(words, version.default_language),
        words=words,
        questions=tuple(_question_of_row(row) for row in questions),
    ).to_definition()


def _default_first(languages: Iterable[str], default: str) -> tuple[str, ...]:
    return tuple(sorted(languages, key=lambda code: (code != default, code)))


def _question_of_row(row: Any) -> Question:
    return Question(
        key=row.key,
        kind=row.kind,
        role=row.role,
        screen=row.screen,
        required=row.required,
        shuffle=row.shuffle,
        words={
            text.language: QuestionWords(label=text.label, help_text=text.help_text)
            for text in sorted(row.texts.all(), key=lambda text: text.language)
        },
        choices=tuple(
            Choice(
                key=choice.key,
                pinned=choice.pinned,
                labels={
                    text.language: text.label
                    for text in sorted(choice.texts.all(), key=lambda text: text.language)
                },
            )
            for choice in sorted(row.choices.all(), key=lambda choice: choice.position)
        ),
        conditions=tuple(
            sorted(
                (_condition_of_row(condition) for condition in row.conditions.all()),
                key=lambda condition: (condition.question, condition.choice),
            )
        ),
    )


def _condition_of_row(row: Any) -> Condition:
    if row.test == ConditionTest.CHOICE:
        return Condition(question=row.choice.question.key, choice=row.choice.key)
    return Condition(
        question=row.source.key, test=row.test, at_least=row.at_least, at_most=row.at_most
    )
