"""Losses and contractions: what the ends of subscriptions mean for the customer as a whole."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from surveys.models.cancellations import Cancellation, CancellationKind
from surveys.models.customers import Customer, CustomerAttributes, Subscription


class FrozenFacts(CustomerAttributes):
    """What was true when the customer left, whatever happens to the customer's row later."""

    mrr = models.DecimalField(_("MRR"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    mrr_reporting = models.DecimalField(
        _("MRR in reporting currency"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    months = models.PositiveIntegerField(
        _("months"), null=True, blank=True,
        help_text=_("Whole since the start of the unbroken span; empty where it is not known."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=20, blank=True, choices=CancellationKind)

    class Meta:
        abstract = True


class LossQuerySet(models.QuerySet["Loss"]):
    def counted(self) -> "LossQuerySet":
        """No test customers, and trials that never paid are counted apart."""
        return self.filter(customer__is_test=False, not_converted=False)

    def dated(self, first: dt.date, last: dt.date) -> "LossQuerySet":
        """Losses dated from ``first`` to ``last``, both included."""
        return self.filter(lost_on__range=(first, last))


class Loss(FrozenFacts):
    """A customer went from at least one running paid subscription to none."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="losses")
    # None where a subscription simply ends and nobody told us of a cancellation.
    cancellation = models.OneToOneField(
        Cancellation, on_delete=models.SET_NULL, null=True, blank=True, related_name="loss"
    )
    lost_on = models.DateField(_("lost"), help_text=_("First day without, organisation's time."))
    span_started_on = models.DateField(_("start of the unbroken span"))
    not_converted = models.BooleanField(
        _("trial, not converted"), default=False, help_text=_("Counted apart.")
    )

    objects = LossQuerySet.as_manager()

    class Meta:
        verbose_name = _("loss")
        verbose_name_plural = _("losses")
        ordering = ["-lost_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "lost_on", "not_converted"], name="surveys_loss_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(lost_on__gte=F("span_started_on")), name="surveys_loss_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(kind=CancellationKind.ADMINISTRATIVE),
                name="surveys_loss_never_administrative",
            ),
        ]
        indexes = [models.Index(fields=["lost_on"], name="surveys_loss_lost_on")]

    def __str__(self) -> str:
        return f"{self.customer} {self.lost_on}"


class Contraction(FrozenFacts):
    """One of several paid subscriptions ended: surveyed, shown apart, no loss."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contractions")
    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, related_name="contraction"
    )
    cancellation = models.OneToOneField(
        Cancellation, on_delete=models.SET_NULL, null=True, blank=True, related_name="contraction"
    )
    contracted_on = models.DateField(_("contracted"))

    class Meta:
        verbose_name = _("contraction")
        verbose_name_plural = _("contractions")
        ordering = ["-contracted_on", "-pk"]
        indexes = [models.Index(fields=["contracted_on"], name="surveys_contraction_on")]

    def __str__(self) -> str:
        return f"{self.customer} {self.contracted_on}"


class PaidSpanQuerySet(models.QuerySet["PaidSpan"]):
    def running_before(self, day: dt.date) -> "PaidSpanQuerySet":
        """Customers at the start of ``day``: those who were running on the day before."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day), started_on__lt=day)

    def running_on(self, day: dt.date) -> "PaidSpanQuerySet":
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), started_on__lte=day)


class PaidSpan(models.Model):
    """An unbroken span in which a customer had at least one running paid subscription.

    Made from the subscriptions together with the losses, so that a churn rate needs no walk
    through them. ``ended_on`` is the first day without; ``loss`` is empty while running and
    where the end was administrative.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="paid_spans")
    started_on = models.DateField(_("started"))
    start_known = models.BooleanField(_("start is known"), default=True)
    ended_on = models.DateField(_("first day without"), null=True, blank=True)
    loss = models.OneToOneField(
        Loss, on_delete=models.SET_NULL, null=True, blank=True, related_name="paid_span"
    )

    objects = PaidSpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("paid span")
        verbose_name_plural = _("paid spans")
        ordering = ["customer", "started_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "started_on"], name="surveys_paid_span_once_a_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="surveys_paid_span_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["started_on", "ended_on"], name="surveys_paid_span_dates"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.started_on}"
