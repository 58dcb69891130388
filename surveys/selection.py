"""Selection rates: how many took a choice, of those who were shown it.

A rate over everybody would fall whenever a choice is added or a condition hides a question. So
each choice is counted over the answers whose displayed order holds it, whatever the version.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast

from surveys.calendar import local_midnight
from surveys.models import Answer, Response, Survey, SurveyVersion
from surveys.models.responses import ResponseQuerySet
from surveys.questionnaire import Questionnaire

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChoiceRate:
    """``taken`` of the ``shown``; whoever answered without this choice was shown it, too."""

    key: str
    label: str
    shown: int
    taken: int

    @property
    def rate(self) -> float | None:
        """A part from 0 to 1; None where nobody was shown the choice."""
        return self.taken / self.shown if self.shown else None


@dataclass(frozen=True, slots=True)
class QuestionChoices:
    """The choices of one question, in the newest version's order; retired ones come after.

    ``answered`` counts the answers that the choices were displayed for.
    """

    key: str
    label: str
    answered: int
    choices: tuple[ChoiceRate, ...]


def selection_rates(
    *,
    survey: Survey,
    question: str,
    first: dt.date,
    last: dt.date,
    version: SurveyVersion | None = None,
    language: str = "en",
) -> list[ChoiceRate]:
    """The choices of ``question`` (its key) in ``survey``, answers submitted in the period.

    From ``first`` to ``last``, both included, in the organisation's days; of one ``version`` or
    of all. Labels in ``language`` where the survey speaks it. Empty where the question has no
    choices or no version has it. Tests never count, and of revised answers only the current one
    does. Two queries.
    """
    responses = Response.objects.counted().filter(
        survey_version__survey=survey,
        submitted_at__gte=local_midnight(first),
        submitted_at__lt=local_midnight(last + DAY),
    )
    if version is not None:
        responses = responses.filter(survey_version=version)
        versions: Iterable[SurveyVersion] = [version]
    else:
        versions = survey.versions.filter(published_at__isnull=False)
    for each in count_selections(responses, versions, language=language, only=question):
        return list(each.choices)
    return []


def count_selections(
    responses: ResponseQuerySet,
    versions: Iterable[SurveyVersion],
    *,
    language: str,
    only: str = "",
) -> list[QuestionChoices]:
    """Every question with choices (or the one of key ``only``) in order. One query.

    ``responses`` decide what is counted; ``versions`` (of one survey) give words and order.
    """
    shown, taken, answered = _counts(responses, only)
    counted: dict[str, QuestionChoices] = {}
    newest_first = sorted(versions, key=lambda version: -version.number)
    labels = _labels(newest_first, language)
    for question, (label, choices) in labels.items():
        if only and question != only:
            continue
        counted[question] = QuestionChoices(
            key=question,
            label=label,
            answered=answered[question],
            choices=tuple(
                ChoiceRate(key, words, shown[question, key], taken[question, key])
                for key, words in choices.items()
            ),
        )
    return list(counted.values())


def _labels(
    versions: Iterable[SurveyVersion], language: str
) -> dict[str, tuple[str, dict[str, str]]]:
    """By question key its label and its choices' labels, each in the first version's words."""
    labels: dict[str, tuple[str, dict[str, str]]] = {}
    for version in versions:
        questionnaire = Questionnaire.from_definition(version.definition)
        for question in questionnaire.questions:
            if not question.has_choices:
                continue
            words = questionnaire.question_words(question, language)
            _, choices = labels.setdefault(question.key, (words.label, {}))
            for choice in question.choices:
                choices.setdefault(choice.key, questionnaire.choice_label(choice, language))
    return labels


def _counts(
    responses: ResponseQuerySet, only: str
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]], Counter[str]]:
    """Shown and taken by (question, choice), answered by question."""
    answers = (
        Answer.objects.current()
        .filter(response__in=responses.submitted().order_by().values("pk"))
        .exclude(displayed=[])
    )
    if only:
        answers = answers.filter(question__key=only)
    # As text: the same few orders and choices come again and again, and are read once.
    alike = Counter(
        answers.order_by()
        .annotate(
            displayed_text=Cast("displayed", TextField()), choices_text=Cast("choices", TextField())
        )
        .values_list("question__key", "displayed_text", "choices_text")
        .iterator(chunk_size=5_000)
    )
    shown: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    answered: Counter[str] = Counter()
    for (question, displayed, choices), people in alike.items():
        answered[question] += people
        on_screen = set(json.loads(displayed))
        for choice in on_screen:
            shown[question, choice] += people
        for choice in on_screen.intersection(json.loads(choices)):
            taken[question, choice] += people
    return shown, taken, answered
