"""A survey's link that the team hands on by itself: in a reply, on the phone, as a QR code."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext

from surveys.delivery import gate
from surveys.delivery.scheduling import PENDING, expiry, new_invitation, withdraw
from surveys.models import Cancellation, Invitation, InvitationChannel, InvitationState, Reminder

# What a mail server has, or may have: the row goes on saying so.
MAILED = (InvitationState.SENDING, InvitationState.SENT, InvitationState.UNCERTAIN)


class OfferRefusedError(ValueError):
    """No link can be handed on for this cancellation; says why in a sentence for staff."""


@transaction.atomic
def offer_link(cancellation: Cancellation, now: dt.datetime) -> Invitation:
    """The invitation of ``cancellation`` whose link the team hands on; the same one every time.

    Its channel is LINK from then on and its state OFFERED, unless it was mailed before: then it
    stays sent. Mails that wait, reminders too, are withdrawn, and none is planned any more: who
    is spoken to in person gets no machine's mail. A link that has expired opens again, for as
    long as the survey says. Needs no address. OfferRefusedError where the customer was erased or
    stays, where no survey fits, and where the survey was answered while cancelling.
    """
    if because := _reason_to_refuse(cancellation):
        raise OfferRefusedError(because)
    invitation = _own(cancellation)
    if invitation is None:
        new = new_invitation(cancellation, now=now)
        if new is None:
            raise OfferRefusedError(gettext("No survey fits this cancellation."))
        new.channel, new.state = InvitationChannel.LINK, InvitationState.OFFERED
        new.not_before, new.expires_at = now, expiry(new.survey, now)
        Invitation.objects.bulk_create([new], ignore_conflicts=True)
        invitation = _own(cancellation)
    if invitation is None:  # taken away between two statements, as by an erasure
        raise OfferRefusedError(gettext("This cancellation is gone."))
    _take_from_the_queue(invitation, now)
    invitation.refresh_from_db()
    return invitation


def _reason_to_refuse(cancellation: Cancellation) -> str:
    if cancellation.customer.erased_at is not None:
        return gettext(gate.ERASED)
    if cancellation.reverted_at is not None:
        return gettext(gate.TAKEN_BACK)
    if gate.answered_while_cancelling(cancellation):
        return gettext(gate.ANSWERED_CANCELLING)
    return ""


def _own(cancellation: Cancellation) -> Invitation | None:
    joined = Invitation.objects.select_related("survey", "survey_version", "customer", "contact")
    return joined.filter(cancellation=cancellation).first()


def _take_from_the_queue(invitation: Invitation, now: dt.datetime) -> None:
    row = Invitation.objects.filter(pk=invitation.pk)
    # Conditional: a sender that hands the mail over at this moment keeps the row as it is.
    free = row.filter(PENDING) | row.exclude(state__in=MAILED)
    free.update(state=InvitationState.OFFERED, withheld_because="", lease="", leased_until=None)
    row.update(channel=InvitationChannel.LINK)
    if invitation.expires_at <= now:
        row.update(expires_at=expiry(invitation.survey, now))
    withdraw(Reminder.objects.filter(PENDING, invitation=invitation), gate.LINK_HANDED_ON)
