"""What differs between two versions, said so that it can be read."""

from dataclasses import replace

import pytest

from surveys.comparison import Change, compare, counts
from surveys.editing import move_question, move_to_screen, remove_question
from surveys.questionnaire import Choice, Condition, QuestionWords, VersionWords
from tests.surveys.asked import WHOLE, asked, listed, scale, written

REASON = WHOLE.question("reason")


def edited(**changes):
    """WHOLE with the reason changed."""
    questions = (replace(REASON, **changes), *WHOLE.questions[1:])
    return replace(WHOLE, questions=questions)


def said(before, after, language="en"):
    return [
        (str(group.title), difference.change, str(difference.what), difference.before,
         difference.after)
        for group in compare(before, after, language)
        for difference in group.differences
    ]  # fmt: skip


def test_the_same_differs_in_nothing():
    assert compare(WHOLE, WHOLE, "en") == []


CASES = [
    (
        edited(words={"en": QuestionWords("Why?", "Hint")}),
        [("Why?", "reworded", "Wording", "reason?", "Why?"),
         ("Why?", "reworded", "Hint", "", "Hint")],
    ),
    (
        edited(choices=(Choice("price", labels={"en": "Cost"}), REASON.choices[1])),
        [("reason?", "reworded", "Choice", "price!", "Cost")],
    ),
    (
        edited(choices=(*REASON.choices, Choice("slow", labels={"en": "Slow"}))),
        [("reason?", "added", "Choice", "", "Slow")],
    ),
    (
        edited(choices=REASON.choices[:1]),
        [("reason?", "removed", "Choice", "other!", "")],
    ),
    (
        edited(choices=REASON.choices[::-1]),
        [("reason?", "moved", "Choice", "", "price!")],
    ),
    (
        edited(required=False, shuffle=True, kind="multiple"),
        [("reason?", "changed", "Kind", "Single choice", "Several choices"),
         ("reason?", "changed", "Must be answered", "yes", "no"),
         ("reason?", "changed", "Choices shuffled", "no", "yes")],
    ),
    (
        replace(WHOLE, words={"en": VersionWords("Why now?", thanks_title="Thanks")}),
        [("Pages", "reworded", "Title of the first screen", "Why?", "Why now?")],
    ),
    (
        replace(WHOLE, words={"en": VersionWords("Why?", thanks_title="Thanks", mail_subject="S")}),
        [("Mail", "reworded", "Subject of the mail", "", "S")],
    ),
    (
        replace(WHOLE, languages=("en", "de")),
        [("Languages", "added", "Language", "", "de")],
    ),
    (
        remove_question(WHOLE, "comment").questionnaire,
        [("comment?", "removed", "Question", "comment?", "")],
    ),
    (
        asked(*WHOLE.questions, written("new", screen=2)),
        [("new?", "added", "Question", "", "new?")],
    ),
    (
        move_to_screen(WHOLE, "comment", 1),
        [("comment?", "moved", "Question", "screen 2", "screen 1")],
    ),
    (
        move_question(WHOLE, "reason_text", -1),
        [("price_probe?", "moved", "Question", "", "another place on its screen")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("after", "expected"), CASES)
def test_each_difference_is_said_once(after, expected):
    assert sorted(said(WHOLE, after)) == sorted(expected)


def test_conditions_in_words():
    before = asked(listed("q", "a", "b"), scale("n"), written("t", under=[("q", "a")]))
    conditions = [Condition("q", "b"), Condition("n", test="scale", at_least=0, at_most=6)]
    after = asked(listed("q", "a", "b"), scale("n"), written("t", conditions=conditions))
    assert said(before, after) == [
        ("t?", "added", "Shown if", "", "“q?” is “b!”"),
        ("t?", "added", "Shown if", "", "“n?” is between 0 and 6"),
        ("t?", "removed", "Shown if", "“q?” is “a!”", ""),
    ]


def test_another_language_is_compared_by_itself():
    german = edited(words={**REASON.words, "de": QuestionWords("Warum?")})
    assert said(WHOLE, german, "en") == []
    assert said(WHOLE, german, "de") == [("Warum?", "reworded", "Wording", "", "Warum?")]


def test_differences_are_counted():
    groups = compare(WHOLE, edited(choices=(*REASON.choices, Choice("x"), Choice("y"))), "en")
    assert counts(groups) == {Change.ADDED: 2}
