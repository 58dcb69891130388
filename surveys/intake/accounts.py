"""Customers, their contacts and subscriptions as they come in: created once, then completed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields

from django.db import models, transaction
from django.utils import timezone

from surveys.calendar import local_date
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.matching import check_owner
from surveys.models import Contact, Customer, Subscription, Suppression, address_digest
from surveys.models.invitations import SuppressionReason
from surveys.money import in_reporting_currency

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
CUSTOMER_FIELDS = tuple(
    each.name
    for each in fields(CustomerFacts)
    if each.name != "external_id" and not each.name.startswith("contact_")
)
PERSONAL_FIELDS = {"name"}


@transaction.atomic
def record_customer(*, facts: CustomerFacts) -> tuple[Customer, str]:
    """Create or complete a customer and the primary contact; locks the customer's row."""
    said = {
        name: value for name in CUSTOMER_FIELDS if (value := getattr(facts, name)) not in ("", None)
    }
    customer, created = Customer.objects.select_for_update().get_or_create(
        external_id=facts.external_id, defaults=said
    )
    outcome = CREATED
    if not created:
        if customer.erased_at:
            said = {name: value for name, value in said.items() if name not in PERSONAL_FIELDS}
        outcome = UPDATED if fill(customer, said) else UNCHANGED
    if _record_contact(customer, facts) and outcome == UNCHANGED:
        outcome = UPDATED
    return customer, outcome


@transaction.atomic
def record_subscription(
    *, customer: Customer, source: str, facts: SubscriptionFacts
) -> tuple[Subscription, str]:
    """Create or complete a subscription. Its ID defaults to the customer's.

    Where no start is said, it is set down as today's, in the organisation's time zone, and marked
    as not known; a start that is said later takes its place.
    """
    said = {
        name: value
        for name in ("plan", "billing_interval", "mrr", "currency", "started_on", "ended_on")
        if (value := getattr(facts, name)) not in ("", None)
    }
    if facts.started_on:
        said["start_known"] = True
    external_id = facts.external_id or f"customer:{customer.external_id}"
    started_on = facts.started_on or min(local_date(timezone.now()), facts.ended_on or dt.date.max)
    subscription, created = Subscription.objects.select_for_update().get_or_create(
        source=source,
        external_id=external_id,
        defaults={
            "customer": customer,
            "plan": customer.plan,
            "billing_interval": customer.billing_interval,
            "is_trial": facts.is_trial,
            "start_known": False,
            **said,
            "started_on": started_on,
            "mrr_reporting": in_reporting_currency(facts.mrr, facts.currency, started_on),
        },
    )
    if created:
        return subscription, CREATED
    check_owner(subscription, customer)
    if {"mrr", "currency"} & said.keys():
        mrr, currency = said.get("mrr", subscription.mrr), said.get("currency", "")
        if (mrr, currency) != (subscription.mrr, subscription.currency):
            said["mrr_reporting"] = in_reporting_currency(
                mrr, currency or subscription.currency, subscription.started_on
            )
    if said.get("ended_on", subscription.ended_on) != subscription.ended_on:
        said["settled"] = False
    if subscription.is_trial and not facts.is_trial and facts.mrr:
        said["is_trial"] = False
    ended_on = said.get("ended_on", subscription.ended_on)
    if ended_on is not None:
        said["started_on"] = min(said.get("started_on", subscription.started_on), ended_on)
    return subscription, UPDATED if fill(subscription, said) else UNCHANGED


def fill(row: models.Model, said: Mapping[str, object]) -> bool:
    """Write what differs; returns whether anything did."""
    changed = {name: value for name, value in said.items() if getattr(row, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save()
    return bool(changed)


def _record_contact(customer: Customer, facts: CustomerFacts) -> bool:
    email = facts.contact_email.strip().lower()
    if not email or customer.erased_at:
        return False
    if Suppression.objects.filter(
        digest=address_digest(email), reason=SuppressionReason.ERASED
    ).exists():
        return False
    primary = customer.contacts.filter(is_primary=True).first()
    said = {"name": facts.contact_name, "language": facts.contact_language}
    said = {name: value for name, value in said.items() if value}
    if primary and primary.email == email:
        return fill(primary, dict(said))
    if primary:
        primary.is_primary = False
        primary.save(update_fields=["is_primary"])
    Contact.objects.update_or_create(
        customer=customer, email=email, defaults={**said, "is_primary": True}
    )
    return True
