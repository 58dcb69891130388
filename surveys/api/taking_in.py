"""From a validated request to the recorder, and from what it recorded to the answer."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from surveys.calendar import local_date, today
from surveys.delivery.gate import TOO_MANY
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.matching import known_cancellation
from surveys.intake.recording import (
    Recorded,
    record_cancellation,
    record_intent,
    record_reactivation,
)
from surveys.models import Cancellation, CancellationKind, Intent, Invitation, InvitationState

Said = dict[str, Any]


class EndedAlreadyError(ValueError):
    """What has ended cannot be taken back; who comes back begins anew."""


def customer_facts(said: Said) -> CustomerFacts:
    contact = said.get("contact", {})
    attributes = {name: value for name, value in said.items() if name != "contact"}
    return CustomerFacts(
        **attributes, **{f"contact_{name}": value for name, value in contact.items()}
    )


def take_intent(said: Said) -> Recorded[Intent]:
    """Record the intent that a validated IntentRequest tells of."""
    subscription = said.get("subscription")
    return record_intent(
        source=said["source"],
        external_id=said["external_id"],
        customer=customer_facts(said["customer"]),
        subscription=None if subscription is None else SubscriptionFacts(**subscription),
        opened_at=said.get("opened_at") or timezone.now(),
        return_url=said.get("return_url", ""),
    )


@transaction.atomic
def take_cancellation(said: Said) -> Recorded[Cancellation]:
    """Record the cancellation that a validated CancellationRequest tells of.

    What a repeated call leaves out stays as it is known.
    """
    source, external_id = said["source"], said["external_id"]
    customer = customer_facts(said["customer"])
    now = timezone.now()
    known = known_cancellation(source, external_id)
    requested_at = said.get("requested_at") or (known.requested_at if known else now)
    return record_cancellation(
        source=source,
        external_id=external_id,
        customer=customer,
        subscription=SubscriptionFacts(**said.get("subscription", {})),
        kind=said.get("kind") or (known.kind if known else CancellationKind.VOLUNTARY),
        requested_at=requested_at,
        effective_on=said.get("effective_on")
        or (known.effective_on if known else local_date(requested_at)),
        state_at=_state_at(said, known),
        provider_reason=said.get("reason", ""),
        provider_comment=said.get("comment", ""),
        intent_external_id=said.get("intent", ""),
        invite=said["invite"],
    )


def take_back(cancellation: Cancellation, reverted_at: dt.datetime) -> Recorded[Cancellation]:
    """Record that the customer stays; EndedAlreadyError once the effective end has come."""
    if cancellation.reverted_at is None and cancellation.effective_on < local_date(reverted_at):
        raise EndedAlreadyError(
            gettext("Ended on %(day)s: a customer who comes back begins a new subscription.")
            % {"day": cancellation.effective_on}
        )
    subscription = cancellation.subscription
    return record_reactivation(
        source=cancellation.source,
        external_id=cancellation.external_id,
        state_at=reverted_at,
        customer=CustomerFacts(external_id=cancellation.customer.external_id),
        subscription=SubscriptionFacts(
            external_id=subscription.external_id, is_trial=subscription.is_trial
        ),
        subscription_source=subscription.source,
    )


def intent_answer(intent: Intent, outcome: str) -> Said:
    """The fields of IntentState."""
    state = "open"
    if hasattr(intent, "cancellation"):
        state = "cancelled"
    elif intent.is_saved(timezone.now(), dt.timedelta(days=settings.INTENT_SAVED_AFTER_DAYS)):
        state = "saved"
    invitation = Invitation.objects.filter(intent=intent).first()
    return {**_common(intent, outcome, invitation), "state": state}


def cancellation_answer(cancellation: Cancellation, outcome: str) -> Said:
    """The fields of CancellationState."""
    state = "ended" if cancellation.effective_on <= today() else "pending"
    invitation = Invitation.objects.filter(cancellation=cancellation).first()
    answer = _common(cancellation, outcome, invitation)
    if invitation is not None and invitation.withheld_because == TOO_MANY:
        # Over the cap there is nothing to hand on either: a leaked key must not collect links.
        answer |= {"survey_url": None, "invitation": None}
    return {
        **answer,
        "state": "taken_back" if cancellation.reverted_at else state,
        "kind": cancellation.kind,
        "requested_at": cancellation.requested_at,
        "effective_on": cancellation.effective_on,
    }


def _common(row: Intent | Cancellation, outcome: str, invitation: Invitation | None) -> Said:
    reachable = invitation is not None and invitation.state != InvitationState.WITHDRAWN
    return {
        "id": row.pk,
        "source": row.source,
        "external_id": row.external_id,
        "outcome": outcome,
        "customer": row.customer.external_id,
        "survey_url": invitation.url if invitation and reachable else None,
        "invitation": invitation.state if invitation else None,
        "withheld_because": gettext(invitation.withheld_because)
        if invitation and invitation.withheld_because
        else "",
    }


def _state_at(said: Said, known: Cancellation | None) -> dt.datetime | None:
    """The time that a call speaks of; a bare repetition is no news, and undoes no taking back."""
    if said.get("requested_at"):
        return said["requested_at"]
    if known is None:
        return None
    return known.requested_at if known.reverted_at else known.state_at
