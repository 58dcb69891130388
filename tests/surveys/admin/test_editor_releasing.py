"""Publishing a draft, discarding it, comparing it: what is asked, what is said, what happens."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from reasons.defaults import install_defaults
from surveys.drafts import copy_to_draft, edit_draft
from surveys.editing import add_language, remove_question
from surveys.models import SurveyVersion
from surveys.wordings import say
from tests.surveys.asked import published_exit_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    install_defaults()
    return copy_to_draft(published_exit_survey())


def url(draft, name, *args):
    return reverse(f"admin:surveys_surveyversion_{name}", args=[draft.pk, *args])


def said(response):
    return [str(each) for each in response.context["messages"]]


def reword(draft, **texts):
    edit_draft(draft, lambda before: say(before, "en", {f"text.{n}": t for n, t in texts.items()}))


def test_publishing_asks_first_and_says_what_changes(editor, draft):
    reword(draft, title="Before you go")
    page = editor.get(url(draft, "publish")).content.decode()
    assert "Publish version 2?" in page
    assert "Those already made keep version 1" in page
    assert "<ins>Before you go</ins>" in page
    draft.refresh_from_db()
    assert not draft.is_published
    response = editor.post(url(draft, "publish"), follow=True)
    assert said(response) == ["Version 2 is in use now. New invitations lead to it."]
    draft.refresh_from_db()
    assert draft.definition["words"]["en"]["title"] == "Before you go"
    assert LogEntry.objects.filter(object_id=draft.pk, change_message="Published.").exists()
    assert editor.post(url(draft, "publish")).status_code == 403


def test_every_problem_is_listed_with_the_way_to_it(editor, draft):
    def broken(before):
        before = remove_question(before, "reason_text").questionnaire
        return say(before, "zh-hans", {"text.title": "", "text.mail_body": "{nmae}"})

    edit_draft(draft, broken)
    for response in (editor.get(url(draft, "publish")), editor.post(url(draft, "publish"))):
        page = response.content.decode()
        assert "no way to say “something else”" in page
        assert "zh-hans is half translated: 1 of" in page
        assert "{nmae}" in page
        # Of the reasons app: without room for own words the choice "other" means nothing.
        assert "“Something else” (other) has no reason" in page
        assert url(draft, "question", "reason") in page
        assert url(draft, "translation", "zh-hans") in page
    draft.refresh_from_db()
    assert not draft.is_published
    assert "4 things stand in the way" in editor.get(url(draft, "change")).content.decode()


def test_a_language_with_nothing_said_is_left_out(editor, draft):
    edit_draft(draft, lambda before: add_language(before, "de"))
    page = editor.get(url(draft, "publish")).content.decode()
    assert "Left out, because nothing is translated yet: German" in " ".join(page.split())
    editor.post(url(draft, "publish"))
    draft.refresh_from_db()
    assert draft.definition["languages"] == ["en", "zh-hans"]
    assert set(draft.texts.values_list("language", flat=True)) == {"en", "zh-hans"}


def test_edit_makes_a_draft_once(editor):
    version = published_exit_survey()
    response = editor.post(url(version, "new_draft"), follow=True)
    draft = SurveyVersion.objects.get(survey=version.survey, published_at=None)
    assert response.redirect_chain[-1][0] == url(draft, "change")
    response = editor.post(url(version, "new_draft"), follow=True)
    assert response.redirect_chain[-1][0] == url(draft, "change")
    assert said(response) == ["There is a draft already."]
    editor.post(url(draft, "new_draft"))
    assert SurveyVersion.objects.filter(published_at=None).count() == 1


def test_a_draft_is_discarded_after_asking(editor, draft):
    reword(draft, title="Lost words")
    assert "Lost words" in editor.get(url(draft, "discard")).content.decode()
    response = editor.post(url(draft, "discard"), follow=True)
    assert not SurveyVersion.objects.filter(pk=draft.pk).exists()
    assert response.status_code == 200
    # The only version of a survey stays.
    only = published_exit_survey()
    assert editor.get(url(only, "discard")).status_code == 302


def test_versions_are_compared_in_each_language(analyst, draft):
    reword(draft, title="Before you go")
    address = reverse("admin:surveys_survey_compare", args=[draft.survey_id])
    page = analyst.get(address).content.decode()
    assert "<ins>Before you go</ins>" in page
    assert "<del>What was the main reason you left?</del>" in page
    chinese = analyst.get(f"{address}?from=1&to=2&lang=zh-hans").content.decode()
    assert "say the same in this language" in chinese
    backwards = analyst.get(f"{address}?from=2&to=1&lang=en").content.decode()
    assert "<del>Before you go</del>" in backwards
    assert analyst.get(f"{address}?from=x&to=99&lang=tlh").status_code == 200


def test_comparing_is_for_those_who_may_read_versions(viewer, draft):
    address = reverse("admin:surveys_survey_compare", args=[draft.survey_id])
    assert viewer.get(address).status_code == 403
