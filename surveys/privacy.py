"""Erasing a person without falsifying a count.

What says who somebody is, and every word they wrote, goes; that a customer left, when, what it
cost and for which reasons, stays. The address is kept as a digest, and the customer is marked, so
that nothing personal comes back with a late message of a billing system.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import default as mail_policy
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from surveys import registries
from surveys.delivery import gate
from surveys.delivery.scheduling import PENDING, withdraw
from surveys.models import (
    Answer,
    Cancellation,
    Contact,
    Contraction,
    Customer,
    Intent,
    Invitation,
    InvitationState,
    Loss,
    Reminder,
    Response,
    Subscription,
    Suppression,
    WebhookEvent,
    address_digest,
)
from surveys.models.invitations import SuppressionReason

logger = logging.getLogger(__name__)

# Rows that name their customer when they are shown, as the admin's log remembers them.
NAMING_MODELS: tuple[Any, ...] = (
    Contact,
    Subscription,
    Intent,
    Cancellation,
    Invitation,
    Response,
    Loss,
    Contraction,
)


class UnknownSubjectError(LookupError):
    """Nobody here has that address or that customer ID."""


@dataclass(slots=True)
class Erasure:
    """What was erased: ``customers`` by ID (counts of the rest by name in ``counts``)."""

    customers: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def erase_customer(*, external_id: str, now: dt.datetime | None = None) -> Erasure:
    """Erase everybody who ever stood for this customer. UnknownSubjectError: there is none."""
    customer = Customer.objects.filter(external_id=external_id).first()
    if customer is None:
        raise UnknownSubjectError(external_id)
    return _erase([customer], email="", now=now or timezone.now())


def erase_address(*, email: str, now: dt.datetime | None = None) -> Erasure:
    """Erase the person behind an address, at every customer that they stand for.

    Where other people remain as contacts of the customer, only what this person wrote and was
    sent goes; where nobody remains, the whole customer is erased. UnknownSubjectError where the
    address is known nowhere and has not been erased before.
    """
    email = email.strip().casefold()
    customers = list(Customer.objects.filter(contacts__email__iexact=email).distinct())
    known = bool(customers) or _payloads_with([email]).exists()
    if not known and not Suppression.objects.covers(email):
        raise UnknownSubjectError(email)
    return _erase(customers, email=email, now=now or timezone.now())


def _erase(customers: list[Customer], *, email: str, now: dt.datetime) -> Erasure:
    done = Erasure()
    addresses = {email} if email else set()
    with transaction.atomic():
        locked = Customer.objects.select_for_update().filter(
            pk__in=[customer.pk for customer in customers]
        )
        for customer in locked.order_by("pk"):
            done.customers.append(customer.external_id)
            addresses |= _erase_at_customer(customer, email, now, done.counts)
        for address in addresses:
            Suppression.objects.add_address(address, SuppressionReason.ERASED)
        # Another reason to be silent is not enough: only this one keeps the person from coming
        # back with the next event.
        done.counts["suppressions"] = Suppression.objects.filter(
            digest__in=[address_digest(address) for address in addresses]
        ).update(reason=SuppressionReason.ERASED)
        done.counts["webhook_payloads"] += _payloads_with(addresses).update(payload=None, detail="")
    # After the commit: a file does not come back with a rolled-back transaction.
    done.counts["mails"] = _delete_mails(addresses)
    return done


def _erase_at_customer(
    customer: Customer, email: str, now: dt.datetime, counts: Counter[str]
) -> set[str]:
    """Erase one person (or, with ``email`` empty, everybody) at a customer; their addresses."""
    contacts = customer.contacts.all()
    remaining = contacts.exclude(email__iexact=email) if email else contacts.none()
    everybody = not remaining.exists()
    leaving = contacts if everybody else contacts.filter(email__iexact=email)
    keys = list(leaving.values_list("pk", flat=True))
    addresses = {address.casefold() for address in leaving.values_list("email", flat=True)}
    _forget_words(customer, None if everybody else keys, counts)
    _stop_invitations(customer, None if everybody else keys, now, counts)
    counts["webhook_payloads"] += (
        WebhookEvent.objects.filter(customer_external_id=customer.external_id)
        .exclude(payload__isnull=True)
        .update(payload=None, detail="")
    )
    counts["log_entries"] += _forget_names_in_log(customer)
    Contact.objects.filter(pk__in=keys).delete()
    counts["contacts"] += len(keys)
    if everybody:
        counts["names"] += bool(customer.name)
        customer.name = ""
        customer.erased_at = customer.erased_at or now
        customer.save(update_fields=["name", "erased_at", "updated_at"])
    for erase in registries.erasers:
        counts.update(erase(customer))
    return addresses


def _forget_words(customer: Customer, contacts: list[int] | None, counts: Counter[str]) -> None:
    """Blank every revision of every verbatim, and drop what was filled in and never sent.

    The state of contents keeps its number: what was read from the words goes on being true, and
    must not be read again from nothing.
    """
    answers = Answer.objects.filter(response__customer=customer)
    responses = customer.responses.all()
    cancellations = customer.cancellations.all()
    intents = customer.intents.all()
    if contacts is not None:
        answers = answers.filter(response__invitation__contact__in=contacts)
        responses = responses.filter(invitation__contact__in=contacts)
        cancellations = cancellations.filter(contact__in=contacts)
        intents = intents.filter(contact__in=contacts)
    counts["verbatims"] += answers.exclude(text="").update(text="")
    counts["unsent_answers"] += responses.exclude(unsent={}).update(unsent={}, unsent_at=None)
    counts["comments"] += cancellations.exclude(provider_comment="").update(provider_comment="")
    counts["return_addresses"] += intents.exclude(return_url="").update(return_url="")


def _stop_invitations(
    customer: Customer, contacts: list[int] | None, now: dt.datetime, counts: Counter[str]
) -> None:
    invitations = customer.invitations.all()
    if contacts is not None:
        invitations = invitations.filter(contact__in=contacts)
    waiting = PENDING | Q(state=InvitationState.OFFERED, response__submitted_at=None)
    counts["invitations_withdrawn"] += withdraw(
        Invitation.objects.filter(pk__in=invitations.filter(waiting).values("pk")), gate.ERASED
    )
    reminders = Reminder.objects.filter(invitation__in=invitations)
    counts["reminders_withdrawn"] += withdraw(reminders.filter(PENDING), gate.ERASED)
    # A mail that is out there leads nowhere any more; server replies may name the address.
    invitations.filter(expires_at__gt=now).update(expires_at=now)
    for mails in (invitations, reminders):
        mails.exclude(last_error="").update(last_error="")


def _forget_names_in_log(customer: Customer) -> int:
    forgotten = _log_of(Customer, [customer.pk]).update(
        object_repr=customer.external_id, change_message=""
    )
    for model in NAMING_MODELS:
        keys = model.objects.filter(customer=customer).values_list("pk", flat=True)
        forgotten += _log_of(model, list(keys)).update(
            object_repr=customer.external_id, change_message=""
        )
    return forgotten


def _log_of(model: type[models.Model], keys: list[int]) -> models.QuerySet[LogEntry]:
    return LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(key) for key in keys],
    )


def _payloads_with(addresses: Collection[str]) -> models.QuerySet[WebhookEvent]:
    """Events whose payload says one of these addresses anywhere."""
    said = Q(pk__in=[])
    for address in addresses:
        said |= Q(payload__icontains=address)
    return WebhookEvent.objects.filter(said)


def _delete_mails(addresses: Collection[str]) -> int:
    """Mails to these addresses that lie in the folder of an installation without a server."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    if not folder or not addresses or not Path(folder).is_dir():
        return 0
    deleted = 0
    for path in Path(folder).iterdir():
        if path.is_file() and _recipients(path) & set(addresses):
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def _recipients(path: Path) -> set[str]:
    try:
        with path.open("rb") as file:
            headers = BytesHeaderParser(policy=mail_policy).parse(file)
    except FileNotFoundError:
        return set()
    found = getaddresses([str(each) for each in headers.get_all("To", [])])
    return {address.casefold() for _, address in found}
