"""What became of each mail of a batch, committed as it happens, one commit a mail.

That mail n is out and that mail n+1 goes to the server now is noted by one statement. So whatever
happens to a sender, at most one of its rows is neither here nor there.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.utils import timezone

from surveys.delivery.claiming import LEASE, Batch
from surveys.delivery.messages import Mail, invitation_of
from surveys.delivery.mime import message_id_of
from surveys.delivery.reading import Queue
from surveys.models import InvitationState, Response, Suppression
from surveys.models.invitations import address_digest

# How long a database that restarts is waited for.
WAITS_SECONDS = (0.5, 1, 2, 4)
NO_ROW = 0

Result = TypeVar("Result")


class Ledger:
    """Counts in ``outcomes`` how many rows ended up in which state."""

    def __init__(self, batch: Batch, outcomes: Counter[str]) -> None:
        self.batch = batch
        self.outcomes = outcomes
        self._sent: Mail | None = None

    def entry(self, mail: Mail) -> dict[str, Any]:
        """What ``hand_over`` has to say and to ask about ``mail``."""
        invitation = invitation_of(mail)
        cancellation, contact = invitation.cancellation, invitation.contact
        return {
            "next": mail.pk,
            "lease": self.batch.lease,
            "invitation": invitation.pk,
            "cancellation": cancellation.pk if cancellation else None,
            "intent": cancellation.intent_id if cancellation else None,
            "digest": address_digest(contact.email) if contact else "",
        }

    def hand_over(self, entry: dict[str, Any], *, now: dt.datetime) -> bool:
        """Commit that the server gets the mail of ``entry`` now, and that it has the one before.

        False, and it must not be sent, where the row is no longer ours, or where meanwhile the
        survey was answered or the address suppressed.
        """
        moment = connection.ops.adapt_datetimefield_value
        sent = self._sent
        values = entry | {
            "sent": sent.pk if sent else NO_ROW,
            "message_id": message_id_of(sent) if sent else "",
            "now": moment(now),
            "renew_before": moment(now + LEASE / 2),
            "leased_until": moment(now + LEASE),
        }
        changed = _patiently(lambda: _changed(_statement(self.batch.queue), values))
        if sent is not None and sent.pk in changed:
            self.outcomes[InvitationState.SENT.value] += 1
        self._sent = None
        return entry["next"] in changed

    def note_sent(self, mail: Mail) -> None:
        """The server has taken ``mail``: committed by the next ``hand_over`` or ``close``."""
        self._sent = mail

    def close(self) -> None:
        """Commit what is still to be: before anything that takes its time, and at the end."""
        if self._sent is None:
            return
        sent, self._sent = self._sent, None
        self.settle(
            sent,
            state=InvitationState.SENT,
            sent_at=timezone.now(),
            last_error="",
            message_id=message_id_of(sent),
        )

    def settle(self, mail: Mail, **changes: Any) -> None:
        """Write the state that ``mail`` ends up in, where the row is still ours."""
        if changes["state"] != InvitationState.UNCERTAIN:
            changes["handed_over_at"] = None
        changes |= {"lease": "", "leased_until": None}
        ours = self.batch.queue.objects.filter(
            pk=mail.pk,
            lease=self.batch.lease,
            # Uncertain: somebody took a sender for dead that was only slow.
            state__in=[InvitationState.SENDING, InvitationState.UNCERTAIN],
        )
        if _patiently(lambda: ours.update(**changes)):
            self.outcomes[changes["state"].value] += 1


@lru_cache
def _statement(queue: Queue) -> str:
    """SQL for ``hand_over``: two rows by their keys, and what they became. The rows of the tables
    that would forbid it are found by their indexes.

    What is written of the next row stands in no index, so that PostgreSQL need not touch one:
    the lease is renewed only where it would run out, and the Message-ID noted at the end.
    """
    tables = {
        name: model._meta.db_table  # noqa: SLF001 - Django's documented interface
        for name, model in (
            ("mails", queue),
            ("responses", Response),
            ("suppressions", Suppression),
        )
    }
    return """
        UPDATE "{mails}" SET
            state = CASE WHEN id = %(sent)s THEN 'sent' ELSE state END,
            sent_at = CASE WHEN id = %(sent)s THEN %(now)s ELSE sent_at END,
            last_error = CASE WHEN id = %(sent)s THEN '' ELSE last_error END,
            lease = CASE WHEN id = %(sent)s THEN '' ELSE lease END,
            leased_until = CASE
                WHEN id = %(sent)s THEN NULL
                WHEN leased_until < %(renew_before)s THEN %(leased_until)s
                ELSE leased_until
            END,
            handed_over_at = CASE WHEN id = %(sent)s THEN NULL ELSE %(now)s END,
            attempts = CASE WHEN id = %(sent)s THEN attempts ELSE attempts + 1 END,
            message_id = CASE WHEN id = %(sent)s THEN %(message_id)s ELSE message_id END
        WHERE id IN (%(sent)s, %(next)s) AND lease = %(lease)s AND (
            (id = %(sent)s AND state IN ('sending', 'uncertain'))
            OR (
                id = %(next)s AND state = 'sending' AND handed_over_at IS NULL
                AND NOT EXISTS (
                    SELECT 1 FROM "{responses}" WHERE submitted_at IS NOT NULL AND (
                        invitation_id = %(invitation)s
                        OR cancellation_id = %(cancellation)s
                        OR intent_id = %(intent)s
                    )
                )
                AND NOT EXISTS (SELECT 1 FROM "{suppressions}" WHERE digest = %(digest)s)
            )
        )
        RETURNING id
    """.format(**tables)  # noqa: S608 - names of our own tables


def _changed(statement: str, values: dict[str, Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {pk for (pk,) in cursor.fetchall()}


def _patiently(write: Callable[[], Result]) -> Result:
    """Waits out a database that restarts."""
    for wait in WAITS_SECONDS:
        try:
            return write()
        except OperationalError:
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(wait)
    return write()
