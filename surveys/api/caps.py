"""How many surveys an address is sent in a day: a leaked key must not become a mail bomb."""

import datetime as dt

from django.conf import settings
from django.db import connection

from surveys.models import Cancellation, Customer, Invitation, InvitationState, address_digest

WINDOW = dt.timedelta(days=1)
NOT_MAILED = (InvitationState.WITHHELD, InvitationState.WITHDRAWN, InvitationState.OFFERED)


def may_be_invited(email: str, *, source: str, external_id: str, now: dt.datetime) -> bool:
    """Whether another mail may go to ``email`` about this cancellation. Call in a transaction.

    Exact however many ask at once: they queue for the address until the transaction ends, on
    PostgreSQL by an advisory lock, on SQLite because one transaction writes at a time.
    """
    if not email:
        return True
    _queue_for(email)
    mailed = (
        Invitation.objects.filter(
            contact__email__iexact=email,
            cancellation__isnull=False,
            created_at__gt=now - WINDOW,
        )
        .exclude(state__in=NOT_MAILED)
        .exclude(cancellation__source=source, cancellation__external_id=external_id)
        .count()
    )
    return mailed < settings.API_MAX_INVITATIONS_PER_ADDRESS_PER_DAY


def address_of(customer_external_id: str, said: str, known: Cancellation | None) -> str:
    """Where a survey would go: the cancellation's address, else the said, else the known one."""
    if known is not None and known.contact is not None:
        return known.contact.email
    if said:
        return said
    customer = Customer.objects.filter(external_id=customer_external_id).first()
    contact = customer.contacts.filter(is_primary=True).first() if customer else None
    return contact.email if contact else ""


def _queue_for(email: str) -> None:
    if connection.vendor == "postgresql":
        number = int(address_digest(email)[:15], 16)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
