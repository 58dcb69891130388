"""Spans of paying. A change is settled at once, so that losses follow."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from surveys.admin.amounts import amount_in_words
from surveys.intake.losses import settle_customer
from surveys.models import Subscription
from surveys.money import in_reporting_currency

BY_HAND = "admin"


class SubscriptionForm(ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mrr, currency = cleaned.get("mrr"), (cleaned.get("currency") or "").upper()
        cleaned["currency"] = currency
        if mrr is not None and mrr < 0:
            self.add_error("mrr", ValidationError(_("MRR cannot be negative.")))
        if mrr is not None and not currency:
            self.add_error("currency", ValidationError(_("Say in which currency.")))
        started_on, ended_on = cleaned.get("started_on"), cleaned.get("ended_on")
        if started_on and ended_on and ended_on < started_on:
            self.add_error("ended_on", ValidationError(_("It ends before it starts.")))
        return cleaned


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    form = SubscriptionForm
    list_display = (
        "external_id",
        "customer",
        "plan",
        "mrr_in_words",
        "billing_interval",
        "started_on",
        "ended_on",
        "is_trial",
        "source",
    )
    list_select_related = ("customer",)
    list_filter = ("is_trial", "billing_interval", ("plan", admin.AllValuesFieldListFilter))
    date_hierarchy = "started_on"
    search_fields = ("external_id", "customer__external_id", "customer__name")
    search_help_text = _("Subscription ID, customer ID or name")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-started_on", "-pk")
    autocomplete_fields = ("customer",)
    fields = (
        "customer",
        "external_id",
        "source",
        "plan",
        "billing_interval",
        "mrr",
        "currency",
        "mrr_reporting",
        "started_on",
        "start_known",
        "ended_on",
        "is_trial",
    )

    @admin.display(description=_("MRR"), ordering="mrr_reporting")
    def mrr_in_words(self, subscription: Subscription) -> str:
        return amount_in_words(subscription.mrr, subscription.currency)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("mrr_reporting", "source")
        return ("customer", "external_id", "source", "mrr_reporting")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        by_hand = {"external_id": f"{BY_HAND}-{get_random_string(10)}"}
        return by_hand | super().get_changeform_initial_data(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: losses and cancellations hang on it. Write its end instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if not change:
            obj.source = BY_HAND
        if {"mrr", "currency"} & set(form.changed_data):
            obj.mrr_reporting = in_reporting_currency(obj.mrr, obj.currency, obj.started_on)
        obj.settled = False
        super().save_model(request, obj, form, change)
        settle_customer(obj.customer)
