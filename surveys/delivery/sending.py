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
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.core import mail
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.claiming import QUEUES, claim, recover_lost
from surveys.delivery.failures import (
    MAX_ATTEMPTS,
    Failure,
    Verdict,
    read_failure,
    wait_seconds,
)
from surveys.delivery.ledger import Ledger
from surveys.delivery.messages import Mail, invitation_of
from surveys.delivery.mime import message_id_of
from surveys.delivery.outlets import outlet_in_use
from surveys.delivery.reading import Queue
from surveys.models import (
    Cancellation,
    Invitation,
    InvitationState,
    Reminder,
    Suppression,
    Survey,
    SurveyVersion,
)
from surveys.models.invitations import SuppressionReason

logger = logging.getLogger(__name__)

CHUNK = 200
# So many are written before the first of them goes: done in a row, it takes half the time.
AHEAD = 25
OUTCOMES = ("sent", "scheduled", "failed", "uncertain", "withheld", "withdrawn", "offered")

Outcomes = Counter[str]


def send_due(
    *, seconds: float | None = None, on_row: Callable[[], object] | None = None
) -> Outcomes:
    """Send what is due, invitations and reminders; safe to run any number of times at once.

    Stops after ``seconds`` (default: when nothing is due any more), or when the mail server
    cannot be reached. Calls ``on_row`` after each row. Returns how many rows ended up in each of
    ``OUTCOMES``; "scheduled" are those that will be tried again.
    """
    outcomes: Outcomes = Counter()
    outcomes["uncertain"] += recover_lost(now=timezone.now())
    stop_at = None if seconds is None else time.monotonic() + seconds
    sender = Sender(outcomes, stop_at=stop_at, on_row=on_row)
    try:
        while sender.may_go_on:
            # Each queue in its turn: neither keeps the other waiting.
            found = [sender.send_some(queue) for queue in QUEUES]
            if not any(found):
                break
    finally:
        sender.outlet.disconnect()
    return outcomes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to go."""

    row: Mail
    prepared: Any
    entry: dict[str, Any]


class Sender:
    """One connection to the mail server, for as many batches as there are."""

    def __init__(
        self,
        outcomes: Outcomes,
        *,
        stop_at: float | None = None,
        on_row: Callable[[], object] | None = None,
    ) -> None:
        self.outcomes = outcomes
        self.stop_at = stop_at
        self.on_row = on_row
        self.unreachable = False
        self.outlet = outlet_in_use()
        self._versions: dict[int, SurveyVersion] = {}

    @property
    def may_go_on(self) -> bool:
        return not self.unreachable and not self._out_of_time

    @property
    def _out_of_time(self) -> bool:
        return self.stop_at is not None and time.monotonic() >= self.stop_at

    def send_some(self, queue: Queue) -> bool:
        """One batch of ``queue``; False where nothing was due."""
        if not self.may_go_on:
            return False
        batch = claim(queue, now=timezone.now(), limit=CHUNK)
        if not batch.size:
            return False
        ledger = Ledger(batch, self.outcomes)
        try:
            rows = batch.rows()
            invitations = [invitation_of(row) for row in rows]
            self._join_surveys(invitations)
            known = gate.known_about(invitations, now=timezone.now())
            for start in range(0, len(rows), AHEAD):
                self._send_group(rows[start : start + AHEAD], ledger, known)
        finally:
            ledger.close()
            batch.give_back()
        return True

    def _send_group(self, rows: list[Mail], ledger: Ledger, known: gate.Known) -> None:
        if self._out_of_time:
            return
        ledger.close()  # writing takes its time
        letters = [self._write(row, ledger, known) for row in rows]
        for letter in letters:
            if self._out_of_time:
                return
            if letter is not None:
                self._send(letter, ledger)
            if self.on_row is not None:
                self.on_row()

    def _write(self, row: Mail, ledger: Ledger, known: gate.Known) -> Letter | None:
        """None where there is nothing to send; the row then says why."""
        if invitation_of(row).cancellation is None:  # shown on a page, never mailed
            ledger.settle(row, state=InvitationState.OFFERED)
            return None
        if _is_stopped(row, ledger, known):
            return None
        try:
            return Letter(row, self.outlet.prepare(row), ledger.entry(row))
        except Exception as error:
            logger.exception("%s %s could not be written.", type(row).__name__, row.pk)
            words = f"{type(error).__name__}: the mail could not be written."
            # A name or an address with a line break stays what it is; anything else may be mended.
            hopeless = isinstance(error, mail.BadHeaderError)
            failure = Failure(Verdict.REFUSED if hopeless else Verdict.LATER, words)
            _settle_failure(row, ledger, failure, counted=False)
            return None

    def _send(self, letter: Letter, ledger: Ledger) -> None:
        row = letter.row
        if self.unreachable:
            # The rest waits, which counts as no attempt.
            ledger.settle(row, state=InvitationState.SCHEDULED, not_before=_after(1))
            return
        if not self._is_connected(row, ledger):
            return
        if not ledger.hand_over(letter.entry, now=timezone.now()):
            # Not ours any more; or answered or suppressed a moment ago, and then it says so.
            _is_stopped(row, ledger, None)
            return
        try:
            self.outlet.deliver(letter.prepared)
        except Exception as error:
            failure = read_failure(error, payload_sent=self.outlet.payload_sent)
            logger.warning("%s %s: %s", type(row).__name__, row.pk, failure.words)
            _settle_failure(row, ledger, failure, counted=True)
            if failure.connection_lost:
                self.outlet.disconnect()
        else:
            ledger.note_sent(row)

    def _is_connected(self, row: Mail, ledger: Ledger) -> bool:
        if self.outlet.is_connected:
            return True
        ledger.close()  # connecting takes its time
        try:
            self.outlet.connect()
        except OSError as error:  # smtplib's errors are such, too
            self.unreachable = True
            failure = read_failure(error)
            logger.warning("The mail server cannot be reached: %s", failure.words)
            self.outlet.disconnect()
            _settle_failure(row, ledger, failure, counted=False)
        return not self.unreachable

    def _join_surveys(self, invitations: list[Invitation]) -> None:
        """Each survey is read once a batch; each version once, for it is large and frozen."""
        surveys = Survey.objects.in_bulk({each.survey_id for each in invitations})
        missing = {each.survey_version_id for each in invitations} - set(self._versions)
        if missing:
            self._versions |= SurveyVersion.objects.in_bulk(missing)
        for invitation in invitations:
            invitation.survey = surveys[invitation.survey_id]
            invitation.survey_version = self._versions[invitation.survey_version_id]


def _is_stopped(row: Mail, ledger: Ledger, known: gate.Known | None) -> bool:
    """Whether anything speaks against the mail now; the row then says what.

    ``known``: what the database said of the whole batch; None asks it again.
    """
    invitation = invitation_of(row)
    stop = gate.reason_to_stop(
        invitation=invitation,
        cancellation=cast(Cancellation, invitation.cancellation),
        now=timezone.now(),
        reminder=row if isinstance(row, Reminder) else None,
        known=known,
    )
    if stop is not None:
        ledger.settle(row, **stop.changes)
    return stop is not None


def _settle_failure(row: Mail, ledger: Ledger, failure: Failure, *, counted: bool) -> None:
    """``counted``: the hand-over has counted this attempt already."""
    attempts = row.attempts + 1
    changes: dict[str, Any] = {"last_error": failure.words, "message_id": message_id_of(row)}
    if not counted:
        changes["attempts"] = attempts
    if failure.verdict is Verdict.UNKNOWN:
        changes["state"] = InvitationState.UNCERTAIN
    elif failure.verdict is Verdict.LATER and attempts < MAX_ATTEMPTS:
        changes |= {"state": InvitationState.SCHEDULED, "not_before": _after(attempts)}
    else:
        changes["state"] = InvitationState.FAILED
    ledger.settle(row, **changes)
    contact = invitation_of(row).contact
    if failure.verdict is Verdict.NO_SUCH_ADDRESS and contact is not None:
        Suppression.objects.add_address(contact.email, SuppressionReason.BOUNCED)


def _after(attempts: int) -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=wait_seconds(attempts))
