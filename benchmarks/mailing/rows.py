"""Invitations to send: to made-up customers, each with all that a mail speaks of."""

import datetime as dt

from django.utils import timezone

from surveys.default_surveys import install_default_surveys
from surveys.models import (
    Cancellation,
    CancellationKind,
    Contact,
    Customer,
    Invitation,
    InvitationState,
    Subscription,
    SurveyVersion,
)

BATCH = 2000
LANGUAGES = ("en", "en", "en", "de", "zh-hans")


def make_invitations(count, *, prefix, state):
    """So many, in ``state`` and not due before tomorrow; returns their keys."""
    install_default_surveys()
    version = (
        SurveyVersion.objects.filter(survey__key="exit", published_at__isnull=False)
        .select_related("survey")
        .latest("number")
    )
    keys = []
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        keys += [row.pk for row in _make_batch(numbers, prefix, state, version)]
    return keys


def make_due(keys):
    for start in range(0, len(keys), BATCH):
        Invitation.objects.filter(pk__in=keys[start : start + BATCH]).update(
            not_before=timezone.now() - dt.timedelta(minutes=1)
        )


def _make_batch(numbers, prefix, state, version):
    now = timezone.now()
    ids = [f"{prefix}-{number}" for number in numbers]
    customers = Customer.objects.bulk_create(
        [Customer(external_id=each, name=f"Customer {each}", plan="Team") for each in ids]
    )
    contacts = Contact.objects.bulk_create(
        [
            Contact(customer=customer, email=f"{each}@mail.localhost", name=f"Zoë {each}")
            for customer, each in zip(customers, ids, strict=True)
        ]
    )
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(
                customer=customer, source="bench", external_id=each, plan="Team",
                started_on=dt.date(2024, 1, 1), settled=True,
            )
            for customer, each in zip(customers, ids, strict=True)
        ]
    )  # fmt: skip
    cancellations = Cancellation.objects.bulk_create(
        [
            Cancellation(
                subscription=subscription, customer=subscription.customer, source="bench",
                external_id=each, kind=CancellationKind.VOLUNTARY,
                requested_at=now - dt.timedelta(hours=2), state_at=now,
                effective_on=now.date() + dt.timedelta(days=9),
            )
            for subscription, each in zip(subscriptions, ids, strict=True)
        ]
    )  # fmt: skip
    return Invitation.objects.bulk_create(
        [
            Invitation(
                survey=version.survey, survey_version=version, customer=cancellation.customer,
                contact=contact, cancellation=cancellation, state=state,
                language=LANGUAGES[number % len(LANGUAGES)],
                not_before=now + dt.timedelta(days=1), expires_at=now + dt.timedelta(days=30),
            )
            for number, contact, cancellation in zip(numbers, contacts, cancellations, strict=True)
        ]
    )  # fmt: skip


def states_of(keys):
    """How many of these invitations are in which state."""
    found = {}
    for start in range(0, len(keys), BATCH):
        rows = Invitation.objects.filter(pk__in=keys[start : start + BATCH])
        for state in rows.values_list("state", flat=True):
            found[state] = found.get(state, 0) + 1
    return found


NOT_DUE = InvitationState.SCHEDULED
NEVER_DUE = InvitationState.WITHDRAWN
