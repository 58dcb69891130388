"""What a survey has asked before, so that a key never comes to mean something else."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.utils.text import slugify

from surveys.models import Survey
from surveys.questionnaire import Choice, Question, Questionnaire

KEY_LENGTH = 40


@dataclass(frozen=True)
class Earlier:
    """Questions and choices of all published versions, as each was last asked."""

    questions: Mapping[str, Question] = field(default_factory=dict)
    # By the key of their question, then by their own.
    choices: Mapping[str, Mapping[str, Choice]] = field(default_factory=dict)
    # Every wording that a question, or a choice (question, choice), has had, in small letters.
    wordings: Mapping[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def question_key(self, wording: str, *, taken: Collection[str]) -> str:
        """For a new question: its own key again if it was asked before, else one never used."""
        return self._key(wording, (), list(self.questions), taken, "question")

    def choice_key(self, question: str, wording: str, *, taken: Collection[str]) -> str:
        """For a new choice of ``question``; the same rule."""
        used = list(self.choices.get(question, {}))
        return self._key(wording, (question,), used, taken, "choice")

    def _key(
        self,
        wording: str,
        parent: tuple[str, ...],
        used: list[str],
        taken: Collection[str],
        fallback: str,
    ) -> str:
        said = _small(wording)
        for key in used:
            if key not in taken and said in self.wordings.get((*parent, key), ()):
                return key
        stem = key_from(wording) or fallback
        candidate, number = stem, 2
        while candidate in taken or candidate in used:
            candidate, number = f"{stem}_{number}", number + 1
        return candidate


def earlier_of(survey: Survey) -> Earlier:
    """Of all the survey's published versions. One query."""
    definitions = (
        survey.versions.filter(published_at__isnull=False)
        .order_by("number")
        .values_list("definition", flat=True)
    )
    return earlier_in([Questionnaire.from_definition(each) for each in definitions])


def earlier_in(questionnaires: list[Questionnaire]) -> Earlier:
    """Of these, oldest first."""
    questions: dict[str, Question] = {}
    choices: dict[str, dict[str, Choice]] = {}
    wordings: dict[tuple[str, ...], set[str]] = {}
    for questionnaire in questionnaires:
        for question in questionnaire.questions:
            questions[question.key] = question
            said = wordings.setdefault((question.key,), set())
            said.update(_small(words.label) for words in question.words.values())
            offered = choices.setdefault(question.key, {})
            for choice in question.choices:
                offered[choice.key] = choice
                labels = wordings.setdefault((question.key, choice.key), set())
                labels.update(map(_small, choice.labels.values()))
    return Earlier(questions, choices, {key: frozenset(said) for key, said in wordings.items()})


def key_from(wording: str) -> str:
    """``It cost too much`` -> ``it_cost_too_much``; empty where no letter of it is ASCII."""
    words = re.sub(r"['’]", "", wording)
    key = slugify(words).replace("-", "_")
    if len(key) > KEY_LENGTH:
        key = key[:KEY_LENGTH].rpartition("_")[0] or key[:KEY_LENGTH]
    return key.strip("_")


def _small(wording: str) -> str:
    return " ".join(wording.casefold().split())
