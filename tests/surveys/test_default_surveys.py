"""The default surveys: complete in every language, installed once, never over a team's edits."""

import re

import pytest
from django.utils import timezone

from reasons.defaults import install_defaults
from surveys.default_surveys import content, install, install_default_surveys
from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.history import SHIPPED, content_digest
from surveys.default_surveys.structure import LANGUAGES, REASONS, SURVEYS
from surveys.drafts import copy_to_draft
from surveys.models import RoutingRule, Survey, SurveyVersion, VersionText
from surveys.placeholders import PLACEHOLDERS
from surveys.publishing import problems_of, publish
from surveys.questionnaire import Questionnaire

EVERY_SURVEY = pytest.mark.parametrize("survey", SURVEYS)


def all_words(questionnaire):
    for language, words in questionnaire.words.items():
        for text in vars(words).values():
            yield language, text
    for question in questionnaire.questions:
        for language, words in question.words.items():
            yield language, words.label
            yield language, words.help_text
        for choice in question.choices:
            yield from choice.labels.items()


@EVERY_SURVEY
def test_they_can_be_published(survey):
    assert problems_of(default_questionnaire(survey)) == []


@EVERY_SURVEY
def test_every_wording_is_there_in_every_language(survey):
    whole = default_questionnaire(survey)
    assert whole.languages == LANGUAGES == ("en", "zh-hans")
    for question in whole.questions:
        assert set(question.words) == set(LANGUAGES)
        for choice in question.choices:
            assert set(choice.labels) == set(LANGUAGES)
    by_language = {
        code: [bool(t) for lang, t in all_words(whole) if lang == code] for code in LANGUAGES
    }
    assert by_language["en"] == by_language["zh-hans"]


@EVERY_SURVEY
def test_chinese_is_chinese_and_nothing_says_churn(survey):
    for language, text in all_words(default_questionnaire(survey)):
        assert "churn" not in text.lower()
        if language == "zh-hans" and text:
            assert re.search(r"[\u4e00-\u9fff]", text), text
            assert not re.search(r"[\u4e00-\u9fff][,?!:;]", text), f"half-width mark: {text}"


@EVERY_SURVEY
def test_only_known_placeholders_are_used(survey):
    for _language, text in all_words(default_questionnaire(survey)):
        assert set(re.findall(r"\{(\w*)\}", text)) <= set(PLACEHOLDERS)


@EVERY_SURVEY
def test_seven_choices_at_most_each_with_a_follow_up(survey):
    whole = default_questionnaire(survey)
    assert whole.question("reason").choice_keys == REASONS
    assert all(len(question.choices) <= 7 for question in whole.questions)
    for key in REASONS:
        opened = whole.open_questions({"reason": key}) - whole.open_questions({})
        assert len(opened) == 1, (key, opened)
    # All of the second screen can be left out.
    assert not any(question.required for question in whole.on_screen(2))


def test_the_reason_is_asked_in_the_words_agreed():
    words = default_questionnaire("exit").words_in("en")
    assert words.title == "What was the main reason you left?"
    assert "nothing you say here changes that" in words.introduction
    assert "half a minute" in words.introduction
    assert "a person reads it" in words.introduction


@EVERY_SURVEY
def test_whoever_changes_the_content_records_its_digest(survey):
    """Without this line installed surveys could not be told from edited ones."""
    digest = content_digest(default_questionnaire(survey).to_definition())
    assert SHIPPED[survey][-1] == digest


@pytest.fixture
def meanings(db):
    """The upper room's own checks stay in force: every choice shipped has a meaning."""
    install_defaults()


@pytest.mark.usefixtures("meanings")
def test_installing_twice_changes_nothing():
    first = install_default_surveys()
    assert first == {"surveys": 2, "versions": 2, "routing_rules": 4}
    assert install_default_surveys() == {"surveys": 0, "versions": 0, "routing_rules": 0}
    for version in SurveyVersion.objects.select_related("survey"):
        assert version.number == 1
        assert version.published_at is not None
        stored = Questionnaire.from_definition(version.definition)
        assert stored == default_questionnaire(version.survey.key)


@pytest.mark.usefixtures("meanings")
def test_routing_asks_those_who_leave_by_themselves():
    install_default_surveys()
    rules = RoutingRule.objects.values_list("moment", "kind", "trial", "survey__key")
    assert list(rules) == [
        ("left", "voluntary", None, "exit"),
        ("left", "involuntary", None, None),
        ("left", "administrative", None, None),
        ("cancelling", "", None, "cancellation"),
    ]


@pytest.mark.usefixtures("meanings")
def test_routing_that_a_team_has_changed_stays():
    install_default_surveys()
    RoutingRule.objects.exclude(kind="voluntary").delete()
    RoutingRule.objects.update(segment="enterprise")
    install_default_surveys()
    assert RoutingRule.objects.get().segment == "enterprise"


@pytest.fixture
def newly_worded(monkeypatch):
    """As if the next release said "Why did you leave?"."""

    def shipped(survey):
        definition = default_questionnaire(survey).to_definition()
        definition["words"]["en"]["title"] = "Why did you leave?"
        return Questionnaire.from_definition(definition)

    monkeypatch.setattr(install, "default_questionnaire", shipped)
    return shipped


@pytest.mark.usefixtures("meanings")
def test_new_content_becomes_a_new_version_where_nobody_has_edited(newly_worded):
    with pytest.MonkeyPatch.context() as before:
        before.setattr(install, "default_questionnaire", content.default_questionnaire)
        install_default_surveys()

    assert install_default_surveys()["versions"] == 2

    newest = SurveyVersion.objects.filter(survey__key="exit").order_by("-number").first()
    assert newest.number == 2
    assert newest.published_at is not None
    assert newest.definition == newly_worded("exit").to_definition()


@pytest.mark.usefixtures("meanings")
@pytest.mark.parametrize("published", [True, False])
def test_a_teams_edits_are_never_overwritten(newly_worded, published):
    with pytest.MonkeyPatch.context() as before:
        before.setattr(install, "default_questionnaire", content.default_questionnaire)
        install_default_surveys()
    for survey in Survey.objects.all():
        draft = copy_to_draft(survey.versions.get())
        VersionText.objects.filter(version=draft, language="en").update(title="Our own words")
        if published:
            publish(draft, now=timezone.now())

    assert install_default_surveys()["versions"] == 0
    assert SurveyVersion.objects.count() == 4


@pytest.mark.usefixtures("meanings")
def test_a_survey_that_a_team_began_under_the_same_key_is_theirs():
    Survey.objects.create(key="exit", name="Ours", moment="left")
    assert install_default_surveys()["versions"] == 1
    assert not SurveyVersion.objects.filter(survey__key="exit").exists()
