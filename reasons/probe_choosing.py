"""Which follow-up settles what somebody wrote: the chooser that surveys asks (its registries).

Only where the text alone leaves the category open: it says no more than a word which straddles
the two kinds of reason, or the model hesitates between reasons that one probe tells apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reasons.classify.probes import UNPROBED_LEAF
from reasons.classify.result import Reading
from reasons.model_store import current_model
from reasons.models import ChoiceMapping
from reasons.statements import CLEAR_ENOUGH
from surveys.models import QuestionRole
from surveys.questionnaire import AnswerValue, Question, Questionnaire, taken_choices


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a choice stands for: a reason's code and its category."""

    reason: str
    category: str


# By (question key, choice key), of one survey.
SurveyMeanings = Mapping[tuple[str, str], Meaning]


def choose_probe(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue], text: str, language: str
) -> str:
    """The key of the probe to ask after ``text``, or "". Two queries; a text takes some 6 ms.

    Registered as a ``surveys.registries.ProbeChooser``. "" too where a choice that was taken has a
    meaning already, and where no model is stored.
    """
    meanings = meanings_of(questionnaire.survey)
    reason = questionnaire.reason_question
    chosen = taken_choices(answers.get(reason.key)) if reason else []
    if reason and any((reason.key, choice) in meanings for choice in chosen):
        return ""
    stored = current_model()
    if stored is None:
        return ""
    (reading,) = stored.trained.read([text], [language or None])
    return probe_for(questionnaire, reading, meanings)


def meanings_of(survey: str) -> dict[tuple[str, str], Meaning]:
    """Of the choices of the survey with that key: one query."""
    rows = ChoiceMapping.objects.filter(survey_key=survey).values_list(
        "question_key", "choice_key", "reason__code", "reason__category"
    )
    return {
        (question, choice): Meaning(code, category) for question, choice, code, category in rows
    }


def probe_for(questionnaire: Questionnaire, reading: Reading, meanings: SurveyMeanings) -> str:
    """The probe that settles ``reading``: its key, or "". Pure.

    The one that is asked under a choice which stands for the same open word; or the first one
    whose answers name reasons of two categories between which the reading hesitates.
    """
    probes = [each for each in questionnaire.questions if each.role == QuestionRole.PROBE]
    if reading.needs_probe:
        leaf = UNPROBED_LEAF.get(reading.primary, "")
        return next((each.key for each in probes if _opens_under(each, leaf, meanings)), "")
    if reading.abstained or reading.confidence >= CLEAR_ENOUGH:
        return ""
    between = {reading.primary, *reading.others}
    return next((each.key for each in probes if _tells_apart(each, between, meanings)), "")


def _opens_under(probe: Question, leaf: str, meanings: SurveyMeanings) -> bool:
    """Whether a choice that means ``leaf`` opens the probe."""
    opening = [meanings.get((each.question, each.choice)) for each in probe.conditions]
    return bool(leaf) and any(meaning and meaning.reason == leaf for meaning in opening)


def _tells_apart(probe: Question, reasons: set[str], meanings: SurveyMeanings) -> bool:
    named = [meanings.get((probe.key, choice)) for choice in probe.choice_keys]
    categories = {each.category for each in named if each and each.reason in reasons}
    return len(categories) > 1
