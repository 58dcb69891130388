"""From rows to classifications: what is written, kept, taken back and announced."""

import logging

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from reasons import model_store, services
from reasons.defaults import install_defaults
from reasons.models import (
    ChoiceMapping,
    Classification,
    ClassifierVersion,
    ProviderMapping,
    Reading,
)
from reasons.services import (
    classify_cancellation,
    classify_cancellations,
    classify_unread,
    unread_cancellations,
)
from reasons.signals import classification_changed
from surveys.models import Answer, Cancellation
from tests.factories.reasons import (
    SENTENCES,
    ClassificationFactory,
    answered,
    reason,
    stored_small_model,
)
from tests.factories.surveys import CancellationFactory, CustomerFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _defaults():
    install_defaults()


@pytest.fixture
def model():
    return stored_small_model()


@pytest.fixture
def announced():
    """The cancellation ids of every announcement."""
    heard = []

    def listen(cancellation_ids, **kwargs):
        heard.append(sorted(cancellation_ids))

    classification_changed.connect(listen)
    yield heard
    classification_changed.disconnect(listen)


def standing(cancellation):
    rows = Classification.objects.current().filter(cancellation=cancellation)
    return {(row.role, row.reason.code, row.source) for row in rows.select_related("reason")}


def touch(cancellation):
    """Something in its contents has changed."""
    Cancellation.objects.filter(pk=cancellation.pk).update(
        content_version=cancellation.content_version + 1
    )
    cancellation.refresh_from_db()


@pytest.mark.parametrize(
    ("answers", "facts", "expected"),
    [
        ({"reason": ["price"]}, {}, {("primary", "price_unprobed", "choice")}),
        (
            {"reason": ["price"], "price_probe": ["budget_cut"]},
            {},
            {("primary", "budget_or_cash_flow", "probe")},
        ),
        (
            {"reason": ["other"], "reason_text": SENTENCES["business_closed"]},
            {},
            {("primary", "business_closed", "text")},
        ),
        (
            {"reason": ["hard_or_no_help"], "stuck": SENTENCES["bugs_or_reliability"]},
            {},
            {("primary", "hard_to_use", "choice"), ("contributing", "bugs_or_reliability", "text")},
        ),
        (
            {"reason": ["unused"], "contributing": ["price", "missing_or_broken", "other"]},
            {},
            {
                ("primary", "unused_unprobed", "choice"),
                ("contributing", "price_unprobed", "choice"),
                ("contributing", "missing_feature", "choice"),
            },
        ),
        (
            {},
            {"source": "stripe", "provider_reason": "too_complex"},
            {("primary", "hard_to_use", "provider")},
        ),
        (
            {},
            {
                "source": "stripe",
                "provider_reason": "too_expensive",
                "provider_comment": SENTENCES["business_closed"],
            },
            {("primary", "business_closed", "provider")},
        ),
        (
            {},
            {"source": "stripe", "provider_reason": "payment_failed", "kind": "involuntary"},
            set(),
        ),
        ({}, {"source": "telco", "provider_reason": "Moved"}, set()),
        ({}, {}, set()),
    ],
)
def test_what_was_said_becomes_classifications(model, answers, facts, expected):
    cancellation = CancellationFactory(**facts)
    if answers:
        answered(cancellation, **answers)

    classify_cancellation(cancellation.pk)

    assert standing(cancellation) == expected
    assert cancellation.reading.content_version == cancellation.content_version
    assert not unread_cancellations().exists()


def test_import_reason_is_counted_as_import():
    ProviderMapping.objects.create(
        source="telco", provider_reason="Moved", reason=reason("relocated_or_life_event")
    )
    cancellation = CancellationFactory(source="telco", provider_reason="Moved")
    classify_cancellation(cancellation.pk)
    assert standing(cancellation) == {("primary", "relocated_or_life_event", "import")}


def test_text_reading_is_explained(model):
    cancellation = CancellationFactory()
    text = f"Hello. {SENTENCES['business_closed']}. Thank you all."
    response = answered(cancellation, reason=["other"], reason_text=text)

    classify_cancellation(cancellation.pk)

    row = cancellation.classifications.get()
    assert row.response == response
    assert row.answer.text == text
    assert "closed the bakery" in text[row.evidence_start : row.evidence_end]
    assert 0.5 < row.confidence <= 1
    assert row.classifier_version == model


def test_bare_text_counts_as_unresolved_until_probed(model):
    cancellation = CancellationFactory()
    answered(cancellation, reason=["other"], reason_text="too expensive")
    classify_cancellation(cancellation.pk)
    row = cancellation.classifications.get()
    assert (row.reason.code, row.needs_probe) == ("price_unprobed", True)


