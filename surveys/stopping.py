"""Which questions were shown, answered, and left: where people stop.

A question was shown to whom it was open (its conditions held, or the written reason called for
it) and whose screen was reached. Screens that were sent show in their answers; after a screen
that was sent comes the next of the path. A screen in the middle that was sent without any answer
leaves no trace, so that whoever stopped after it counts as stopped on it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import BooleanField, Case, ExpressionWrapper, Q, TextField, Value, When
from django.db.models.functions import Cast

from surveys.models import Answer, ConditionTest, Question, SurveyVersion
from surveys.models.responses import ResponseQuerySet
from surveys.paths import SETTLING, is_settled_apart, path
from surveys.questionnaire import AnswerValue, Questionnaire
from surveys.questionnaire import Question as AskedQuestion

# Stands for an answer of which others only ask whether there is one.
SOMETHING = "…"
CHUNK = 5_000
# Question keys, each with its value where another question rests on it, else SOMETHING.
Told = tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class QuestionFunnel:
    """A question over all versions in sight, in the newest one's words.

    ``unsent``: filled in and never sent, no part of ``answered``. ``stopped``: went no further,
    and did not complete.
    """

    question: AskedQuestion
    questionnaire: Questionnaire
    shown: int = 0
    answered: int = 0
    unsent: int = 0
    stopped: int = 0

    @property
    def share(self) -> float | None:
        """Answered / shown."""
        return self.answered / self.shown if self.shown else None


@dataclass(frozen=True, slots=True)
class Progress:
    """What one response shows; hashable, so that responses alike are looked at once."""

    is_submitted: bool
    is_completed: bool
    text_probe: str
    sent: Told
    unsent: Told


@dataclass(frozen=True, slots=True)
class Way:
    """Keys of the questions that were shown, and of the one where it ended ("": completed)."""

    shown: frozenset[str]
    stopped: str


def way_of(questionnaire: Questionnaire, progress: Progress) -> Way:
    """How far ``progress`` came in ``questionnaire``. Pure."""
    values: dict[str, AnswerValue] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in (*progress.sent, *progress.unsent)
    }
    asked = _asked(questionnaire, values, progress.text_probe)
    given, touched = _keys(progress.sent), _keys(progress.unsent)
    # How many screens were sent: up to the last one with an answer, and the first for certain.
    sent = max((place for key, place in asked if key in given), default=0) + 1
    sent *= progress.is_submitted
    if progress.is_completed or (progress.is_submitted and all(at < sent for _, at in asked)):
        return Way(frozenset(_keys(asked) | given), "")
    done = [at for at, (key, place) in enumerate(asked) if place < sent or key in touched]
    furthest = done[-1] if done else -1
    # The first one that was not come past, or, with all filled in, the last one, never sent.
    stopped, reached = asked[min(furthest + 1, len(asked) - 1)] if asked else ("", 0)
    shown = {key for key, place in asked if place <= max(reached, sent - 1)}
    return Way(frozenset(shown | given | touched), stopped)


def _asked(
    questionnaire: Questionnaire, values: Mapping[str, AnswerValue], text_probe: str
) -> list[tuple[str, int]]:
    """The open questions' keys in order, each with its screen's place in the path, from 0."""
    opened = questionnaire.open_questions(values, text_probe=text_probe)
    apart = is_settled_apart(questionnaire, values, text_probe)
    places = {
        screen: place
        for place, screen in enumerate(path(questionnaire, values, text_probe=text_probe))
    }
    return sorted(
        (
            (each.key, places[SETTLING if apart and each.key == text_probe else each.screen])
            for each in questionnaire.questions
            if each.key in opened
        ),
        key=itemgetter(1),
    )


def _keys(pairs: Iterable[tuple[str, Any]]) -> set[str]:
    return {key for key, _ in pairs}


@dataclass(slots=True)
class _Version:
    """What is read of a version, once."""

    questionnaire: Questionnaire
    ways: dict[Progress, Way] = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, str]:
        """How the questions that others rest on are read, by key."""
        return {
            condition.question: condition.test
            for question in self.questionnaire.questions
            for condition in question.conditions
        }

    def way(self, progress: Progress) -> Way:
        if progress not in self.ways:
            self.ways[progress] = way_of(self.questionnaire, progress)
        return self.ways[progress]


def count_questions(
    responses: ResponseQuerySet, versions: Iterable[SurveyVersion]
) -> list[QuestionFunnel]:
    """The questions of ``versions`` (of one survey) in order, the newest version's first.

    ``responses`` have been started; those of other versions are left out. Three queries.
    """
    read = {
        version.pk: _Version(Questionnaire.from_definition(version.definition))
        for version in sorted(versions, key=lambda version: -version.number)
    }
    counted: dict[str, QuestionFunnel] = {}
    for version in read.values():
        for question in version.questionnaire.questions:
            counted.setdefault(question.key, QuestionFunnel(question, version.questionnaire))
    alike: Counter[tuple[int, Progress]] = Counter(_progress(responses, read))
    for (version_id, progress), people in alike.items():
        way = read[version_id].way(progress)
        for key in way.shown & counted.keys():
            counted[key].shown += people
        given = {key for key, _ in progress.sent} & counted.keys()
        for key in given:
            counted[key].answered += people
        for key in {key for key, _ in progress.unsent} & counted.keys() - given:
            counted[key].unsent += people
        if way.stopped:
            counted[way.stopped].stopped += people
    return list(counted.values())


def _progress(
    responses: ResponseQuerySet, read: Mapping[int, _Version]
) -> Iterator[tuple[int, Progress]]:
    """Each response's version and progress. JSON comes as text: it is often the same."""
    sent = _sent_answers(responses, read)
    sources = {pk: version.sources for pk, version in read.items()}
    filled_in: dict[tuple[int, str], Told] = {}
    rows = responses.order_by().annotate(
        is_submitted=_is_known("submitted_at"),
        is_completed=_is_known("completed_at"),
        unsent_text=Cast("unsent", TextField()),
    )
    for pk, version_id, is_submitted, is_completed, text_probe, unsent in rows.values_list(
        *("pk", "survey_version_id", "is_submitted", "is_completed", "text_probe", "unsent_text")
    ).iterator(chunk_size=CHUNK):
        if version_id not in read:
            continue
        if (version_id, unsent) not in filled_in:
            filled_in[version_id, unsent] = _told(json.loads(unsent), sources[version_id])
        yield (
            version_id,
            Progress(
                is_submitted=is_submitted,
                is_completed=is_completed,
                text_probe=text_probe,
                sent=tuple(sorted(sent.get(pk, ()), key=itemgetter(0))),
                unsent=filled_in[version_id, unsent],
            ),
        )


