"""Doors through which upper rooms reach into this one, filled in ``AppConfig.ready``."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django import forms

    from surveys.models import Customer, SurveyVersion
    from surveys.questionnaire import AnswerValue, Questionnaire

# Called with a draft version before it is published; each returned sentence stops it.
PublishCheck = Callable[["SurveyVersion"], Sequence[str]]
publish_checks: list[PublishCheck] = []

# Called as (questionnaire, answers by question key, text, language) where the reason stands in
# ``text`` alone; names the probe of that questionnaire that would settle it (its key), or "".
# Runs in a thread of its own; one that fails or takes too long is skipped.
ProbeChooser = Callable[["Questionnaire", Mapping[str, "AnswerValue"], str, str], str]
probe_choosers: list[ProbeChooser] = []

# Erases what upper rooms hold about a customer; returns what was erased, as {"what": count}.
Eraser = Callable[["Customer"], dict[str, int]]
erasers: list[Eraser] = []


class SurveyCopier(Protocol):
    """Called after a survey was made from another one, or from a template of that key.

    Lets its choices mean what they mean there; returns how many rows were added.
    """

    def __call__(self, *, from_survey: str, to_survey: str) -> int: ...


survey_copiers: list[SurveyCopier] = []


class ChoiceField(Protocol):
    """A field that an upper room adds to every choice in the survey editor.

    It keeps its values itself, by survey, question and choice key. ``name`` is the field's name
    in forms; values are strings as a form sends them, "" for none.
    """

    name: str

    def applies_to(self, role: str) -> bool:
        """Whether choices of questions with this role have the field."""

    def may_change(self, user: Any) -> bool: ...

    def form_field(self) -> "forms.Field":
        """A new one, with label and help text; one or two queries."""

    def values(self, survey: str, question: str) -> Mapping[str, str]:
        """By choice key, of one question."""

    def in_words(self, survey: str) -> Mapping[tuple[str, str], str]:
        """What is said beside each choice of the survey when it is read: (question, choice)."""

    def save(self, *, survey: str, question: str, values: Mapping[str, str]) -> int:
        """Values by choice key; choices not named keep theirs. How many changed."""


choice_fields: list[ChoiceField] = []

# Given a user and the keys of cancellations, what upper rooms have to say about each of them in a
# customer's history, in words; says nothing to a user who may not read it.
CancellationNotes = Callable[[Any, Sequence[int]], Mapping[int, list[str]]]
cancellation_notes: list[CancellationNotes] = []
