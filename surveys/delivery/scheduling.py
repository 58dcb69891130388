"""Invitation rows: which survey, to whom, not before when. The row is the queue.

Nothing here talks to a broker or a mail server, so a request that records a cancellation never
waits for either; the ticker finds the row by itself.
"""

import datetime as dt

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from surveys.delivery import gate
from surveys.delivery.routing import choose_survey
from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Intent,
    Invitation,
    InvitationChannel,
    InvitationState,
    SurveyMoment,
    SurveyVersion,
)
from surveys.models.invitations import InvitationQuerySet
from surveys.questionnaire import Questionnaire, best_language

PENDING = Q(state=InvitationState.SCHEDULED) | Q(
    state=InvitationState.SENDING, handed_over_at__isnull=True
)


def schedule_for_cancellation(cancellation: Cancellation, *, now: dt.datetime) -> Invitation | None:
    """Invite the contact of ``cancellation`` to the exit survey; may be called any number of times.

    Due INVITATION_DELAY_MINUTES after the request, but not before ``now``. What must not be
    mailed is written all the same, withheld with its reason in words. An invitation that was
    withheld, or withdrawn because the cancellation was taken back, is looked at anew: a contact
    may have become known, the customer may have cancelled again. None when no survey fits, and
    when the survey was answered while cancelling.
    """
    if gate.answered_while_cancelling(cancellation):
        withdraw_pending(cancellation, because=gate.ANSWERED_CANCELLING)
        return None
    existing = _with_relations().filter(cancellation=cancellation).first()
    if existing is not None:
        return _reconsider(existing, cancellation, now)
    customer, contact = cancellation.customer, _contact_of(cancellation)
    version = choose_survey(
        moment=SurveyMoment.LEFT,
        kind=cancellation.kind,
        trial=cancellation.subscription.is_trial,
        segment=customer.segment,
        language=_wanted_languages(contact, customer)[0],
    )
    if version is None:
        return None
    not_before = _due(cancellation, now)
    invitation = Invitation(
        survey=version.survey,
        survey_version=version,
        customer=customer,
        contact=contact,
        cancellation=cancellation,
        language=_language(version, contact, customer),
        not_before=not_before,
        expires_at=_expiry(not_before),
    )
    if stop := gate.reason_to_stop(invitation=invitation, cancellation=cancellation, now=now):
        invitation.state, invitation.withheld_because = stop.state, stop.because
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)
    return _with_relations().get(cancellation=cancellation)


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
        expires_at=_expiry(now),
    )
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)
    return _with_relations().get(intent=intent)


def withdraw_pending(cancellation: Cancellation, *, because: str) -> int:
    """Stop the mail about ``cancellation`` unless a server has it already; returns how many."""
    return withdraw(Invitation.objects.filter(cancellation=cancellation).filter(PENDING), because)


def withdraw_pending_to(email: str, *, because: str) -> int:
    """Stop every mail to this address, in any spelling of its case; returns how many."""
    pending = Invitation.objects.filter(contact__email__iexact=email.strip()).filter(PENDING)
    return withdraw(pending, because)


def withdraw(invitations: InvitationQuerySet, because: str) -> int:
    return invitations.update(
        state=InvitationState.WITHDRAWN, withheld_because=because, lease="", leased_until=None
    )


def _reconsider(invitation: Invitation, cancellation: Cancellation, now: dt.datetime) -> Invitation:
    taken_back = invitation.state == InvitationState.WITHDRAWN and (
        invitation.withheld_because in {gate.TAKEN_BACK, gettext(gate.TAKEN_BACK)}
    )
    if invitation.state != InvitationState.WITHHELD and not taken_back:
        return invitation
    found_as = invitation.state
    invitation.contact = _contact_of(cancellation)
    invitation.not_before = _due(cancellation, now)
    invitation.expires_at = _expiry(invitation.not_before)
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


def _due(cancellation: Cancellation, now: dt.datetime) -> dt.datetime:
    delay = dt.timedelta(minutes=settings.INVITATION_DELAY_MINUTES)
    return max(cancellation.requested_at + delay, now)


def _expiry(not_before: dt.datetime) -> dt.datetime:
    return not_before + dt.timedelta(days=settings.INVITATION_EXPIRES_DAYS)


def _wanted_languages(contact: Contact | None, customer: Customer) -> list[str]:
    said = [contact.language if contact else "", customer.language]
    return [language for language in said if language] or [""]


def _language(version: SurveyVersion, contact: Contact | None, customer: Customer) -> str:
    """The contact's, else the customer's, else the version's default; always one it speaks."""
    questionnaire = Questionnaire.from_definition(version.definition)
    for wanted in _wanted_languages(contact, customer):
        if spoken := best_language(wanted, questionnaire.languages, ""):
            return spoken
    return questionnaire.default_language
