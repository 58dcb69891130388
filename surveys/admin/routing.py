"""Which survey whom: a table that is edited in place."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from surveys.models import CancellationKind, RoutingRule


class RoutingRuleForm(forms.ModelForm):
    kind = forms.ChoiceField(
        label=_("kind"), required=False, choices=[("", _("any")), *CancellationKind.choices]
    )
    trial = forms.NullBooleanField(
        label=_("trial"),
        required=False,
        widget=forms.NullBooleanSelect(),
    )
    keeps_paying = forms.NullBooleanField(
        label=_("keeps something else"),
        required=False,
        widget=forms.NullBooleanSelect(),
    )

    class Meta:
        model = RoutingRule
        fields = (
            "position",
            "moment",
            "kind",
            "trial",
            "keeps_paying",
            "segment",
            "language",
            "survey",
        )
        widgets = {
            "segment": forms.TextInput(attrs={"size": 12}),
            "language": forms.TextInput(attrs={"size": 8}),
        }


@admin.register(RoutingRule)
class RoutingRuleAdmin(admin.ModelAdmin):
    form = RoutingRuleForm
    list_display = (
        "rule",
        "position",
        "moment",
        "kind",
        "trial",
        "keeps_paying",
        "segment",
        "language",
        "survey",
    )
    list_display_links = ("rule",)
    list_editable = (
        "position",
        "moment",
        "kind",
        "trial",
        "keeps_paying",
        "segment",
        "language",
        "survey",
    )
    list_select_related = ("survey",)
    ordering = ("position",)

    @admin.display(description=_("rule"))
    def rule(self, routing_rule: RoutingRule) -> str:
        return f"#{routing_rule.position}"

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        # Read once for all rows of the table: each row has a form of its own.
        field.choices = list(field.choices)
        return field

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": RoutingRuleForm, **kwargs})
