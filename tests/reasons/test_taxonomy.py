"""The starter taxonomy is complete, consistent, and maps provider codes honestly."""

import re
from pathlib import Path

import pytest

from reasons.taxonomy import (
    CATEGORY_OF,
    STARTER_PROVIDER_REASONS,
    STARTER_REASONS,
    UNRESOLVED_LEAVES,
    Category,
)

LABELLING = """
business_closed acquired_or_merged budget_or_cash_flow need_ended champion_left
relocated_or_life_event mandated_elsewhere payment_failure missing_feature missing_integration
bugs_or_reliability performance onboarding_or_setup not_adopted results_not_achieved
quality_below_expectations switched_to_competitor_capability price_or_value_fit
billing_or_contract_terms support_quality hard_to_use trust_privacy_security
communication_or_relationship product_changed ads_or_nagging wrong_fit_for_segment
"""


def test_every_leaf_of_the_labelling_guide_and_the_unresolved_ones_are_there():
    unresolved = {
        "unclear",
        "price_unprobed",
        "unused_unprobed",
        "not_needed_unprobed",
        "switched_unprobed",
    }
    assert {reason.code for reason in STARTER_REASONS} == set(LABELLING.split()) | unresolved
    assert unresolved == UNRESOLVED_LEAVES


def test_codes_are_unique_and_have_the_form_of_codes():
    codes = [reason.code for reason in STARTER_REASONS]
    assert len(codes) == len(set(codes)) == len(CATEGORY_OF)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("reason", STARTER_REASONS, ids=lambda reason: reason.code)
def test_each_reason_is_labelled_and_described_in_both_languages(reason):
    assert set(reason.labels) == set(reason.descriptions) == {"en", "zh-hans"}
    assert all(len(label) <= 40 for label in reason.labels.values())
    assert reason.descriptions["en"].endswith(".")
    assert reason.descriptions["zh-hans"].endswith("。")


@pytest.mark.parametrize("reason", STARTER_REASONS, ids=lambda reason: reason.code)
def test_avoidable_is_unknown_exactly_where_the_reason_is(reason):
    assert (reason.avoidable == "unknown") == (reason.category is Category.UNRESOLVED)
    assert reason.category is not Category.CIRCUMSTANCES or reason.avoidable in ("no", "partly")


def test_labels_are_unique_in_each_language():
    for language in ("en", "zh-hans"):
        labels = [reason.labels[language] for reason in STARTER_REASONS]
        assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("provider", "code", "reason"),
    [
        ("stripe", "customer_service", "support_quality"),
        ("stripe", "low_quality", "quality_below_expectations"),
        ("stripe", "missing_features", "missing_feature"),
        ("stripe", "too_complex", "hard_to_use"),
        ("stripe", "too_expensive", "price_unprobed"),
        ("stripe", "unused", "unused_unprobed"),
        ("stripe", "switched_service", "switched_unprobed"),
        ("stripe", "other", None),
        ("stripe", "payment_failed", None),
        ("google_play", "2", "bugs_or_reliability"),
        ("google_play", "3", "price_unprobed"),
        ("google_play", "0", None),
        ("revenuecat", "PRICE_INCREASE", "price_unprobed"),
        ("revenuecat", "BILLING_ERROR", None),
        ("revenuecat", "UNSUBSCRIBE", None),
        ("recurly", "Non-payment", None),
        ("chargebee", "no_card", None),
        ("apple", "2", None),
        ("apple", "3", "price_unprobed"),
    ],
)
def test_provider_codes(provider, code, reason):
    assert STARTER_PROVIDER_REASONS[provider][code] == reason


def test_provider_codes_lead_to_reasons_that_exist():
    for codes in STARTER_PROVIDER_REASONS.values():
        assert {reason for reason in codes.values() if reason} <= CATEGORY_OF.keys()


def test_no_failed_payment_is_taken_for_a_stated_reason():
    # "payment_failure" is what a customer writes; a billing system knows only how it ended.
    for codes in STARTER_PROVIDER_REASONS.values():
        assert "payment_failure" not in codes.values()


def test_taxonomy_and_classification_import_no_django():
    folder = Path(__file__).parents[2] / "reasons"
    for file in [folder / "taxonomy.py", *(folder / "classify").rglob("*.py")]:
        assert not re.search(r"^\s*(from|import) django", file.read_text("utf-8"), re.MULTILINE)
