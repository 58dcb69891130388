"""The ticker's work: claim due rows, write their mails, hand them over, note what became of them.

How a row tells what happened to it, so that any number of senders may run and die:

- *claimed*: ``state=sending`` with a ``lease`` token and ``leased_until``, by one conditional
  update. A claim that ran out is given back and sent by somebody else.
- *handed over*: ``handed_over_at`` is committed right before the server gets the message, again
  conditional on the lease. From here until the outcome is committed nobody can know whether the
  mail went out; a claim that runs out in between becomes ``uncertain`` and is never sent again
  by itself. A sender hands over one message at a time, so it leaves one such row at most.
- *settled*: ``sent``, ``failed``, ``uncertain``, or ``scheduled`` again for later.
"""

import datetime as dt
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from surveys.delivery import gate
from surveys.delivery.failures import (
    MAX_ATTEMPTS,
    Failure,
    Verdict,
    read_failure,
    wait_seconds,
)
from surveys.delivery.messages import build_message, message_id_of
from surveys.models import Invitation, InvitationState, Suppression
from surveys.models.invitations import SuppressionReason

logger = logging.getLogger(__name__)

CHUNK = 50
# Renewed at each hand-over; longer than one message can take at 20 s for each SMTP command.
LEASE = dt.timedelta(minutes=5)
DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"
WATCHED_SMTP = "surveys.delivery.smtp.EmailBackend"
STOPPED_BETWEEN = gettext_noop(
    "The sender stopped after the mail server may have got the mail and before that was noted."
)
OUTCOMES = ("sent", "scheduled", "failed", "uncertain", "withheld", "withdrawn", "offered")

Outcomes = Counter[str]


def send_due(
    *, seconds: float | None = None, on_row: Callable[[], object] | None = None
) -> Outcomes:
    """Send what is due; safe to run any number of times at once.

    Stops after ``seconds`` (default: when nothing is due any more), or when the mail server
    cannot be reached. Calls ``on_row`` after each row. Returns how many rows ended up in each of
    ``OUTCOMES``; "scheduled" are those that will be tried again.
    """
    outcomes: Outcomes = Counter()
    outcomes["uncertain"] += recover_lost(now=timezone.now())
    stop_at = None if seconds is None else time.monotonic() + seconds
    while stop_at is None or time.monotonic() < stop_at:
        lease, ids = claim(now=timezone.now(), limit=CHUNK)
        if not ids:
            break
        sender = _Sender(lease=lease, stop_at=stop_at)
        try:
            sender.send(ids, outcomes, on_row)
        finally:
            sender.finish()
        if sender.unreachable:
            break
    return outcomes


def claim(*, now: dt.datetime, limit: int) -> tuple[str, list[int]]:
    """Lease up to ``limit`` due rows; returns the lease's token and the rows' IDs, oldest first.

    Several senders may look at the same rows; each row changes hands once, and whoever changed
    it owns it. No rows returned: none were left when this sender came to write.
    """
    lease = secrets.token_hex(16)
    due = Invitation.objects.due(now).order_by("not_before", "pk").values_list("pk", flat=True)
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        candidates = list(due[:limit])
        if not candidates:
            return lease, []
        claimed = Invitation.objects.filter(
            pk__in=candidates, state=InvitationState.SCHEDULED, not_before__lte=now
        ).update(
            state=InvitationState.SENDING,
            lease=lease,
            leased_until=now + LEASE,
            handed_over_at=None,
        )
    if not claimed:
        return lease, []
    mine = Invitation.objects.filter(lease=lease, state=InvitationState.SENDING)
    return lease, list(mine.order_by("not_before", "pk").values_list("pk", flat=True))


def recover_lost(*, now: dt.datetime) -> int:
    """Settle what dead senders left: unsent rows are due again, the one in flight is uncertain.

    Returns how many became uncertain.
    """
    lost = Invitation.objects.lease_expired(now)
    lost.filter(handed_over_at__isnull=True).update(
        state=InvitationState.SCHEDULED, lease="", leased_until=None
    )
    # The lease stays: a sender that was only slow may still say what became of its mail.
    return lost.filter(handed_over_at__isnull=False).update(
        state=InvitationState.UNCERTAIN, leased_until=None, last_error=STOPPED_BETWEEN
    )


