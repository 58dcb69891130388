"""The preview: a path through a survey as a respondent walks it, and nothing of it stored."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from surveys.drafts import copy_to_draft, edit_draft, write_draft
from surveys.models import Answer, Customer, Invitation, Response, Survey
from surveys.wordings import say
from tests.surveys.asked import asked, exit_survey, published_exit_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    return copy_to_draft(published_exit_survey())


def frame(draft, query=""):
    return reverse("admin:surveys_surveyversion_preview_frame", args=[draft.pk]) + query


def test_a_path_is_followed_and_nothing_is_stored(analyst, draft):
    edit_draft(draft, lambda before: say(before, "en", {"text.title": "Only in the draft"}))
    page = analyst.get(frame(draft, "?lang=en"))
    assert "Only in the draft" in page.content.decode()
    # Without an answer the same errors as a respondent sees.
    assert analyst.post(frame(draft, "?screen=1&lang=en"), {}).status_code == 422
    sent = {"q-reason": "price", "q-price_probe": "budget_cut"}
    response = analyst.post(frame(draft, "?screen=1&lang=en"), sent)
    assert response.status_code == 303
    query = parse_qs(urlsplit(response["Location"]).query)
    assert query["screen"] == ["2"]
    second = analyst.get(response["Location"])
    assert second.status_code == 200
    assert "Change my first answer" in second.content.decode()
    response = analyst.post(response["Location"], {"q-did_well": "Everything"})
    thanks = analyst.get(response["Location"]).content.decode()
    assert "Thank you for telling us" in thanks
    for model in (Invitation, Response, Answer, Customer):
        assert not model.objects.exists()


def test_the_frame_has_a_policy_of_its_own(analyst, draft):
    response = analyst.get(frame(draft))
    policy = response["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox allow-forms allow-same-origin" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    page = analyst.get(reverse("admin:surveys_surveyversion_preview", args=[draft.pk]))
    assert 'sandbox="allow-forms allow-same-origin"' in page.content.decode()
    # Nobody's way out of our mails.
    assert "/u/preview" not in response.content.decode()


def test_the_settling_question_and_the_thanks_are_reached_directly(analyst, draft):
    asked_apart = analyst.get(frame(draft, "?screen=0&p=price_probe&lang=zh-hans"))
    words = exit_survey().question("price_probe").words["zh-hans"].label
    assert words in asked_apart.content.decode()
    assert analyst.get(frame(draft, "?screen=thanks&lang=zh-hans")).status_code == 200


def test_what_is_typed_stays_when_the_language_is_switched(analyst, draft):
    sent = {"q-reason": "other", "q-reason_text": "Half a sentence", "lang": "zh-hans"}
    page = analyst.post(frame(draft, "?screen=1&lang=en"), sent)
    assert page.status_code == 200
    assert "Half a sentence" in page.content.decode()
    assert 'lang="zh-Hans"' in page.content.decode()


def test_the_cancelling_survey_can_be_skipped(analyst):
    survey = Survey.objects.create(key="stop", name="Stop", moment="cancelling")
    version = write_draft(survey=survey, questionnaire=exit_survey())
    page = analyst.get(frame(version)).content.decode()
    assert "Skip and cancel now" in page
    assert analyst.get(frame(version, "?screen=skipped")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?a=nonsense", "?a=[1]", '?a={"reason":{"x":1}}', '?a={"reason":["no"]}', "?screen=77",
        "?screen=x", "?p=nothing", "?lang=tlh", '?a={"reason_text":"%00"}', "?a=NaN",
    ],
)  # fmt: skip
def test_a_made_up_address_shows_the_beginning(analyst, draft, query):
    assert analyst.get(frame(draft, query), follow=True).status_code == 200


def test_an_empty_draft_has_no_preview(analyst):
    survey = Survey.objects.create(key="void", name="Void", moment="left")
    version = write_draft(survey=survey, questionnaire=asked())
    assert analyst.get(frame(version)).status_code == 404
    page = reverse("admin:surveys_surveyversion_preview", args=[version.pk])
    assert "Nothing is asked yet." in analyst.get(page).content.decode()


def test_it_is_for_those_who_may_read_versions(viewer, draft):
    assert viewer.post(frame(draft), {"q-reason": "price"}).status_code == 403
    assert Client().get(frame(draft)).status_code == 302
