"""Exchange rates into the reporting currency."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from surveys.intake.valuing import value_what_was_unknown
from surveys.models import ExchangeRate


class ExchangeRateForm(ModelForm):
    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


@admin.register(ExchangeRate)
class ExchangeRateAdmin(admin.ModelAdmin):
    form = ExchangeRateForm
    list_display = ("currency", "valid_from", "rate")
    list_filter = (("currency", admin.AllValuesFieldListFilter),)
    date_hierarchy = "valid_from"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[ModelForm]:
        kwargs["help_texts"] = {
            "rate": _("What one unit is worth in %(currency)s from this day on.")
            % {"currency": settings.REPORTING_CURRENCY}
        }
        return super().get_form(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if valued := value_what_was_unknown(currency=obj.currency):
            said = ngettext(
                "%(count)d subscription now has a value in the reporting currency.",
                "%(count)d subscriptions now have a value in the reporting currency.",
                valued,
            )
            self.message_user(request, said % {"count": valued})
