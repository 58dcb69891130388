"""Invitations: one survey offered to one contact about one intent or cancellation."""

import datetime as dt
import hashlib
import hmac
import secrets
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.models.cancellations import Cancellation, Intent
from surveys.models.customers import Contact, Customer
from surveys.models.questionnaires import Survey, SurveyVersion


def new_token() -> str:
    """A secret of 144 bits for the survey's address; 24 characters, safe in a URL."""
    return secrets.token_urlsafe(18)


def address_digest(email: str) -> str:
    """Keyed digest of an address (hex, 64 characters), the same for any spelling of its case."""
    key = settings.ADDRESS_DIGEST_KEY.encode()
    return hmac.new(key, email.strip().casefold().encode(), hashlib.sha256).hexdigest()


class InvitationState(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    OFFERED = "offered", _("Offered on a page")
    UNCERTAIN = "uncertain", _("Perhaps sent")
    FAILED = "failed", _("Failed")
    WITHHELD = "withheld", _("Withheld")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class InvitationChannel(models.TextChoices):
    """How the survey reaches the person."""

    MAIL = "mail", _("Mail")
    PAGE = "page", _("Cancel page")
    LINK = "link", _("Link handed on by the team")


Queued_co = TypeVar("Queued_co", bound="QueuedMail", covariant=True)


class QueuedQuerySet(models.QuerySet[Queued_co]):
    def due(self, now: dt.datetime) -> "QueuedQuerySet[Queued_co]":
        """Mails to be sent now. A lease that has run out is dealt with by ``lease_expired``."""
        return self.filter(state=InvitationState.SCHEDULED, not_before__lte=now)

    def lease_expired(self, now: dt.datetime) -> "QueuedQuerySet[Queued_co]":
        """Claimed by a sender that never came back."""
        return self.filter(state=InvitationState.SENDING, leased_until__lt=now)


class InvitationQuerySet(QueuedQuerySet["Invitation"]):
    pass


class ReminderQuerySet(QueuedQuerySet["Reminder"]):
    pass


class QueuedMail(models.Model):
    """A mail that is to be sent once. The row is the queue: a lost message loses nothing."""

    state = models.CharField(
        _("state"), max_length=20, choices=InvitationState, default=InvitationState.SCHEDULED
    )
    withheld_because = models.CharField(_("withheld because"), max_length=200, blank=True)
    not_before = models.DateTimeField(_("not before"))
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    # Committed just before a message goes to the server, cleared once its answer is recorded:
    # between the server's 250 and our commit nobody can know, and this says for which row.
    handed_over_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("returned as undeliverable"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=InvitationState.values),
                name="surveys_%(class)s_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.SENT) | Q(sent_at__isnull=False),
                name="surveys_%(class)s_sent_has_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state=InvitationState.SCHEDULED),
                name="surveys_%(class)s_due",
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(state=InvitationState.SENDING),
                name="surveys_%(class)s_leased",
            ),
            # What went out in the last hour, and who is to be reminded.
            models.Index(
                fields=["sent_at"],
                condition=Q(sent_at__isnull=False),
                name="surveys_%(class)s_sent",
            ),
            models.Index(fields=["message_id"], name="surveys_%(class)s_msg"),
        ]


class Invitation(QueuedMail):
    """One survey offered to one contact about one intent or cancellation."""

    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    channel = models.CharField(
        _("channel"), max_length=10, choices=InvitationChannel, default=InvitationChannel.MAIL
    )
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="invitations")
    survey_version = models.ForeignKey(
        SurveyVersion, on_delete=models.PROTECT, related_name="invitations"
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    intent = models.OneToOneField(
        Intent, on_delete=models.CASCADE, null=True, blank=True, related_name="invitation"
    )
    cancellation = models.OneToOneField(
        Cancellation, on_delete=models.CASCADE, null=True, blank=True, related_name="invitation"
    )
    language = models.CharField(
        _("language"), max_length=20, blank=True, help_text=_("Empty: the browser decides.")
    )
    expires_at = models.DateTimeField(_("expires"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta(QueuedMail.Meta):
        abstract = False
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]
        constraints = [
            *QueuedMail.Meta.constraints,
            # The two one-to-one fields allow one invitation an intent and one a cancellation.
            models.CheckConstraint(
                condition=Q(intent__isnull=False) ^ Q(cancellation__isnull=False),
                name="surveys_invitation_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey} · {self.customer}"

    @property
    def url(self) -> str:
        return f"{settings.BASE_URL}/s/{self.token}/"

    @property
    def unsubscribe_url(self) -> str:
        return f"{settings.BASE_URL}/u/{self.token}/"


class Reminder(QueuedMail):
    """The same survey offered once more; ``step`` counts from 1."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="reminders")
    step = models.PositiveSmallIntegerField(_("step"))

    objects = ReminderQuerySet.as_manager()

    class Meta(QueuedMail.Meta):
        abstract = False
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["invitation", "step"]
        constraints = [
            *QueuedMail.Meta.constraints,
            models.UniqueConstraint(
                fields=["invitation", "step"], name="surveys_reminder_once_a_step"
            ),
            models.CheckConstraint(condition=Q(step__gte=1), name="surveys_reminder_step_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation} #{self.step}"


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("Asked us not to write")
    BOUNCED = "bounced", _("Address does not exist")
    COMPLAINED = "complained", _("Marked a mail as spam")
    ERASED = "erased", _("Erased on request")
    MANUAL = "manual", _("Entered by hand")


class SuppressionManager(models.Manager["Suppression"]):
    def covers(self, email: str) -> bool:
        return self.filter(digest=address_digest(email)).exists()

    def add_address(self, email: str, reason: str) -> None:
        """Once and for all; a second reason for the same address changes nothing."""
        self.bulk_create(
            [Suppression(digest=address_digest(email), reason=reason)], ignore_conflicts=True
        )


class Suppression(models.Model):
    """An address that must not be written to, kept as a digest so that it outlives erasure."""

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=20, choices=SuppressionReason)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = SuppressionManager()

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.digest[:8]}…"
