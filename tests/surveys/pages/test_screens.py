"""Surveys of many screens, whose questions rest on any earlier answer."""

import re

import pytest

from surveys.models import Response
from tests.factories.questionnaires import published, question, questionnaire, scaled, written
from tests.factories.surveys import InvitationFactory
from tests.surveys.pages.conftest import html

pytestmark = pytest.mark.django_db

WHOLE = questionnaire(
    question("reason", choices=("price", "other"), role="reason", required=True),
    question("text", "text", role="reason_text", conditions=[("reason", "other")]),
    question("after_text", "text", conditions=[written("text")]),
    question("nps", "scale", screen=2),
    question("low", "text", screen=2, conditions=[scaled("nps", 0, 2)], required=True),
    question("why_low", "text", screen=3, conditions=[scaled("nps", 0, 6)]),
    question("why_text", "text", screen=3, conditions=[written("text"), ("reason", "price")]),
    question("both", "text", screen=4, conditions=[written("why_low")]),
    question("last", "text", screen=9),
)


@pytest.fixture
def invitation(db):
    return InvitationFactory(survey_version=published(WHOLE))


@pytest.fixture
def walk(survey, invitation):
    """Sends screen after screen; returns the pages led to, by the end of their address."""

    def walked(*screens):
        page, led = "", []
        for data in screens:
            sent = survey(invitation, page, data)
            assert sent.status_code == 303
            page = sent["Location"].removeprefix(f"/s/{invitation.token}/")
            led.append(page)
        return led

    return walked


def asked(page):
    return re.findall(r'name="q-(\w+)"', html(page))


def test_screens_with_nothing_open_are_passed_over(walk, survey, invitation):
    assert walk({"q-reason": "other"}, {"q-nps": "9"}, {"q-last": "x"}) == ["2/", "9/", "thanks/"]
    # Neither can they be opened by their address.
    for page, leads in (("3/", "9/"), ("4/", "9/"), ("5/", "9/"), ("settle/", "2/")):
        answer = survey(invitation, page)
        assert (answer.status_code, answer["Location"]) == (303, f"/s/{invitation.token}/{leads}")
    for page in ("1/", "0/"):
        assert survey(invitation, page)["Location"] == f"/s/{invitation.token}/"
    assert survey(invitation, "10/")["Location"] == f"/s/{invitation.token}/thanks/"
    assert survey(invitation, f"{'9' * 400}/").status_code in (303, 404)


def test_conditions_reach_across_screens(walk, survey, invitation, current):
    led = walk(
        {"q-reason": "other", "q-text": "Mine", "q-after_text": "More"},
        {"q-nps": "2", "q-low": "Low"},
        {"q-why_low": "So", "q-why_text": "And so"},
        {"q-both": "Both"},
        {},
    )
    assert led == ["2/", "3/", "4/", "9/", "thanks/"]
    assert current(invitation) == {
        "reason": ["other"], "text": "Mine", "after_text": "More", "nps": 2, "low": "Low",
        "why_low": "So", "why_text": "And so", "both": "Both",
    }  # fmt: skip


def test_only_what_is_open_by_earlier_answers_is_shown(walk, survey, invitation):
    walk({"q-reason": "other"}, {"q-nps": "6"})
    assert asked(survey(invitation, "3/")) == ["why_low"]
    walk({"q-reason": "price"}, {"q-nps": "9"})
    assert asked(survey(invitation, "3/")) == ["why_text"]


def test_an_edit_drops_what_it_closes_on_every_later_screen(walk, survey, invitation, current):
    walk(
        {"q-reason": "price"}, {"q-nps": "0", "q-low": "Low"}, {"q-why_low": "So"}, {"q-both": "B"}
    )
    survey(invitation, "2/", {"q-nps": "7", "q-low": "typed"})
    assert current(invitation) == {"reason": ["price"], "nps": 7}


def test_a_required_follow_up_is_required_where_the_scale_opens_it(walk, survey, invitation):
    walk({"q-reason": "price"})
    assert survey(invitation, "2/", {"q-nps": "2"}).status_code == 422
    assert survey(invitation, "2/", {"q-nps": "3"}).status_code == 303


def test_the_last_screen_of_the_own_path_completes(walk):
    walk({"q-reason": "price"}, {"q-nps": "9"}, {"q-why_text": ""})
    assert Response.objects.get().completed_at is None
    walk({"q-reason": "price"}, {"q-nps": "9"}, {"q-why_text": ""}, {})
    assert Response.objects.get().completed_at is not None


def test_every_later_screen_bears_the_second_title(walk, survey, invitation):
    walk({"q-reason": "price"}, {"q-nps": "3"}, {})
    for page in ("2/", "3/", "9/"):
        text = html(survey(invitation, page))
        assert '<h1 id="title">More</h1>' in text
        assert "Change my first answer" in text


def test_without_scripts_the_stylesheet_opens_what_rests_on_a_text_or_a_scale(
    walk, survey, invitation
):
    page = html(survey(invitation))
    field = re.search(r'<textarea name="q-text"[^>]*>', page)[0]
    assert 'class="opens-1" placeholder=" "' in field
    assert re.search(r'<div class="question opened-by-1">\s*<label[^>]*for="q-after_text"', page)
    walk({"q-reason": "price"})
    page = html(survey(invitation, "2/"))
    opening = re.findall(r'value="(\d+)" id="q-nps-\d+" class="opens-1"', page)
    assert opening == ["0", "1", "2"]
    assert re.search(r'<div class="question opened-by-1">\s*<label[^>]*for="q-low"', page)
