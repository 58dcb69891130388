"""Who may send which rows: due rows are leased, and what dead senders left is settled.

Any number of senders may look at the same rows. Each row changes hands by one conditional
update, and whoever changed it owns it until its lease runs out.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from surveys.delivery.caps import mails_allowed_now
from surveys.delivery.messages import Mail
from surveys.delivery.mime import message_id_of
from surveys.delivery.reading import Queue, read_rows
from surveys.models import Invitation, InvitationState, Reminder
from surveys.models.invitations import InvitationQuerySet, ReminderQuerySet

# Renewed at each hand-over; longer than one message can take at 20 s for each SMTP command.
LEASE = dt.timedelta(minutes=5)
STOPPED_BETWEEN = gettext_noop(
    "The sender stopped after the mail server may have got the mail and before that was noted."
)
QUEUES: tuple[Queue, ...] = (Invitation, Reminder)


@dataclass(frozen=True, slots=True)
class Batch:
    """``size`` rows of one queue, leased together."""

    queue: Queue
    lease: str
    size: int

    def rows(self) -> list[Mail]:
        """Those that are still ours, oldest first, with all that a mail is made of and the gate
        asks for but the survey and its version. One SQL query."""
        return read_rows(self.queue, self.mine().order_by("not_before", "pk"))

    def mine(self) -> "InvitationQuerySet | ReminderQuerySet":
        return self.queue.objects.filter(lease=self.lease, state=InvitationState.SENDING)

    def give_back(self) -> None:
        """What was not handed over is due again."""
        self.mine().filter(handed_over_at__isnull=True).update(
            state=InvitationState.SCHEDULED, lease="", leased_until=None
        )


def claim(queue: Queue, *, now: dt.datetime, limit: int) -> Batch:
    """Lease up to ``limit`` due rows, oldest first. An empty batch: none are left, or the cap
    on mails an hour is reached."""
    lease = secrets.token_hex(16)
    due = queue.objects.due(now).order_by("not_before", "pk").values_list("pk", flat=True)
    with transaction.atomic():
        allowed = mails_allowed_now(now)
        limit = limit if allowed is None else min(limit, allowed)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        candidates = list(due[:limit])
        if not candidates:
            return Batch(queue, lease, 0)
        claimed = queue.objects.filter(
            pk__in=candidates, state=InvitationState.SCHEDULED, not_before__lte=now
        ).update(
            state=InvitationState.SENDING,
            lease=lease,
            leased_until=now + LEASE,
            handed_over_at=None,
        )
    return Batch(queue, lease, claimed)


def recover_lost(*, now: dt.datetime) -> int:
    """Settle what dead senders left: unsent rows are due again, the one in flight is uncertain.

    Returns how many became uncertain.
    """
    return sum(_recover(queue, now) for queue in QUEUES)


def _recover(queue: Queue, now: dt.datetime) -> int:
    lost = queue.objects.lease_expired(now)
    lost.filter(handed_over_at__isnull=True).update(
        state=InvitationState.SCHEDULED, lease="", leased_until=None
    )
    # The lease stays: a sender that was only slow may still say what became of its mail.
    in_flight = lost.filter(handed_over_at__isnull=False)
    uncertain = in_flight.update(
        state=InvitationState.UNCERTAIN, leased_until=None, last_error=STOPPED_BETWEEN
    )
    if uncertain:
        _note_message_ids(queue)
    return uncertain


def _note_message_ids(queue: Queue) -> None:
    """What to look for in the mail server's log, where a sender had no time to note it."""
    unnoted = queue.objects.filter(state=InvitationState.UNCERTAIN, message_id="")
    for row in read_rows(queue, unnoted):
        queue.objects.filter(pk=row.pk, message_id="").update(message_id=message_id_of(row))
