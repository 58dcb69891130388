"""What every installation begins with: the taxonomy, and what choices and codes mean.

Rows that are there already are the team's, whatever has become of them: nothing is overwritten.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db import models, transaction

from reasons.models import ChoiceMapping, ProviderMapping, Reason, ReasonText
from reasons.services import read_again
from reasons.taxonomy import STARTER_PROVIDER_REASONS, STARTER_REASONS
from surveys.models import Cancellation

DEFAULT_LANGUAGE = "en"
# Both default surveys ask the same questions, in the past and in the present tense.
DEFAULT_SURVEYS = ("exit", "cancellation")

# The first four straddle the two kinds of reason and wait for their probe. "other" stands
# nowhere: what is written after it decides.
_REASON_CHOICES = {
    "price": "price_unprobed",
    "unused": "unused_unprobed",
    "not_needed": "not_needed_unprobed",
    "switched": "switched_unprobed",
    "missing_or_broken": "missing_feature",
    "hard_or_no_help": "hard_to_use",
}

# Question -> choice -> reason code.
CHOICE_MEANINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "reason": _REASON_CHOICES,
        "contributing": _REASON_CHOICES,
        "price_probe": {
            "budget_cut": "budget_or_cash_flow",
            "not_enough_value": "price_or_value_fit",
            "cheaper_elsewhere": "price_or_value_fit",
            "way_charged": "billing_or_contract_terms",
        },
        "unused_probe": {
            "no_time": "not_adopted",
            "team_did_not_take_it_up": "not_adopted",
            "never_set_up": "onboarding_or_setup",
            "did_not_help": "results_not_achieved",
            "champion_left": "champion_left",
        },
        "not_needed_probe": {
            "project_ended": "need_ended",
            "business_closed": "business_closed",
            "acquired": "acquired_or_merged",
            "person_left": "champion_left",
            "decided_elsewhere": "mandated_elsewhere",
            "life_event": "relocated_or_life_event",
        },
        "switched_probe": {
            "lacked_something": "missing_feature",
            "works_with_our_tools": "missing_integration",
            "better_results": "switched_to_competitor_capability",
            "better_price": "price_or_value_fit",
            "easier_or_better_help": "hard_to_use",
            "told_to_use_it": "mandated_elsewhere",
        },
        "missing_which": {
            "feature": "missing_feature",
            "integration": "missing_integration",
            "bugs": "bugs_or_reliability",
            "slow": "performance",
            "set_up": "onboarding_or_setup",
            "results": "results_not_achieved",
            "quality": "quality_below_expectations",
        },
        "hard_which": {
            "hard_to_use": "hard_to_use",
            "support": "support_quality",
            "contract": "billing_or_contract_terms",
            "changed": "product_changed",
            "trust": "trust_privacy_security",
            "not_for_us": "wrong_fit_for_segment",
            "treated": "communication_or_relationship",
        },
    }
)


@transaction.atomic
def install_defaults() -> dict[str, int]:
    """Taxonomy, meanings of choices and of providers' codes; how many rows were added of each."""
    return {
        **install_taxonomy(),
        "choice_meanings": install_choice_meanings(),
        "provider_meanings": install_provider_meanings(),
    }


@transaction.atomic
def install_taxonomy() -> dict[str, int]:
    """The starter reasons and their labels in other languages; how many rows were added."""
    reasons = _add(
        Reason,
        [
            Reason(
                code=starter.code,
                category=starter.category,
                label=starter.labels[DEFAULT_LANGUAGE],
                description=starter.descriptions[DEFAULT_LANGUAGE],
                avoidable=starter.avoidable,
                position=position,
            )
            for position, starter in enumerate(STARTER_REASONS, start=1)
        ],
    )
    keys = _reason_keys()
    texts = _add(
        ReasonText,
        [
            ReasonText(
                reason_id=keys[starter.code],
                language=language,
                label=label,
                description=starter.descriptions[language],
            )
            for starter in STARTER_REASONS
            for language, label in starter.labels.items()
            if language != DEFAULT_LANGUAGE
        ],
    )
    return {"reasons": reasons, "reason_texts": texts}


def install_choice_meanings() -> int:
    """What the choices of the default surveys mean; needs the taxonomy. Rows added."""
    keys = _reason_keys()
    return _add(
        ChoiceMapping,
        [
            ChoiceMapping(
                survey_key=survey,
                question_key=question,
                choice_key=choice,
                reason_id=keys[code],
            )
            for survey in DEFAULT_SURVEYS
            for question, choices in CHOICE_MEANINGS.items()
            for choice, code in choices.items()
        ],
    )


def install_provider_meanings() -> int:
    """What billing systems' codes mean; needs the taxonomy. Rows added.

    Cancellations that came in with such a code before it had a meaning are read again.
    """
    keys = _reason_keys()
    added = _add(
        ProviderMapping,
        [
            ProviderMapping(
                source=source,
                provider_reason=said,
                reason_id=None if code is None else keys[code],
            )
            for source, codes in STARTER_PROVIDER_REASONS.items()
            for said, code in codes.items()
        ],
    )
    if added:
        read_again(
            Cancellation.objects.filter(source__in=STARTER_PROVIDER_REASONS).exclude(
                provider_reason=""
            )
        )
    return added


def _reason_keys() -> dict[str, int]:
    return dict(Reason.objects.values_list("code", "pk"))


def _add(model: Any, rows: Iterable[models.Model]) -> int:
    """Add the rows whose key is not there yet; the constraint settles which those are."""
    before: int = model.objects.count()
    model.objects.bulk_create(rows, ignore_conflicts=True)
    after: int = model.objects.count()
    return after - before
