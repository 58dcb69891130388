"""Whether an invitation may be mailed: asked when it is scheduled, and again when it is sent.

Whatever brought a cancellation in, nothing older than INVITATION_MAX_AGE_DAYS passes, and no
address that is reserved for examples leaves over a mail server.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_noop

from surveys.models import Cancellation, Invitation, InvitationState, Response, Suppression
from surveys.models.responses import ResponseQuerySet

NO_CONTACT = gettext_noop("There is no address to write to.")
ERASED = gettext_noop("The customer has been erased.")
SUPPRESSED = gettext_noop("The address must not be written to.")
TOO_OLD = gettext_noop("The cancellation is too long ago.")
EXPIRED = gettext_noop("The invitation expired before it could be sent.")
EXAMPLE_ADDRESS = gettext_noop("The address is reserved for examples.")
TAKEN_BACK = gettext_noop("The cancellation was taken back.")
ANSWERED_CANCELLING = gettext_noop("The survey was already answered while cancelling.")
ANSWERED_BEFORE_MAIL = gettext_noop("The survey was answered before the mail went out.")
UNSUBSCRIBED = gettext_noop("The person asked us not to write again.")

# Where mail stays on this machine; every other backend hands it to somebody else.
LOCAL_BACKENDS = {
    "surveys.delivery.folder.EmailBackend",
    *(
        f"django.core.mail.backends.{name}.EmailBackend"
        for name in ("filebased", "locmem", "console", "dummy")
    ),
}
# RFC 2606 and 6761: nobody lives there, and a mail server would only be annoyed.
RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
RESERVED_ENDINGS = ("test", "invalid", "example")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an invitation is not mailed, and the state that says so."""

    state: InvitationState
    because: str


def reason_to_stop(
    *, invitation: Invitation, cancellation: Cancellation, now: dt.datetime
) -> Stop | None:
    """The first reason not to mail ``invitation`` at ``now``; None where it may go.

    Reads the invitation's customer and contact, and asks the database up to two questions: has
    it been answered, is the address suppressed.
    """
    if cancellation.reverted_at is not None:
        return Stop(InvitationState.WITHDRAWN, TAKEN_BACK)
    if invitation.expires_at <= now:
        return Stop(InvitationState.WITHHELD, EXPIRED)
    if is_too_old(cancellation, now):
        return Stop(InvitationState.WITHHELD, TOO_OLD)
    if invitation.customer.erased_at is not None:
        return Stop(InvitationState.WITHHELD, ERASED)
    if stop := _answered(invitation, cancellation):
        return stop
    because = reason_against_address(invitation.contact.email if invitation.contact else "")
    return Stop(InvitationState.WITHHELD, because) if because else None


def reason_against_address(email: str) -> str:
    """Why nothing may be mailed to ``email``; "" where it may. One query at most."""
    if not email:
        return NO_CONTACT
    if is_reserved(email) and settings.EMAIL_BACKEND not in LOCAL_BACKENDS:
        return EXAMPLE_ADDRESS
    if Suppression.objects.covers(email):
        return SUPPRESSED
    return ""


def is_too_old(cancellation: Cancellation, now: dt.datetime) -> bool:
    return now - cancellation.requested_at > dt.timedelta(days=settings.INVITATION_MAX_AGE_DAYS)


def is_reserved(email: str) -> bool:
    """Addresses for examples and tests, subdomains included: ``a@mail.example.org``."""
    domain = email.rpartition("@")[2].strip().rstrip(".").casefold()
    return domain.rpartition(".")[2] in RESERVED_ENDINGS or any(
        domain == reserved or domain.endswith(f".{reserved}") for reserved in RESERVED_DOMAINS
    )


def answered_while_cancelling(cancellation: Cancellation) -> bool:
    """Whether a survey other than the one of this cancellation's own invitation has its answer."""
    return (
        _responses_about(cancellation).exclude(invitation__cancellation_id=cancellation.pk).exists()
    )


def _answered(invitation: Invitation, cancellation: Cancellation) -> Stop | None:
    """What was answered on a page is not asked again by mail."""
    answered = set(_responses_about(cancellation).values_list("invitation_id", flat=True))
    if invitation.pk in answered:
        # The person found the page without the mail; it stays what it is.
        return Stop(InvitationState.OFFERED, ANSWERED_BEFORE_MAIL)
    return Stop(InvitationState.WITHDRAWN, ANSWERED_CANCELLING) if answered else None


def _responses_about(cancellation: Cancellation) -> ResponseQuerySet:
    about = Q(cancellation_id=cancellation.pk)
    if cancellation.intent_id is not None:
        about |= Q(intent_id=cancellation.intent_id)
    return Response.objects.submitted().filter(about)
