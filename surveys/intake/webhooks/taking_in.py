"""An event of Stripe becomes rows, once: its ID and what it causes are written together."""

import datetime as dt
import logging
import traceback
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from surveys.intake.accounts import UNCHANGED, record_customer, record_subscription
from surveys.intake.facts import CustomerFacts
from surveys.intake.losses import settle_customer
from surveys.intake.recording import record_cancellation, record_reactivation
from surveys.intake.webhooks import stripe
from surveys.intake.webhooks.stripe import CustomerEvent, Envelope, SubscriptionEvent
from surveys.models import Customer, Suppression, WebhookEvent, address_digest
from surveys.models.invitations import SuppressionReason
from surveys.strict_json import storable

logger = logging.getLogger(__name__)

PAYLOADS_KEPT = dt.timedelta(days=30)
Outcome = WebhookEvent.Outcome
DELETED = "customer.subscription.deleted"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an event, in words that name nobody."""

    outcome: str
    detail: str = ""


def take_in(payload: Any) -> str:
    """Apply one verified event; returns "applied", "ignored" or "seen before".

    UnreadableEventError for what is no event. Any other error has left nothing behind but a row
    that says "failed": the event is applied when the provider sends it again.
    """
    payload = storable(payload)
    envelope = stripe.open_envelope(payload)
    event = stripe.read(envelope, test_mode_counts=settings.STRIPE_TEST_MODE_COUNTS)
    try:
        return _apply_once(payload, envelope, event)
    except Exception as error:
        _note_failure(envelope, error)
        raise


def purge_payloads(now: dt.datetime | None = None) -> int:
    """Drop payloads older than 30 days, and events that meant nothing; returns how many rows."""
    before = (now or timezone.now()) - PAYLOADS_KEPT
    old = WebhookEvent.objects.filter(received_at__lt=before)
    emptied = old.filter(payload__isnull=False).update(payload=None)
    deleted, _by_model = old.filter(outcome=Outcome.IGNORED).delete()
    return emptied + deleted


@transaction.atomic
def _apply_once(
    payload: dict[str, Any], envelope: Envelope, event: CustomerEvent | SubscriptionEvent | None
) -> str:
    row, is_new = WebhookEvent.objects.select_for_update().get_or_create(
        provider=stripe.SOURCE,
        event_id=envelope.event_id,
        defaults={
            "event_type": envelope.event_type,
            "occurred_at": envelope.occurred_at,
            "outcome": Outcome.IGNORED,
        },
    )
    if not is_new and row.outcome != Outcome.FAILED:
        return "seen before"
    applied = Applied(Outcome.IGNORED) if event is None else _apply(envelope, event)
    row.outcome, row.detail = applied.outcome, applied.detail
    if event is not None:
        row.customer_external_id = event.customer.external_id
        if applied.outcome == Outcome.APPLIED and _may_keep(event):
            row.payload = payload
    row.save()
    return str(row.outcome)


def _apply(envelope: Envelope, event: CustomerEvent | SubscriptionEvent) -> Applied:
    if isinstance(event, SubscriptionEvent) and event.state == "never started":
        return Applied(Outcome.IGNORED, "The first payment never came.")
    # Locks the customer: events of one customer are applied one after the other.
    record_customer(facts=CustomerFacts(external_id=event.customer.external_id))
    later = _newest_after(envelope, event)
    if isinstance(event, CustomerEvent):
        if later is not None:
            return Applied(Outcome.IGNORED, "A newer event has been applied.")
        record_customer(facts=event.customer)
        return Applied(Outcome.APPLIED)
    return _apply_to_subscription(envelope, event, later)


def _apply_to_subscription(
    envelope: Envelope, event: SubscriptionEvent, later: WebhookEvent | None
) -> Applied:
    if event.state == "running":
        if later is not None:
            return Applied(Outcome.IGNORED, "A newer event has been applied.")
        if event.taken_back or _state_before(envelope, event) == "ending":
            record_reactivation(
                source=stripe.SOURCE,
                external_id=event.subject,
                state_at=envelope.occurred_at,
                customer=event.customer,
                subscription=event.subscription,
            )
            return Applied(Outcome.APPLIED, "The cancellation was taken back.")
        customer, _ = record_customer(facts=event.customer)
        _row, outcome = record_subscription(
            customer=customer, source=stripe.SOURCE, facts=event.subscription
        )
        if outcome != UNCHANGED:
            settle_customer(customer)
        return Applied(Outcome.APPLIED)
    state_at = envelope.occurred_at
    if later is not None and later.occurred_at is not None:
        if _state_said_by(later) == "running":
            return Applied(Outcome.IGNORED, "Taken back since.")
        # Of two events of the same second, an end that has come stands.
        state_at = min(state_at, later.occurred_at - dt.timedelta(microseconds=1))
    record_cancellation(
        source=stripe.SOURCE,
        external_id=event.subject,
        customer=event.customer,
        subscription=event.subscription,
        kind=event.kind,
        requested_at=event.requested_at,
        effective_on=event.effective_on,
        state_at=state_at,
        provider_reason=event.reason,
        provider_comment=event.comment,
    )
    return Applied(Outcome.APPLIED)


def _newest_after(
    envelope: Envelope, event: CustomerEvent | SubscriptionEvent
) -> WebhookEvent | None:
    """The newest applied event about the same object that says more than this one can."""
    others = _applied_about(event)
    final = others.filter(event_type=DELETED).first()
    if final is not None and envelope.event_type != DELETED:
        return final
    return others.filter(occurred_at__gt=envelope.occurred_at).first()


def _state_before(envelope: Envelope, event: SubscriptionEvent) -> str:
    """How the subscription stood by the newest event before this one; "" where none is known."""
    before = _applied_about(event).filter(occurred_at__lte=envelope.occurred_at).first()
    return _state_said_by(before) if before is not None else ""


def _applied_about(event: CustomerEvent | SubscriptionEvent) -> Any:
    """Stripe retries for three days and payloads are kept for thirty: the recent past is here."""
    return WebhookEvent.objects.filter(
        provider=stripe.SOURCE,
        customer_external_id=event.customer.external_id,
        outcome=Outcome.APPLIED,
        payload__data__object__id=event.subject,
    ).order_by("-occurred_at", "-pk")


def _state_said_by(row: WebhookEvent) -> str:
    try:
        said = stripe.read(stripe.open_envelope(row.payload), test_mode_counts=True)
    except stripe.UnreadableEventError:
        return ""
    return said.state if isinstance(said, SubscriptionEvent) else ""


def _may_keep(event: CustomerEvent | SubscriptionEvent) -> bool:
    """A payload holds personal data: none is kept of a person who was erased."""
    erased = Customer.objects.filter(
        external_id=event.customer.external_id, erased_at__isnull=False
    )
    address_erased = Suppression.objects.filter(
        digest=address_digest(event.customer.contact_email), reason=SuppressionReason.ERASED
    )
    return not erased.exists() and not address_erased.exists()


def _note_failure(envelope: Envelope, error: Exception) -> None:
    """Say which event failed and where, without the error's words: they quote personal data."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
    logger.error("Stripe event %s (%s): %s", envelope.event_id, envelope.event_type, where)
    try:
        with transaction.atomic():
            row, is_new = WebhookEvent.objects.get_or_create(
                provider=stripe.SOURCE,
                event_id=envelope.event_id,
                defaults={
                    "event_type": envelope.event_type,
                    "occurred_at": envelope.occurred_at,
                    "outcome": Outcome.FAILED,
                    "detail": where,
                },
            )
            if not is_new and row.outcome == Outcome.FAILED:
                row.detail = where
                row.save(update_fields=["detail"])
    except DatabaseError:
        logger.error("Stripe event %s: the failure could not be noted", envelope.event_id)
