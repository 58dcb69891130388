import pytest
from django.urls import reverse

from surveys.drafts import copy_to_draft
from surveys.models import Question, Survey, SurveyVersion, VersionText
from tests.factories.surveys import published_version
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db


def change(row):
    return reverse(f"admin:surveys_{row._meta.model_name}_change", args=[row.pk])


def act(client, version, what):
    return client.post(
        reverse(f"admin:surveys_surveyversion_{what}", args=[version.pk]), follow=True
    )


def said(response):
    return [str(each) for each in response.context["messages"]]


def test_a_published_version_is_read_only(editor):
    version = published_version()
    page = editor.get(change(version))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert editor.post(change(version), {"default_language": "zh-hans"}).status_code == 403
    question = version.questions.first()
    assert "_save" not in editor.get(change(question)).content.decode()
    assert editor.post(change(question), {"key": "x"}).status_code == 403
    choice = question.choices.first()
    assert editor.post(change(choice), {"key": "x"}).status_code == 403
    url = reverse("admin:surveys_surveyversion_delete", args=[version.pk])
    assert editor.post(url, {"post": "yes"}).status_code == 403


def test_a_draft_is_copied_edited_and_published(editor):
    version = published_version()
    response = act(editor, version, "new_draft")
    draft = SurveyVersion.objects.get(survey=version.survey, published_at=None)
    assert response.redirect_chain[-1][0] == change(draft)
    assert draft.questions.count() == version.questions.count()
    text = draft.texts.get(language="en")
    VersionText.objects.filter(pk=text.pk).update(title="Before you go")
    response = act(editor, draft, "publish")
    draft.refresh_from_db()
    assert draft.is_published
    assert draft.definition["words"]["en"]["title"] == "Before you go"
    assert said(response) == [f"{draft} is in use now."]


def test_a_draft_can_be_edited_in_the_admin(editor):
    draft = copy_to_draft(published_version())
    page = editor.get(change(draft))
    form, inlines = page.context["adminform"].form, page.context["inline_admin_formsets"]
    data = {"default_language": form["default_language"].value()}
    for inline in inlines:
        formset = inline.formset
        for field in formset.management_form:
            data[field.html_name] = field.value()
        for each in formset.initial_forms:
            for field in each:
                value = field.value()
                if value not in (None, False):
                    data[field.html_name] = value
    data["texts-0-title"] = "Tell us one thing"
    response = editor.post(change(draft), data)
    assert response.status_code == 302, [
        f.formset.errors for f in response.context["inline_admin_formsets"]
    ]
    assert draft.texts.filter(title="Tell us one thing").count() == 1


def test_what_stands_in_the_way_of_publishing_is_said(editor):
    draft = copy_to_draft(published_version())
    draft.texts.filter(language="en").delete()
    response = act(editor, draft, "publish")
    draft.refresh_from_db()
    assert not draft.is_published
    assert any("no texts in the default language en" in each for each in said(response))


def test_there_is_one_draft_at_a_time(editor):
    version = published_version()
    draft = copy_to_draft(version)
    response = act(editor, version, "new_draft")
    assert response.redirect_chain[-1][0] == change(draft)
    assert said(response) == ["There is a draft already."]


def test_a_draft_begins_no_further_draft(editor):
    draft = copy_to_draft(published_version())
    act(editor, draft, "new_draft")
    assert SurveyVersion.objects.filter(published_at=None).count() == 1


@pytest.mark.parametrize("what", ["publish", "new_draft"])
def test_who_may_only_read_changes_nothing(what):
    draft = copy_to_draft(published_version())
    client = logged_in(staff("surveys.view_surveyversion"))
    assert act(client, draft, what).status_code == 403
    draft.refresh_from_db()
    assert not draft.is_published


@pytest.mark.parametrize("what", ["publish", "new_draft"])
def test_get_never_acts(editor, what):
    draft = copy_to_draft(published_version())
    url = reverse(f"admin:surveys_surveyversion_{what}", args=[draft.pk])
    assert editor.get(url).status_code == 405


def test_a_new_survey_begins_with_a_draft(editor):
    data = {"name": "Pilot", "key": "pilot", "moment": "left"}
    assert editor.post("/admin/surveys/survey/add/", data).status_code == 302
    survey = Survey.objects.get(key="pilot")
    assert survey.versions.get().published_at is None


def test_list_says_which_version_is_in_use(editor):
    copy_to_draft(published_version())
    rows = list(editor.get("/admin/surveys/survey/").context["cl"].result_list)
    assert {row.key: (row.newest, row.drafts) for row in rows}["exit"] == (1, 1)


def test_conditions_offer_choices_of_the_same_version_alone(editor):
    version = published_version()
    draft = copy_to_draft(version)
    question = Question.objects.get(version=draft, key="price_probe")
    page = editor.get(change(question))
    [conditions] = [
        inline for inline in page.context["inline_admin_formsets"]
        if inline.formset.model._meta.model_name == "condition"
    ]  # fmt: skip
    field = conditions.formset.forms[0].fields["choice"]
    versions = {choice.question.version_id for choice in field.queryset}
    assert versions == {draft.pk}
    assert "reason = price" in [field.label_from_instance(each) for each in field.queryset]