def _sent_answers(
    responses: ResponseQuerySet, read: Mapping[int, _Version]
) -> dict[int, list[tuple[str, Any]]]:
    """The current answers of each response."""
    questions = Question.objects.filter(version__in=list(read)).order_by()
    keys = dict(questions.values_list("pk", "key"))
    tests = {key: test for version in read.values() for key, test in version.sources.items()}
    chosen = [pk for pk, key in keys.items() if tests.get(key) == ConditionTest.CHOICE]
    rows = (
        Answer.objects.current()
        .filter(response__in=responses.order_by().values("pk"))
        .order_by()
        .annotate(
            chosen=Case(
                When(question__in=chosen, then=Cast("choices", TextField())),
                default=Value(""),
                output_field=TextField(),
            )
        )
        .values_list("response_id", "question_id", "chosen", "scale")
    )
    told: dict[tuple[int, str, int | None], tuple[str, Any]] = {}
    given: dict[int, list[tuple[str, Any]]] = defaultdict(list)
    for response_id, *answer in rows.iterator(chunk_size=CHUNK):
        question_id, choices, scale = answer
        if question_id not in keys:
            continue
        if (alike := (question_id, choices, scale)) not in told:
            key = keys[question_id]
            value = tuple(json.loads(choices)) if choices else SOMETHING
            told[alike] = key, scale if tests.get(key) == ConditionTest.SCALE else value
        given[response_id].append(told[alike])
    return given


def _is_known(name: str) -> ExpressionWrapper:
    return ExpressionWrapper(Q(**{f"{name}__isnull": False}), output_field=BooleanField())


def _told(unsent: Any, sources: Mapping[str, str]) -> Told:
    """What was filled in and not sent; of its values what other questions can learn of them."""
    if not isinstance(unsent, dict):
        return ()
    told: list[tuple[str, Any]] = []
    for key, value in sorted(unsent.items()):
        if value in (None, "", []):
            continue
        if sources.get(key, ConditionTest.TEXT) == ConditionTest.TEXT:
            told.append((key, SOMETHING))
        else:
            told.append((key, tuple(value) if isinstance(value, list) else value))
    return tuple(told)
