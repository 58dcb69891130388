"""The questions of the default surveys without their words. Keys mean the same for ever.

Each survey names its questions in order. What several of them ask is written once, and so are
its words: a file a language beside this one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from surveys.models import QuestionKind, QuestionRole

# A question's key and one of its choices.
Taken = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """A question: its choices, and the choices that it is shown under, any of them.

    ``labelled_as``: the question that has the same choices, and their words.
    """

    key: str
    kind: str
    role: str
    screen: int
    choices: tuple[str, ...] = ()
    under: tuple[Taken, ...] = ()
    required: bool = False
    shuffle: bool = False
    pinned: tuple[str, ...] = ()
    labelled_as: str = ""


def _reason(*choices: str) -> Asked:
    return Asked(
        "reason", QuestionKind.SINGLE, QuestionRole.REASON, 1, (*choices, "other"),
        required=True, shuffle=True, pinned=("other",),
    )  # fmt: skip


def _under_reasons(*choices: str) -> tuple[Taken, ...]:
    return tuple(("reason", choice) for choice in choices)


def _probe(key: str, under: str, *choices: str) -> Asked:
    return Asked(
        key, QuestionKind.SINGLE, QuestionRole.PROBE, 1, choices, _under_reasons(under),
        shuffle=True,
    )  # fmt: skip


def _text(key: str, role: str, screen: int = 2, under: tuple[Taken, ...] = ()) -> Asked:
    return Asked(key, QuestionKind.TEXT, role, screen, under=under)


def _with_choices(asked: Asked, *choices: str) -> Asked:
    return replace(asked, choices=choices)


def _with_questions(questions: Iterable[Asked], *changed: Asked) -> tuple[Asked, ...]:
    """The same questions, those of the same key as a changed one replaced by it."""
    by_key = {asked.key: asked for asked in changed}
    return tuple(by_key.get(asked.key, asked) for asked in questions)


# --- the first screen: the reason, and under it what it means ---

REASON = _reason(
    "price", "unused", "not_needed", "switched", "missing_or_broken", "hard_or_no_help"
)
PRICE = _probe(
    "price_probe", "price",
    "budget_cut", "not_enough_value", "cheaper_elsewhere", "way_charged",
)  # fmt: skip
UNUSED = _probe(
    "unused_probe", "unused",
    "no_time", "team_did_not_take_it_up", "never_set_up", "did_not_help", "champion_left",
)  # fmt: skip
NOT_NEEDED = _probe(
    "not_needed_probe", "not_needed",
    "project_ended", "business_closed", "acquired", "person_left", "decided_elsewhere",
    "life_event",
)  # fmt: skip
SWITCHED = _probe(
    "switched_probe", "switched",
    "lacked_something", "works_with_our_tools", "better_results", "better_price",
    "easier_or_better_help", "told_to_use_it",
)  # fmt: skip
MISSING = _probe(
    "missing_which", "missing_or_broken",
    "feature", "integration", "bugs", "slow", "set_up", "results", "quality",
)  # fmt: skip
HARD = _probe(
    "hard_which", "hard_or_no_help",
    "hard_to_use", "support", "contract", "changed", "trust", "not_for_us", "treated",
)  # fmt: skip
OTHER = _text("reason_text", QuestionRole.REASON_TEXT, 1, _under_reasons("other"))

FIRST_SCREEN = (REASON, PRICE, UNUSED, NOT_NEEDED, SWITCHED, MISSING, HARD, OTHER)

# --- the second screen: all of it can be left out ---

# Nobody got stuck in what they no longer needed.
STUCK = _text(
    "stuck", QuestionRole.STUCK,
    under=_under_reasons(
        "price", "unused", "switched", "missing_or_broken", "hard_or_no_help", "other"
    ),
)  # fmt: skip
CONTRIBUTING = Asked(
    "contributing", QuestionKind.MULTIPLE, QuestionRole.CONTRIBUTING, 2, REASON.choices,
    shuffle=True, pinned=("other",), labelled_as="reason",
)  # fmt: skip
# Whoever hardly used it, or needs it no more, seldom has anything in its place.
DESTINATION = Asked(
    "destination", QuestionKind.SINGLE, QuestionRole.DESTINATION, 2,
    ("product", "open_source", "in_house", "agency", "by_hand", "nothing"),
    _under_reasons("price", "switched", "missing_or_broken", "hard_or_no_help", "other"),
)  # fmt: skip
DESTINATION_NAME = _text(
    "destination_name", QuestionRole.DESTINATION_NAME, under=(("destination", "product"),)
)
# Only where it is in our hands to change what they left for.
OPEN_DOOR = Asked(
    "open_door", QuestionKind.SINGLE, QuestionRole.OPEN_DOOR, 2, ("yes", "no"),
    _under_reasons("price", "switched", "missing_or_broken", "hard_or_no_help"),
)  # fmt: skip
DID_WELL = _text("did_well", QuestionRole.DID_WELL)
COMMENT = _text("comment", QuestionRole.COMMENT)

LEAVING = (
    *FIRST_SCREEN,
    STUCK,
    CONTRIBUTING,
    DESTINATION,
    DESTINATION_NAME,
    OPEN_DOOR,
    DID_WELL,
    COMMENT,
)

# A customer who stays in part: what was given up may simply have been more than was needed.
CUTTING_BACK = (
    *_with_questions(
        FIRST_SCREEN,
        _with_choices(UNUSED, "smaller_is_enough", *UNUSED.choices),
        _with_choices(
            NOT_NEEDED,
            "project_ended", "fewer_people", "acquired", "person_left", "decided_elsewhere",
            "life_event",
        ),
    ),
    STUCK,
    CONTRIBUTING,
    replace(DESTINATION, under=_under_reasons("switched")),
    DESTINATION_NAME,
    OPEN_DOOR,
    COMMENT,
)  # fmt: skip

# A trial that nobody paid for afterwards: there was no budget to cut and no habit to lose.
NOT_CONVERTED = (
    *_with_questions(
        FIRST_SCREEN,
        _with_choices(
            UNUSED,
            "no_time", "trial_too_short", "team_did_not_take_it_up", "never_set_up",
            "did_not_help",
        ),
        _with_choices(
            NOT_NEEDED,
            "only_looking", "not_now", "project_ended", "person_left", "decided_elsewhere",
            "life_event",
        ),
    ),
    STUCK,
    CONTRIBUTING,
    DESTINATION,
    DESTINATION_NAME,
    OPEN_DOOR,
    COMMENT,
)  # fmt: skip

# A payment that failed: most did not mean to leave. Whoever did says why in one step, so each
# of those choices decides by itself.
PAYMENT_TROUBLES = (
    "card_expired",
    "did_not_notice",
    "payment_refused",
    "money_short",
    "could_not_pay",
)
UNPAID = (
    _reason(*PAYMENT_TROUBLES, "meant_to_leave"),
    _probe(
        "meant_to_leave_probe", "meant_to_leave",
        "not_enough_value", "not_used", "need_over", "better_elsewhere", "missing_or_broken",
        "hard_or_no_help",
    ),
    OTHER,
    replace(OPEN_DOOR, under=_under_reasons(*PAYMENT_TROUBLES, "other")),
    COMMENT,
)  # fmt: skip

# Survey -> its questions in the order in which they are asked.
SURVEYS: dict[str, tuple[Asked, ...]] = {
    "exit": LEAVING,
    "cancellation": LEAVING,
    "downgrade": CUTTING_BACK,
    "trial_ended": NOT_CONVERTED,
    "payment_failed": UNPAID,
}
