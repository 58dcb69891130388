"""The questions of the default surveys without their words. Keys mean the same for ever.

Both surveys ask the same; the words, a file a language beside this one, differ in tense.
"""

from dataclasses import dataclass

from surveys.models import QuestionKind, QuestionRole, SurveyMoment

SURVEYS = {
    "exit": ("Exit survey", SurveyMoment.LEFT),
    "cancellation": ("Cancellation survey", SurveyMoment.CANCELLING),
}
DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "zh-hans")

REASONS = (
    "price",
    "unused",
    "not_needed",
    "switched",
    "missing_or_broken",
    "hard_or_no_help",
    "other",
)


@dataclass(frozen=True)
class Asked:
    """A question: its choices, and the choice (question, choice) that it is shown under."""

    key: str
    kind: str
    role: str
    screen: int
    choices: tuple[str, ...] = ()
    under: tuple[str, str] | None = None
    required: bool = False
    shuffle: bool = False
    pinned: tuple[str, ...] = ()


def _probe(key: str, under: str, *choices: str) -> Asked:
    return Asked(
        key, QuestionKind.SINGLE, QuestionRole.PROBE, 1, choices, ("reason", under), shuffle=True
    )


def _text(key: str, role: str, screen: int, under: tuple[str, str] | None = None) -> Asked:
    return Asked(key, QuestionKind.TEXT, role, screen, under=under)


QUESTIONS = (
    Asked(
        "reason", QuestionKind.SINGLE, QuestionRole.REASON, 1, REASONS,
        required=True, shuffle=True, pinned=("other",),
    ),
    _probe(
        "price_probe", "price",
        "budget_cut", "not_enough_value", "cheaper_elsewhere", "way_charged",
    ),
    _probe(
        "unused_probe", "unused",
        "no_time", "team_did_not_take_it_up", "never_set_up", "did_not_help", "champion_left",
    ),
    _probe(
        "not_needed_probe", "not_needed",
        "project_ended", "business_closed", "acquired", "person_left", "decided_elsewhere",
        "life_event",
    ),
    _probe(
        "switched_probe", "switched",
        "lacked_something", "works_with_our_tools", "better_results", "better_price",
        "easier_or_better_help", "told_to_use_it",
    ),
    _probe(
        "missing_which", "missing_or_broken",
        "feature", "integration", "bugs", "slow", "set_up", "results", "quality",
    ),
    _probe(
        "hard_which", "hard_or_no_help",
        "hard_to_use", "support", "contract", "changed", "trust", "not_for_us", "treated",
    ),
    _text("reason_text", QuestionRole.REASON_TEXT, 1, ("reason", "other")),
    _text("stuck", QuestionRole.STUCK, 2),
    Asked(
        "contributing", QuestionKind.MULTIPLE, QuestionRole.CONTRIBUTING, 2, REASONS,
        shuffle=True, pinned=("other",),
    ),
    Asked(
        "destination", QuestionKind.SINGLE, QuestionRole.DESTINATION, 2,
        ("product", "open_source", "in_house", "agency", "by_hand", "nothing"),
    ),
    _text("destination_name", QuestionRole.DESTINATION_NAME, 2, ("destination", "product")),
    Asked("open_door", QuestionKind.SINGLE, QuestionRole.OPEN_DOOR, 2, ("yes", "no")),
    _text("did_well", QuestionRole.DID_WELL, 2),
    _text("comment", QuestionRole.COMMENT, 2),
)  # fmt: skip
