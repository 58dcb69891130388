"""Invitation rows: which survey, to whom, not before when. The row is the queue.

Nothing here talks to a broker or a mail server, so a request that records a cancellation never
waits for either; the ticker finds the row by itself.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from surveys.delivery import gate
from surveys.delivery.locks import queue_for_address
from surveys.delivery.routing import choose_survey, goes_on_with_another
from surveys.delivery.windows import next_moment_in_window, window_of, zone_of
from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Intent,
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Survey,
    SurveyMoment,
    SurveyVersion,
)
from surveys.models.invitations import InvitationQuerySet, QueuedQuerySet
from surveys.questionnaire import Questionnaire, best_language

PENDING = Q(state=InvitationState.SCHEDULED) | Q(
    state=InvitationState.SENDING, handed_over_at__isnull=True
)


@transaction.atomic(savepoint=False)
def schedule_for_cancellation(cancellation: Cancellation, *, now: dt.datetime) -> Invitation | None:
    """Invite the contact of ``cancellation`` to the exit survey; may be called any number of times.

    Due when the survey's delay after the request is over, but not before ``now``, and in the
    survey's sending window. What must not be mailed is written all the same, withheld with its
    reason in words. An invitation that was withheld, or withdrawn because the cancellation was
    taken back, is looked at anew: a contact may have become known, the customer may have
    cancelled again. None when no survey fits, and when the survey was answered while cancelling.
    """
    if gate.answered_while_cancelling(cancellation):
        withdraw_pending(cancellation, because=gate.ANSWERED_CANCELLING)
        return None
    existing = _with_relations().filter(cancellation=cancellation).first()
    if existing is not None:
        return _reconsider(existing, cancellation, now)
    invitation = new_invitation(cancellation, now=now)
    if invitation is None:
        return None
    _stand_in_queue(invitation.contact)
    if stop := gate.reason_to_stop(invitation=invitation, cancellation=cancellation, now=now):
        invitation.state, invitation.withheld_because = stop.state, stop.because
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)
    return _with_relations().get(cancellation=cancellation)


def new_invitation(cancellation: Cancellation, *, now: dt.datetime) -> Invitation | None:
    """To the survey that fits ``cancellation``, due as that survey says; not yet written.

    None when no survey fits.
    """
    customer, contact = cancellation.customer, _contact_of(cancellation)
    version = choose_survey(
        moment=SurveyMoment.LEFT,
        kind=cancellation.kind,
        trial=cancellation.subscription.is_trial,
        segment=customer.segment,
        language=_wanted_languages(contact, customer)[0],
        keeps_paying=lambda: goes_on_with_another(cancellation),
    )
    if version is None:
        return None
    not_before = _due(version.survey, cancellation, now)
    return Invitation(
        survey=version.survey,
        survey_version=version,
        customer=customer,
        contact=contact,
        cancellation=cancellation,
        language=_language(version, contact, customer),
        not_before=not_before,
        expires_at=expiry(version.survey, not_before),
    )


def offer_for_intent(intent: Intent, *, now: dt.datetime) -> Invitation | None:
    """The survey shown while cancelling; the same one however often it is asked for.

    It is never mailed, so it needs no address. None when no survey fits this moment.
    """
    existing = _with_relations().filter(intent=intent).first()
    if existing is not None:
        return existing
    customer = intent.customer
    version = choose_survey(
        moment=SurveyMoment.CANCELLING,
        trial=bool(intent.subscription and intent.subscription.is_trial),
        segment=customer.segment,
        language=_wanted_languages(intent.contact, customer)[0],
    )
    if version is None:
        return None
    invitation = Invitation(
        survey=version.survey,
        survey_version=version,
        customer=customer,
        contact=intent.contact,
        intent=intent,
        channel=InvitationChannel.PAGE,
        language=_language(version, intent.contact, customer),
        state=InvitationState.OFFERED,
        not_before=now,
        expires_at=expiry(version.survey, now),
    )
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)
    return _with_relations().get(intent=intent)


def withdraw_pending(cancellation: Cancellation, *, because: str) -> int:
    """Stop the mails about ``cancellation``, reminders too, that no server has yet; how many."""
    return _withdraw_waiting(Q(cancellation=cancellation), because)


def withdraw_pending_to(email: str, *, because: str) -> int:
    """Stop every mail to this address, in any spelling of its case; returns how many."""
    return _withdraw_waiting(Q(contact__email__iexact=email.strip()), because)


def withdraw(mails: QueuedQuerySet[Any], because: str) -> int:
    """Mark these invitations, or these reminders, as withdrawn; returns how many."""
    return mails.update(
        state=InvitationState.WITHDRAWN, withheld_because=because, lease="", leased_until=None
    )


def _withdraw_waiting(which: Q, because: str) -> int:
    """``which``: a condition on invitations, to be met by a reminder's invitation, too."""
    reminders = Reminder.objects.filter(PENDING, invitation__in=Invitation.objects.filter(which))
    return withdraw(Invitation.objects.filter(PENDING & which), because) + withdraw(
        reminders, because
    )


