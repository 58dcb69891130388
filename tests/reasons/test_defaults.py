"""What an installation begins with; and what a survey must say before it is published."""

import pytest

from reasons.defaults import (
    CHOICE_MEANINGS,
    copy_meanings,
    install_choice_meanings,
    install_defaults,
    install_provider_meanings,
    install_taxonomy,
    meanings_for_template,
)
from reasons.models import ChoiceMapping, ProviderMapping, Reading, Reason, ReasonText
from reasons.publishing import missing_meanings
from reasons.services import classify_unread
from reasons.taxonomy import STARTER_PROVIDER_REASONS, STARTER_REASONS
from surveys.default_surveys.content import template_questionnaire
from surveys.default_surveys.templates import INSTALLED, TEMPLATES
from surveys.drafts import copy_to_draft, write_draft
from surveys.models import QuestionRole, Survey
from surveys.publishing import PublishRefusedError, publish
from tests.factories.surveys import CancellationFactory, published_version

pytestmark = pytest.mark.django_db


def test_installs_the_whole_taxonomy():
    added = install_defaults()
    assert {
        reason.code: (reason.category, reason.label, reason.avoidable)
        for reason in Reason.objects.all()
    } == {
        starter.code: (starter.category.value, starter.labels["en"], starter.avoidable)
        for starter in STARTER_REASONS
    }
    assert added == {
        "reasons": len(STARTER_REASONS),
        "reason_texts": len(STARTER_REASONS),
        "choice_meanings": sum(
            len(choices)
            for template in INSTALLED
            for choices in meanings_for_template(template.key).values()
        ),
        "provider_meanings": sum(map(len, STARTER_PROVIDER_REASONS.values())),
    }
    text = ReasonText.objects.get(reason__code="business_closed")
    assert (text.language, text.label) == ("zh-hans", "停业")


def test_second_run_adds_nothing_and_keeps_a_teams_edits():
    install_defaults()
    edits = {"label": "Out of business", "category": "unresolved", "avoidable": "yes"}
    Reason.objects.filter(code="business_closed").update(**edits)
    meaning = ChoiceMapping.objects.get(
        survey_key="exit", question_key="reason", choice_key="hard_or_no_help"
    )
    meaning.reason = Reason.objects.get(code="support_quality")
    meaning.save()
    assert set(install_defaults().values()) == {0}
    assert Reason.objects.filter(code="business_closed", **edits).exists()
    meaning.refresh_from_db()
    assert meaning.reason.code == "support_quality"


def test_what_is_missing_is_added():
    install_defaults()
    ChoiceMapping.objects.filter(choice_key="price").delete()
    ProviderMapping.objects.filter(source="stripe", provider_reason="unused").delete()
    Reason.objects.filter(code="ads_or_nagging").delete()
    assert install_taxonomy() == {"reasons": 1, "reason_texts": 1}
    assert install_choice_meanings() == 4  # two surveys, main reason and contributing
    assert install_provider_meanings() == 1


def test_code_that_gets_a_meaning_is_read_again():
    install_defaults()
    ProviderMapping.objects.filter(source="stripe", provider_reason="too_complex").delete()
    cancellation = CancellationFactory(source="stripe", provider_reason="too_complex")
    classify_unread()
    assert not cancellation.classifications.exists()
    install_provider_meanings()
    assert Reading.objects.get().content_version == 0
    classify_unread()
    assert cancellation.classifications.get().reason.code == "hard_to_use"


EVERY_TEMPLATE = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)


@EVERY_TEMPLATE
def test_every_choice_of_the_templates_has_a_meaning_but_something_else(template):
    meant = meanings_for_template(template.key)
    for asked in template.questions:
        if asked.role in (QuestionRole.REASON, QuestionRole.PROBE, QuestionRole.CONTRIBUTING):
            assert set(asked.choices) - set(meant.pop(asked.key)) <= {"other"}, asked.key
    assert meant == {}


def test_no_meaning_is_left_over():
    used = {
        (question, choice)
        for template in TEMPLATES
        for question, choices in meanings_for_template(template.key).items()
        for choice in choices
    }
    assert used == {(question, choice) for question in CHOICE_MEANINGS for choice in
                    CHOICE_MEANINGS[question]}  # fmt: skip


def test_meanings_of_no_template():
    with pytest.raises(KeyError):
        meanings_for_template("unheard_of")


