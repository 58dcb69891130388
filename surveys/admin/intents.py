"""Customers who opened the cancel page, and what became of it."""

import datetime as dt

from django.conf import settings
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin
from surveys.models import Intent


@admin.register(Intent)
class IntentAdmin(ReadOnlyAdmin):
    list_display = ("customer", "opened_at", "outcome", "source", "external_id")
    list_select_related = ("customer", "cancellation")
    list_filter = ("opened_at", ("source", admin.AllValuesFieldListFilter))
    date_hierarchy = "opened_at"
    search_fields = ("external_id", "customer__external_id", "customer__name")
    search_help_text = _("ID of the intent, customer ID or name")
    fields = (
        "customer",
        "subscription",
        "opened_at",
        "outcome",
        "source",
        "external_id",
        "return_url",
        "created_at",
    )
    readonly_fields = fields

    @admin.display(description=_("outcome"))
    def outcome(self, intent: Intent) -> str:
        if hasattr(intent, "cancellation"):
            return gettext("cancelled")
        after = dt.timedelta(days=settings.INTENT_SAVED_AFTER_DAYS)
        return gettext("saved") if intent.is_saved(timezone.now(), after) else gettext("open")
