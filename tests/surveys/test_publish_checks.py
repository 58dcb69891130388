"""What stops a version from being published: each rule on both sides."""

from dataclasses import replace
from typing import Any

import pytest

from surveys.publish_checks import problems_of, reachable, warnings_of
from surveys.questionnaire import Choice, Condition, QuestionWords, VersionWords
from surveys.wordings import language_state, say, wordings_of
from tests.surveys.asked import WHOLE, asked, listed, scale, written

REASON = WHOLE.question("reason")


def with_choices(question, number):
    added = tuple(Choice(f"c{at}", labels={"en": f"Choice {at}"}) for at in range(number))
    return replace(question, choices=added)


def reason_with(number):
    other = written("reason_text", role="reason_text", under=[("reason", "c0")])
    return asked(with_choices(REASON, number), other)


def german(**texts):
    """WHOLE with everything in German but what ``texts`` leaves empty."""
    said = {
        wording.name: f"DE {wording.default}"
        for group in wordings_of(WHOLE, "de")
        for wording in group.wordings
        if wording.default
    }
    return say(WHOLE, "de", said | texts)


RANGE: dict[str, Any] = {"test": "scale", "at_least": 0, "at_most": 6}

SHOULD = {
    "unreachable": (
        asked(
            *WHOLE.questions,
            listed("a", "x", "y", under=[("reason", "nothing")]),
        ),
        "can never be reached",
        "question:a",
    ),
    "unreachable behind an unreachable one": (
        asked(
            *WHOLE.questions,
            listed("a", "x", "y", under=[("reason", "nothing")]),
            written("b", under=[("a", "x")]),
        ),
        "“b?” (b) can never be reached",
        "question:b",
    ),
    "asked later": (
        asked(written("early", under=[("reason", "price")]), *WHOLE.questions),
        "“early?” (early) depends on “reason?” (reason), which is not asked before it",
        "question:early",
    ),
    "eight choices": (reason_with(8), "has 8 choices", "question:reason"),
    "nothing else": (
        asked(REASON, written("comment")), "no way to say “something else”", "question:reason"
    ),
    "own words under another question": (
        asked(
            REASON,
            listed("p", "x", "y"),
            written("t", role="reason_text", under=[("p", "x")]),
        ),
        "no way to say “something else”",
        "question:reason",
    ),
    "placeholder": (
        replace(WHOLE, words={"en": VersionWords("T {plan}", "{nmae}", thanks_title="T")}),
        "{nmae}",
        "texts",
    ),
    "placeholder in a question": (
        asked(*WHOLE.questions, replace(written("x"), words={"en": QuestionWords("{0.a}?")})),
        "{0.a}",
        "question:x",
    ),
    "placeholder in a translation": (german(**{"text.title": "{Plan}"}), "{Plan}", "language:de"),
    "half translated": (
        german(**{"choice.reason.price": ""}), "de is half translated: 1 of", "language:de"
    ),
    "half translated without texts of its own": (
        replace(
            WHOLE,
            questions=(
                replace(REASON, words={**REASON.words, "fr": QuestionWords("Pourquoi ?")}),
                *WHOLE.questions[1:],
            ),
        ),
        "fr is half translated",
        "language:fr",
    ),
    "range": (
        asked(
            *WHOLE.questions, scale("n"),
            written("low", conditions=[Condition("n", **{**RANGE, "at_most": -1})]),
        ),
        "the range 0 to -1 is none",
        "question:low",
    ),
    "the same choice twice": (
        asked(
            replace(REASON, choices=(*REASON.choices, Choice("p2", labels={"en": "price!"}))),
            *WHOLE.questions[1:],
        ),
        "offers “price!” more than once",
        "question:reason",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "sentence", "place"), SHOULD.values(), ids=SHOULD)
def test_what_stops_publishing_says_so_and_where(broken, sentence, place):
    found = [problem for problem in problems_of(broken) if sentence in problem]
    assert found, problems_of(broken)
    assert found[0].place == place


SHOULD_NOT = {
    "whole": WHOLE,
    "seven choices": reason_with(7),
    "own words for everybody": asked(REASON, written("t", role="reason_text")),
    "translated": german(),
    "a language with nothing said": say(WHOLE, "de", {}),
    "known placeholders": replace(
        WHOLE, words={"en": VersionWords("{plan}, {organisation}", thanks_title="{contact_name}")}
    ),
    "a range": asked(
        *WHOLE.questions, scale("n"), written("low", conditions=[Condition("n", **RANGE)])
    ),
    "after text": asked(
        *WHOLE.questions, written("more", conditions=[Condition("reason_text", test="text")])
    ),
    "no reason asked": asked(written("comment")),
}


@pytest.mark.parametrize("whole", SHOULD_NOT.values(), ids=SHOULD_NOT)
def test_what_may_be_published(whole):
    assert problems_of(whole) == []


def test_many_choices_elsewhere_are_only_warned_about():
    long = asked(*WHOLE.questions, with_choices(listed("which"), 8))
    assert problems_of(long) == []
    [warning] = warnings_of(long)
    assert "has 8 choices" in warning
    assert warning.place == "question:which"
    assert warnings_of(WHOLE) == []
    assert "main reason" in warnings_of(asked(written("comment")))[0]


def test_reachable_questions():
    assert reachable(WHOLE) == {"reason", "price_probe", "reason_text", "comment"}


def test_what_is_missing_is_counted():
    state = language_state(german(**{"text.title": "", "question.comment.label": ""}), "de")
    # 2 texts, 4 questions and 4 choices are said in English.
    assert (state.total, state.missing) == (10, 2)
    assert state.is_half
    assert language_state(say(WHOLE, "de", {}), "de").is_empty
    assert language_state(german(), "de").missing == 0


def test_saying_passes_over_what_is_gone_and_keeps_what_is_not_named():
    said = say(german(), "de", {"question.gone.label": "x", "text.title": "Neu"})
    assert said.words["de"].title == "Neu"
    assert said.question("reason").words["de"].label == "DE reason?"