def meanings_of(survey):
    rows = ChoiceMapping.objects.filter(survey_key=survey).values_list(
        "question_key", "choice_key", "reason__code"
    )
    return {(question, choice): code for question, choice, code in rows}


class TestCopyMeanings:
    @pytest.fixture(autouse=True)
    def installed(self):
        install_defaults()

    @EVERY_TEMPLATE
    def test_a_survey_made_from_a_template_can_be_published(self, template):
        survey = Survey.objects.create(key="ours", name="Ours", moment=template.moment)
        content = template_questionnaire(template.key, survey="ours")
        draft = write_draft(survey=survey, questionnaire=content)
        assert missing_meanings(draft) != []
        added = copy_meanings(from_survey=template.key, to_survey="ours")
        assert added == sum(map(len, meanings_for_template(template.key).values()))
        assert missing_meanings(draft) == []

    def test_a_second_run_adds_nothing_and_keeps_what_was_changed(self):
        copy_meanings(from_survey="downgrade", to_survey="ours")
        support = Reason.objects.get(code="support_quality")
        changed = ChoiceMapping.objects.filter(survey_key="ours", choice_key="fewer_people")
        changed.update(reason=support)
        assert copy_meanings(from_survey="downgrade", to_survey="ours") == 0
        assert meanings_of("ours")["not_needed_probe", "fewer_people"] == "support_quality"

    def test_what_a_team_has_said_comes_first(self):
        support = Reason.objects.get(code="support_quality")
        ours = ChoiceMapping.objects.filter(survey_key="exit", choice_key="hard_or_no_help")
        ours.update(reason=support)
        copy_meanings(from_survey="exit", to_survey="copy")
        assert meanings_of("copy") == meanings_of("exit")
        assert meanings_of("copy")["reason", "hard_or_no_help"] == "support_quality"

    def test_a_survey_of_a_teams_own(self):
        reason = Reason.objects.get(code="performance")
        ChoiceMapping.objects.create(
            survey_key="own", question_key="why", choice_key="too_slow", reason=reason
        )
        assert copy_meanings(from_survey="own", to_survey="own-2") == 1
        assert meanings_of("own-2") == {("why", "too_slow"): "performance"}
        assert copy_meanings(from_survey="nobody", to_survey="own-3") == 0

    def test_a_deleted_reason_is_left_out(self):
        ChoiceMapping.objects.filter(reason__code="performance").delete()
        Reason.objects.get(code="performance").delete()
        copy_meanings(from_survey="trial_ended", to_survey="ours")
        meant = meanings_of("ours")
        assert ("missing_which", "slow") not in meant
        assert ("missing_which", "bugs") in meant


class TestPublishCheck:
    @pytest.fixture
    def draft(self):
        install_defaults()
        return copy_to_draft(published_version("exit"))

    def test_default_survey_may_be_published(self, draft):
        assert missing_meanings(draft) == []

    def test_choice_without_a_reason(self, draft):
        question = draft.questions.get(key="hard_which")
        question.choices.create(key="too_loud", position=50)
        sentences = missing_meanings(draft)
        assert len(sentences) == 1
        assert "hard_which" in sentences[0]
        assert "too_loud" in sentences[0]
        with pytest.raises(PublishRefusedError):
            publish(draft, now=published_version().published_at)

    def test_own_words_need_no_reason(self, draft):
        question = draft.questions.get(key="reason")
        choice = question.choices.create(key="not_listed", position=50)
        assert len(missing_meanings(draft)) == 1
        draft.questions.get(key="reason_text").conditions.create(choice=choice)
        assert missing_meanings(draft) == []

    def test_ambiguous_choice_without_a_probe(self, draft):
        draft.questions.get(key="price_probe").conditions.all().delete()
        sentences = missing_meanings(draft)
        assert len(sentences) == 1
        assert "price" in sentences[0]
        assert "Price, not probed" in sentences[0]

    def test_choices_of_other_questions_need_no_reason(self, draft):
        draft.questions.get(key="destination").choices.create(key="paper", position=50)
        draft.questions.get(key="contributing").choices.create(key="weather", position=50)
        assert missing_meanings(draft) == []

    def test_queries(self, draft, django_assert_num_queries):
        with django_assert_num_queries(7):
            missing_meanings(draft)
