"""What choices and providers' codes mean. After a change the sweep reads what it concerns again."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reasons.models import ChoiceMapping, ProviderMapping


@admin.register(ChoiceMapping)
class ChoiceMappingAdmin(admin.ModelAdmin):
    list_display = ("choice_key", "question_key", "survey_key", "reason", "category")
    list_select_related = ("reason",)
    list_filter = ("survey_key", "question_key", "reason__category")
    search_fields = ("choice_key", "question_key", "reason__label", "reason__code")
    search_help_text = _("Choice, question or reason")
    autocomplete_fields = ("reason",)
    fields = ("survey_key", "question_key", "choice_key", "reason")

    @admin.display(description=_("category"), ordering="reason__category")
    def category(self, mapping: ChoiceMapping) -> str:
        return mapping.reason.get_category_display()

    def get_readonly_fields(self, request: HttpRequest, obj: ChoiceMapping | None = None) -> Any:
        return ("survey_key", "question_key", "choice_key") if obj else ()


@admin.register(ProviderMapping)
class ProviderMappingAdmin(admin.ModelAdmin):
    list_display = ("provider_reason", "source", "reason")
    list_select_related = ("reason",)
    list_filter = ("source", ("reason", admin.EmptyFieldListFilter))
    search_fields = ("provider_reason", "reason__label", "reason__code")
    search_help_text = _("Reason as it came in, or what it means")
    autocomplete_fields = ("reason",)
    fields = ("source", "provider_reason", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderMapping | None = None) -> Any:
        return ("source", "provider_reason") if obj else ()
