"""How many mails may go: in an hour altogether, in a day to one address.

For the sender: inside the transaction in which ``claim`` leases its rows, before it looks for
candidates,

    allowed = mails_allowed_now(now)          # None: as many as you like
    limit = limit if allowed is None else min(limit, allowed)   # 0: claim nothing

The queue that this stands in ends with that transaction, so the next sender counts the rows that
were just leased. Rows that a cap holds back stay scheduled and due.
"""

import datetime as dt

from django.conf import settings
from django.db import connection
from django.db.models import Q

from surveys.delivery.locks import queue_for_hour
from surveys.models import Invitation, InvitationState, Reminder

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
NOT_MAILED = (InvitationState.WITHHELD, InvitationState.WITHDRAWN, InvitationState.OFFERED)


def mails_allowed_now(now: dt.datetime) -> int | None:
    """How many more mails may be leased at ``now``; None where no cap is set. Two SQL queries.

    Counts what went out in the last hour, or may have, and what is on its way, invitations and
    reminders alike. Exact however many ask at once, if asked in the transaction that leases: in
    no span of an hour do more than MAIL_MAX_PER_HOUR mails go out.
    """
    if not settings.MAIL_MAX_PER_HOUR:
        return None
    if not connection.in_atomic_block:
        raise RuntimeError("Ask in the transaction that leases the rows, or others lease them too.")
    queue_for_hour()
    used = Q(state=InvitationState.SENDING) | Q(sent_at__gt=now - HOUR)
    used |= Q(state=InvitationState.UNCERTAIN, handed_over_at__gt=now - HOUR)
    taken = sum(model.objects.filter(used).count() for model in (Invitation, Reminder))
    return max(0, settings.MAIL_MAX_PER_HOUR - taken)


def too_many_today(*, invitation: Invitation, now: dt.datetime) -> bool:
    """Whether its address has its share of invitations in the last 24 hours without this one.

    Whatever brought them in: a key that leaked, or a file imported twice under other IDs, must
    not become a mail bomb. Exact for whoever stands in the address's queue (``locks``). One query.
    """
    if invitation.contact is None:
        return False
    email = invitation.contact.email
    mailed = Invitation.objects.filter(
        contact__email__in={email, email.lower()},
        cancellation__isnull=False,
        created_at__gt=now - DAY,
    ).exclude(Q(state__in=NOT_MAILED) | Q(pk=invitation.pk))
    return mailed.count() >= settings.INVITATION_MAX_PER_ADDRESS_PER_DAY
