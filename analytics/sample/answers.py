"""How the sample company's leaving customers answer: which choices they take, what they type."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

VERBATIMS = Path(__file__).with_name("verbatims.csv")
# How a reason comes out in the survey: the choice, then the follow-up that settles it.
WAYS_TO_SAY: dict[str, list[tuple[str, str, str]]] = {
    "budget_or_cash_flow": [("price", "price_probe", "budget_cut")],
    "price_or_value_fit": [
        ("price", "price_probe", "not_enough_value"),
        ("price", "price_probe", "cheaper_elsewhere"),
        ("switched", "switched_probe", "better_price"),
    ],
    "billing_or_contract_terms": [
        ("price", "price_probe", "way_charged"),
        ("hard_or_no_help", "hard_which", "contract"),
    ],
    "not_adopted": [
        ("unused", "unused_probe", "no_time"),
        ("unused", "unused_probe", "team_did_not_take_it_up"),
    ],
    "onboarding_or_setup": [
        ("missing_or_broken", "missing_which", "set_up"),
        ("unused", "unused_probe", "never_set_up"),
    ],
    "results_not_achieved": [
        ("missing_or_broken", "missing_which", "results"),
        ("unused", "unused_probe", "did_not_help"),
    ],
    "champion_left": [("not_needed", "not_needed_probe", "person_left")],
    "need_ended": [("not_needed", "not_needed_probe", "project_ended")],
    "business_closed": [("not_needed", "not_needed_probe", "business_closed")],
    "acquired_or_merged": [("not_needed", "not_needed_probe", "acquired")],
    "mandated_elsewhere": [("not_needed", "not_needed_probe", "decided_elsewhere")],
    "relocated_or_life_event": [("not_needed", "not_needed_probe", "life_event")],
    "missing_feature": [
        ("missing_or_broken", "missing_which", "feature"),
        ("switched", "switched_probe", "lacked_something"),
    ],
    "missing_integration": [
        ("missing_or_broken", "missing_which", "integration"),
        ("switched", "switched_probe", "works_with_our_tools"),
    ],
    "switched_to_competitor_capability": [("switched", "switched_probe", "better_results")],
    "bugs_or_reliability": [("missing_or_broken", "missing_which", "bugs")],
    "performance": [("missing_or_broken", "missing_which", "slow")],
    "quality_below_expectations": [("missing_or_broken", "missing_which", "quality")],
    "hard_to_use": [("hard_or_no_help", "hard_which", "hard_to_use")],
    "support_quality": [("hard_or_no_help", "hard_which", "support")],
    "product_changed": [("hard_or_no_help", "hard_which", "changed")],
    "trust_privacy_security": [("hard_or_no_help", "hard_which", "trust")],
    "wrong_fit_for_segment": [("hard_or_no_help", "hard_which", "not_for_us")],
    "communication_or_relationship": [("hard_or_no_help", "hard_which", "treated")],
}
AMBIGUOUS = {"price", "unused", "not_needed", "switched"}
# The connector's trouble has names; nobody can have used them before it began.
NAMED_SINCE_CONNECTOR_BROKE = ("kassenwerk", "storeloom", "对接", "断开")


class Verbatims:
    """The made-up sentences, dealt out so that none comes again before all have been used."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._all: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._left: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        with VERBATIMS.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self._all[row["language"], row["kind"], row["reason"]].append(row["text"])

    def deal(self, language: str, kind: str, reason: str, *, connector_broke: bool = True) -> str:
        """A sentence, or "" where there is none of this kind for this reason."""
        key = (language[:2], kind, reason)
        if not self._left[key]:
            self._left[key] = list(self._all.get(key, []))
            self._random.shuffle(self._left[key])
        for index, text in enumerate(self._left[key]):
            if connector_broke or not any(
                name in text.lower() for name in NAMED_SINCE_CONNECTOR_BROKE
            ):
                return self._left[key].pop(index)
        return ""


class Respondents:
    """Makes what each respondent sends, screen by screen, as a browser would post it."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._verbatims = Verbatims(random)

    def first_screen(
        self, *, reason: str, language: str, connector_broke: bool
    ) -> dict[str, str | list[str]]:
        """Answers by question key. One in six writes instead of choosing."""
        ways = WAYS_TO_SAY.get(reason, [])
        if not ways or self._chance(0.16):
            text = self._verbatims.deal(language, "main", reason, connector_broke=connector_broke)
            return {"reason": "other", "reason_text": text}
        choice, probe, meaning = ways[int(self._random.integers(len(ways)))]
        # Some go on without the follow-up; what they meant is then not known.
        probed = self._chance(0.8 if choice in AMBIGUOUS else 0.93)
        said: dict[str, str | list[str]] = {"reason": choice}
        if probed:
            said[probe] = meaning
        return said

    def second_screen(
        self,
        *,
        reason: str,
        first: dict[str, str | list[str]],
        language: str,
        connector_broke: bool,
    ) -> dict[str, str | list[str]] | None:
        """Answers of the optional screen; None where it is not sent, as by half of them."""
        if not self._chance(0.5):
            return None
        said: dict[str, str | list[str]] = {}
        if self._chance(0.55) and "reason_text" not in first:
            said["comment"] = self._verbatims.deal(
                language, "main", reason, connector_broke=connector_broke
            )
        if self._chance(0.35):
            said["stuck"] = self._verbatims.deal(
                language, "stuck", reason, connector_broke=connector_broke
            )
        if self._chance(0.25):
            said["contributing"] = [self._other_choice(str(first["reason"]))]
        if self._chance(0.4):
            where = ["product", "open_source", "in_house", "agency", "by_hand", "nothing"]
            said["destination"] = where[
                int(self._random.choice(6, p=[0.5, 0.06, 0.08, 0.1, 0.1, 0.16]))
            ]
            if said["destination"] == "product":
                said["destination_name"] = self._verbatims.deal(language, "instead", "")
        if self._chance(0.5):
            said["open_door"] = "yes" if self._chance(0.55) else "no"
        if self._chance(0.3):
            said["did_well"] = self._verbatims.deal(language, "did_well", "")
        return {key: value for key, value in said.items() if value} or None

    def _other_choice(self, taken: str) -> str:
        others = [
            key
            for key in ("price", "unused", "missing_or_broken", "hard_or_no_help")
            if key != taken
        ]
        return others[int(self._random.integers(len(others)))]

    def _chance(self, probability: float) -> bool:
        return bool(self._random.random() < probability)
