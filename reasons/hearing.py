"""Collects what was said about cancellations: rows in, ``Heard`` out, in a few queries a batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q

from reasons.classify.probes import UNPROBED_LEAF
from reasons.classify.result import Reading as TextReading
from reasons.models import (
    ChoiceMapping,
    Classification,
    Perspective,
    ProviderMapping,
    Reason,
    Role,
    Source,
)
from reasons.statements import (
    READ_ROLES,
    TEXT_ROLES,
    Correction,
    GivenAnswer,
    Heard,
    Meanings,
    PassedOn,
    Statement,
    statements_of,
)
from reasons.taxonomy import STARTER_PROVIDER_REASONS
from surveys.models import Answer, Cancellation

# Billing systems reach us through webhooks under their own name, or through the API.
BILLING_SOURCES = frozenset({*STARTER_PROVIDER_REASONS, "api"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """A current answer that reasons are read from, with what its response says about it."""

    pk: int
    response: int
    survey: str
    question: str
    role: str
    choices: tuple[str, ...]
    text: str
    language: str


@dataclass(slots=True, kw_only=True)
class Material:
    """What one cancellation holds, as it was when ``content_version`` was that."""

    cancellation: int
    content_version: int
    source: str
    provider_reason: str
    comment: str
    language: str
    answers: list[AnswerRow] = field(default_factory=list)

    def texts(self) -> list[tuple[int | None, str, str]]:
        """(answer or None for the comment, text, language code or "") of what a model must read."""
        found: list[tuple[int | None, str, str]] = [
            (row.pk, row.text, row.language)
            for row in self.answers
            if row.role in TEXT_ROLES and row.text.strip()
        ]
        if self.comment.strip():
            found.append((None, self.comment, self.language))
        return found


def load_meanings() -> Meanings:
    """The team's tables as they are now: three queries."""
    choices = ChoiceMapping.objects.values_list(
        "survey_key", "question_key", "choice_key", "reason__code"
    )
    provider = ProviderMapping.objects.values_list("source", "provider_reason", "reason__code")
    return Meanings(
        categories=dict(Reason.objects.values_list("code", "category")),
        choices={(survey, question, key): code for survey, question, key, code in choices},
        provider={(source, said): code for source, said, code in provider},
        unprobed=UNPROBED_LEAF,
    )


def gather(cancellation_ids: Sequence[int]) -> list[Material]:
    """The material of these cancellations, in the order of their keys: two queries.

    Test responses are left out, unless the whole customer is a test.
    """
    rows = (
        Cancellation.objects.filter(pk__in=cancellation_ids)
        .order_by("pk")
        .values_list(
            "pk",
            "content_version",
            "source",
            "provider_reason",
            "provider_comment",
            "customer__language",
        )
    )
    found = {
        pk: Material(
            cancellation=pk,
            content_version=version,
            source=source,
            provider_reason=code,
            comment=comment,
            language=language,
        )
        for pk, version, source, code, comment, language in rows
    }
    answers = (
        Answer.objects.current()
        .filter(
            Q(response__is_test=False) | Q(response__customer__is_test=True),
            response__cancellation__in=cancellation_ids,
            response__submitted_at__isnull=False,
            question__role__in=READ_ROLES,
        )
        .order_by(
            F("response__submitted_at").desc(),
            "-response_id",
            "question__screen",
            "question__position",
        )
        .values_list(
            "response__cancellation_id",
            "pk",
            "response_id",
            "response__survey_version__survey__key",
            "question__key",
            "question__role",
            "choices",
            "text",
            "response__language",
        )
    )
    for pk, answer, response, survey, question, role, choices, text, language in answers:
        if pk in found:
            found[pk].answers.append(
                AnswerRow(
                    pk=answer,
                    response=response,
                    survey=survey,
                    question=question,
                    role=role,
                    choices=tuple(choices),
                    text=text,
                    language=language,
                )
            )
    return list(found.values())


def current_classifications(
    cancellation_ids: Sequence[int],
) -> dict[int, list[Classification]]:
    """Current stated rows with their reasons, by cancellation: one query."""
    by_cancellation: dict[int, list[Classification]] = defaultdict(list)
    rows = Classification.objects.current().filter(
        cancellation__in=cancellation_ids, perspective=Perspective.STATED
    )
    for row in rows.select_related("reason").order_by("pk"):
        by_cancellation[row.cancellation_id].append(row)
    return by_cancellation


def corrections_of(current: Mapping[int, Sequence[Classification]]) -> dict[int, Correction]:
    """What analysts have settled, for the cancellations where one has: one query, or none."""
    corrected = [
        pk
        for pk, rows in current.items()
        if any(row.source == Source.ANALYST and row.role == Role.PRIMARY for row in rows)
    ]
    if not corrected:
        return {}
    seen: dict[int, set[str]] = defaultdict(set)
    history = Classification.objects.filter(
        cancellation__in=corrected, perspective=Perspective.STATED
    )
    for pk, code in history.values_list("cancellation_id", "reason__code"):
        seen[pk].add(code)
    return {
        pk: Correction(
            named=frozenset(row.reason.code for row in current[pk] if row.source == Source.ANALYST),
            kept=frozenset(row.reason.code for row in current[pk] if row.source != Source.ANALYST),
            seen=frozenset(seen[pk]),
        )
        for pk in corrected
    }


def heard_from(
    material: Material,
    *,
    readings: Mapping[int | None, TextReading],
    correction: Correction | None,
    meanings: Meanings,
) -> Heard:
    """What a decision is made of. ``readings`` by answer, None for the comment."""
    kind = Source.PROVIDER if material.source in BILLING_SOURCES else Source.IMPORT

    def said(answer: int | None, source: str, response: int | None) -> tuple[Statement, ...]:
        if answer not in readings:
            return ()
        return statements_of(
            readings[answer], meanings=meanings, source=source, response=response, answer=answer
        )

    return Heard(
        answers=tuple(
            GivenAnswer(
                answer=row.pk,
                response=row.response,
                survey=row.survey,
                question=row.question,
                role=row.role,
                choices=row.choices,
                said=said(row.pk, Source.TEXT, row.response),
            )
            for row in material.answers
        ),
        passed_on=PassedOn(
            kind=kind,
            name=material.source,
            code=material.provider_reason,
            comment=said(None, kind, None),
        ),
        correction=correction,
    )


def has_lost_its_words(material: Material, current: Iterable[Classification]) -> bool:
    """Whether a reason stands that was read from words which have been erased since.

    An answer that its writer takes back is no longer current; one that is current and empty has
    been erased. A comment is never taken back.
    """
    erased = {row.pk for row in material.answers if row.role in TEXT_ROLES and not row.text.strip()}
    return any(
        row.answer_id in erased
        if row.source == Source.TEXT
        else not material.comment and _was_read_from_comment(row)
        for row in current
    )


def _was_read_from_comment(row: Classification) -> bool:
    """The reason of a code carries neither a model nor its confidence."""
    passed_on = row.source in (Source.PROVIDER, Source.IMPORT)
    return passed_on and (row.classifier_version_id is not None or row.confidence is not None)


def span_of(row: Classification) -> tuple[int, int] | None:
    """The evidence as (start, end), end exclusive, in characters of the text it was read from."""
    if row.evidence_start is None or row.evidence_end is None:
        return None
    return row.evidence_start, row.evidence_end
