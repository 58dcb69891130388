"""What was said about one cancellation, piece by piece, and what a decision makes of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reasons.classify.result import Reading as TextReading
from reasons.models import Category, Source
from surveys.models import QuestionRole

UNCLEAR = "unclear"

# The calibrated probability from which on a free text adds a contributing reason, may contradict
# a choice, and needs nobody to look at it: more likely right than wrong.
CLEAR_ENOUGH = 0.5

# Free text that reasons are read from, the most telling first.
TEXT_ROLES = (QuestionRole.REASON_TEXT, QuestionRole.STUCK, QuestionRole.COMMENT)
READ_ROLES = (
    QuestionRole.REASON,
    QuestionRole.PROBE,
    QuestionRole.CONTRIBUTING,
    *TEXT_ROLES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One reason as it would be counted, and what it was taken from.

    ``is_reading``: taken from free text, by the model. ``is_main``: what a text says in the
    first place; further reasons of the same text are not.
    """

    reason: str
    source: str
    response: int | None = None
    answer: int | None = None
    confidence: float | None = None
    needs_probe: bool = False
    evidence: tuple[int, int] | None = None
    is_reading: bool = False
    is_main: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """The current answer to one question. ``said``: what its text was read as, empty without."""

    answer: int
    response: int
    survey: str
    question: str
    role: str
    choices: tuple[str, ...] = ()
    said: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """What came in with the cancellation. ``kind`` is provider or import; ``name`` the system's."""

    kind: str
    name: str
    code: str = ""
    comment: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An analyst has set the stated primary reason: from then on the machine only proposes.

    ``named``: reasons in the analyst's own rows. ``kept``: contributing reasons of the machine
    that the analyst left standing. ``seen``: every stated reason this cancellation ever had.
    """

    named: frozenset[str]
    kept: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Everything that was said about one cancellation; answers of the newest response first."""

    answers: tuple[GivenAnswer, ...] = ()
    passed_on: PassedOn | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """The team's tables. ``unprobed``: leaf -> the unresolved leaf it counts as until probed."""

    categories: Mapping[str, str]
    choices: Mapping[tuple[str, str, str], str]
    provider: Mapping[tuple[str, str], str | None]
    unprobed: Mapping[str, str]

    def of_choice(self, given: GivenAnswer, choice: str) -> str:
        """The reason's code, "" where the choice means nothing by itself."""
        code = self.choices.get((given.survey, given.question, choice), "")
        return code if code in self.categories else ""

    def of_code(self, passed_on: PassedOn) -> str:
        code = self.provider.get((passed_on.name, passed_on.code)) or ""
        return code if code in self.categories else ""

    def is_resolved(self, reason: str) -> bool:
        return self.categories.get(reason, Category.UNRESOLVED) != Category.UNRESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A classification as it should stand; its perspective is always the stated one."""

    role: str
    statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The primary reason first, if there is one. An analyst's own rows are not among them."""

    proposed: tuple[Proposed, ...] = ()
    wants_review: bool = False


def statements_of(
    reading: TextReading,
    *,
    meanings: Meanings,
    source: str = Source.TEXT,
    response: int | None = None,
    answer: int | None = None,
) -> tuple[Statement, ...]:
    """A text's reasons as they are counted: unresolved where the text needs a probe.

    The model's confidence is in the first reason's category, so the further reasons carry none.
    """
    main = reading.primary
    if reading.needs_probe:
        main = meanings.unprobed.get(main, UNCLEAR)
    if reading.abstained or main not in meanings.categories:
        main = UNCLEAR
    first = Statement(
        reason=main,
        source=source,
        response=response,
        answer=answer,
        confidence=reading.confidence,
        needs_probe=reading.needs_probe,
        evidence=None if main == UNCLEAR else reading.evidence,
        is_reading=True,
    )
    others = () if reading.confidence < CLEAR_ENOUGH else reading.others
    further = replace(first, confidence=None, needs_probe=False, evidence=None, is_main=False)
    return first, *(replace(further, reason=code) for code in others if code in meanings.categories)
