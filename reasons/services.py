"""From what was said about cancellations to the classifications that stand.

Rows are the truth: a cancellation whose ``content_version`` has no ``Reading`` is unread, and any
worker may read it at any time, twice or at once with another. Texts are read by the model before
the transaction begins; inside it the cancellations are locked, and one that has changed meanwhile
is left for the next attempt.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from reasons.classify.result import Reading as TextReading
from reasons.decision import decide
from reasons.hearing import (
    Material,
    corrections_of,
    current_classifications,
    gather,
    has_lost_its_words,
    heard_from,
    load_meanings,
    span_of,
)
from reasons.model_store import StoredModel, current_model
from reasons.models import Classification, Perspective, Reading, Reason, Source
from reasons.signals import classification_changed
from reasons.statements import TEXT_ROLES, Decision, Proposed
from surveys.models import Answer, Cancellation

logger = logging.getLogger(__name__)

# Cancellations that are read in one transaction: few enough to keep other writers waiting for
# well under a second, many enough to spread the cost of the queries.
BATCH = 500
# An answer that is being edited while it is read is read again; then the sweep finds it.
ATTEMPTS = 3

TextReadings = dict[int | None, TextReading]


def classify_cancellation(cancellation_id: int) -> None:
    """Read the reasons of one cancellation; does nothing where they are as they should be."""
    classify_cancellations([cancellation_id])


def classify_cancellations(cancellation_ids: Iterable[int]) -> int:
    """Bring the stated classifications of these cancellations up to date; how many were read.

    Rows that still hold are left alone, rows that no longer hold become not current, new ones
    are added; analysts' rows and internal reasons are never touched. Where no model is stored,
    cancellations that hold free text stay unread. About fifteen queries for 500 cancellations.
    """
    read = 0
    for batch in _batches(sorted(set(cancellation_ids)), BATCH):
        left: Sequence[int] = batch
        for _ in range(ATTEMPTS):
            done, left = _classify_batch(left)
            read += done
            if not left:
                break
    return read


def classify_unread(*, limit: int = 1000) -> int:
    """The sweep: read what has changed since it was last read; how many were read.

    One cancellation that cannot be read is logged and keeps no other from being read.
    """
    waiting = unread_cancellations()
    if current_model() is None:
        waiting = waiting.exclude(Exists(_texts_of_cancellation())).filter(provider_comment="")
    cancellation_ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])
    read = 0
    for batch in _batches(cancellation_ids, BATCH):
        read += _classify_each_if_need_be(batch)
    return read


def unread_cancellations() -> QuerySet[Cancellation]:
    """Cancellations, taken-back ones too, whose contents are not what was last read."""
    return Cancellation.objects.exclude(reading__content_version=F("content_version"))


def read_again(cancellations: QuerySet[Cancellation]) -> int:
    """Have the sweep read these again, because a meaning has changed; how many that are."""
    return Reading.objects.filter(cancellation__in=cancellations.values("pk")).update(
        content_version=0
    )


def _classify_each_if_need_be(batch: Sequence[int]) -> int:
    try:
        return classify_cancellations(batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(batch) == 1:
            logger.exception("Cancellation %s could not be read.", batch[0])
            return 0
    return sum(_classify_each_if_need_be([each]) for each in batch)


def _classify_batch(cancellation_ids: Sequence[int]) -> tuple[int, list[int]]:
    """(how many were read, which of them changed meanwhile)."""
    materials = gather(cancellation_ids)
    model = current_model() if any(material.texts() for material in materials) else None
    if model is None:
        materials = _without_texts(materials)
    readings = _read_texts(materials, model)
    with transaction.atomic():
        versions = dict(
            Cancellation.objects.select_for_update(no_key=True)
            .filter(pk__in=[material.cancellation for material in materials])
            .order_by("pk")
            .values_list("pk", "content_version")
        )
        unchanged = [
            material
            for material in materials
            if versions.get(material.cancellation) == material.content_version
        ]
        _settle(unchanged, readings, model)
    missed = versions.keys() - {material.cancellation for material in unchanged}
    return len(unchanged), sorted(missed)


def _without_texts(materials: list[Material]) -> list[Material]:
    readable = [material for material in materials if not material.texts()]
    if len(readable) < len(materials):
        logger.warning(
            "No model is stored: %d answered cancellations stay unread. "
            "Run 'python manage.py setup_defaults'.",
            len(materials) - len(readable),
        )
    return readable


def _read_texts(materials: list[Material], model: StoredModel | None) -> dict[int, TextReadings]:
    """What the model reads in every text, by cancellation and answer; one call for all."""
    if model is None:
        return {}
    places: list[tuple[int, int | None]] = []
    texts: list[str] = []
    languages: list[str | None] = []
    for material in materials:
        for answer, text, language in material.texts():
            places.append((material.cancellation, answer))
            texts.append(text)
            languages.append(language or None)
    found: dict[int, TextReadings] = {}
    for (cancellation, answer), reading in zip(
        places, model.trained.read(texts, languages), strict=True
    ):
        found.setdefault(cancellation, {})[answer] = reading
    return found


def _settle(
    materials: list[Material],
    readings: Mapping[int, TextReadings],
    model: StoredModel | None,
) -> None:
    """Decide and write, inside the transaction that has locked these cancellations."""
    cancellation_ids = [material.cancellation for material in materials]
    meanings = load_meanings()
    current = current_classifications(cancellation_ids)
    corrections = corrections_of(current)
    decisions = {
        material.cancellation: decide(
            heard_from(
                material,
                readings=readings.get(material.cancellation, {}),
                correction=corrections.get(material.cancellation),
                meanings=meanings,
            ),
            meanings,
        )
        for material in materials
        # What was read from words that are erased now goes on being true.
        if not has_lost_its_words(material, current.get(material.cancellation, ()))
    }
    changed = _write(decisions, current, model)
    Reading.objects.bulk_create(
        [
            Reading(
                cancellation_id=material.cancellation,
                content_version=material.content_version,
                wants_review=decisions.get(material.cancellation, Decision()).wants_review,
            )
            for material in materials
        ],
        update_conflicts=True,
        unique_fields=["cancellation"],
        update_fields=["content_version", "wants_review", "read_at"],
    )
    if changed:
        classification_changed.send(sender=Classification, cancellation_ids=changed)


def _write(
    decisions: Mapping[int, Decision],
    current: Mapping[int, Sequence[Classification]],
    model: StoredModel | None,
) -> list[int]:
    """Append what is new, take back what no longer holds; the cancellations where anything did."""
    reasons = dict(Reason.objects.values_list("code", "pk"))
    outdated: list[int] = []
    added: list[Classification] = []
    changed: list[int] = []
    for cancellation, decision in decisions.items():
        standing = {
            _identity_of_row(row): row.pk
            for row in current.get(cancellation, ())
            if row.source != Source.ANALYST
        }
        wanted = {_identity_of(proposed): proposed for proposed in decision.proposed}
        gone = [pk for identity, pk in standing.items() if identity not in wanted]
        new = [proposed for identity, proposed in wanted.items() if identity not in standing]
        if gone or new:
            changed.append(cancellation)
            outdated += gone
            added += [_row(cancellation, each, reasons, model) for each in new]
    for batch in _batches(outdated, BATCH):
        Classification.objects.filter(pk__in=batch).update(is_current=False)
    Classification.objects.bulk_create(added, batch_size=BATCH)
    return changed


def _identity_of(proposed: Proposed) -> tuple[object, ...]:
    """Two classifications with the same identity say the same, whichever model read them."""
    said = proposed.statement
    return (
        proposed.role,
        said.reason,
        said.source,
        said.response,
        said.answer,
        said.needs_probe,
        said.evidence,
    )


def _identity_of_row(row: Classification) -> tuple[object, ...]:
    return (
        row.role,
        row.reason.code,
        row.source,
        row.response_id,
        row.answer_id,
        row.needs_probe,
        span_of(row),
    )


def _row(
    cancellation: int,
    proposed: Proposed,
    reasons: Mapping[str, int],
    model: StoredModel | None,
) -> Classification:
    said = proposed.statement
    start, end = said.evidence or (None, None)
    return Classification(
        cancellation_id=cancellation,
        response_id=said.response,
        answer_id=said.answer,
        reason_id=reasons[said.reason],
        role=proposed.role,
        perspective=Perspective.STATED,
        source=said.source,
        confidence=said.confidence,
        needs_probe=said.needs_probe,
        evidence_start=start,
        evidence_end=end,
        classifier_version_id=model.pk if model and said.is_reading else None,
    )


def _texts_of_cancellation() -> QuerySet[Answer]:
    return (
        Answer.objects.current()
        .filter(response__cancellation=OuterRef("pk"), question__role__in=TEXT_ROLES)
        .exclude(Q(text=""))
    )


def _batches(cancellation_ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(cancellation_ids), size):
        yield cancellation_ids[start : start + size]
