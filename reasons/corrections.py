"""What analysts decide. Their word is appended like any other and outlives every re-reading."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from reasons.models import (
    Avoidable,
    Classification,
    Perspective,
    Reading,
    Reason,
    Role,
    Source,
)
from reasons.services import classify_cancellation, unread_cancellations
from reasons.signals import classification_changed
from surveys.models import Cancellation


class CorrectionRefusedError(ValueError):
    """A correction that cannot stand; the message says why, to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything an analyst says about a cancellation at once. Reasons None: none is named.

    ``avoidable`` ("" leaves it to the reason) belongs to the cancellation and is kept with both
    primary reasons.
    """

    stated: Reason | None
    contributing: Collection[Reason] = ()
    internal: Reason | None = None
    avoidable: str = ""


def _one_at_a_time(write: Callable[..., bool]) -> Callable[..., bool]:
    """Lock the cancellation for the whole correction and announce what has changed."""

    @wraps(write)
    def locked(*, cancellation: Cancellation, **said: Any) -> bool:
        with transaction.atomic():
            Cancellation.objects.select_for_update(no_key=True).get(pk=cancellation.pk)
            # What was said is read first, so that the correction stands beside all of it.
            if unread_cancellations().filter(pk=cancellation.pk).exists():
                classify_cancellation(cancellation.pk)
            changed = write(cancellation=cancellation, **said)
            Reading.objects.filter(cancellation=cancellation).update(wants_review=False)
            if changed:
                classification_changed.send(
                    sender=Classification, cancellation_ids=[cancellation.pk]
                )
        return changed

    return locked


@_one_at_a_time
def correct_classification(
    *,
    cancellation: Cancellation,
    reason: Reason,
    by: User | None,
    role: str = Role.PRIMARY,
    perspective: str = Perspective.STATED,
    avoidable: str = "",
) -> bool:
    """Say which reason it was; returns whether that changed anything.

    A primary reason replaces the one of that perspective, a contributing one is added beside it;
    the stated primary reason that it is added to counts as confirmed. The rows before stay as
    history. CorrectionRefusedError where a contributing reason has no primary to stand beside.
    """
    if role == Role.PRIMARY:
        return _set_primary(cancellation, reason, by, perspective, avoidable)
    standing = _primary(cancellation, perspective)
    if standing is None:
        raise CorrectionRefusedError(_("Name the main reason first."))
    confirmed = _set_primary(cancellation, standing.reason, by, perspective, standing.avoidable)
    if standing.reason == reason:
        return confirmed
    return _add_contributing(cancellation, reason, by, perspective) or confirmed


@_one_at_a_time
def record_judgement(*, cancellation: Cancellation, judgement: Judgement, by: User | None) -> bool:
    """Bring a cancellation's reasons to what an analyst says; returns whether anything changed.

    Contributing reasons that are not named no longer stand. An internal reason that is not named
    any more is taken back. A stated primary reason can be replaced, not taken back: what the
    customer said was said.
    """
    changed = False
    stated = judgement.stated
    standing = _primary(cancellation, Perspective.STATED)
    if stated is None and (standing or judgement.contributing):
        raise CorrectionRefusedError(_("Name the main reason that the customer stated."))
    if stated is not None:
        named = {reason.pk: reason for reason in judgement.contributing if reason != stated}
        differs = named.keys() != _contributing_keys(cancellation)
        if differs or standing is None or _says_otherwise(standing, stated, judgement.avoidable):
            changed |= _set_primary(
                cancellation, stated, by, Perspective.STATED, judgement.avoidable
            )
        changed |= _retire_contributing(cancellation, keep=named.keys())
        for reason in named.values():
            changed |= _add_contributing(cancellation, reason, by, Perspective.STATED)
    if judgement.internal is not None:
        changed |= _set_primary(
            cancellation, judgement.internal, by, Perspective.INTERNAL, judgement.avoidable
        )
    elif _retire(_rows(cancellation, Perspective.INTERNAL).filter(role=Role.PRIMARY)):
        changed = True
    return changed


def _says_otherwise(standing: Classification, reason: Reason, avoidable: str) -> bool:
    return standing.reason_id != reason.pk or standing.avoidable != avoidable


def _rows(cancellation: Cancellation, perspective: str) -> Any:
    return Classification.objects.current().filter(
        cancellation=cancellation, perspective=perspective
    )


def _primary(cancellation: Cancellation, perspective: str) -> Classification | None:
    rows = _rows(cancellation, perspective).filter(role=Role.PRIMARY)
    found: Classification | None = rows.select_related("reason").first()
    return found


def _contributing_keys(cancellation: Cancellation) -> set[int]:
    rows = _rows(cancellation, Perspective.STATED).filter(role=Role.CONTRIBUTING)
    return set(rows.values_list("reason_id", flat=True))


def _retire(rows: Any) -> int:
    retired: int = rows.update(is_current=False)
    return retired


def _retire_contributing(cancellation: Cancellation, *, keep: Collection[int]) -> bool:
    rows = _rows(cancellation, Perspective.STATED).filter(role=Role.CONTRIBUTING)
    return bool(_retire(rows.exclude(reason__in=keep)))


def _set_primary(
    cancellation: Cancellation,
    reason: Reason,
    by: User | None,
    perspective: str,
    avoidable: str,
) -> bool:
    """An analyst's primary row for ``reason``; True unless it stood like that already."""
    if avoidable and avoidable not in Avoidable.values:
        raise CorrectionRefusedError(_("Avoidable is yes, partly, no or unknown."))
    standing = _primary(cancellation, perspective)
    if (
        standing is not None
        and standing.source == Source.ANALYST
        and not _says_otherwise(standing, reason, avoidable)
    ):
        return False
    rows = _rows(cancellation, perspective)
    _retire(rows.filter(role=Role.PRIMARY) | rows.filter(reason=reason))
    row = Classification(
        cancellation=cancellation,
        reason=reason,
        role=Role.PRIMARY,
        perspective=perspective,
        source=Source.ANALYST,
        avoidable=avoidable,
        created_by=by,
    )
    if standing is not None:
        row.response_id = standing.response_id
        if standing.reason_id == reason.pk:
            # Confirmed: what it was read from still shows why.
            row.answer_id = standing.answer_id
            row.evidence_start = standing.evidence_start
            row.evidence_end = standing.evidence_end
    row.save()
    return True


def _add_contributing(
    cancellation: Cancellation,
    reason: Reason,
    by: User | None,
    perspective: str,
) -> bool:
    """True unless that reason stands already, whoever said so."""
    if _rows(cancellation, perspective).filter(reason=reason).exists():
        return False
    Classification.objects.create(
        cancellation=cancellation,
        reason=reason,
        role=Role.CONTRIBUTING,
        perspective=perspective,
        source=Source.ANALYST,
        created_by=by,
    )
    return True
