"""Customers, the people we write to, and what they paid for."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyInline
from surveys.admin.amounts import amount_in_words
from surveys.admin.asked.customer import timeline_view
from surveys.models import CUSTOMER_ATTRIBUTES, Cancellation, Contact, Customer, Loss, Subscription
from surveys.signals import cancellation_changed, losses_changed


class ContactInline(admin.TabularInline):
    model = Contact
    extra = 0
    fields = ("email", "name", "language", "is_primary")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nothing personal is taken in again for somebody who has been erased.
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_add_permission(request, obj)


class SubscriptionInline(ReadOnlyInline):
    model = Subscription
    fields = ("external_id", "plan", "mrr", "currency", "started_on", "ended_on", "is_trial")
    readonly_fields = fields


class CancellationInline(ReadOnlyInline):
    model = Cancellation
    fields = ("requested_at", "effective_on", "kind", "source", "reverted_at")
    readonly_fields = fields


class LossInline(ReadOnlyInline):
    model = Loss
    fields = ("lost_on", "kind", "plan", "worth", "months")
    readonly_fields = fields

    @admin.display(description=_("MRR"))
    def worth(self, loss: Loss) -> str:
        return amount_in_words(loss.mrr, loss.currency)


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = (
        "external_id",
        "name",
        "plan",
        "segment",
        "country",
        "billing_interval",
        "account_owner",
        "ideal",
        "is_test",
    )
    list_display_links = ("external_id", "name")
    list_filter = (
        "is_test",
        "ideal",
        "billing_interval",
        ("plan", admin.AllValuesFieldListFilter),
        ("segment", admin.AllValuesFieldListFilter),
    )
    search_fields = ("external_id", "name")
    search_help_text = _("Customer ID or name")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("created_at", "updated_at", "erased_at")
    inlines = (ContactInline, SubscriptionInline, CancellationInline, LossInline)
    fieldsets = (
        (None, {"fields": ("external_id", "name", "is_test")}),
        (
            _("What figures can be cut by"),
            {
                "fields": (
                    *CUSTOMER_ATTRIBUTES,
                    "time_zone",
                ),
                "description": _(
                    "A loss keeps what was true when the customer left; changes here hold for "
                    "losses to come."
                ),
            },
        ),
        (_("History"), {"fields": ("created_at", "updated_at", "erased_at")}),
    )

    def get_urls(self) -> list[URLPattern]:
        timeline = path(
            "<int:customer_id>/timeline/",
            self.admin_site.admin_view(timeline_view(self)),
            name="surveys_customer_timeline",
        )
        return [timeline, *super().get_urls()]

    def get_inlines(self, request: HttpRequest, obj: Customer | None) -> Any:
        # Somebody who is only being added has no history.
        return self.inlines if obj else (ContactInline,)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        fields = tuple(super().get_search_fields(request))
        if request.user.has_perm("surveys.view_contact"):
            return (*fields, "contacts__email")
        return fields

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        if obj is None:
            return self.readonly_fields
        # The ID ties the customer to the billing system; after an erasure the name stays away.
        frozen = ("external_id", "name") if obj.erased_at else ("external_id",)
        return (*self.readonly_fields, *frozen)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never from here: erasing a person keeps the counts right, deleting rows would not."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "is_test" in form.changed_data:
            announce_recount(obj)


def announce_recount(customer: Customer) -> None:
    """Everything this customer counts in is to be counted again."""
    days: QuerySet = customer.losses.values_list("lost_on", flat=True)
    losses_changed.send(sender=Loss, days=set(days))
    for cancellation in customer.cancellations.all():
        cancellation_changed.send(sender=Cancellation, cancellation=cancellation)
