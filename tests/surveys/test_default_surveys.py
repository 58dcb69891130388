"""The default surveys: one required question, seven choices, installed once, never over edits."""

import pytest
from django.utils import timezone

from reasons.defaults import install_defaults
from surveys.default_surveys import content, history, install, install_default_surveys
from surveys.default_surveys.content import default_questionnaire, template_questionnaire
from surveys.default_surveys.document import DOCUMENT, write_document
from surveys.default_surveys.paths import paths_of, seconds_to_answer
from surveys.default_surveys.templates import INSTALLED, TEMPLATES
from surveys.drafts import copy_to_draft, write_draft
from surveys.models import QuestionRole, RoutingRule, Survey, SurveyVersion, VersionText
from surveys.publishing import problems_of, publish
from surveys.questionnaire import Questionnaire, compile_version

pytestmark = pytest.mark.every_language

KEYS = [template.key for template in TEMPLATES]
EVERY_SURVEY = pytest.mark.parametrize("survey", KEYS)
ASKING_WHY_THEY_LEFT = pytest.mark.parametrize("survey", KEYS[:-1])
REASONS = (
    "price",
    "unused",
    "not_needed",
    "switched",
    "missing_or_broken",
    "hard_or_no_help",
    "other",
)


def asked_with(questionnaire, screen=2, **answers):
    opened = questionnaire.open_questions(answers)
    return [q.key for q in questionnaire.on_screen(screen) if q.key in opened]


def test_five_templates_two_of_them_installed():
    assert KEYS == ["exit", "cancellation", "downgrade", "trial_ended", "payment_failed"]
    assert [template.key for template in INSTALLED] == ["exit", "cancellation"]
    assert [t.key for t in TEMPLATES if t.moment == "cancelling"] == ["cancellation"]
    assert all(template.name and template.description for template in TEMPLATES)


@EVERY_SURVEY
def test_they_can_be_published(survey):
    assert problems_of(default_questionnaire(survey)) == []


def test_there_is_no_template_of_another_key():
    with pytest.raises(KeyError):
        template_questionnaire("unheard_of")


def test_a_template_becomes_the_content_of_a_survey_with_its_own_key():
    ours = template_questionnaire("downgrade", survey="smaller-plan")
    assert ours.survey == "smaller-plan"
    assert ours.questions == default_questionnaire("downgrade").questions


@EVERY_SURVEY
def test_one_required_question_with_something_else_last_and_the_others_shuffled(survey):
    whole = default_questionnaire(survey)
    assert [q.key for q in whole.questions if q.required] == ["reason"]
    reason = whole.question("reason")
    assert reason.shuffle
    assert [choice.key for choice in reason.choices if choice.pinned] == ["other"]
    orders = {tuple(c.key for c in reason.displayed_choices(f"t{n}")) for n in range(50)}
    assert len(orders) > 30
    assert {order[-1] for order in orders} == {"other"}


@EVERY_SURVEY
def test_seven_choices_at_most_in_any_question(survey):
    assert all(len(q.choices) <= 7 for q in default_questionnaire(survey).questions)


@ASKING_WHY_THEY_LEFT
def test_under_each_reason_stands_one_follow_up(survey):
    whole = default_questionnaire(survey)
    assert whole.question("reason").choice_keys == REASONS
    for key in REASONS:
        assert len(asked_with(whole, 1, reason=key)) == 2, key
    contributing = whole.question("contributing")
    assert [(c.key, c.labels) for c in contributing.choices] == [
        (c.key, c.labels) for c in whole.question("reason").choices
    ]


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("price", True),
        ("switched", True),
        ("missing_or_broken", True),
        ("hard_or_no_help", True),
        ("unused", False),
        ("not_needed", False),
        ("other", False),
    ],
)
@ASKING_WHY_THEY_LEFT
def test_may_we_write_is_asked_only_where_something_can_change(survey, reason, asked):
    assert ("open_door" in asked_with(default_questionnaire(survey), reason=reason)) is asked


def test_nobody_gets_stuck_in_or_replaces_what_they_no_longer_need():
    asked = asked_with(default_questionnaire("exit"), reason="not_needed")
    assert asked == ["contributing", "did_well", "comment"]


def test_the_name_of_the_other_product_is_asked_of_those_who_use_one():
    whole = default_questionnaire("exit")
    assert "destination_name" in asked_with(whole, reason="switched", destination="product")
    assert "destination_name" not in asked_with(whole, reason="switched", destination="agency")
    # Their situation changed: where they went is not asked, so its name is not either.
    assert "destination_name" not in asked_with(whole, reason="not_needed", destination="product")


