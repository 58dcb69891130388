"""Events of billing systems, to see whether they arrive and what became of them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin
from surveys.models import WebhookEvent


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Without the payload: it holds what customers wrote, and where they can be reached."""

    list_display = ("received_at", "provider", "event_type", "outcome", "detail", "occurred_at")
    list_filter = ("outcome", "provider", "event_type")
    search_fields = ("event_id", "customer_external_id")
    search_help_text = _("An event ID or a customer ID")
    date_hierarchy = "received_at"
    fields = (
        "provider",
        "event_id",
        "event_type",
        "customer_external_id",
        "occurred_at",
        "received_at",
        "outcome",
        "detail",
    )
