"""The one door through which intents and cancellations come in, whatever brought them.

Every call is one transaction and may be repeated: the same source and ID merge into the same
row, facts that are not said never blank facts that are known.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models, transaction
from django.db.models import F, Min
from django.utils import timezone

from surveys.calendar import local_date
from surveys.delivery import gate
from surveys.delivery.scheduling import (
    offer_for_intent,
    schedule_for_cancellation,
    withdraw_pending,
)
from surveys.intake.accounts import (
    CREATED,
    UNCHANGED,
    UPDATED,
    fill,
    record_customer,
    record_subscription,
)
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.losses import settle_customer
from surveys.intake.matching import (
    check_owner,
    known_cancellation,
    subscription_meant,
    without_known,
)
from surveys.models import (
    Cancellation,
    CancellationKind,
    Contact,
    Customer,
    Intent,
    Invitation,
    Subscription,
)
from surveys.responses import attach_response_to_cancellation
from surveys.signals import cancellation_changed

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[Row]):
    """The row, what became of it ("created", "updated", "unchanged"), and its invitation."""

    row: Row
    outcome: str
    invitation: Invitation | None = None


@transaction.atomic
def record_intent(
    *,
    source: str,
    external_id: str,
    customer: CustomerFacts,
    subscription: SubscriptionFacts | None = None,
    opened_at: dt.datetime,
    return_url: str = "",
) -> Recorded[Intent]:
    """A customer opened the cancel page: offers the survey that belongs to this moment."""
    account, _ = record_customer(facts=customer)
    paid_for = None
    if subscription is not None:
        whose, meant = subscription_meant(
            customer=account, source=source, facts=subscription, on=local_date(opened_at)
        )
        paid_for, heard = record_subscription(customer=account, source=whose, facts=meant)
        if heard != UNCHANGED:
            settle_customer(account)
    intent, created = Intent.objects.select_for_update().get_or_create(
        source=source,
        external_id=external_id,
        defaults={
            "customer": account,
            "subscription": paid_for,
            "contact": _primary_contact(account),
            "opened_at": opened_at,
            "return_url": return_url,
        },
    )
    outcome = CREATED
    if not created:
        check_owner(intent, account)
        said = {"return_url": return_url} if return_url else {}
        outcome = UPDATED if fill(intent, said) else UNCHANGED
    offered_at = min(opened_at, timezone.now())
    return Recorded(intent, outcome, offer_for_intent(intent, now=offered_at))


@transaction.atomic
def record_cancellation(
    *,
    source: str,
    external_id: str,
    customer: CustomerFacts,
    subscription: SubscriptionFacts,
    kind: str,
    requested_at: dt.datetime,
    effective_on: dt.date,
    state_at: dt.datetime | None = None,
    provider_reason: str = "",
    provider_comment: str = "",
    intent_external_id: str = "",
    invite: bool = True,
    subscription_source: str = "",
) -> Recorded[Cancellation]:
    """A subscription ends or is set to end; writes it once, merges what arrives again.

    ``state_at`` is the source's own time of the event (default: ``requested_at``): an event older
    than what was already applied fills what is not known and changes nothing else. With
    ``invite`` a survey is scheduled, unless one was already answered while cancelling.
    ``subscription_source`` is named where another source brought the subscription, as when a
    person enters the cancellation by hand.
    """
    now = timezone.now()
    state_at = state_at or requested_at
    account, paid_for = _record_account(
        customer=customer,
        subscription=subscription,
        subscription_source=subscription_source or source,
        state_at=state_at,
        on=local_date(requested_at),
        known=known_cancellation(source, external_id),
    )
    if account.erased_at:
        provider_comment = ""
    cancellation, created = Cancellation.objects.select_for_update().get_or_create(
        source=source,
        external_id=external_id,
        defaults={
            "customer": account,
            "subscription": paid_for,
            "contact": _primary_contact(account),
            "kind": kind,
            "requested_at": requested_at,
            "effective_on": effective_on,
            "state_at": state_at,
            "provider_reason": provider_reason,
            "provider_comment": provider_comment,
        },
    )
    outcome = CREATED
    if not created:
        check_owner(cancellation, account)
        outcome = _merge(
            cancellation,
            words={"provider_reason": provider_reason, "provider_comment": provider_comment},
            kind=kind,
            requested_at=requested_at,
            effective_on=effective_on,
            state_at=state_at,
        )
    if intent_external_id:
        _attach_intent(cancellation, source, intent_external_id)
    _end_subscription(cancellation)
    settle_customer(account)
    if outcome != UNCHANGED:
        cancellation_changed.send(sender=Cancellation, cancellation=cancellation)
    invitation = None
    if cancellation.reverted_at is None:
        attach_response_to_cancellation(cancellation)
        if cancellation.kind == CancellationKind.ADMINISTRATIVE:
            withdraw_pending(cancellation, because=gate.ENDED_BY_VENDOR)
        elif invite:
            invitation = schedule_for_cancellation(cancellation, now=now)
    return Recorded(cancellation, outcome, invitation)


@transaction.atomic
def record_reactivation(
    *,
    source: str,
    external_id: str,
    state_at: dt.datetime,
    customer: CustomerFacts,
    subscription: SubscriptionFacts,
    kind: str = "voluntary",
    subscription_source: str = "",
) -> Recorded[Cancellation]:
    """A cancellation was taken back: withdraws what is still pending and undoes the loss.

    It may arrive before the cancellation itself; then the row is made already taken back, and
    the older event that follows finds it so.
    """
    account, paid_for = _record_account(
        customer=customer,
        subscription=subscription,
        subscription_source=subscription_source or source,
        state_at=state_at,
        on=local_date(state_at),
        known=known_cancellation(source, external_id),
    )
    cancellation, created = Cancellation.objects.select_for_update().get_or_create(
        source=source,
        external_id=external_id,
        defaults={
            "customer": account,
            "subscription": paid_for,
            "kind": kind,
            "requested_at": state_at,
            "effective_on": local_date(state_at),
            "state_at": state_at,
            "reverted_at": state_at,
        },
    )
    outcome = CREATED
    if not created:
        check_owner(cancellation, account)
        changes = {}
        if state_at >= cancellation.state_at and cancellation.reverted_at is None:
            changes = {"reverted_at": state_at, "state_at": state_at}
        outcome = UPDATED if fill(cancellation, changes) else UNCHANGED
    if outcome != UNCHANGED:
        _bump_content(cancellation)
        withdraw_pending(cancellation, because=gate.TAKEN_BACK)
        _end_subscription(cancellation)
        settle_customer(account)
        cancellation_changed.send(sender=Cancellation, cancellation=cancellation)
    return Recorded(cancellation, outcome)


def _record_account(
    *,
    customer: CustomerFacts,
    subscription: SubscriptionFacts,
    subscription_source: str,
    state_at: dt.datetime,
    on: dt.date,
    known: Cancellation | None,
) -> tuple[Customer, Subscription]:
    """The customer and the subscription that an event is about, with what it says of them.

    An event older than what was applied to ``known`` fills only what is not known. ``on``: the
    day on which the subscription was running, where the event names none.
    """
    if known and state_at < known.state_at:
        customer, subscription = without_known(customer, subscription, known)
    account, _ = record_customer(facts=customer)
    source, meant = subscription_meant(
        customer=account, source=subscription_source, facts=subscription, on=on, known=known
    )
    paid_for, _ = record_subscription(customer=account, source=source, facts=meant)
    return account, paid_for


def _merge(
    cancellation: Cancellation,
    *,
    words: dict[str, str],
    kind: str,
    requested_at: dt.datetime,
    effective_on: dt.date,
    state_at: dt.datetime,
) -> str:
    """Apply what arrived about a cancellation that is known already; returns the outcome."""
    is_news = state_at >= cancellation.state_at
    said = {
        name: value
        for name, value in words.items()
        if value and (is_news or not getattr(cancellation, name))
    }
    must_be_read_again = any(getattr(cancellation, name) != said[name] for name in said)
    changes: dict[str, object] = dict(said)
    if is_news and cancellation.reverted_at:
        changes |= {"reverted_at": None, "requested_at": requested_at}
        must_be_read_again = True
    else:
        # The first request is when the customer decided; a later event only confirms it.
        changes["requested_at"] = min(requested_at, cancellation.requested_at)
    if is_news:
        changes |= {"kind": kind, "effective_on": effective_on, "state_at": state_at}
    if cancellation.contact_id is None:
        changes["contact"] = _primary_contact(cancellation.customer)
    outcome = UPDATED if fill(cancellation, changes) else UNCHANGED
    if must_be_read_again:
        _bump_content(cancellation)
    return outcome


def _primary_contact(customer: Customer) -> Contact | None:
    return customer.contacts.filter(is_primary=True).first()


def _attach_intent(cancellation: Cancellation, source: str, external_id: str) -> None:
    intent = Intent.objects.filter(
        source=source, external_id=external_id, customer=cancellation.customer
    ).first()
    if intent and cancellation.intent_id is None and not hasattr(intent, "cancellation"):
        cancellation.intent = intent
        cancellation.save(update_fields=["intent"])


def _end_subscription(cancellation: Cancellation) -> None:
    """The subscription ends with the first cancellation that stands; without one it goes on."""
    subscription = cancellation.subscription
    standing = Cancellation.objects.filter(subscription=subscription, reverted_at__isnull=True)
    ended_on = standing.aggregate(first=Min("effective_on"))["first"]
    if subscription.ended_on != ended_on:
        subscription.ended_on = ended_on
        if ended_on is not None:
            subscription.started_on = min(subscription.started_on, ended_on)
        subscription.settled = False
        subscription.save(update_fields=["ended_on", "started_on", "settled"])


def _bump_content(cancellation: Cancellation) -> None:
    Cancellation.objects.filter(pk=cancellation.pk).update(content_version=F("content_version") + 1)
    cancellation.refresh_from_db(fields=["content_version"])
