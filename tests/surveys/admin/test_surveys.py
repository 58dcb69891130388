"""The list of surveys, a survey's own page, and how a survey is made, copied and put aside."""

import datetime as dt

import pytest
from django.urls import reverse

from reasons.defaults import install_defaults
from reasons.models import ChoiceMapping
from surveys.default_surveys.templates import TEMPLATES
from surveys.drafts import copy_to_draft, current_content
from surveys.models import Survey
from surveys.publishing import publish, standing_in_the_way
from tests.factories.reasons import answered
from tests.factories.surveys import CancellationFactory
from tests.factories.users import logged_in, staff
from tests.surveys.asked import published_exit_survey

pytestmark = pytest.mark.django_db
ADD = "/admin/surveys/survey/add/"


def page_of(survey, name="change"):
    return reverse(f"admin:surveys_survey_{name}", args=[survey.pk])


def test_the_list_says_what_is_in_use(editor):
    version = published_exit_survey()
    copy_to_draft(version)
    answered(CancellationFactory(), reason=["price"])
    page = editor.get("/admin/surveys/survey/")
    [row] = page.context["cl"].result_list
    assert (row.newest, row.drafts, row.answers) == (1, 1, 1)
    assert "version 1, since" in page.content.decode()


def test_the_page_of_a_survey_says_what_is_in_use_and_what_can_be_done(editor):
    version = published_exit_survey()
    html = editor.get(page_of(version.survey)).content.decode()
    assert "2 languages" in html
    assert reverse("admin:surveys_surveyversion_new_draft", args=[version.pk]) in html
    draft = copy_to_draft(version)
    html = editor.get(page_of(version.survey)).content.decode()
    assert reverse("admin:surveys_surveyversion_change", args=[draft.pk]) in html
    assert "not published yet" in html


def test_the_page_costs_the_same_for_more_answers(editor, django_assert_max_num_queries):
    survey = published_exit_survey().survey
    editor.get(page_of(survey))
    with django_assert_max_num_queries(15):
        editor.get(page_of(survey))