def test_rereading_what_has_not_changed_writes_and_announces_nothing(model, announced):
    cancellation = CancellationFactory()
    answered(
        cancellation,
        reason=["price"],
        price_probe=["budget_cut"],
        stuck=SENTENCES["bugs_or_reliability"],
    )
    classify_cancellation(cancellation.pk)
    before = list(Classification.objects.values())
    touch(cancellation)

    classify_cancellation(cancellation.pk)

    assert list(Classification.objects.values()) == before
    assert announced == [[cancellation.pk]]
    assert Reading.objects.get().content_version == cancellation.content_version


def test_changed_answer_appends_and_keeps_history(announced):
    cancellation = CancellationFactory()
    response = answered(cancellation, reason=["price"])
    classify_cancellation(cancellation.pk)
    Answer.objects.filter(response=response).update(choices=["hard_or_no_help"])
    touch(cancellation)

    classify_cancellation(cancellation.pk)

    rows = cancellation.classifications.order_by("pk").values_list("reason__code", "is_current")
    assert list(rows) == [("price_unprobed", False), ("hard_to_use", True)]
    assert len(announced) == 2


def test_answer_taken_back_leaves_nothing_standing(announced):
    cancellation = CancellationFactory()
    response = answered(cancellation, reason=["price"])
    classify_cancellation(cancellation.pk)
    Answer.objects.filter(response=response).update(is_current=False)
    touch(cancellation)
    classify_cancellation(cancellation.pk)
    assert standing(cancellation) == set()
    assert len(announced) == 2


def test_other_spelling_of_the_same_reason_is_still_one_primary():
    """A role may change: what was primary becomes contributing, one row after the other."""
    cancellation = CancellationFactory()
    response = answered(
        cancellation, reason=["hard_or_no_help"], contributing=["missing_or_broken"]
    )
    classify_cancellation(cancellation.pk)
    Answer.objects.filter(response=response, question__key="reason").update(
        choices=["missing_or_broken"]
    )
    Answer.objects.filter(response=response, question__key="contributing").update(
        choices=["hard_or_no_help"]
    )
    touch(cancellation)
    classify_cancellation(cancellation.pk)
    assert standing(cancellation) == {
        ("primary", "missing_feature", "choice"),
        ("contributing", "hard_to_use", "choice"),
    }


def test_internal_reason_is_left_alone():
    cancellation = CancellationFactory()
    answered(cancellation, reason=["price"])
    internal = ClassificationFactory(
        cancellation=cancellation, perspective="internal", source="analyst", code="champion_left"
    )
    classify_cancellation(cancellation.pk)
    internal.refresh_from_db()
    assert internal.is_current
    assert cancellation.classifications.primary("stated").get().reason.code == "price_unprobed"


def test_test_response_is_not_heard_unless_the_customer_is_a_test():
    real, test = (
        CancellationFactory(),
        CancellationFactory(
            subscription=SubscriptionFactory(customer=CustomerFactory(is_test=True))
        ),
    )
    for cancellation in (real, test):
        response = answered(cancellation, reason=["price"])
        response.is_test = True
        response.save()
        classify_cancellation(cancellation.pk)
    assert standing(real) == set()
    assert standing(test) == {("primary", "price_unprobed", "choice")}


def test_text_contradicting_the_choice_wants_review(model):
    cancellation = CancellationFactory()
    answered(cancellation, reason=["hard_or_no_help"], comment=SENTENCES["business_closed"])
    classify_cancellation(cancellation.pk)
    assert cancellation.reading.wants_review
    assert cancellation.classifications.primary().get().reason.code == "hard_to_use"


class TestWithoutAModel:
    def test_answers_with_text_stay_unread_and_keep_nobody_waiting(self, caplog):
        with_text, without = CancellationFactory(), CancellationFactory()
        answered(with_text, reason=["other"], reason_text="we closed")
        answered(without, reason=["hard_or_no_help"])
        with caplog.at_level(logging.WARNING):
            assert classify_cancellations([with_text.pk, without.pk]) == 1
        assert "setup_defaults" in caplog.text
        assert list(unread_cancellations()) == [with_text]
        assert standing(without) == {("primary", "hard_to_use", "choice")}

    def test_sweep_passes_them_by_and_finds_them_later(self):
        first = CancellationFactory(provider_comment="we closed the bakery", source="stripe")
        second = CancellationFactory()
        assert classify_unread(limit=1) == 1
        assert list(unread_cancellations()) == [first]
        assert Reading.objects.get().cancellation == second
        stored_small_model()
        assert classify_unread() == 1
        assert standing(first) == {("primary", "business_closed", "provider")}

    def test_rows_read_by_a_model_that_is_gone_stay(self):
        stored_small_model()
        cancellation = CancellationFactory()
        answered(cancellation, reason=["other"], reason_text=SENTENCES["business_closed"])
        classify_cancellation(cancellation.pk)
        ClassifierVersion.objects.all().delete()
        touch(cancellation)
        classify_cancellation(cancellation.pk)
        assert standing(cancellation) == {("primary", "business_closed", "text")}


