"""Intents and cancellations: how a leaving customer comes to our notice."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Case, ExpressionWrapper, Q, Value, When
from django.utils.translation import gettext_lazy as _

from surveys.models.customers import Contact, Customer, Subscription


class CancellationKind(models.TextChoices):
    VOLUNTARY = "voluntary", _("Voluntary")
    INVOLUNTARY = "involuntary", _("Involuntary (a payment failed)")
    ADMINISTRATIVE = "administrative", _("Administrative (never a loss)")


class IntentOutcome(models.TextChoices):
    """What became of an intent."""

    OPEN = "open", _("open")
    CANCELLED = "cancelled", _("cancelled")
    SAVED = "saved", _("saved")


class IntentQuerySet(models.QuerySet["Intent"]):
    def with_outcome(self, now: dt.datetime) -> "IntentQuerySet":
        """Each with ``became`` (an IntentOutcome) and ``has_answer`` (submitted on the page)."""
        saved_until = now - dt.timedelta(days=settings.INTENT_SAVED_AFTER_DAYS)
        return self.annotate(
            became=Case(
                When(cancellation__isnull=False, then=Value(IntentOutcome.CANCELLED.value)),
                When(opened_at__lte=saved_until, then=Value(IntentOutcome.SAVED.value)),
                default=Value(IntentOutcome.OPEN.value),
            ),
            has_answer=ExpressionWrapper(
                Q(response__submitted_at__isnull=False), output_field=models.BooleanField()
            ),
        )

    def count_outcomes(self) -> dict[str, int]:
        """How many of those ``with_outcome`` became what; zeros included. One query."""
        rows = self.order_by().values_list("became").annotate(models.Count("pk"))
        return dict.fromkeys(IntentOutcome.values, 0) | dict(rows)


class Intent(models.Model):
    """A customer opened the cancel page."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="intents")
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.SET_NULL, null=True, blank=True, related_name="intents"
    )
    source = models.CharField(_("source"), max_length=50)
    external_id = models.CharField(_("ID at the source"), max_length=200)
    opened_at = models.DateTimeField(_("cancel page opened"))
    return_url = models.URLField(_("return address"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IntentQuerySet.as_manager()

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="surveys_intent_once_a_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.external_id}"

    def is_saved(self, now: dt.datetime, after: dt.timedelta) -> bool:
        """No cancellation within ``after`` (30 days by default) of opening the cancel page."""
        return not hasattr(self, "cancellation") and now >= self.opened_at + after


class CancellationQuerySet(models.QuerySet["Cancellation"]):
    def counted(self) -> "CancellationQuerySet":
        """Those that figures are made of: no test customers, nothing taken back."""
        return self.filter(customer__is_test=False, reverted_at__isnull=True)


class Cancellation(models.Model):
    """The event that a subscription ends or is set to end."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="cancellations")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="cancellations"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    intent = models.OneToOneField(
        Intent, on_delete=models.SET_NULL, null=True, blank=True, related_name="cancellation"
    )
    source = models.CharField(_("source"), max_length=50)
    external_id = models.CharField(_("ID at the source"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=CancellationKind)
    requested_at = models.DateTimeField(_("requested"))
    effective_on = models.DateField(_("effective end"), help_text=_("First day without."))
    reverted_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    state_at = models.DateTimeField(
        _("as of"), help_text=_("The source's own time of the newest event that was applied.")
    )
    provider_reason = models.CharField(
        _("reason as it came in"), max_length=300, blank=True,
        help_text=_("Text or code of the source, never interpreted here."),
    )  # fmt: skip
    provider_comment = models.TextField(_("customer's comment as it came in"), blank=True)
    # Counts up whenever something a reason could be read from has changed; the reader of
    # reasons keeps the number it has read, so what is unread can always be found from rows.
    content_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = CancellationQuerySet.as_manager()

    class Meta:
        verbose_name = _("cancellation")
        verbose_name_plural = _("cancellations")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="surveys_cancellation_once_a_source"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CancellationKind.values),
                name="surveys_cancellation_kind_known",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="surveys_cancellation_requested"),
            models.Index(fields=["effective_on"], name="surveys_cancellation_effective"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.effective_on}"
