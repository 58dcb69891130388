"""What an installation begins with; and what a survey must say before it is published."""

import pytest

from reasons.defaults import (
    CHOICE_MEANINGS,
    install_choice_meanings,
    install_defaults,
    install_provider_meanings,
    install_taxonomy,
)
from reasons.models import ChoiceMapping, ProviderMapping, Reading, Reason, ReasonText
from reasons.publishing import missing_meanings
from reasons.services import classify_unread
from reasons.taxonomy import STARTER_PROVIDER_REASONS, STARTER_REASONS
from surveys.default_surveys.structure import QUESTIONS, SURVEYS
from surveys.drafts import copy_to_draft
from surveys.models import QuestionRole
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
        "choice_meanings": len(SURVEYS) * sum(map(len, CHOICE_MEANINGS.values())),
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


def test_every_choice_of_the_default_surveys_has_a_meaning_but_something_else():
    meant = {question: set(choices) for question, choices in CHOICE_MEANINGS.items()}
    for asked in QUESTIONS:
        if asked.role in (QuestionRole.REASON, QuestionRole.PROBE, QuestionRole.CONTRIBUTING):
            assert set(asked.choices) - meant.pop(asked.key) <= {"other"}, asked.key
    assert meant == {}


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
        with django_assert_num_queries(5):
            missing_meanings(draft)