def _reconsider(invitation: Invitation, cancellation: Cancellation, now: dt.datetime) -> Invitation:
    taken_back = invitation.state == InvitationState.WITHDRAWN and (
        invitation.withheld_because in {gate.TAKEN_BACK, gettext(gate.TAKEN_BACK)}
    )
    if invitation.state != InvitationState.WITHHELD and not taken_back:
        return invitation
    found_as = invitation.state
    invitation.contact = _contact_of(cancellation)
    _stand_in_queue(invitation.contact)
    invitation.not_before = _due(invitation.survey, cancellation, now)
    invitation.expires_at = expiry(invitation.survey, invitation.not_before)
    stop = gate.reason_to_stop(invitation=invitation, cancellation=cancellation, now=now)
    changes = (
        {"state": stop.state, "withheld_because": stop.because}
        if stop
        else {
            "state": InvitationState.SCHEDULED,
            "withheld_because": "",
            "attempts": 0,
            "not_before": invitation.not_before,
            "expires_at": invitation.expires_at,
            "contact": invitation.contact,
            "language": _language(
                invitation.survey_version, invitation.contact, invitation.customer
            ),
        }
    )
    Invitation.objects.filter(pk=invitation.pk, state=found_as, sent_at=None).update(**changes)
    return _with_relations().get(pk=invitation.pk)


def _with_relations() -> InvitationQuerySet:
    return Invitation.objects.select_related("survey", "survey_version", "customer", "contact")


def _contact_of(cancellation: Cancellation) -> Contact | None:
    if cancellation.contact_id is not None:
        return cancellation.contact
    return Contact.objects.filter(customer_id=cancellation.customer_id, is_primary=True).first()


def expiry(survey: Survey, not_before: dt.datetime) -> dt.datetime:
    days = survey.expires_days
    if days is None:
        days = settings.INVITATION_EXPIRES_DAYS
    return not_before + dt.timedelta(days=days)


def _due(survey: Survey, cancellation: Cancellation, now: dt.datetime) -> dt.datetime:
    minutes = survey.delay_minutes
    if minutes is None:
        minutes = settings.INVITATION_DELAY_MINUTES
    earliest = max(cancellation.requested_at + dt.timedelta(minutes=minutes), now)
    return next_moment_in_window(earliest, window_of(survey), zone_of(cancellation.customer))


def _stand_in_queue(contact: Contact | None) -> None:
    """Who may be mailed how often is decided for one address at a time."""
    if contact is not None:
        queue_for_address(contact.email)


def _wanted_languages(contact: Contact | None, customer: Customer) -> list[str]:
    said = [contact.language if contact else "", customer.language]
    return [language for language in said if language] or [""]


def _language(version: SurveyVersion, contact: Contact | None, customer: Customer) -> str:
    """The contact's, else the customer's, else the version's default; always one it speaks.

    "" where neither has one: the browser decides on pages, and mails use the default.
    """
    wanted_languages = _wanted_languages(contact, customer)
    if wanted_languages == [""]:
        return ""
    questionnaire = Questionnaire.from_definition(version.definition)
    for wanted in wanted_languages:
        if spoken := best_language(wanted, questionnaire.languages, ""):
            return spoken
    return questionnaire.default_language
