"""The quiet period: nobody is sent two invitations within INVITATION_QUIET_DAYS.

It holds for an address, whatever customers and surveys it belongs to. Reminders do not count.

How two senders with two invitations to one address never both send, without a lock between
asking and handing over. A *waiting* invitation is one that is scheduled or being sent.

- Of those waiting for one address, only the oldest row (lowest key) may go, and only where none
  has gone within the quiet period. A sender asks after it has claimed its row.
- A new row has the highest key. A row that waits *again* (looked at anew, or sent again by hand)
  may do so only where no other waits. Both are written in the address's queue (``locks``).

So while the oldest is on its way no older one can appear, and all others see it, waiting or sent.
Where the oldest is withdrawn before it goes out, the next one goes.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce

from surveys.models import Invitation, InvitationState

WAITING = (InvitationState.SCHEDULED, InvitationState.SENDING)


@dataclass(frozen=True, slots=True)
class Mailed:
    """What goes to one address: the key of the oldest waiting row, when the last one went out."""

    oldest_waiting: int | None
    last_sent_at: dt.datetime | None


def mailed_to(
    emails: Collection[str], *, now: dt.datetime, besides: Collection[int] = ()
) -> dict[str, Mailed]:
    """By address in lower case; addresses that get nothing are left out. One SQL query.

    ``besides``: keys of invitations that are not counted, because they ask for themselves.

    None at all where no quiet period is set.
    """
    if not settings.INVITATION_QUIET_DAYS or not emails:
        return {}
    since = now - dt.timedelta(days=settings.INVITATION_QUIET_DAYS)
    waiting = Q(state__in=WAITING)
    # A mail that perhaps went out counts as one that did.
    sent = Q(sent_at__gt=since) | Q(
        handed_over_at__gt=since, state__in=[InvitationState.SENDING, InvitationState.UNCERTAIN]
    )
    rows = (
        Invitation.objects.filter(waiting | sent, cancellation__isnull=False)
        .exclude(pk__in=besides)
        .filter(contact__email__in={spelt for each in emails for spelt in (each, each.lower())})
        .order_by()
        .values_list("contact__email")
        .annotate(
            oldest=Min("pk", filter=waiting),
            last=Max(Coalesce("sent_at", "handed_over_at"), filter=sent),
        )
    )
    found: dict[str, Mailed] = {}
    for email, oldest, last in rows:
        before = found.get(email.lower(), Mailed(None, None))
        found[email.lower()] = Mailed(
            oldest_waiting=min(filter(None, (oldest, before.oldest_waiting)), default=None),
            last_sent_at=max(filter(None, (last, before.last_sent_at)), default=None),
        )
    return found


def was_asked_lately(invitation: Invitation, mailed: Mailed | None) -> bool:
    """Whether ``invitation`` must be silent because of what else goes to its address."""
    if mailed is None:
        return False
    if mailed.last_sent_at is not None:
        return True
    if mailed.oldest_waiting is None or invitation.pk is None:
        return False
    return mailed.oldest_waiting < invitation.pk or invitation.state not in WAITING
