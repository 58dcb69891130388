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
from surveys.default_surveys.templates import INSTALLED, TEMPLATE_OF
from surveys.models import Cancellation

DEFAULT_LANGUAGE = "en"

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

# Of the survey about failed payments. Whose card has expired has not decided anything; whoever
# wanted to stop has given no reason yet and waits for the probe.
_PAYMENT_CHOICES = {
    "card_expired": "payment_failure",
    "did_not_notice": "payment_failure",
    "payment_refused": "payment_failure",
    "money_short": "budget_or_cash_flow",
    "could_not_pay": "billing_or_contract_terms",
    "meant_to_leave": "unclear",
}

# Question -> choice -> reason code, of every template: a key means the same in all of them.
CHOICE_MEANINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "reason": _REASON_CHOICES | _PAYMENT_CHOICES,
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
            "smaller_is_enough": "price_or_value_fit",
            "trial_too_short": "onboarding_or_setup",
        },
        "not_needed_probe": {
            "project_ended": "need_ended",
            "business_closed": "business_closed",
            "acquired": "acquired_or_merged",
            "person_left": "champion_left",
            "decided_elsewhere": "mandated_elsewhere",
            "life_event": "relocated_or_life_event",
            "fewer_people": "need_ended",
            "only_looking": "need_ended",
            "not_now": "need_ended",
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
        "meant_to_leave_probe": {
            "not_enough_value": "price_or_value_fit",
            "not_used": "not_adopted",
            "need_over": "need_ended",
            "better_elsewhere": "switched_to_competitor_capability",
            "missing_or_broken": "missing_feature",
            "hard_or_no_help": "hard_to_use",
        },
    }
)


def meanings_for_template(template: str) -> dict[str, dict[str, str]]:
    """Question -> choice -> reason code, of the choices that ``template`` has.

    KeyError where there is no such template.
    """
    return {
        asked.key: {
            choice: CHOICE_MEANINGS[asked.key][choice]
            for choice in asked.choices
            if choice in CHOICE_MEANINGS[asked.key]
        }
        for asked in TEMPLATE_OF[template].questions
        if asked.key in CHOICE_MEANINGS
    }


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
    return _add(
        ChoiceMapping,
        [
            row
            for template in INSTALLED
            for row in _meanings_of_template(template.key, survey=template.key)
        ],
    )


@transaction.atomic
def copy_meanings(*, from_survey: str, to_survey: str) -> int:
    """Let the choices of ``to_survey`` mean what they mean in the survey that it is made from.

    Both are survey keys; ``from_survey`` may be a template's. What a team has said about that
    survey comes first, then what the template says; what ``to_survey`` has already stays. Needs
    the taxonomy. Rows added; none where neither says anything.
    """
    own = ChoiceMapping.objects.filter(survey_key=from_survey)
    added = _add(
        ChoiceMapping,
        [
            ChoiceMapping(
                survey_key=to_survey,
                question_key=row.question_key,
                choice_key=row.choice_key,
                reason_id=row.reason_id,
            )
            for row in own
        ],
    )
    if from_survey in TEMPLATE_OF:
        added += _add(ChoiceMapping, _meanings_of_template(from_survey, survey=to_survey))
    return added


def _meanings_of_template(template: str, *, survey: str) -> list[ChoiceMapping]:
    """Not saved yet. A reason that a team has deleted is left out."""
    keys = _reason_keys()
    return [
        ChoiceMapping(
            survey_key=survey, question_key=question, choice_key=choice, reason_id=keys[code]
        )
        for question, choices in meanings_for_template(template).items()
        for choice, code in choices.items()
        if code in keys
    ]


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
