"""Losses and contractions: they follow from subscriptions and cannot be edited."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin
from surveys.admin.amounts import amount_in_words
from surveys.models import CUSTOMER_ATTRIBUTES, Contraction, Loss

FROZEN = (
    "kind",
    *CUSTOMER_ATTRIBUTES,
    "mrr_in_words",
    "mrr_reporting",
    "months",
)


class FrozenFactsAdmin(ReadOnlyAdmin):
    list_select_related = ("customer",)
    list_filter = (
        "kind",
        ("plan", admin.AllValuesFieldListFilter),
        ("segment", admin.AllValuesFieldListFilter),
        ("country", admin.AllValuesFieldListFilter),
    )
    search_fields = ("customer__external_id", "customer__name")
    search_help_text = _("Customer ID or name")

    @admin.display(description=_("MRR"), ordering="mrr_reporting")
    def mrr_in_words(self, row: Loss | Contraction) -> str:
        return amount_in_words(row.mrr, row.currency)


@admin.register(Loss)
class LossAdmin(FrozenFactsAdmin):
    list_display = (
        "customer",
        "lost_on",
        "kind",
        "plan",
        "segment",
        "country",
        "mrr_in_words",
        "months",
        "not_converted",
    )
    list_filter = ("not_converted", *FrozenFactsAdmin.list_filter)  # type: ignore[assignment]
    date_hierarchy = "lost_on"
    fields = ("customer", "cancellation", "lost_on", "span_started_on", "not_converted", *FROZEN)
    readonly_fields = fields


@admin.register(Contraction)
class ContractionAdmin(FrozenFactsAdmin):
    list_display = ("customer", "contracted_on", "kind", "plan", "segment", "mrr_in_words")
    date_hierarchy = "contracted_on"
    fields = ("customer", "subscription", "cancellation", "contracted_on", *FROZEN)
    readonly_fields = fields
