"""Questionnaires: what is compiled, published and frozen, and which language is shown."""

import json
from dataclasses import replace

import pytest
from django.db import transaction
from django.utils import timezone

from surveys import registries
from surveys.default_surveys.content import default_questionnaire
from surveys.drafts import copy_to_draft, write_draft
from surveys.frozen import FrozenVersionError
from surveys.models import (
    Choice,
    ChoiceText,
    Condition,
    Question,
    QuestionText,
    Survey,
    SurveyVersion,
    VersionText,
)
from surveys.placeholders import fill_placeholders
from surveys.publishing import PublishRefusedError, problems_of, publish
from surveys.questionnaire import (
    Choice as AskedChoice,
)
from surveys.questionnaire import (
    Condition as AskedCondition,
)
from surveys.questionnaire import (
    Question as Asked,
)
from surveys.questionnaire import (
    Questionnaire,
    QuestionWords,
    VersionWords,
    best_language,
    compile_version,
    questionnaire_of,
)
from tests.factories.surveys import published_version


def choice(key):
    return AskedChoice(key, labels={"en": key})


def single(key, *choices, **options):
    return Asked(
        key=key,
        kind="single",
        role=options.pop("role", "probe"),
        words={"en": QuestionWords(label=key)},
        choices=tuple(choice(name) for name in choices),
        **options,
    )


def questionnaire(*questions, languages=("en",), **words):
    title = VersionWords(**{"title": "Why?", "thanks_title": "Thanks", **words})
    return Questionnaire(
        survey="mine",
        moment="left",
        default_language="en",
        languages=languages,
        words={"en": title},
        questions=questions,
    )


SMALL = questionnaire(
    single("reason", "a", "b", "other", role="reason", required=True),
    single("why_a", "x", "y", conditions=(AskedCondition("reason", "a"),)),
    single("why_x", "p", "q", conditions=(AskedCondition("why_a", "x"),)),
    single(
        "both", "r", "s", conditions=(AskedCondition("reason", "a"), AskedCondition("reason", "b"))
    ),
    Asked(
        "own_words", "text", "reason_text", words={"en": QuestionWords(label="own_words")},
        conditions=(AskedCondition("reason", "other"),),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "available", "shown"),
    [
        ("en", ("en", "zh-hans"), "en"),
        ("zh-hans", ("en", "zh-hans"), "zh-hans"),
        ("zh-CN", ("en", "zh-hans"), "zh-hans"),
        ("zh_Hans", ("en", "zh-hans"), "zh-hans"),
        ("zh", ("en", "zh-hans"), "zh-hans"),
        ("de-AT", ("en", "de"), "de"),
        ("pt", ("en", "pt-br"), "pt-br"),
        ("pt-br", ("pt", "en"), "pt"),
        ("fr", ("zh-hans", "en"), "en"),
        ("", ("zh-hans", "en"), "en"),
    ],
)
def test_language_falls_back_to_its_base_and_then_to_the_default(asked, available, shown):
    assert best_language(asked, available, "en") == shown


def test_a_question_that_is_not_translated_is_asked_in_the_default_language():
    words = {"en": QuestionWords("Why?"), "zh-hans": QuestionWords("为什么")}
    asked = replace(single("reason", "a", "b"), words=words)
    whole = questionnaire(asked, languages=("en", "zh-hans", "de"))

    assert whole.question_words(asked, "zh-cn").label == "为什么"
    assert whole.question_words(asked, "de").label == "Why?"
    assert whole.choice_label(asked.choices[0], "zh-hans") == "a"


@pytest.mark.parametrize(
    ("answers", "opened"),
    [
        ({}, {"reason"}),
        ({"reason": "other"}, {"reason", "own_words"}),
        ({"reason": "a"}, {"reason", "why_a", "both"}),
        ({"reason": ["a"], "why_a": ["x"]}, {"reason", "why_a", "why_x", "both"}),
        ({"reason": "b"}, {"reason", "both"}),
        # A follow-up of a follow-up whose own branch is closed is closed too.
        ({"reason": "b", "why_a": "x"}, {"reason", "both"}),
    ],
)
def test_conditions_open_questions(answers, opened):
    assert SMALL.open_questions(answers) == opened


