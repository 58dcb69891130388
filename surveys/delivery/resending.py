"""Sending once more what failed, or perhaps went out: only when a person says so."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction

from surveys.delivery import gate
from surveys.delivery.locks import queue_for_address
from surveys.delivery.windows import next_moment_in_window, window_of, zone_of
from surveys.models import Invitation, InvitationState

AGAIN = (InvitationState.FAILED, InvitationState.UNCERTAIN)


@dataclass(slots=True)
class SentAgain:
    """``scheduled``: how many go out again. ``stopped``: how many do not, by the reason."""

    scheduled: int = 0
    stopped: dict[str, int] = field(default_factory=dict)


def send_again(*, ids: Collection[int], now: dt.datetime) -> SentAgain:
    """Put these invitations back into the queue, as if they had never been tried.

    Only such as failed or are uncertain, and only where the gate lets them: who has answered
    since, or whose address does not exist, is not written to. Others of ``ids`` are left alone.
    """
    done = SentAgain()
    for pk in sorted(ids):
        because = _put_back(pk, now)
        if because is None:
            continue
        if because:
            done.stopped[because] = done.stopped.get(because, 0) + 1
        else:
            done.scheduled += 1
    return done


@transaction.atomic
def _put_back(pk: int, now: dt.datetime) -> str | None:
    """Why not, "" where it is done, None where there was nothing to do."""
    invitation = (
        Invitation.objects.select_related("survey", "customer", "contact", "cancellation")
        .filter(pk=pk, state__in=AGAIN, cancellation__isnull=False)
        .first()
    )
    if invitation is None or invitation.cancellation is None:
        return None
    if invitation.contact is not None:
        queue_for_address(invitation.contact.email)
    stop = gate.reason_to_stop(invitation=invitation, cancellation=invitation.cancellation, now=now)
    if stop is not None and stop.because:
        return stop.because
    # Not from the state that was read: a sender that was only slow may have said "sent" since.
    put_back = Invitation.objects.filter(pk=pk, state=invitation.state).update(
        state=InvitationState.SCHEDULED,
        not_before=next_moment_in_window(
            now, window_of(invitation.survey), zone_of(invitation.customer)
        ),
        attempts=0,
        last_error="",
        lease="",
        leased_until=None,
        handed_over_at=None,
    )
    return "" if put_back else None