def test_a_failed_payment_asks_why_only_those_who_meant_to_leave():
    whole = default_questionnaire("payment_failed")
    assert whole.question("reason").choice_keys[-2:] == ("meant_to_leave", "other")
    assert asked_with(whole, 1, reason="card_expired") == ["reason"]
    assert asked_with(whole, 1, reason="meant_to_leave") == ["reason", "meant_to_leave_probe"]
    assert asked_with(whole, 1, reason="other") == ["reason", "reason_text"]


def test_a_failed_payment_asks_everybody_else_whether_they_want_to_go_on():
    whole = default_questionnaire("payment_failed")
    assert whole.question("open_door").role == QuestionRole.OPEN_DOOR
    for choice in whole.question("reason").choice_keys:
        wants = "open_door" in asked_with(whole, reason=choice)
        assert wants is (choice != "meant_to_leave"), choice


@EVERY_SURVEY
def test_every_path_is_two_screens_with_one_question_to_answer_and_less_than_a_minute(survey):
    whole = default_questionnaire(survey)
    paths = paths_of(whole)
    # A follow-up that a text calls for is a screen between the two, never more than one.
    assert all(len(path.screens) == 2 for path in paths)
    assert {path.taken["reason"] for path in paths} == set(whole.question("reason").choice_keys)
    assert {key for path in paths for screen in path.screens for key in screen} == {
        question.key for question in whole.questions
    }
    assert all(10 < seconds_to_answer(whole, path) < 60 for path in paths)


def test_a_path_says_what_its_answers_open():
    paths = paths_of(default_questionnaire("downgrade"))
    assert len(paths) == 8
    switched = [path for path in paths if path.taken["reason"] == "switched"]
    assert [path.taken["destination"] for path in switched] == ["product", "open_source"]
    assert switched[0].screens == (
        ("reason", "switched_probe"),
        ("stuck", "contributing", "destination", "destination_name", "open_door", "comment"),
    )


def test_the_page_about_the_surveys_lists_every_path():
    """Out of date? Run: python manage.py default_surveys"""
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page == write_document()
    rows = sum(line.startswith("| ") for line in page.splitlines())
    assert rows == sum(len(paths_of(default_questionnaire(key))) + 1 for key in KEYS)


def test_the_reason_is_asked_in_the_words_agreed():
    words = default_questionnaire("exit").words_in("en")
    assert words.title == "What was the main reason you left?"
    assert "nothing you say here changes that" in words.introduction
    assert "half a minute" in words.introduction
    assert "a person reads it" in words.introduction


def test_whoever_changes_the_content_records_it():
    """Otherwise installed surveys could not be told from edited ones.

    Failed? Run: python manage.py default_surveys
    """
    present = history.present_digests()
    assert {key: digests[-1] for key, digests in history.shipped().items()} == present
    assert history.unrecorded() == []


@pytest.fixture
def shipped_file(tmp_path, monkeypatch):
    file = tmp_path / "shipped.json"
    file.write_text('{"exit": ["old"], "cancellation": ["old"]}')
    monkeypatch.setattr(history, "FILE", file)


@pytest.mark.usefixtures("shipped_file")
def test_recording_adds_what_is_shipped_now_once():
    present = history.present_digests()
    assert history.unrecorded() == ["exit", "cancellation"]
    assert history.record() == ["exit", "cancellation"]
    assert history.record() == []
    assert history.shipped() == {key: ["old", digest] for key, digest in present.items()}


@pytest.mark.usefixtures("shipped_file")
def test_what_was_never_released_can_be_forgotten():
    present = history.present_digests()
    history.record(unreleased=True)
    assert history.shipped() == {key: [digest] for key, digest in present.items()}


@pytest.fixture
def meanings(db):
    """The upper room's own checks stay in force: every choice shipped has a meaning."""
    install_defaults()


@pytest.mark.usefixtures("meanings")
@EVERY_SURVEY
def test_a_survey_made_from_a_template_compiles_to_it_again(survey):
    ours = Survey.objects.create(
        key="ours", name="Ours", moment=default_questionnaire(survey).moment
    )
    from_template = template_questionnaire(survey, survey="ours")
    draft = write_draft(survey=ours, questionnaire=from_template)
    assert Questionnaire.from_definition(compile_version(draft)) == from_template


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

    def worded(survey):
        definition = default_questionnaire(survey).to_definition()
        definition["words"]["en"]["title"] = "Why did you leave?"
        return Questionnaire.from_definition(definition)

    present = {key: [digest] for key, digest in history.present_digests().items()}
    monkeypatch.setattr(install, "shipped", lambda: present)
    monkeypatch.setattr(install, "default_questionnaire", worded)
    return worded


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
