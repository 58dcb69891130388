"""Whether an invitation or a reminder may be mailed: asked when it is scheduled, and again when
it is sent.

Whatever brought a cancellation in, nothing older than INVITATION_MAX_AGE_DAYS passes, and no
address that is reserved for examples leaves over a mail server.

A sender that has many mails in hand asks the database once for all of them:

    known = gate.known_about(invitations, now=now)       # five queries, however many
    gate.reason_to_stop(invitation=..., cancellation=..., now=now, reminder=..., known=known)

That is as exact as asking for each, if the rows are leased before: whatever happens later, such
as a person asking us to stop, withdraws the row itself, and a withdrawn row is not handed over.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_noop

from surveys.calendar import local_date
from surveys.delivery.caps import too_many_today
from surveys.delivery.quiet import WAITING, Mailed, mailed_to, was_asked_lately
from surveys.delivery.windows import next_moment_in_window, window_of, zone_of
from surveys.models import (
    Cancellation,
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Response,
    Subscription,
    Suppression,
    address_digest,
)

NO_CONTACT = gettext_noop("There is no address to write to.")
ERASED = gettext_noop("The customer has been erased.")
SUPPRESSED = gettext_noop("The address must not be written to.")
TOO_OLD = gettext_noop("The cancellation is too long ago.")
EXPIRED = gettext_noop("The invitation expired before it could be sent.")
EXAMPLE_ADDRESS = gettext_noop("The address is reserved for examples.")
TAKEN_BACK = gettext_noop("The cancellation was taken back.")
ENDED_BY_VENDOR = gettext_noop("The vendor or a system ended it.")
CAME_BACK = gettext_noop("The customer has come back.")
ANSWERED_CANCELLING = gettext_noop("The survey was already answered while cancelling.")
ANSWERED_BEFORE_MAIL = gettext_noop("The survey was answered before the mail went out.")
UNSUBSCRIBED = gettext_noop("The person asked us not to write again.")
ASKED_LATELY = gettext_noop("This address was sent a survey not long ago.")
TOO_MANY = gettext_noop("Too many surveys for this address in one day.")
# Of reminders alone.
ANSWERED = gettext_noop("The survey has been answered.")
RETURNED = gettext_noop("The mail before it was returned as undeliverable.")
LINK_HANDED_ON = gettext_noop("The team has handed on the link.")
NOT_MAILED_BEFORE = gettext_noop("The invitation was not sent.")
NO_MORE_REMINDERS = gettext_noop("The survey no longer sends this reminder.")

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
    """Why a mail does not go now, and the state that says so.

    ``not_before`` is set where it only waits (state scheduled) for the sending window to open.
    """

    state: InvitationState
    because: str
    not_before: dt.datetime | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """The columns to write on the row that stays where it is."""
        changes: dict[str, Any] = {"state": self.state, "withheld_because": self.because}
        return changes | ({"not_before": self.not_before} if self.not_before else {})


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says about some invitations.

    ``answered``: by cancellation, which invitations about it have their answer. ``silent``:
    digests of the addresses that must not be written to. ``mailed``: by address, what else goes
    there. ``paying_since``: by customer, when the newest subscription that runs began.
    """

    answered: Mapping[int, set[int]] = field(default_factory=dict)
    silent: Collection[str] = ()
    mailed: Mapping[str, Mailed] = field(default_factory=dict)
    paying_since: Mapping[int, dt.date] = field(default_factory=dict)


def reason_to_stop(
    *,
    invitation: Invitation,
    cancellation: Cancellation,
    now: dt.datetime,
    reminder: Reminder | None = None,
    known: Known | None = None,
) -> Stop | None:
    """The first reason not to mail ``invitation``, or its ``reminder``, at ``now``; None where it
    may go.

    Reads the invitation's customer, contact and survey, and asks the database up to five
    questions, or none where ``known`` has the answers.
    """
    if cancellation.reverted_at is not None:
        return Stop(InvitationState.WITHDRAWN, TAKEN_BACK)
    if because := _reason_of_time(invitation, cancellation, now):
        return Stop(InvitationState.WITHHELD, because)
    if reminder is not None and (stop := _reason_against_reminder(invitation, reminder)):
        return stop
    if known is None:
        known = known_about([invitation], now=now)
    if stop := _answered(invitation, cancellation, reminder, known):
        return stop
    email = invitation.contact.email if invitation.contact else ""
    because = _reason_without_asking(email)
    if not because and address_digest(email) in known.silent:
        because = SUPPRESSED
    if not because and _came_back(cancellation, known):
        because = CAME_BACK
    if not because and reminder is None:
        because = _reason_of_frequency(invitation, email, now, known)
    if because:
        return Stop(InvitationState.WITHHELD, because)
    return _wait_for_window(invitation, reminder, now)


