"""The losses or cancellations behind a figure, with what was said about each of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from analytics.dashboards.screen import Screen
from analytics.dimensions import cancellations, losses
from analytics.reason_table import reason_labels
from reasons.evidence import Piece, mark_evidence
from reasons.models import Classification, Role
from surveys.models import Answer, QuestionKind, QuestionRole, SurveyVersion
from surveys.questionnaire import Questionnaire

EXPORT_CHUNK = 200


@dataclass(frozen=True, slots=True)
class GivenReason:
    label: str
    category: str
    source: str
    confidence: float | None
    is_primary: bool
    needs_probe: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One text as the customer typed it, and what it answered."""

    prompt: str
    pieces: list[Piece]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(slots=True)
class Leaving:
    """One loss or cancellation as the page shows it."""

    customer_id: int
    customer: str
    cancellation_id: int | None
    day: dt.date
    plan: str
    segment: str
    country: str
    mrr: Decimal | None
    months: int | None
    provider_reason: str
    category: str
    language: str = ""
    reasons: list[GivenReason] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    @property
    def primary(self) -> GivenReason | None:
        return next((each for each in self.reasons if each.is_primary), None)

    @property
    def contributing(self) -> list[GivenReason]:
        return [each for each in self.reasons if not each.is_primary]


def leavings(screen: Screen, *, only_said: bool = False) -> "QuerySet[Any]":
    """Exactly the rows that the figures of ``screen`` count, newest first.

    ``only_said``: those where there is something to read.
    """
    of: Callable[[str], QuerySet[Any]] = losses if screen.of_losses else cancellations
    path = "cancellation_id" if screen.of_losses else "pk"
    rows = of(screen.perspective).filter(
        screen.filters.as_q(prefix="in_"), in_day__range=(screen.first, screen.last)
    )
    if only_said:
        texts = Answer.objects.current().filter(
            ~Q(text=""),
            response__cancellation=OuterRef(path),
            response__is_test=False,
            response__submitted_at__isnull=False,
        )
        comment = "cancellation__provider_comment" if screen.of_losses else "provider_comment"
        rows = rows.filter(Exists(texts) | Q(**{f"{comment}__gt": ""}))
    return rows.order_by("-in_day", "-pk").select_related(
        "customer", *(["cancellation"] if screen.of_losses else ["loss"])
    )


def load(rows: Sequence[Any], screen: Screen) -> list[Leaving]:
    """``rows`` of ``leavings`` with reasons and answers. Four queries, however many rows."""
    cancellation_of = {row.pk: (row.cancellation if screen.of_losses else row) for row in rows}
    ids = [each.pk for each in cancellation_of.values() if each is not None]
    reasons = _reasons(ids, screen.perspective)
    labels = reason_labels({each.reason.code for of in reasons.values() for each in of})
    answers = _answers(ids)
    wording = _Wording({each.response.survey_version_id for of in answers.values() for each in of})
    shown = []
    for row in rows:
        cancellation = cancellation_of[row.pk]
        given = reasons[cancellation.pk] if cancellation else []
        loss = row if screen.of_losses else getattr(row, "loss", None)
        leaving = Leaving(
            customer_id=row.customer_id,
            customer=str(row.customer),
            cancellation_id=cancellation.pk if cancellation else None,
            day=row.in_day,
            plan=row.in_plan,
            segment=row.in_segment,
            country=row.in_country,
            mrr=row.in_mrr,
            months=loss.months if loss else None,
            provider_reason=row.in_provider_reason,
            category=row.in_category,
            reasons=[_given(each, labels) for each in given],
        )
        if cancellation:
            wording.add(leaving, answers[cancellation.pk], cancellation.provider_comment, given)
        shown.append(leaving)
    return shown


def load_all(rows: "QuerySet[Any]", screen: Screen) -> Iterator[Leaving]:
    """As ``load``, for any number of rows and with steady memory."""
    start = 0
    while chunk := list(rows[start : start + EXPORT_CHUNK]):
        yield from load(chunk, screen)
        start += EXPORT_CHUNK


def _reasons(ids: list[int], perspective: str) -> dict[int, list[Classification]]:
    """Current ones, the primary first. One query."""
    given = (
        Classification.objects.current()
        .filter(cancellation__in=ids, perspective=perspective)
        .exclude(response__is_test=True)
        .select_related("reason")
        .order_by("cancellation", "pk")
    )
    grouped: dict[int, list[Classification]] = defaultdict(list)
    for each in given:
        grouped[each.cancellation_id].append(each)
    for of in grouped.values():
        of.sort(key=lambda each: each.role != Role.PRIMARY)
    return grouped


def _answers(ids: list[int]) -> dict[int, list[Answer]]:
    """Current answers of submitted responses that are no tests, in the questions' order."""
    given = (
        Answer.objects.current()
        .filter(
            response__cancellation__in=ids,
            response__submitted_at__isnull=False,
            response__is_test=False,
        )
        .select_related("response", "question")
        .order_by("response__submitted_at", "question__screen", "question__position")
    )
    grouped: dict[int, list[Answer]] = defaultdict(list)
    for each in given:
        cancellation_id = each.response.cancellation_id
        if cancellation_id is not None:
            grouped[cancellation_id].append(each)
    return grouped


def _given(classification: Classification, labels: Mapping[str, tuple[str, str]]) -> GivenReason:
    return GivenReason(
        label=labels[classification.reason.code][0],
        category=classification.reason.category,
        source=classification.get_source_display(),
        confidence=classification.confidence,
        is_primary=classification.role == Role.PRIMARY,
        needs_probe=classification.needs_probe,
    )


class _Wording:
    """The questions and choices in the words of the frozen versions. One query."""

    def __init__(self, version_ids: set[int]) -> None:
        versions = SurveyVersion.objects.filter(pk__in=version_ids) if version_ids else []
        self.questionnaires = {
            version.pk: Questionnaire.from_definition(version.definition) for version in versions
        }

    def add(
        self,
        leaving: Leaving,
        answers: list[Answer],
        comment: str,
        given: list[Classification],
    ) -> None:
        spans: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
        for each in given:
            if each.evidence_start is not None and each.evidence_end is not None:
                spans[each.answer_id].append((each.evidence_start, each.evidence_end))
        for answer in answers:
            leaving.language = answer.response.language
            if answer.question.kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
                leaving.chosen += self._choices(answer)
            if answer.text:
                prompt = answer.question.get_role_display()
                leaving.said.append(Said(prompt, mark_evidence(answer.text, spans[answer.pk])))
        if comment:
            leaving.said.append(Said("", mark_evidence(comment, spans[None])))

    def _choices(self, answer: Answer) -> list[str]:
        questionnaire = self.questionnaires[answer.response.survey_version_id]
        question = questionnaire.question(answer.question.key)
        label_of = {
            choice.key: questionnaire.choice_label(choice, answer.response.language)
            for choice in question.choices
        }
        labels = [label_of.get(key, key) for key in answer.choices]
        if answer.question.role in (QuestionRole.REASON, QuestionRole.PROBE):
            return labels
        # "No, thank you" says nothing without what was asked.
        return [f"{answer.question.get_role_display()}: {', '.join(labels)}"] if labels else []