SETTINGS = {
    "name": "Exit", "delay_0": "", "delay_1": "minutes", "window_from": "", "window_until": "",
    "reminders": "", "expires_days": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({}, {"delay_minutes": None, "reminder_days": [], "window_from": None}),
        ({"delay_0": "2", "delay_1": "hours"}, {"delay_minutes": 120}),
        ({"delay_0": "0", "delay_1": "days"}, {"delay_minutes": 0}),
        ({"reminders": "3, 7"}, {"reminder_days": [3, 7]}),
        ({"reminders": " 3,7, "}, {"reminder_days": [3, 7]}),
        (
            {"window_from": "09:00", "window_until": "17:30"},
            {"window_from": dt.time(9), "window_until": dt.time(17, 30)},
        ),
        ({"expires_days": "14"}, {"expires_days": 14}),
    ],
)
def test_when_mails_go_out_is_set_in_plain_words(editor, typed, stored):
    survey = published_exit_survey().survey
    response = editor.post(page_of(survey), SETTINGS | typed)
    assert response.status_code == 302, response.context["adminform"].form.errors
    survey.refresh_from_db()
    assert {name: getattr(survey, name) for name in stored} == stored
    # What was stored is shown as it was typed.
    form = editor.get(page_of(survey)).context["adminform"].form
    again = {"delay_0": form["delay"].value(), "reminders": form["reminders"].value()}
    assert again["reminders"] == ", ".join(map(str, survey.reminder_days))
    assert again["delay_0"] == survey.delay_minutes


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"delay_0": "99", "delay_1": "days"}, "delay"),
        ({"delay_0": "-1"}, "delay"),
        ({"reminders": "soon"}, "reminders"),
        ({"reminders": "0"}, "reminders"),
        ({"reminders": "1,2,3,4,5,6"}, "reminders"),
        ({"window_from": "09:00"}, "window_until"),
        ({"window_until": "09:00"}, "window_from"),
        ({"window_from": "17:00", "window_until": "09:00"}, "window_until"),
        ({"expires_days": "0"}, "expires_days"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_set_is_said_beside_the_field(editor, typed, field):
    survey = published_exit_survey().survey
    response = editor.post(page_of(survey), SETTINGS | typed)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize("template", [each.key for each in TEMPLATES])
def test_a_survey_is_started_from_a_template(editor, template):
    install_defaults()
    data = {"template": template, "name": "Why they went, really", "key": "", "moment": ""}
    response = editor.post(ADD, data)
    assert response.status_code == 302
    survey = Survey.objects.get(key="why_they_went_really")
    draft = survey.versions.get()
    assert response["Location"] == reverse("admin:surveys_surveyversion_change", args=[draft.pk])
    assert draft.published_at is None
    # It can be published as it is: its choices mean what they mean in the template.
    assert standing_in_the_way(draft, current_content(draft)) == []


def test_a_survey_is_started_empty(editor):
    data = {"template": "empty", "name": "Pilot", "key": "first", "moment": ""}
    page = editor.post(ADD, data)
    assert list(page.context["adminform"].form.errors) == ["moment"]
    assert editor.post(ADD, data | {"moment": "cancelling"}).status_code == 302
    survey = Survey.objects.get(key="first")
    assert survey.moment == "cancelling"
    assert current_content(survey.versions.get()).question("reason").choice_keys == ("other",)


def test_keys_are_never_shared(editor):
    Survey.objects.create(key="pilot", name="Pilot", moment="left")
    data = {"template": "empty", "name": "Pilot", "key": "pilot", "moment": "left"}
    page = editor.post(ADD, data)
    assert list(page.context["adminform"].form.errors) == ["key"]
    assert editor.post(ADD, data | {"key": ""}).status_code == 302
    assert Survey.objects.filter(key="pilot_2").exists()


def test_a_copy_says_and_means_the_same(editor):
    install_defaults()
    version = published_exit_survey()
    Survey.objects.filter(pk=version.survey_id).update(delay_minutes=5, reminder_days=[1])
    address = page_of(version.survey, "duplicate")
    assert "Copy of Exit survey" in editor.get(address).content.decode()
    assert editor.post(address, {"name": ""}).status_code == 422
    assert editor.post(address, {"name": "For agencies", "key": ""}).status_code == 302
    copy = Survey.objects.get(key="for_agencies")
    assert (copy.delay_minutes, copy.reminder_days, copy.moment) == (5, [1], "left")
    draft = copy.versions.select_related("survey").get()
    assert current_content(draft).questions == current_content(version).questions
    assert ChoiceMapping.objects.filter(survey_key="for_agencies").count() == (
        ChoiceMapping.objects.filter(survey_key="exit").count()
    )
    publish(draft, now=version.published_at)


def test_archived_and_back(editor):
    survey = published_exit_survey().survey
    editor.post(page_of(survey, "archive"), {"archived": "1"})
    survey.refresh_from_db()
    assert survey.is_archived
    assert "Take out of the archive" in editor.get(page_of(survey)).content.decode()
    editor.post(page_of(survey, "archive"), {"archived": "0"})
    survey.refresh_from_db()
    assert not survey.is_archived


@pytest.mark.parametrize("name", ["archive", "duplicate"])
def test_who_may_only_read_changes_nothing(name):
    survey = published_exit_survey().survey
    client = logged_in(staff("surveys.view_survey", "surveys.view_surveyversion"))
    data = {"name": "x", "archived": "1"}
    assert client.post(page_of(survey, name), data).status_code == 403
    assert client.get(page_of(survey)).status_code == 200
    assert client.post(ADD, data).status_code == 403
    assert Survey.objects.get() == survey


def test_get_never_acts(editor):
    assert editor.get(page_of(published_exit_survey().survey, "archive")).status_code == 405