def known_about(invitations: Collection[Invitation], *, now: dt.datetime) -> Known:
    """What ``reason_to_stop`` has to ask the database, for all of them: four SQL queries.

    Reads their contacts and cancellations.
    """
    emails = {each.contact.email for each in invitations if each.contact}
    digests = [address_digest(email) for email in emails]
    silent = Suppression.objects.filter(digest__in=digests).values_list("digest", flat=True)
    return Known(
        answered=_answers_about([each.cancellation for each in invitations if each.cancellation]),
        silent=set(silent),
        mailed=mailed_to(
            emails,
            now=now,
            # What is to wait again, as after a failure, is not held up by itself.
            besides=[each.pk for each in invitations if each.pk and each.state not in WAITING],
        ),
        paying_since=_paying_since({each.customer_id for each in invitations}, local_date(now)),
    )


def reason_against_address(email: str) -> str:
    """Why nothing may be mailed to ``email``; "" where it may. One query at most."""
    if because := _reason_without_asking(email):
        return because
    return SUPPRESSED if Suppression.objects.covers(email) else ""


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
    about = Q(cancellation_id=cancellation.pk)
    if cancellation.intent_id is not None:
        about |= Q(intent_id=cancellation.intent_id)
    others = Response.objects.submitted().filter(about)
    return others.exclude(invitation__cancellation_id=cancellation.pk).exists()


def _reason_of_time(invitation: Invitation, cancellation: Cancellation, now: dt.datetime) -> str:
    if invitation.expires_at <= now:
        return EXPIRED
    if is_too_old(cancellation, now):
        return TOO_OLD
    return ERASED if invitation.customer.erased_at is not None else ""


def _reason_against_reminder(invitation: Invitation, reminder: Reminder) -> Stop | None:
    if invitation.channel != InvitationChannel.MAIL:
        return Stop(InvitationState.WITHDRAWN, LINK_HANDED_ON)
    if invitation.state != InvitationState.SENT:
        return Stop(InvitationState.WITHDRAWN, NOT_MAILED_BEFORE)
    if invitation.bounced_at is not None:
        return Stop(InvitationState.WITHHELD, RETURNED)
    survey = invitation.survey
    if survey.is_archived or reminder.step > len(survey.reminder_days):
        return Stop(InvitationState.WITHHELD, NO_MORE_REMINDERS)
    return None


def _answered(
    invitation: Invitation, cancellation: Cancellation, reminder: Reminder | None, known: Known
) -> Stop | None:
    """What was answered on a page is not asked again by mail."""
    answered = known.answered.get(cancellation.pk, set())
    if invitation.pk not in answered:
        return Stop(InvitationState.WITHDRAWN, ANSWERED_CANCELLING) if answered else None
    if reminder is not None:
        return Stop(InvitationState.WITHDRAWN, ANSWERED)
    # The person found the page without the mail; it stays what it is.
    return Stop(InvitationState.OFFERED, ANSWERED_BEFORE_MAIL)


def _reason_without_asking(email: str) -> str:
    if not email:
        return NO_CONTACT
    if is_reserved(email) and settings.EMAIL_BACKEND not in LOCAL_BACKENDS:
        return EXAMPLE_ADDRESS
    return ""


def _came_back(cancellation: Cancellation, known: Known) -> bool:
    """With a subscription begun on a later day; one that ran beside it is none of that."""
    since = known.paying_since.get(cancellation.customer_id)
    return since is not None and since > local_date(cancellation.requested_at)


def _reason_of_frequency(invitation: Invitation, email: str, now: dt.datetime, known: Known) -> str:
    if was_asked_lately(invitation, known.mailed.get(email.lower())):
        return ASKED_LATELY
    # Asked of what is about to wait, in the address's queue; what waits already was asked then.
    joins = invitation.pk is None or invitation.state not in WAITING
    return TOO_MANY if joins and too_many_today(invitation=invitation, now=now) else ""


def _wait_for_window(
    invitation: Invitation, reminder: Reminder | None, now: dt.datetime
) -> Stop | None:
    """What is due later has its moment in the window already; what was held up may have lost it."""
    if (reminder or invitation).not_before > now:
        return None
    window = window_of(invitation.survey)
    opens = next_moment_in_window(now, window, zone_of(invitation.customer))
    return Stop(InvitationState.SCHEDULED, "", opens) if opens > now else None


def _answers_about(cancellations: Collection[Cancellation]) -> dict[int, set[int]]:
    by_intent = {each.intent_id: each.pk for each in cancellations if each.intent_id}
    about = Q(cancellation_id__in=[each.pk for each in cancellations])
    if by_intent:
        about |= Q(intent_id__in=list(by_intent))
    found: dict[int, set[int]] = {}
    rows = Response.objects.submitted().filter(about)
    for invitation, cancellation, intent in rows.values_list(
        "invitation_id", "cancellation_id", "intent_id"
    ):
        for key in (cancellation, by_intent.get(intent)):
            if key is not None:
                found.setdefault(key, set()).add(invitation)
    return found


def _paying_since(customers: Collection[int], today: dt.date) -> dict[int, dt.date]:
    running = Subscription.objects.paid().filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=today),
        customer__in=customers,
        started_on__lte=today,
        start_known=True,
    )
    rows = running.order_by("started_on").values_list("customer_id", "started_on")
    return dict(rows)
