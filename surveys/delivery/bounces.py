"""What a mail provider tells of mails that went out: returned, marked as spam, unsubscribed.

django-anymail reads each provider's words into one kind of event; ``mail_webhooks`` lets them in.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any

from anymail.signals import EventType, RejectReason, tracking
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from surveys.delivery.gate import RETURNED, SUPPRESSED, UNSUBSCRIBED
from surveys.delivery.scheduling import PENDING, withdraw
from surveys.delivery.suppressing import suppress_address
from surveys.models import Invitation, Reminder
from surveys.models.invitations import SuppressionReason

COMPLAINED = gettext_noop("The person marked a mail as spam.")
NOT_DELIVERED = (EventType.BOUNCED, EventType.REJECTED)
BECAUSE = {
    SuppressionReason.BOUNCED: SUPPRESSED,
    SuppressionReason.COMPLAINED: COMPLAINED,
    SuppressionReason.UNSUBSCRIBED: UNSUBSCRIBED,
}
# Permanent and about the address. "Blocked", "timed out" and "other" are about our side, the
# message or the moment: suppressing those would empty a list for a fault of ours.
NO_SUCH_ADDRESS = (RejectReason.BOUNCED, RejectReason.INVALID, None)
REFUSED_BEFORE = {
    RejectReason.SPAM: SuppressionReason.COMPLAINED,
    RejectReason.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
}
# anymail calls a full mailbox "bounced", too, so the provider's own words decide: Postmark,
# Brevo, Mandrill, MailerSend, Mailtrap; Amazon SES and Resend; SparkPost's classes.
SOFT_WORDS = {"softbounce", "soft", "activity.softbounced", "transient", "undetermined"}
SOFT_CLASSES = {"20", "21", "22", "23", "24", "70"}
TYPE_KEYS = {"type", "event", "bouncetype"}

Mail = Invitation | Reminder


def take_in(sender: Any, event: Any, **kwargs: Any) -> None:
    """Receives anymail's ``tracking`` signal."""
    record_event(event, now=timezone.now())


def connect() -> None:
    tracking.connect(take_in, dispatch_uid="surveys.delivery.bounces")


@transaction.atomic
def record_event(event: Any, *, now: dt.datetime) -> None:
    """Note what an ``AnymailTrackingEvent`` says; the same event again changes nothing.

    The mail is found by its Message-ID or the provider's, else by the address: the newest that
    went there. What is about no mail of ours still suppresses the address, since it was learnt
    there that it must not be written to.
    """
    returned = event.event_type in NOT_DELIVERED and not is_soft(event.esp_event)
    reason = suppression_for(event)
    if not returned and reason is None:
        return
    email = _clean(parseaddr(_clean(event.recipient))[1])
    mail = _mail_with_id(_clean(event.message_id)) or _newest_mail_to(email)
    if returned and mail is not None:
        _note_return(mail, min(_aware(event.timestamp) or now, now))
    if reason is not None:
        email = email or _address_of(mail)
        if email:
            suppress_address(email=email, reason=reason, because=BECAUSE[reason])


def suppression_for(event: Any) -> SuppressionReason | None:
    """Why the address of this event must not be written to any more; None where it may."""
    if event.event_type == EventType.COMPLAINED:
        return SuppressionReason.COMPLAINED
    if event.event_type == EventType.UNSUBSCRIBED:
        return SuppressionReason.UNSUBSCRIBED
    if event.event_type not in NOT_DELIVERED or is_soft(event.esp_event):
        return None
    if event.reject_reason in NO_SUCH_ADDRESS:
        return SuppressionReason.BOUNCED
    if event.event_type == EventType.REJECTED:
        return REFUSED_BEFORE.get(event.reject_reason)
    return None


def is_soft(payload: Any) -> bool:
    """Whether the provider calls this bounce a passing one: a full mailbox, a server away."""
    for key, value in _said(payload):
        if key == "hardbounce" and value in (False, "false", "0", 0):  # Mailjet
            return True
        if key == "bounceclass" and str(value) in SOFT_CLASSES:
            return True
        if key in TYPE_KEYS and isinstance(value, str) and _plain(value) in SOFT_WORDS:
            return True
    return False


def _said(payload: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Names and values as deep as providers nest them, names without case and separators."""
    if not isinstance(payload, Mapping) or depth > 3:
        return
    for key, value in payload.items():
        yield _plain(str(key)), value
        yield from _said(value, depth + 1)


def _plain(word: str) -> str:
    return word.casefold().translate({ord(each): None for each in "_- "})


def _mail_with_id(message_id: str) -> Mail | None:
    bare = message_id.strip("<> ")
    if not bare:
        return None
    for model in (Invitation, Reminder):
        found = model.objects.filter(message_id__in=[bare, f"<{bare}>", message_id]).first()
        if found is not None:
            return found
    return None


def _newest_mail_to(email: str) -> Mail | None:
    if not email:
        return None
    spelt = {email, email.lower()}
    sent = [
        Invitation.objects.filter(contact__email__in=spelt, sent_at__isnull=False)
        .order_by("-sent_at")
        .first(),
        Reminder.objects.filter(invitation__contact__email__in=spelt, sent_at__isnull=False)
        .order_by("-sent_at")
        .first(),
    ]
    found = [mail for mail in sent if mail is not None]
    return max(found, key=lambda mail: mail.sent_at or mail.created_at, default=None)


def _note_return(mail: Mail, at: dt.datetime) -> None:
    type(mail).objects.filter(pk=mail.pk, bounced_at=None).update(bounced_at=at)
    invitation = mail.pk if isinstance(mail, Invitation) else mail.invitation_id
    withdraw(Reminder.objects.filter(PENDING, invitation=invitation), RETURNED)


def _address_of(mail: Mail | None) -> str:
    invitation = mail.invitation if isinstance(mail, Reminder) else mail
    return invitation.contact.email if invitation is not None and invitation.contact else ""


def _aware(moment: Any) -> dt.datetime | None:
    return moment if isinstance(moment, dt.datetime) and timezone.is_aware(moment) else None


def _clean(text: Any) -> str:
    """Without what a database refuses; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode().strip()[:320]
