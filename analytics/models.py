"""Stored counts, and the marks that say which of them are out of date."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    LOSSES = "losses", _("losses")
    CANCELLATIONS = "cancellations", _("cancellations")


class ReasonCount(models.Model):
    """Losses (or cancellations) of one day that share every dimension. Zeros are not stored.

    Dimensions are never NULL, because unique constraints let NULLs repeat: empty means not
    known; ``reason`` empty means that nobody has told us why.
    """

    day = models.DateField(_("day"))
    unit = models.CharField(_("unit"), max_length=15, choices=Unit)
    perspective = models.CharField(_("perspective"), max_length=20)
    reason = models.CharField(_("reason"), max_length=50, blank=True)
    category = models.CharField(_("category"), max_length=30, blank=True)
    plan = models.CharField(max_length=100, blank=True)
    segment = models.CharField(max_length=100, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    billing_interval = models.CharField(max_length=10, blank=True)
    life_stage = models.CharField(max_length=10, blank=True)
    owner = models.CharField(max_length=100, blank=True)
    ideal = models.CharField(max_length=3, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    survey = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=50, blank=True)
    trial = models.CharField(max_length=3, blank=True)
    provider_reason = models.CharField(max_length=300, blank=True)
    # "yes", "partly", "no", "unknown": the analyst's word, else the reason's default.
    avoidable = models.CharField(max_length=10, blank=True)
    customers = models.PositiveIntegerField(_("customers"))
    mrr = models.DecimalField(
        _("MRR in reporting currency"), max_digits=16, decimal_places=2, default=0
    )
    mrr_unknown = models.PositiveIntegerField(_("customers of unknown MRR"), default=0)

    class Meta:
        verbose_name = _("stored count")
        verbose_name_plural = _("stored counts")
        permissions = [("view_figures", "Can read figures")]
        indexes = [
            models.Index(fields=["unit", "perspective", "day"], name="analytics_count_period"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason or '?'}: {self.customers}"


class StaleDay(models.Model):
    """A day whose counts no longer hold.

    Several marks may stand for one day: whoever rebuilds it removes the marks seen before
    reading, so that a change committed meanwhile keeps its own mark.
    """

    day = models.DateField(db_index=True)

    class Meta:
        verbose_name = _("stale day")
        verbose_name_plural = _("stale days")

    def __str__(self) -> str:
        return str(self.day)


class RollupState(models.Model):
    """One row: when the stored counts were last brought up to date."""

    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("state of the stored counts")
        verbose_name_plural = _("state of the stored counts")

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M}"
