"""Edits of a questionnaire, pure: each takes one and returns another, and neither is stored here.

A question is known by its key. Whatever an edit leaves without sense is taken along: a condition on
a choice that is gone, and a question that was shown only under it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from surveys.models import ConditionTest, QuestionKind
from surveys.models.questionnaires import LAST_SCREEN
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Edited:
    """The questionnaire after an edit, and the questions that lost all that had opened them."""

    questionnaire: Questionnaire
    orphans: tuple[Question, ...] = ()


def add_question(questionnaire: Questionnaire, question: Question) -> Questionnaire:
    """As the last of its screen."""
    return _in_order(questionnaire, [*questionnaire.questions, question])


def replace_question(questionnaire: Questionnaire, question: Question) -> Edited:
    """``question`` in the place of the one with its key, at the end of its screen if that is new.

    Where the page's title repeated the question, it goes on repeating it.
    """
    before = questionnaire.question(question.key)
    others = [each for each in questionnaire.questions if each.key != question.key]
    at = questionnaire.questions.index(before) if before.screen == question.screen else len(others)
    edited = _in_order(questionnaire, [*others[:at], question, *others[at:]])
    return _without_dangling(_with_title_following(edited, before, question))


def remove_question(questionnaire: Questionnaire, key: str) -> Edited:
    """Without it, and without the questions that only it could open."""
    kept = [question for question in questionnaire.questions if question.key != key]
    return _without_dangling(_in_order(questionnaire, kept))


def move_question(questionnaire: Questionnaire, key: str, step: int) -> Questionnaire:
    """One place up (``step`` -1) or down (1); past the end of a screen onto the next one."""
    questions = list(questionnaire.questions)
    at = questions.index(questionnaire.question(key))
    there = at + step
    if not 0 <= there < len(questions):
        return questionnaire
    moving, neighbour = questions[at], questions[there]
    if neighbour.screen == moving.screen:
        questions[at], questions[there] = neighbour, moving
    else:
        questions[at] = replace(moving, screen=neighbour.screen)
    return _in_order(questionnaire, questions)


def move_to_screen(questionnaire: Questionnaire, key: str, screen: int) -> Questionnaire:
    """To the end of ``screen`` (1 to LAST_SCREEN; one beyond the last makes a new one)."""
    question = questionnaire.question(key)
    if question.screen == screen:
        return questionnaire
    others = [each for each in questionnaire.questions if each.key != key]
    return _in_order(questionnaire, [*others, replace(question, screen=screen)])


def set_words(questionnaire: Questionnaire, language: str, words: VersionWords) -> Questionnaire:
    """The texts outside the questions, in one language, which is added where it is new."""
    return _with_languages(replace(questionnaire, words={**questionnaire.words, language: words}))


def add_language(questionnaire: Questionnaire, language: str) -> Questionnaire:
    """With nothing said in it yet; a language that is there stays as it is."""
    return set_words(questionnaire, language, questionnaire.words.get(language, VersionWords()))


def remove_language(questionnaire: Questionnaire, language: str) -> Questionnaire:
    """Without any word of it. ValueError for the default language."""
    if language == questionnaire.default_language:
        raise ValueError(f"{language} is the default language.")
    return _with_languages(
        replace(
            questionnaire,
            words=_but(questionnaire.words, language),
            questions=tuple(
                replace(
                    question,
                    words=_but(question.words, language),
                    choices=tuple(
                        replace(choice, labels=_but(choice.labels, language))
                        for choice in question.choices
                    ),
                )
                for question in questionnaire.questions
            ),
        )
    )


def say_question(question: Question, language: str, words: QuestionWords) -> Question:
    """With these words in ``language``; empty ones leave the language out."""
    said = words.label or words.help_text
    others = _but(question.words, language)
    return replace(question, words={**others, language: words} if said else others)


def say_choice(choice: Choice, language: str, label: str) -> Choice:
    """With this wording in ``language``; an empty one leaves the language out."""
    others = _but(choice.labels, language)
    return replace(choice, labels={**others, language: label} if label else others)


def can_hold(questionnaire: Questionnaire, condition: Condition) -> bool:
    """Whether there is an answer to the question it rests on that fulfils the condition."""
    source = next((q for q in questionnaire.questions if q.key == condition.question), None)
    if source is None:
        return False
    if condition.test == ConditionTest.CHOICE:
        return source.has_choices and condition.choice in source.choice_keys
    if condition.test == ConditionTest.TEXT:
        return source.kind == QuestionKind.TEXT
    return source.kind == QuestionKind.SCALE and any(map(condition.holds, range(11)))


def _without_dangling(questionnaire: Questionnaire) -> Edited:
    """Conditions that can no longer hold go; so do questions that had no others."""
    orphans: list[Question] = []
    while True:
        kept: list[Question] = []
        lost: list[Question] = []
        for question in questionnaire.questions:
            holding = tuple(c for c in question.conditions if can_hold(questionnaire, c))
            if question.conditions and not holding:
                lost.append(question)
            else:
                kept.append(replace(question, conditions=holding))
        questionnaire = _in_order(questionnaire, kept)
        orphans += lost
        if not lost:
            return Edited(questionnaire, tuple(orphans))


def _with_title_following(
    questionnaire: Questionnaire, before: Question, after: Question
) -> Questionnaire:
    """A title that was the question's own wording is reworded along with it, in each language."""
    words = dict(questionnaire.words)
    for language, said in after.words.items():
        old, texts = before.words.get(language), words.get(language)
        if not old or not texts or not old.label or not said.label:
            continue
        for name in ("title", "more_title"):
            if getattr(texts, name) == old.label:
                texts = replace(texts, **{name: said.label})
        words[language] = texts
    return replace(questionnaire, words=words)


def _in_order(questionnaire: Questionnaire, questions: Iterable[Question]) -> Questionnaire:
    """Screen by screen, and screens numbered from 1 without gaps."""
    ordered = sorted(questions, key=lambda question: question.screen)
    screens = sorted({question.screen for question in ordered})
    numbers = {screen: min(at, LAST_SCREEN) for at, screen in enumerate(screens, start=1)}
    return replace(
        questionnaire,
        questions=tuple(replace(each, screen=numbers[each.screen]) for each in ordered),
    )


def _with_languages(questionnaire: Questionnaire) -> Questionnaire:
    default = questionnaire.default_language
    codes = sorted(questionnaire.words, key=lambda code: (code != default, code))
    return replace(questionnaire, languages=tuple(codes))


def _but(values: Mapping[str, Value], language: str) -> dict[str, Value]:
    return {code: value for code, value in values.items() if code != language}