class TestSweep:
    def test_reads_new_and_changed_and_taken_back_once(self):
        cancellation = CancellationFactory()
        CancellationFactory(reverted_at=cancellation.requested_at)
        assert classify_unread() == 2
        assert classify_unread() == 0
        touch(cancellation)
        assert classify_unread() == 1

    def test_limit(self):
        CancellationFactory.create_batch(3)
        assert classify_unread(limit=2) == 2
        assert unread_cancellations().count() == 1

    def test_one_that_cannot_be_read_keeps_no_other_waiting(self, monkeypatch, caplog):
        bad, good = CancellationFactory(), CancellationFactory()
        original = services.decide

        def decide(heard, meanings):
            if heard.passed_on.name == "bad":
                raise ValueError("broken")
            return original(heard, meanings)

        Cancellation.objects.filter(pk=bad.pk).update(source="bad")
        monkeypatch.setattr(services, "decide", decide)
        assert classify_unread() == 1
        assert list(unread_cancellations()) == [bad]
        assert f"Cancellation {bad.pk}" in caplog.text
        assert good.reading


class TestMeaningsChange:
    def test_choice(self):
        cancellation = CancellationFactory()
        answered(cancellation, reason=["hard_or_no_help"])
        CancellationFactory()
        classify_unread()
        meaning = ChoiceMapping.objects.get(
            survey_key="exit", question_key="reason", choice_key="hard_or_no_help"
        )
        meaning.reason = reason("support_quality")
        meaning.save()
        assert list(unread_cancellations()) == [cancellation]
        classify_unread()
        assert standing(cancellation) == {("primary", "support_quality", "choice")}

    def test_provider_code(self):
        cancellation = CancellationFactory(source="stripe", provider_reason="house_rule")
        CancellationFactory(source="api", provider_reason="house_rule")
        classify_unread()
        ProviderMapping.objects.create(
            source="stripe", provider_reason="house_rule", reason=reason("mandated_elsewhere")
        )
        assert list(unread_cancellations()) == [cancellation]
        classify_unread()
        assert standing(cancellation) == {("primary", "mandated_elsewhere", "provider")}


def test_contents_that_change_while_they_are_read_are_read_again(model, monkeypatch):
    cancellation = CancellationFactory()
    response = answered(cancellation, reason=["other"], reason_text=SENTENCES["business_closed"])
    original = services._read_texts

    def edited_meanwhile(materials, stored):
        readings = original(materials, stored)
        if Answer.objects.filter(text=SENTENCES["business_closed"]).exists():
            Answer.objects.filter(response=response, question__key="reason_text").update(
                text=SENTENCES["support_quality"]
            )
            touch(cancellation)
        return readings

    monkeypatch.setattr(services, "_read_texts", edited_meanwhile)
    classify_cancellation(cancellation.pk)
    assert standing(cancellation) == {("primary", "support_quality", "text")}
    assert cancellation.classifications.count() == 1


def test_two_readings_at_once_cannot_leave_two_primary_reasons():
    """The database has the last word, whatever two workers do."""
    first = ClassificationFactory(code="need_ended")
    with pytest.raises(IntegrityError):
        ClassificationFactory(cancellation=first.cancellation, code="champion_left")


def test_queries_do_not_grow_with_the_number_of_cancellations(model):
    def queries(count):
        cancellations = [CancellationFactory() for _ in range(count)]
        for each in cancellations:
            answered(each, reason=["other"], reason_text=SENTENCES["business_closed"])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert classify_cancellations([each.pk for each in cancellations]) == count
        return len(captured)

    queries(1)
    assert queries(2) == queries(8) <= 20


def test_model_is_loaded_once_and_again_when_promoted(model, monkeypatch):
    loaded = []
    original = model_store.TrainedModel.from_bytes
    monkeypatch.setattr(
        model_store.TrainedModel,
        "from_bytes",
        lambda data: loaded.append(1) or original(data),
    )
    monkeypatch.setattr(model_store, "_loaded", None)
    assert model_store.current_model().number == model_store.current_model().number == 1
    assert loaded == [1]
    stored_small_model()
    assert model_store.current_model().number == 2
    assert loaded == [1, 1]
