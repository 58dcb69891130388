"""Edits of a questionnaire: what moves, what goes along, what stays."""

from dataclasses import replace

import pytest

from surveys.editing import (
    add_language,
    add_question,
    can_hold,
    move_question,
    move_to_screen,
    remove_language,
    remove_question,
    replace_question,
)
from surveys.questionnaire import Choice, Condition, QuestionWords, VersionWords
from tests.surveys.asked import WHOLE, asked, listed, scale, written


def places(questionnaire):
    return [(question.key, question.screen) for question in questionnaire.questions]


@pytest.mark.parametrize(
    ("key", "step", "expected"),
    [
        ("b", -1, [("b", 1), ("a", 1), ("c", 2)]),
        ("a", 1, [("b", 1), ("a", 1), ("c", 2)]),
        # Over the edge of a screen: it changes screens and stays beside its neighbour.
        ("b", 1, [("a", 1), ("b", 2), ("c", 2)]),
        ("c", -1, [("a", 1), ("b", 1), ("c", 1)]),
        ("a", -1, [("a", 1), ("b", 1), ("c", 2)]),
        ("c", 1, [("a", 1), ("b", 1), ("c", 2)]),
    ],
)
def test_moving_a_question(key, step, expected):
    before = asked(written("a"), written("b"), written("c", screen=2))
    assert places(move_question(before, key, step)) == expected


def test_to_another_screen_and_without_gaps_between_screens():
    before = asked(written("a"), written("b", screen=2), written("c", screen=3))
    assert places(move_to_screen(before, "b", 1)) == [("a", 1), ("b", 1), ("c", 2)]
    assert places(move_to_screen(before, "a", 3)) == [("b", 1), ("c", 2), ("a", 2)]
    assert places(add_question(before, written("d", screen=1)))[:2] == [("a", 1), ("d", 1)]


def test_a_question_takes_along_those_that_only_it_opened():
    before = asked(
        listed("reason", "price", "other", role="reason"),
        listed("probe", "x", "y", under=[("reason", "price")]),
        written("deeper", under=[("probe", "x")]),
        written("either", under=[("reason", "other"), ("probe", "y")]),
    )
    edited = remove_question(before, "probe")
    assert [q.key for q in edited.questionnaire.questions] == ["reason", "either"]
    assert [q.key for q in edited.orphans] == ["deeper"]
    assert edited.questionnaire.question("either").conditions == (Condition("reason", "other"),)


def test_a_choice_takes_its_follow_up_along():
    reason = WHOLE.question("reason")
    edited = replace_question(WHOLE, replace(reason, choices=reason.choices[1:]))
    assert [q.key for q in edited.orphans] == ["price_probe"]
    # Rewording takes nothing along.
    reworded = replace(reason, choices=(Choice("price", labels={"en": "Cost"}), reason.choices[1]))
    assert replace_question(WHOLE, reworded).orphans == ()


def test_a_title_that_repeats_the_question_follows_it():
    before = asked(listed("reason", "a", "b", role="reason"), title="reason?", more_title="More")
    said = replace(before.question("reason"), words={"en": QuestionWords("Why did you go?")})
    after = replace_question(before, said).questionnaire
    assert after.words["en"].title == "Why did you go?"
    assert after.words["en"].more_title == "More"
    other = replace(before, words={"en": VersionWords(title="Before you go", thanks_title="T")})
    assert replace_question(other, said).questionnaire.words["en"].title == "Before you go"


def test_a_language_is_added_once_and_removed_wholly():
    both = add_language(add_language(WHOLE, "de"), "de")
    assert both.languages == ("en", "de")
    said = replace(both, words={**both.words, "de": VersionWords(title="Warum?")})
    assert add_language(said, "de") == said
    question = replace(said.question("comment"), words={"de": QuestionWords("Noch etwas?")})
    said = replace_question(said, question).questionnaire
    without = remove_language(said, "de")
    assert without.languages == ("en",)
    assert without.question("comment").words == {}
    with pytest.raises(ValueError, match="default"):
        remove_language(said, "en")


@pytest.mark.parametrize(
    ("condition", "can"),
    [
        (Condition("list", "a"), True),
        (Condition("list", "gone"), False),
        (Condition("nobody", "a"), False),
        (Condition("text", test="text"), True),
        (Condition("list", test="text"), False),
        (Condition("number", test="scale", at_least=0, at_most=6), True),
        (Condition("number", test="scale", at_least=6, at_most=0), False),
        (Condition("number", test="scale", at_least=11, at_most=20), False),
        (Condition("text", test="scale", at_least=0, at_most=6), False),
    ],
)
def test_whether_a_condition_can_ever_hold(condition, can):
    whole = asked(listed("list", "a", "b"), written("text"), scale("number"))
    assert can_hold(whole, condition) is can
