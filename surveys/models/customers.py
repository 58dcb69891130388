"""Customers, the people we write to, and their spans of paying."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class BillingInterval(models.TextChoices):
    MONTH = "month", _("Monthly")
    YEAR = "year", _("Yearly")
    OTHER = "other", _("Other")


# What figures can be cut by, by name; the fields of CustomerAttributes.
CUSTOMER_ATTRIBUTES = (
    "plan",
    "segment",
    "industry",
    "country",
    "billing_interval",
    "account_owner",
    "ideal",
    "language",
)


class CustomerAttributes(models.Model):
    """What figures can be cut by. Frozen on a loss; empty means not known, never NULL."""

    plan = models.CharField(_("plan"), max_length=100, blank=True)
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    billing_interval = models.CharField(
        _("billing interval"), max_length=10, blank=True, choices=BillingInterval
    )
    account_owner = models.CharField(_("account owner"), max_length=100, blank=True)
    ideal = models.BooleanField(
        _("ideal customer"), null=True, blank=True, help_text=_("Unknown where nobody has said.")
    )
    language = models.CharField(_("language"), max_length=20, blank=True)

    class Meta:
        abstract = True


class CustomerQuerySet(models.QuerySet["Customer"]):
    def counted(self) -> "CustomerQuerySet":
        """Test customers never count."""
        return self.filter(is_test=False)


class Customer(CustomerAttributes):
    """An account that pays."""

    external_id = models.CharField(
        _("customer ID"), max_length=200, unique=True, help_text=_("As the billing system says it.")
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_test = models.BooleanField(
        _("test customer"), default=False, help_text=_("Never counted in any figure.")
    )
    erased_at = models.DateTimeField(
        _("erased"), null=True, blank=True, editable=False,
        help_text=_("From then on nothing personal is taken in for this customer."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["external_id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(external_id=""), name="surveys_customer_external_id_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id


class Contact(models.Model):
    """The person and address that we write to. Personal data: erased by ``privacy``."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    email = models.EmailField(_("e-mail address"), help_text=_("Kept in lower case."))
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    is_primary = models.BooleanField(_("primary contact"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "email"], name="surveys_contact_once_a_customer"
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_primary=True),
                name="surveys_contact_one_primary_a_customer",
            ),
        ]
        indexes = [models.Index(fields=["email"], name="surveys_contact_email")]

    def __str__(self) -> str:
        return self.name or self.email


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def paid(self) -> "SubscriptionQuerySet":
        """Trials and MRR 0 are no paying; an unknown MRR is."""
        return self.filter(Q(mrr__isnull=True) | Q(mrr__gt=0), is_trial=False)

    def unsettled(self, today: dt.date) -> "SubscriptionQuerySet":
        """Those whose start or end has come, and the losses and spans do not know it yet."""
        return self.filter(
            Q(ended_on__isnull=True) | Q(ended_on__lte=today),
            settled=False,
            started_on__lte=today,
        )


class Subscription(models.Model):
    """One span of paying. ``ended_on`` is the first day without."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="subscriptions")
    source = models.CharField(_("source"), max_length=50)
    external_id = models.CharField(_("subscription ID"), max_length=200)
    plan = models.CharField(_("plan"), max_length=100, blank=True)
    billing_interval = models.CharField(
        _("billing interval"), max_length=10, blank=True, choices=BillingInterval
    )
    mrr = models.DecimalField(
        _("MRR"), max_digits=14, decimal_places=2, null=True, blank=True,
        help_text=_("Monthly recurring revenue; empty where it is not known."),
    )  # fmt: skip
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    mrr_reporting = models.DecimalField(
        _("MRR in reporting currency"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    started_on = models.DateField(_("started"))
    start_known = models.BooleanField(
        _("start is known"), default=True,
        help_text=_("Otherwise the start is the day on which we first heard of it."),
    )  # fmt: skip
    ended_on = models.DateField(_("first day without"), null=True, blank=True)
    is_trial = models.BooleanField(_("trial that never paid"), default=False)
    settled = models.BooleanField(default=False, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["customer", "started_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="surveys_subscription_once_a_source"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="surveys_subscription_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(mrr__isnull=True) | Q(mrr__gte=0),
                name="surveys_subscription_mrr_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(mrr__isnull=True) | ~Q(currency=""),
                name="surveys_subscription_mrr_has_currency",
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_on", "ended_on"],
                condition=Q(settled=False),
                name="surveys_subscription_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.plan})" if self.plan else self.external_id

    @property
    def is_paid(self) -> bool:
        return not self.is_trial and (self.mrr is None or self.mrr > 0)
