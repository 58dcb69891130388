"""Classifications, to be looked at; corrected on a page of their own, a cancellation at a time."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from reasons.admin.correcting import MAY_CORRECT, correct_view
from reasons.models import Classification
from surveys.admin.access import ReadOnlyAdmin


class WantsReviewFilter(admin.SimpleListFilter):
    title = _("wants review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("An analyst should look"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Classification]
    ) -> QuerySet[Classification]:
        if self.value() == "1":
            return queryset.filter(cancellation__reading__wants_review=True)
        return queryset


@admin.register(Classification)
class ClassificationAdmin(ReadOnlyAdmin):
    list_display = (
        "reason",
        "role",
        "perspective",
        "source",
        "sureness",
        "needs_probe",
        "is_current",
        "customer",
        "created_at",
        "correct",
    )
    list_select_related = ("reason", "cancellation__customer")
    list_filter = (
        "is_current",
        WantsReviewFilter,
        "role",
        "perspective",
        "source",
        "needs_probe",
        "reason__category",
        "reason",
    )
    search_fields = (
        "reason__label",
        "reason__code",
        "cancellation__customer__external_id",
        "cancellation__customer__name",
    )
    search_help_text = _("Reason or customer")
    date_hierarchy = "created_at"
    fields = (
        "cancellation",
        "reason",
        "role",
        "perspective",
        "source",
        "sureness",
        "needs_probe",
        "avoidable",
        "response",
        "classifier_version",
        "created_by",
        "created_at",
        "is_current",
        "correct",
    )
    readonly_fields = fields

    @admin.display(description=_("confidence"), ordering="confidence", empty_value="–")
    def sureness(self, classification: Classification) -> str | None:
        confidence = classification.confidence
        return None if confidence is None else f"{confidence:.0%}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Classification]:
        return super().get_queryset(request).defer("classifier_version__arrays")

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._unless_forbidden(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._unless_forbidden(request, self.fields)

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "cancellation/<int:cancellation_id>/correct/",
                self.admin_site.admin_view(correct_view(self)),
                name="reasons_cancellation_correct",
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("customer"), ordering="cancellation__customer")
    def customer(self, classification: Classification) -> str:
        return str(classification.cancellation.customer)

    @admin.display(description=_("correct"))
    def correct(self, classification: Classification) -> str:
        address = reverse(
            f"{self.admin_site.name}:reasons_cancellation_correct",
            args=[classification.cancellation_id],
        )
        return format_html('<a href="{}">{}</a>', address, _("Correct"))

    def _unless_forbidden(self, request: HttpRequest, names: tuple[str, ...]) -> tuple[str, ...]:
        if request.user.has_perm(MAY_CORRECT):
            return names
        return tuple(name for name in names if name != "correct")
