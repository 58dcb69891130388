"""Addresses that must not be written to. They are kept as a digest and cannot be read back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.delivery.gate import SUPPRESSED
from surveys.delivery.scheduling import withdraw_pending_to
from surveys.models import Suppression, address_digest
from surveys.models.invitations import SuppressionReason


class AddSuppressionForm(forms.ModelForm):
    email = forms.EmailField(
        label=_("e-mail address"), help_text=_("Only its digest is kept, not the address itself.")
    )

    class Meta:
        model = Suppression
        fields: tuple[str, ...] = ()

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        if Suppression.objects.covers(email):
            raise forms.ValidationError(gettext("This address is not written to already."))
        return email


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):
    list_display = ("short_digest", "reason", "created_at")
    list_filter = ("reason",)
    date_hierarchy = "created_at"
    search_fields = ("digest",)
    search_help_text = _("A whole e-mail address")
    list_per_page = 50
    show_full_result_count = False
    fields = ("reason", "created_at")

    @admin.display(description=_("address"))
    def short_digest(self, suppression: Suppression) -> str:
        return f"{suppression.digest[:12]}…"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """An address is found by its digest alone, so a part of one finds nothing."""
        if not search_term:
            return queryset, False
        return queryset.filter(digest=address_digest(search_term)), False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("email",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = AddSuppressionForm
        return super().get_form(request, obj, change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        email = form.cleaned_data["email"]
        obj.digest, obj.reason = address_digest(email), SuppressionReason.MANUAL
        super().save_model(request, obj, form, change)
        stopped = withdraw_pending_to(email, because=SUPPRESSED)
        if stopped:
            self.message_user(
                request,
                ngettext(
                    "%(count)d waiting invitation was withdrawn.",
                    "%(count)d waiting invitations were withdrawn.",
                    stopped,
                )
                % {"count": stopped},
            )
