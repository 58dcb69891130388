"""The question that a text calls for: when it is chosen, and what a slow or broken chooser does."""

import logging
import threading

import pytest

from surveys import probing, registries
from surveys.probing import choose_probe, text_probe_after
from tests.factories.questionnaires import question, questionnaire

SECRET = "The chairman drank the budget"
ASKED = questionnaire(
    question("reason", choices=("price", "unused", "other"), role="reason"),
    question("price_probe", choices="xy", role="probe", conditions=[("reason", "price")]),
    question("unused_probe", choices="xy", role="probe", conditions=[("reason", "unused")]),
    question("text", "text", role="reason_text", conditions=[("reason", "other")]),
    question("comment", "text", role="comment", screen=2),
)
OTHER = {"reason": ["other"], "text": SECRET}


@pytest.fixture
def choosers(monkeypatch):
    """The registered choosers, none to begin with; a busy machine gets all the time it needs."""
    registered = []
    monkeypatch.setattr(probing, "DEADLINE_SECONDS", 60)
    monkeypatch.setattr(registries, "probe_choosers", registered)
    return registered


@pytest.fixture
def calls(choosers):
    """What a chooser was called with that always names the price probe."""
    called = []

    def choose(*asked):
        called.append(asked)
        return "price_probe"

    choosers.append(choose)
    return called


def after(screen, answers, *, before=None, asked=""):
    return text_probe_after(
        ASKED, screen, before=before or {}, after=answers, asked=asked, language="de"
    )


def test_a_chooser_is_told_everything(calls):
    assert after(1, OTHER) == "price_probe"
    assert calls == [(ASKED, OTHER, SECRET, "de")]


@pytest.mark.parametrize(
    "answers",
    [
        {"reason": ["price"]},
        {"reason": ["price"], "price_probe": ["x"]},
        {"reason": ["price"], "text": "closed"},
        {"reason": ["other"]},
        {"reason": ["other"], "comment": "beside a choice"},
        {},
    ],
)
def test_no_text_counts_and_nobody_is_asked(calls, answers):
    assert after(1, answers, asked="price_probe") == ""
    assert calls == []


def test_text_without_any_choice_counts(calls):
    assert after(2, {"comment": SECRET}) == "price_probe"


def test_a_screen_that_says_nothing_of_the_reason_leaves_it(calls):
    assert after(2, OTHER | {"comment": "Bye"}, before=OTHER, asked="unused_probe") == (
        "unused_probe"
    )
    assert calls == []


def test_the_same_text_sent_again_keeps_its_question(calls):
    sent = OTHER | {"unused_probe": ["x"]}
    assert after(1, sent, before=sent, asked="unused_probe") == "unused_probe"
    assert calls == []


@pytest.mark.parametrize("asked", ["", "unused_probe"])
def test_another_text_is_read_anew(calls, asked):
    before = OTHER | {"text": "Something else"}
    assert after(1, OTHER, before=before, asked=asked) == "price_probe"
    assert len(calls) == 1


def test_where_nothing_was_chosen_in_time_the_same_text_is_read_again(calls):
    assert after(1, OTHER, before=OTHER, asked="") == "price_probe"


@pytest.mark.parametrize("named", ["", "reason", "no such question", None, 7])
def test_what_is_no_probe_of_the_survey_is_passed_over(choosers, named):
    choosers.append(lambda *asked: named)
    assert choose_probe(ASKED, OTHER, SECRET, "en") == ""
    choosers.append(lambda *asked: "unused_probe")
    assert choose_probe(ASKED, OTHER, SECRET, "en") == "unused_probe"


def test_without_choosers_there_is_no_question(choosers):
    assert choose_probe(ASKED, OTHER, SECRET, "en") == ""


def test_one_that_fails_is_skipped_and_the_log_does_not_say_the_text(choosers, caplog):
    def broken(asked, answers, text, language):
        raise ValueError(text)

    choosers += [broken, lambda *asked: "price_probe"]
    with caplog.at_level(logging.DEBUG):
        assert choose_probe(ASKED, OTHER, SECRET, "en") == "price_probe"
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text


def test_one_that_takes_too_long_is_not_waited_for(choosers, caplog, monkeypatch):
    monkeypatch.setattr(probing, "DEADLINE_SECONDS", 0.05)
    release, ended = threading.Event(), threading.Event()

    def slow(*asked):
        release.wait(timeout=30)
        ended.set()
        return "price_probe"

    choosers.append(slow)
    with caplog.at_level(logging.DEBUG):
        # Three: two that run, and one that would wait behind them.
        assert [choose_probe(ASKED, OTHER, SECRET, "en") for _ in range(3)] == [""] * 3
    assert not ended.is_set()
    release.set()
    assert ended.wait(timeout=30)
    assert SECRET not in caplog.text
    assert "took over" in caplog.text


def test_a_web_process_lets_them_load_beforehand(choosers):
    asked, release = threading.Event(), threading.Event()

    def slow(*_asked):
        asked.set()
        release.wait(timeout=30)
        return ""

    choosers.append(slow)
    probing.warm_up()
    assert asked.wait(timeout=30)
    release.set()
