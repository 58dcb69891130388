"""Customers who pay and leave, made through the doors that real ones come in by."""

import datetime as dt
from decimal import Decimal
from itertools import count

from reasons.models import Classification, Perspective, Role, Source
from reasons.signals import classification_changed
from surveys.calendar import local_midnight
from surveys.intake.accounts import record_customer, record_subscription
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.losses import settle_customer
from surveys.intake.recording import record_cancellation
from tests.factories.reasons import reason

numbers = count(1)


def date(text):
    return dt.date.fromisoformat(text)


def pays(*, since, until=None, mrr="49.00", name=None, is_trial=False, **facts):
    """A customer with one subscription; ``until`` is the first day without."""
    name = name or f"cus_{next(numbers)}"
    customer, _outcome = record_customer(facts=CustomerFacts(external_id=name, **facts))
    record_subscription(
        customer=customer,
        source="test",
        facts=SubscriptionFacts(
            external_id=f"sub_{next(numbers)}",
            plan=facts.get("plan", ""),
            mrr=None if mrr is None else Decimal(mrr),
            currency="" if mrr is None else "USD",
            started_on=date(since),
            ended_on=date(until) if until else None,
            is_trial=is_trial,
        ),
    )
    settle_customer(customer)
    return customer


def leaves(
    customer, *, on, asked=None, because=None, kind="voluntary", subscription=None, **further
):
    """The customer's (latest) subscription is cancelled, for a reason if one is given."""
    subscription = subscription or customer.subscriptions.order_by("started_on").last()
    asked_on = date(asked or on)
    recorded = record_cancellation(
        source=subscription.source,
        external_id=f"can_{next(numbers)}",
        customer=CustomerFacts(external_id=customer.external_id),
        subscription=SubscriptionFacts(external_id=subscription.external_id),
        kind=kind,
        requested_at=local_midnight(asked_on) + dt.timedelta(hours=12),
        effective_on=date(on),
        invite=False,
        **further,
    )
    if because:
        says(recorded.row, because)
    return recorded.row


def says(cancellation, code, *, perspective=Perspective.STATED, **further):
    """The primary reason of that perspective, in place of the one before; announced."""
    Classification.objects.primary(perspective).filter(cancellation=cancellation).update(
        is_current=False
    )
    Classification.objects.create(
        cancellation=cancellation,
        reason=reason(code),
        role=Role.PRIMARY,
        perspective=perspective,
        source=Source.CHOICE,
        **further,
    )
    classification_changed.send(sender=Classification, cancellation_ids=[cancellation.pk])


def lost(*, on, since="2025-01-01", because=None, kind="voluntary", further=None, **facts):
    """A customer who paid and left on that day; returns the cancellation."""
    return leaves(pays(since=since, **facts), on=on, because=because, kind=kind, **(further or {}))