class _Sender:
    """One connection to the mail server, for the rows of one lease."""

    def __init__(self, *, lease: str, stop_at: float | None) -> None:
        self.lease = lease
        self.stop_at = stop_at
        self.unreachable = False
        self.backend: Any = mail.get_connection(
            WATCHED_SMTP if settings.EMAIL_BACKEND == DJANGO_SMTP else None
        )

    def send(
        self, ids: Sequence[int], outcomes: Outcomes, on_row: Callable[[], object] | None
    ) -> None:
        for pk in ids:
            if self.stop_at is not None and time.monotonic() >= self.stop_at:
                return
            # Once the server cannot be reached, the rest waits, which counts as no attempt.
            outcome = self._put_back(pk) if self.unreachable else self._send_one(pk)
            if outcome:
                outcomes[outcome] += 1
            if on_row is not None:
                on_row()

    def finish(self) -> None:
        """Give back what was not handed over, and close the connection."""
        self._mine().filter(handed_over_at__isnull=True).update(
            state=InvitationState.SCHEDULED, lease="", leased_until=None
        )
        self._disconnect()

    def _send_one(self, pk: int) -> str:
        """Returns the state that the row ended up in, "" where it was no longer ours."""
        invitation = (
            self._mine()
            .select_related("survey_version", "customer", "contact", "cancellation__subscription")
            .filter(pk=pk)
            .first()
        )
        if invitation is None:
            return ""
        if invitation.cancellation is None:  # about an intent: shown on a page, never mailed
            return self._settle(pk, state=InvitationState.OFFERED)
        stop = gate.reason_to_stop(
            invitation=invitation, cancellation=invitation.cancellation, now=timezone.now()
        )
        if stop is not None:
            return self._settle(pk, state=stop.state, withheld_because=stop.because)
        try:
            message = build_message(invitation, connection=self.backend)
            message.message()
        except Exception as error:
            logger.exception("Invitation %s could not be written.", pk)
            words = f"{type(error).__name__}: the mail could not be written."
            # A name or an address with a line break stays what it is; anything else may be mended.
            hopeless = isinstance(error, mail.BadHeaderError)
            verdict = Verdict.REFUSED if hopeless else Verdict.LATER
            return self._settle_failure(invitation, Failure(verdict, words), counted=False)
        try:
            self.backend.open()
        except OSError as error:  # smtplib's errors are such, too
            self.unreachable = True
            failure = read_failure(error)
            logger.warning("The mail server cannot be reached: %s", failure.words)
            self._disconnect()
            return self._settle_failure(invitation, failure, counted=False)
        return self._hand_over(invitation, message)

    def _hand_over(self, invitation: Invitation, message: mail.EmailMessage) -> str:
        now = timezone.now()
        owned = (
            self._mine()
            .filter(pk=invitation.pk, handed_over_at__isnull=True)
            .update(
                handed_over_at=now,
                leased_until=now + LEASE,
                attempts=F("attempts") + 1,
                message_id=message_id_of(invitation),
            )
        )
        if not owned:
            return ""
        try:
            self.backend.send_messages([message])
        except Exception as error:
            failure = read_failure(error, payload_sent=getattr(self.backend, "payload_sent", False))
            if failure.connection_lost:
                self._disconnect()
            logger.warning("Invitation %s: %s", invitation.pk, failure.words)
            return self._settle_failure(invitation, failure, counted=True)
        return self._settle(
            invitation.pk, state=InvitationState.SENT, sent_at=timezone.now(), last_error=""
        )

    def _settle_failure(self, invitation: Invitation, failure: Failure, *, counted: bool) -> str:
        """``counted``: the hand-over has counted this attempt already."""
        attempts = invitation.attempts + 1
        changes: dict[str, Any] = {"last_error": failure.words}
        if not counted:
            changes["attempts"] = attempts
        if failure.verdict is Verdict.UNKNOWN:
            changes["state"] = InvitationState.UNCERTAIN
        elif failure.verdict is Verdict.LATER and attempts < MAX_ATTEMPTS:
            wait = dt.timedelta(seconds=wait_seconds(attempts))
            changes |= {"state": InvitationState.SCHEDULED, "not_before": timezone.now() + wait}
        else:
            changes["state"] = InvitationState.FAILED
        outcome = self._settle(invitation.pk, **changes)
        if failure.verdict is Verdict.NO_SUCH_ADDRESS and invitation.contact is not None:
            Suppression.objects.add_address(invitation.contact.email, SuppressionReason.BOUNCED)
        return outcome

    def _put_back(self, pk: int) -> str:
        wait = dt.timedelta(seconds=wait_seconds(1))
        return self._settle(pk, state=InvitationState.SCHEDULED, not_before=timezone.now() + wait)

    def _settle(self, pk: int, **changes: Any) -> str:
        """Write the outcome while the row is still ours; waits out a database that restarts."""
        if changes["state"] != InvitationState.UNCERTAIN:
            changes["handed_over_at"] = None
        changes |= {"lease": "", "leased_until": None}
        for wait in (0.5, 1, 2, 4, None):
            try:
                settled = Invitation.objects.filter(
                    pk=pk,
                    lease=self.lease,
                    state__in=[InvitationState.SENDING, InvitationState.UNCERTAIN],
                ).update(**changes)
            except OperationalError:
                if wait is None or connection.in_atomic_block:
                    raise
                connection.close()
                time.sleep(wait)
            else:
                break
        return str(changes["state"].value) if settled else ""

    def _mine(self) -> Any:
        return Invitation.objects.filter(lease=self.lease, state=InvitationState.SENDING)

    def _disconnect(self) -> None:
        """Leave the server; one that no longer answers is not waited for."""
        open_socket = getattr(self.backend, "connection", None)
        try:
            if open_socket is not None and getattr(open_socket, "sock", None) is not None:
                open_socket.sock.settimeout(2)
            self.backend.close()
        except OSError:
            if open_socket is not None:
                open_socket.close()
