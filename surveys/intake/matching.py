"""Which rows a source means: whose they are, and which subscription where it names none."""

import datetime as dt
from dataclasses import MISSING, fields, replace
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.models import Cancellation, Customer


class BelongsToAnotherError(ValueError):
    """What is named (an intent, a cancellation, a subscription) is another customer's."""


def check_owner(row: Any, customer: Customer) -> None:
    """BelongsToAnotherError unless ``row`` is of ``customer``: a mixed-up ID merges nothing."""
    if row.customer_id != customer.pk:
        raise BelongsToAnotherError(
            gettext("%(id)s is known already, as another customer's than %(customer)s.")
            % {"id": row.external_id, "customer": customer.external_id}
        )


def known_cancellation(source: str, external_id: str) -> Cancellation | None:
    """The cancellation with its customer and subscription; one query."""
    return (
        Cancellation.objects.filter(source=source, external_id=external_id)
        .select_related("customer", "subscription")
        .first()
    )


def subscription_meant(
    *,
    customer: Customer,
    source: str,
    facts: SubscriptionFacts,
    on: dt.date,
    known: Cancellation | None = None,
) -> tuple[str, SubscriptionFacts]:
    """The source and the facts, ID included, of the subscription that a source speaks of.

    Where no ID is said it is the one of the ``known`` cancellation, else the customer's only one
    that had not ended by ``on``. When all have ended, the customer came back and began a new one.
    """
    if facts.external_id:
        return source, facts
    if known and known.customer_id == customer.pk:
        meant = known.subscription
        return meant.source, replace(facts, external_id=meant.external_id)
    running = customer.subscriptions.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))
    candidates = list(running[:2])
    if len(candidates) == 1:
        return candidates[0].source, replace(facts, external_id=candidates[0].external_id)
    by_default = f"customer:{customer.external_id}"[:190]
    ended = customer.subscriptions.filter(
        source=source, external_id__startswith=by_default, ended_on__lte=on
    ).count()
    external_id = f"{by_default}:{ended + 1}" if ended else by_default
    return source, replace(facts, external_id=external_id)


def without_known(
    customer: CustomerFacts, subscription: SubscriptionFacts, known: Cancellation
) -> tuple[CustomerFacts, SubscriptionFacts]:
    """Only what is not known yet: an event older than the one applied overwrites nothing."""
    customer = replace(customer, **_defaults_where_known(customer, known.customer))
    if known.customer.contacts.filter(is_primary=True).exists():
        customer = replace(customer, contact_email="")
    known_facts = _defaults_where_known(subscription, known.subscription)
    return customer, replace(subscription, **known_facts)


def _defaults_where_known(facts: CustomerFacts | SubscriptionFacts, row: models.Model) -> dict:
    return {
        each.name: each.default
        for each in fields(facts)
        if each.name != "external_id"
        and each.default is not MISSING
        and getattr(row, each.name, None) not in ("", None)
    }
