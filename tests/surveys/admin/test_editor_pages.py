"""Every page of the editor: who may open it, what a published version refuses, what it costs."""

import pytest
from django.urls import reverse

from reasons.defaults import install_defaults
from surveys.drafts import copy_to_draft
from surveys.models import SurveyVersion
from tests.factories.users import logged_in, staff
from tests.surveys.asked import published_exit_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    install_defaults()
    return copy_to_draft(published_exit_survey())


def url(name, version, *args):
    return reverse(f"admin:surveys_surveyversion_{name}", args=[version.pk, *args])


# Of a draft: pages that read, and pages that lead to a change.
READ = [("change",), ("mail", "en"), ("mail_frame", "zh-hans"), ("preview",), ("preview_frame",)]
EDIT = [
    ("texts",),
    ("new_question",),
    ("question", "reason"),
    ("delete_question", "reason"),
    ("translation", "zh-hans"),
    ("remove_language", "zh-hans"),
    ("publish",),
    ("discard",),
]
POSTED = [("move", "reason"), ("add_language",), ("mail_test", "en"), ("new_draft",)]


@pytest.mark.parametrize("page", READ + EDIT, ids=lambda page: page[0])
def test_who_may_open_a_page(editor, analyst, viewer, draft, page):
    name, *args = page
    address = url(name, draft, *args)
    assert editor.get(address).status_code == 200
    assert analyst.get(address).status_code == (200 if page in READ else 403)
    assert viewer.get(address).status_code == 403


@pytest.mark.parametrize("page", EDIT + POSTED, ids=lambda page: page[0])
def test_who_may_only_read_changes_nothing(draft, page):
    name, *args = page
    client = logged_in(staff("surveys.view_surveyversion", "surveys.view_survey"))
    assert client.post(url(name, draft, *args)).status_code == 403
    assert client.post(url("change", draft)).status_code == 403
    assert client.post(url("mail", draft, "en"), {"mail_subject": "x"}).status_code == 400


@pytest.mark.parametrize("page", EDIT, ids=lambda page: page[0])
def test_a_published_version_is_only_read(editor, page):
    version = published_exit_survey()
    name, *args = page
    assert editor.post(url(name, version, *args)).status_code == 403
    response = editor.get(url(name, version, *args))
    assert (response.status_code, response["Location"]) == (302, url("change", version))


@pytest.mark.parametrize("page", READ, ids=lambda page: page[0])
def test_a_published_version_is_shown(analyst, page):
    name, *args = page
    assert analyst.get(url(name, published_exit_survey(), *args)).status_code == 200


def test_the_read_view_is_readable_in_each_language(analyst):
    version = published_exit_survey()
    page = analyst.get(url("change", version) + "?lang=zh-hans").content.decode()
    assert version.definition["words"]["zh-hans"]["title"] in page
    assert "<textarea" not in page


@pytest.mark.parametrize("page", POSTED, ids=lambda page: page[0])
def test_get_never_acts(editor, draft, page):
    name, *args = page
    assert editor.get(url(name, draft, *args)).status_code == 405


def test_what_is_not_there_is_not_found(editor, draft):
    assert editor.get(url("question", draft, "nothing")).status_code == 404
    assert editor.get(url("translation", draft, "tlh")).status_code == 404
    assert editor.get(url("mail", draft, "tlh")).status_code == 404
    draft.delete()
    assert editor.get(f"/admin/surveys/surveyversion/{99999}/change/").status_code == 404
    assert editor.get("/admin/surveys/surveyversion/x/change/").status_code == 404


# The draft's content is nine queries; its checks and the meanings of its choices the rest.
COST = {"change": 40, "question": 45, "translation": 20, "publish": 40, "preview": 18, "mail": 18}


@pytest.mark.parametrize(("name", "most"), COST.items())
def test_a_page_costs_the_same_however_long_the_survey_is(
    editor, draft, name, most, django_assert_max_num_queries
):
    args = {"question": ["comment"], "translation": ["zh-hans"], "mail": ["en"]}.get(name, [])
    address = url(name, draft, *args)
    editor.get(address)
    with django_assert_max_num_queries(most) as before:
        editor.get(address)
    for at in range(6):
        question = draft.questions.create(
            key=f"q{at}", kind="single", role="probe", screen=2, position=500 + at
        )
        question.texts.create(language="en", label="?")
        for place in range(3):
            question.choices.create(key=f"c{place}", position=place).texts.create(
                language="en", label=f"{place}"
            )
    with django_assert_max_num_queries(most) as after:
        editor.get(address)
    assert len(after) == len(before)


def test_storing_one_wording_costs_few_queries(draft, django_assert_max_num_queries):
    from dataclasses import replace

    from surveys.drafts import edit_draft
    from surveys.editing import replace_question
    from surveys.questionnaire import QuestionWords

    version = SurveyVersion.objects.get(pk=draft.pk)

    def reworded(questionnaire):
        question = questionnaire.question("comment")
        said = {**question.words, "en": QuestionWords("More?")}
        return replace_question(questionnaire, replace(question, words=said)).questionnaire

    with django_assert_max_num_queries(30):
        edit_draft(version, reworded)
