"""A draft's rows follow its content, keep their identity, and are never touched once published."""

from dataclasses import replace

import pytest
from django.utils import timezone

from surveys import registries
from surveys.drafts import copy_to_draft, current_content, edit_draft, write_draft
from surveys.editing import (
    add_language,
    move_question,
    move_to_screen,
    remove_language,
    remove_question,
    replace_question,
)
from surveys.frozen import FrozenVersionError
from surveys.models import Choice, Question, Survey, SurveyVersion
from surveys.publishing import PublishRefusedError, publish
from surveys.questionnaire import Condition
from surveys.wordings import say
from tests.surveys.asked import WHOLE, scale, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(monkeypatch):
    monkeypatch.setattr(registries, "publish_checks", [])
    survey = Survey.objects.create(key="mine", name="Mine", moment="left")
    return write_draft(survey=survey, questionnaire=WHOLE)


def stored(version):
    return current_content(SurveyVersion.objects.select_related("survey").get(pk=version.pk))


def reversed_choices(questionnaire):
    question = questionnaire.question("reason")
    return replace_question(
        questionnaire, replace(question, choices=question.choices[::-1], shuffle=True)
    ).questionnaire


def with_conditions(questionnaire):
    conditions = (
        Condition("comment", test="text"), Condition("n", test="scale", at_least=0, at_most=6)
    )  # fmt: skip
    added = (scale("n", screen=2), replace(written("t", screen=3), conditions=conditions))
    return replace(questionnaire, questions=(*questionnaire.questions, *added))


EDITS = {
    "nothing": lambda q: q,
    "first and last change places": lambda q: replace(
        q, questions=(*q.questions[2:3], *q.questions[1:2], *q.questions[:1], *q.questions[3:])
    ),
    "moved up": lambda q: move_question(q, "reason_text", -1),
    "another screen": lambda q: move_to_screen(q, "price_probe", 2),
    "choices reversed": reversed_choices,
    "removed": lambda q: remove_question(q, "reason").questionnaire,
    "language added": lambda q: say(add_language(q, "de"), "de", {"choice.reason.price": "Preis"}),
    "language removed": lambda q: remove_language(say(q, "de", {"text.title": "W"}), "de"),
    "conditions": with_conditions,
    "conditions gone": lambda q: replace(
        q, questions=tuple(replace(each, conditions=()) for each in q.questions)
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_is_stored_is_what_was_edited(draft, edit):
    after = edit_draft(draft, edit)
    assert stored(draft) == after == replace(edit(WHOLE), survey="mine")
    # And back again, from there.
    edit_draft(draft, lambda _: WHOLE)
    assert stored(draft) == WHOLE


def test_rows_keep_their_identity(draft):
    before = dict(Question.objects.values_list("key", "pk"))
    choices = dict(Choice.objects.values_list("key", "pk"))
    edit_draft(draft, reversed_choices)
    edit_draft(draft, lambda q: move_question(q, "comment", -1))
    assert dict(Question.objects.values_list("key", "pk")) == before
    assert dict(Choice.objects.values_list("key", "pk")) == choices


def test_an_edit_that_fails_changes_nothing(draft):
    def failing(questionnaire):
        raise KeyError("comment")

    with pytest.raises(KeyError):
        edit_draft(draft, failing)
    assert stored(draft) == WHOLE


def test_a_published_version_is_not_edited(draft):
    publish(draft, now=timezone.now())
    with pytest.raises(FrozenVersionError):
        edit_draft(draft, lambda q: remove_question(q, "comment").questionnaire)
    assert draft.questions.count() == 4
    assert current_content(draft) == WHOLE
    assert stored(copy_to_draft(draft)) == WHOLE


def test_publishing_leaves_out_languages_without_a_word(draft):
    edit_draft(draft, lambda q: add_language(q, "de"))
    publish(draft, now=timezone.now())
    assert draft.definition["languages"] == ["en"]
    assert list(draft.texts.values_list("language", flat=True)) == ["en"]


def test_a_refusal_keeps_the_place_of_each_problem(draft):
    edit_draft(draft, lambda q: say(q, "de", {"text.title": "Warum?"}))
    with pytest.raises(PublishRefusedError) as refused:
        publish(draft, now=timezone.now())
    assert [problem.place for problem in refused.value.problems] == ["language:de"]
    assert SurveyVersion.objects.get().published_at is None
