"""Which screens somebody comes to: cases on both sides of every rule, without a database."""

import pytest

from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.structure import SURVEYS
from surveys.paths import SETTLING, decides, path, screen_after, written_reason
from tests.factories.questionnaires import question, questionnaire, scaled, written

WHOLE = questionnaire(
    question("reason", choices=("price", "other"), role="reason"),
    question("probe", choices="xy", role="probe", conditions=[("reason", "price")]),
    question("text", "text", role="reason_text", conditions=[("reason", "other")]),
    question("nps", "scale", screen=2),
    question("why_low", "text", screen=3, conditions=[scaled("nps", 0, 6)]),
    question("after_text", "text", screen=3, conditions=[written("text")]),
    question("after_probe", "text", screen=4, conditions=[("probe", "x")]),
    question("deeper", "text", screen=4, conditions=[written("after_probe")]),
    question("comment", "text", role="comment", screen=6),
)
TEXT = {"reason": ["other"], "text": "Too dear"}


@pytest.mark.parametrize(
    ("answers", "screens"),
    [
        ({}, (1, 2, 6)),
        ({"reason": ["price"]}, (1, 2, 6)),
        ({"nps": 6}, (1, 2, 3, 6)),
        ({"nps": 0}, (1, 2, 3, 6)),
        ({"nps": 7}, (1, 2, 6)),
        (TEXT, (1, 2, 3, 6)),
        ({"reason": ["other"], "text": " \n"}, (1, 2, 6)),
        ({"reason": ["price"], "text": "of a branch not taken"}, (1, 2, 6)),
        ({"reason": ["price"], "probe": ["x"]}, (1, 2, 4, 6)),
        ({"reason": ["price"], "probe": ["y"]}, (1, 2, 6)),
    ],
)
def test_screens_without_an_open_question_are_passed_over(answers, screens):
    assert path(WHOLE, answers) == screens


@pytest.mark.parametrize(
    ("answers", "probe", "screens"),
    [
        (TEXT, "probe", (1, SETTLING, 2, 3, 6)),
        # What was answered there opens what rests on it, and nothing is asked twice.
        (TEXT | {"probe": ["x"]}, "probe", (1, SETTLING, 2, 3, 4, 6)),
        # Its own choice was taken after all: it stands under that.
        ({"reason": ["price"]}, "probe", (1, 2, 6)),
        (TEXT, "", (1, 2, 3, 6)),
    ],
)
def test_the_settling_screen_comes_right_after_the_text(answers, probe, screens):
    assert path(WHOLE, answers, text_probe=probe) == screens


def test_it_comes_after_a_text_on_a_later_screen():
    asked = questionnaire(
        question("nps", "scale"),
        question("reason", choices=("price", "other"), role="reason", screen=2),
        question("text", "text", role="reason_text", conditions=[("reason", "other")], screen=3),
        question("probe", choices="xy", role="probe", conditions=[("reason", "price")], screen=3),
        question("more", "text", screen=4),
    )
    assert path(asked, TEXT, text_probe="probe") == (1, 2, 3, SETTLING, 4)


@pytest.mark.parametrize(
    ("screen", "answers", "probe", "following"),
    [
        (1, {}, "", 2),
        (2, {"nps": 3}, "", 3),
        (2, {"nps": 9}, "", 6),
        (6, {}, "", None),
        (1, TEXT, "probe", SETTLING),
        (SETTLING, TEXT, "probe", 2),
        # Not on the path: the next one that is.
        (3, {"nps": 9}, "", 6),
        (5, {}, "", 6),
        (99, {}, "", None),
        (SETTLING, TEXT, "", 2),
        (SETTLING, {}, "", 2),
    ],
)
def test_what_comes_next(screen, answers, probe, following):
    assert screen_after(WHOLE, screen, answers, text_probe=probe) == following


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        (TEXT, "text"),
        (TEXT | {"comment": "More"}, "text"),
        ({"reason": ["other"], "comment": "Beside a choice it does not count"}, None),
        ({"comment": "Without any it does"}, "comment"),
        ({"reason": ["price"], "probe": ["x"], "text": "closed"}, None),
        ({"reason": ["price"]}, None),
        ({"reason": ["other"], "text": ""}, None),
        # Asked because of the text, a probe does not take its place.
        (TEXT | {"probe": ["x"]}, "text"),
        ({}, None),
    ],
)
def test_where_the_reason_is_written(answers, key):
    found = written_reason(WHOLE, answers)
    assert (found and found.key) == key


@pytest.mark.parametrize(("screen", "key", "yes"), [(1, "text", True), (6, "text", False)])
def test_which_screens_say_the_reason_anew(screen, key, yes):
    assert decides(WHOLE, screen, WHOLE.question(key)) is yes


@pytest.mark.parametrize("key", sorted(SURVEYS))
def test_no_path_of_a_default_survey_has_more_than_three_screens(key):
    """Whatever is answered: all choices of the first screen, with every probe it may call for."""
    asked = default_questionnaire(key)
    reason = asked.reason_question
    probes = [each.key for each in asked.questions if each.role == "probe"]
    assert probes
    for choice in reason.choice_keys:
        for probe in ["", *probes]:
            answers = {"reason": [choice], "reason_text": "In my own words"}
            assert len(path(asked, answers, text_probe=probe)) <= 3
