"""What there is to find in the sample company.

*Missing integration* rises among shops eleven weeks before the last day, when a shop system
changed its interface and Lindenpost's connector stopped working with it. *Onboarding* falls
fourteen weeks before the last day, when the guided set-up shipped. The rest is noise around
what depends on the stage of life.
"""

SEGMENTS = ("Shop", "Association", "Agency", "Publisher")

CONNECTOR_BROKE_DAYS_AGO = 11 * 7
GUIDED_SETUP_DAYS_AGO = 14 * 7

# Weights of the reasons by stage of life: early, middle, late.
BY_STAGE: dict[str, tuple[float, float, float]] = {
    "onboarding_or_setup": (45, 12, 3),
    "not_adopted": (12, 8, 3),
    "results_not_achieved": (5, 14, 8),
    "missing_feature": (8, 11, 8),
    "missing_integration": (5, 6, 5),
    "bugs_or_reliability": (3, 5, 7),
    "performance": (1, 2, 2),
    "quality_below_expectations": (1, 2, 1),
    "switched_to_competitor_capability": (1, 3, 6),
    "price_or_value_fit": (7, 10, 10),
    "billing_or_contract_terms": (2, 3, 4),
    "support_quality": (4, 5, 6),
    "hard_to_use": (8, 4, 2),
    "trust_privacy_security": (1, 1, 1),
    "communication_or_relationship": (1, 1, 2),
    "product_changed": (0, 2, 6),
    "ads_or_nagging": (1, 1, 1),
    "wrong_fit_for_segment": (4, 2, 1),
    "budget_or_cash_flow": (3, 6, 8),
    "need_ended": (3, 6, 5),
    "business_closed": (1, 3, 5),
    "acquired_or_merged": (0, 1, 4),
    "champion_left": (0, 2, 4),
    "relocated_or_life_event": (1, 1, 1),
    "mandated_elsewhere": (0, 1, 2),
    "unclear": (2, 2, 2),
}
HAZARD_BY_STAGE = (0.058, 0.036, 0.024)
HAZARD_BY_PLAN = {"Starter": 1.3, "Growth": 1.0, "Pro": 0.75, "Business": 0.5}


def monthly_hazard(*, plan: str, segment: str, age: int, days_ago: int) -> float:
    """The chance of leaving within the month, for a customer of ``age`` whole months."""
    hazard = HAZARD_BY_STAGE[_stage(age)] * HAZARD_BY_PLAN[plan]
    if segment == "Agency":
        hazard *= 0.8
    if segment == "Shop" and days_ago <= CONNECTOR_BROKE_DAYS_AGO:
        hazard *= 1.3
    return hazard


def reason_weights(*, segment: str, age: int, days_ago: int) -> dict[str, float]:
    """How likely each reason is for one who asks to leave ``days_ago`` before the last day."""
    weights = {code: stages[_stage(age)] for code, stages in BY_STAGE.items()}
    if days_ago <= CONNECTOR_BROKE_DAYS_AGO:
        weights["missing_integration"] *= 10.0 if segment == "Shop" else 2.0
    if days_ago <= GUIDED_SETUP_DAYS_AGO:
        weights["onboarding_or_setup"] *= 0.15
    return weights


def _stage(age: int) -> int:
    return 0 if age < 3 else 1 if age < 12 else 2
