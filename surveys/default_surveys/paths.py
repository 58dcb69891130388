"""Every path through a questionnaire: what its answers open, screen by screen. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from surveys.models import ConditionTest
from surveys.questionnaire import AnswerValue, Question, Questionnaire

# Adults read about 238 words of English a minute silently (Brysbaert 2019, a meta-analysis of
# 190 studies). Reckoned: two seconds to touch a choice, fifteen to write a few words on a phone.
WORDS_A_MINUTE = 238
SECONDS_A_TOUCH = 2
SECONDS_A_TEXT = 15


@dataclass(frozen=True)
class Path:
    """``taken``: the choices that decide what is shown. ``screens``: question keys of each."""

    taken: Mapping[str, str]
    screens: tuple[tuple[str, ...], ...]


def paths_of(questionnaire: Questionnaire) -> list[Path]:
    """Every path, by the questions whose choices open others.

    Choices that open nothing lead the same way: the first of them stands for all. Conditions on
    texts and scales are not followed; the default surveys have none.
    """
    return [
        Path(taken, _screens(questionnaire, taken)) for taken in _walks(questionnaire, {}, start=0)
    ]


def _walks(
    questionnaire: Questionnaire, taken: dict[str, str], start: int
) -> Iterator[dict[str, str]]:
    answers: Mapping[str, AnswerValue] = taken
    opened = questionnaire.open_questions(answers)
    for index, question in enumerate(questionnaire.questions[start:], start=start):
        if question.key in opened and (ways := _ways(questionnaire, question)):
            for choice in ways:
                yield from _walks(questionnaire, {**taken, question.key: choice}, index + 1)
            return
    yield taken


def _ways(questionnaire: Questionnaire, question: Question) -> list[str]:
    """The choices to follow from this question; none where it decides nothing."""
    opening = opening_choices(questionnaire, question.key)
    if not opening:
        return []
    rest = [key for key in question.choice_keys if key not in opening]
    return [key for key in question.choice_keys if key in opening or key in rest[:1]]


def opening_choices(questionnaire: Questionnaire, key: str) -> set[str]:
    """Keys of the choices of question ``key`` that another question is shown under."""
    return {
        condition.choice
        for question in questionnaire.questions
        for condition in question.conditions
        if condition.question == key and condition.test == ConditionTest.CHOICE
    }


def _screens(
    questionnaire: Questionnaire, taken: Mapping[str, AnswerValue]
) -> tuple[tuple[str, ...], ...]:
    opened = questionnaire.open_questions(taken)
    screens = (
        tuple(
            question.key for question in questionnaire.on_screen(screen) if question.key in opened
        )
        for screen in questionnaire.screens
    )
    return tuple(screen for screen in screens if screen)


def seconds_to_answer(questionnaire: Questionnaire, path: Path, language: str = "en") -> float:
    """Seconds for the first screen: all of it read, each question answered, and sent.

    The rest can be left out. Only for languages written with blanks between words.
    """
    words = questionnaire.words_in(language)
    read = [words.title, words.introduction]
    acting = SECONDS_A_TOUCH  # Send
    for key in path.screens[0]:
        question = questionnaire.question(key)
        said = questionnaire.question_words(question, language)
        # The main reason's question is the title.
        read += [said.help_text] if said.label == words.title else [said.label, said.help_text]
        read += [questionnaire.choice_label(choice, language) for choice in question.choices]
        acting += SECONDS_A_TOUCH if question.has_choices else SECONDS_A_TEXT
    return len(" ".join(read).split()) * 60 / WORDS_A_MINUTE + acting
