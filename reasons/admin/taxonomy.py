"""Reasons: labels and categories are the team's, codes are for ever."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reasons.models import Reason, ReasonText
from reasons.services import read_again
from surveys.models import Cancellation


class ReasonTextInline(admin.TabularInline):
    model = ReasonText
    extra = 0
    fields = ("language", "label", "description")


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    list_display = ("label", "category", "avoidable", "code", "position", "is_retired")
    list_filter = ("category", "avoidable", "is_retired")
    search_fields = ("label", "code", "texts__label")
    search_help_text = _("Label or code")
    ordering = ("category", "position", "code")
    fields = (
        "code", "category", "label", "description", "avoidable", "position", "is_retired",
    )  # fmt: skip
    inlines = (ReasonTextInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> Any:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Reason | None = None) -> bool:
        """Never: a reason that is no longer wanted is retired, what was counted stays."""
        return False

    def save_model(self, request: HttpRequest, obj: Reason, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "category" in form.changed_data:
            # Whether a choice decides by itself depends on its reason's category.
            read_again(Cancellation.objects.filter(classifications__reason=obj))