def test_shuffling_depends_on_the_invitation_alone_and_leaves_pinned_choices_last():
    asked = default_questionnaire("exit").question("reason")
    orders = {tuple(c.key for c in asked.displayed_choices(f"token{n}")) for n in range(200)}

    assert len(orders) > 100
    assert all(order[-1] == "other" and set(order) == set(asked.choice_keys) for order in orders)
    assert asked.displayed_choices("same") == asked.displayed_choices("same")
    firsts = [order[0] for order in orders]
    assert all(firsts.count(key) > 10 for key in asked.choice_keys if key != "other")


def test_a_question_that_is_not_shuffled_keeps_its_order():
    asked = default_questionnaire("exit").question("open_door")
    assert [c.key for c in asked.displayed_choices("any")] == ["yes", "no"]


def test_a_definition_is_json_and_reads_back_the_same():
    whole = default_questionnaire("cancellation")
    definition = json.loads(json.dumps(whole.to_definition()))
    assert Questionnaire.from_definition(definition) == whole


def test_a_definition_of_another_format_is_refused():
    with pytest.raises(ValueError, match="format 99"):
        Questionnaire.from_definition({"format": 99})


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (questionnaire(), "The first screen has no question."),
        (questionnaire(single("q", "only")), "at least two choices"),
        (questionnaire(single("q", "a", "b"), title=""), "title"),
        (replace(SMALL, words={}), "no texts in the default language en"),
        (replace(SMALL, default_language="fr"), "no texts in the default language fr"),
        (
            questionnaire(
                single("q", "a", "b", role="reason"), single("r", "a", "b", role="reason")
            ),
            "Only one question may ask for the main reason: q, r.",
        ),
        (
            questionnaire(replace(single("q", "a", "b"), words={})),
            "Question q has no wording in en.",
        ),
        (
            questionnaire(replace(single("q", "a", "b"), choices=(AskedChoice("a"), choice("b")))),
            "Choice a of question q has no wording in en.",
        ),
        (
            questionnaire(replace(single("q", "a", "b"), kind="text")),
            "has no choices",
        ),
        (
            questionnaire(
                single("q", "a", "b", conditions=(AskedCondition("r", "a"),)), single("r", "a", "b")
            ),
            "Question q depends on r, which is not asked before it.",
        ),
        (
            questionnaire(
                single("q", "a", "b"),
                single("r", "a", "b", role="reason", conditions=(AskedCondition("q", "a"),)),
            ),
            "cannot depend on a choice",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_published_says_why(broken, problem):
    assert any(problem in found for found in problems_of(broken)), problems_of(broken)


@pytest.mark.parametrize("whole", [SMALL, default_questionnaire("exit")])
def test_what_can_be_published_has_no_problems(whole):
    assert problems_of(whole) == []


@pytest.fixture
def survey(db, monkeypatch):
    """Without the checks of upper rooms: what these questions mean, nobody has said."""
    monkeypatch.setattr(registries, "publish_checks", [])
    return Survey.objects.create(key="mine", name="Mine", moment="left")


def test_rows_compile_to_what_they_were_written_from(survey, django_assert_num_queries):
    version = write_draft(survey=survey, questionnaire=SMALL)
    version = SurveyVersion.objects.select_related("survey").get(pk=version.pk)
    with django_assert_num_queries(8):
        definition = compile_version(version)
    assert Questionnaire.from_definition(definition) == SMALL
    assert definition == compile_version(version)


def test_publishing_stores_the_definition_once(survey):
    version = write_draft(survey=survey, questionnaire=SMALL)
    now = timezone.now()

    publish(version, now=now)

    version.refresh_from_db()
    assert version.published_at == now
    assert version.definition == SMALL.to_definition()
    with pytest.raises(PublishRefusedError, match="published already"):
        publish(version, now=now)


def test_checks_of_upper_rooms_can_refuse(survey, monkeypatch):
    monkeypatch.setattr(registries, "publish_checks", [lambda version: ["Choice a means nothing."]])
    version = write_draft(survey=survey, questionnaire=SMALL)

    with pytest.raises(PublishRefusedError) as refused:
        publish(version, now=timezone.now())

    assert refused.value.problems == ["Choice a means nothing."]
    version.refresh_from_db()
    assert version.published_at is None
    assert version.definition == {}


def rows_of(version):
    question = version.questions.get(key="why_a")
    taken = question.choices.get(key="x")
    return [
        version,
        version.texts.get(),
        question,
        question.texts.get(),
        taken,
        taken.texts.get(),
        question.conditions.get(),
    ]


def test_a_draft_can_be_edited_and_deleted(survey):
    version = write_draft(survey=survey, questionnaire=SMALL)
    for row in rows_of(version):
        row.save()
    version.delete()
    assert not Question.objects.exists()


def test_nothing_of_a_published_version_can_be_saved_or_deleted(survey):
    version = publish(write_draft(survey=survey, questionnaire=SMALL), now=timezone.now())
    for row in rows_of(version):
        with pytest.raises(FrozenVersionError, match="make a new version"):
            row.save()
        with pytest.raises(FrozenVersionError), transaction.atomic():
            row.delete()
    assert compile_version(version) == version.definition


def test_nothing_can_be_added_to_or_moved_out_of_a_published_version(survey):
    version = publish(write_draft(survey=survey, questionnaire=SMALL), now=timezone.now())
    draft = copy_to_draft(version)
    question, taken = (
        version.questions.get(key="why_a"),
        Choice.objects.get(question__version=version, question__key="why_a", key="x"),
    )
    added = [
        VersionText(version=version, language="de", title="?", thanks_title="!"),
        Question(version=version, key="new", kind="text", role="comment", position=99),
        QuestionText(question=question, language="de", label="?"),
        Choice(question=question, key="z", position=9),
        ChoiceText(choice=taken, language="de", label="?"),
        Condition(question=question, choice=taken),
    ]
    for row in added:
        with pytest.raises(FrozenVersionError):
            row.save()
    question.version = draft
    with pytest.raises(FrozenVersionError):
        question.save()


def test_a_published_survey_keeps_its_key_and_moment_but_not_its_name(survey):
    publish(write_draft(survey=survey, questionnaire=SMALL), now=timezone.now())
    survey.name = "Renamed"
    survey.save()
    survey.key = "other"
    with pytest.raises(FrozenVersionError, match="key"):
        survey.save()


def test_a_copy_begins_as_the_published_version(db):
    version = published_version()
    draft = copy_to_draft(version)
    assert draft.number == version.number + 1
    assert compile_version(draft) == version.definition


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("Hello {contact_name},", {"contact_name": "Ann"}, "Hello Ann,"),
        ("Hello {contact_name},", {"contact_name": ""}, "Hello,"),
        ("您好 {contact_name}。", {}, "您好。"),
        ("{plan} {unknown} {0.__class__}", {"plan": "Pro"}, "Pro {unknown} {0.__class__}"),
        ("{organisation}", {"organisation": "{plan}", "plan": "no"}, "{plan}"),
        ("{{plan}} {% now 'Y' %}", {"plan": "Pro"}, "{Pro} {% now 'Y' %}"),
    ],
)  # fmt: skip
def test_placeholders_are_plain(text, values, filled):
    assert fill_placeholders(text, values) == filled


def test_a_version_is_read_once_a_process(db, django_assert_num_queries):
    row = SurveyVersion.objects.defer("definition").get(pk=published_version().pk)
    with django_assert_num_queries(1):
        first = questionnaire_of(row)
    with django_assert_num_queries(0):
        assert questionnaire_of(row) is first
    assert first == Questionnaire.from_definition(row.definition)


def test_another_version_under_the_same_key_is_another(db):
    """As in a process that outlives the database behind it."""
    row = published_version()
    first = questionnaire_of(row)
    moment = timezone.now()
    SurveyVersion.objects.filter(pk=row.pk).update(
        definition=SMALL.to_definition(), published_at=moment
    )
    row.published_at = moment
    assert questionnaire_of(row) == SMALL != first


def test_a_draft_is_never_remembered(survey):
    draft = write_draft(survey=survey, questionnaire=SMALL)
    draft.definition = SMALL.to_definition()
    assert questionnaire_of(draft) == SMALL
    draft.definition = replace(SMALL, moment="cancelling").to_definition()
    assert questionnaire_of(draft).moment == "cancelling"
