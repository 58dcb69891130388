"""Customers who opened the cancel page, and what became of it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin, may_read_verbatims
from surveys.answers_in_words import answers_in_words
from surveys.models import Answer, Intent, IntentOutcome, Response
from surveys.questionnaire import Questionnaire


class OutcomeFilter(admin.SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return IntentOutcome.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(became=self.value()) if self.value() else queryset


@admin.register(Intent)
class IntentAdmin(ReadOnlyAdmin):
    change_list_template = "admin/surveys/intent/change_list.html"
    list_display = ("customer", "opened_at", "outcome", "answered", "source", "external_id")
    list_select_related = ("customer",)
    list_filter = (OutcomeFilter, "opened_at", ("source", admin.AllValuesFieldListFilter))
    date_hierarchy = "opened_at"
    search_fields = ("external_id", "customer__external_id", "customer__name")
    search_help_text = _("ID of the intent, customer ID or name")
    fields = (
        "customer",
        "subscription",
        "opened_at",
        "outcome",
        "cancelled_by",
        "answers_given",
        "source",
        "external_id",
        "return_url",
        "created_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intent]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[Intent] = rows.with_outcome(timezone.now())
        return found

    @admin.display(description=_("outcome"), ordering="became")
    def outcome(self, intent: Any) -> str:
        return str(IntentOutcome(intent.became).label)

    @admin.display(description=_("answered"), boolean=True, ordering="has_answer")
    def answered(self, intent: Any) -> bool:
        return bool(intent.has_answer)

    @admin.display(description=_("cancellation"))
    def cancelled_by(self, intent: Intent) -> str:
        cancellation = getattr(intent, "cancellation", None)
        return str(cancellation) if cancellation else "–"

    @admin.display(description=_("answers"))
    def answers_given(self, intent: Any) -> str:
        response = Response.objects.submitted().filter(intent=intent).first()
        if response is None:
            return gettext("No answers.")
        if not getattr(intent, "answers_may_be_read", False):
            return gettext("You may not read what customers wrote.")
        questionnaire = Questionnaire.from_definition(response.survey_version.definition)
        given = Answer.objects.current().filter(response=response).select_related("question")
        return render_to_string(
            "admin/surveys/answers.html",
            {
                "answers": answers_in_words(questionnaire, response.language, given),
                "language": response.language,
            },
        )

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        intent = super().get_object(request, *args, **kwargs)
        if intent is not None:
            intent.answers_may_be_read = may_read_verbatims(request)
        return intent

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if changelist := shown.get("cl"):
            # Of all that the other filters and the search leave, whatever outcome is chosen.
            rows = changelist.get_queryset(request, exclude_parameters=["outcome"])
            shown["outcomes"] = self._outcomes(changelist, rows)
            shown["saved_after_days"] = settings.INTENT_SAVED_AFTER_DAYS
        return response

    @staticmethod
    def _outcomes(changelist: Any, rows: Any) -> list[dict[str, Any]]:
        counts = rows.filter(customer__is_test=False).count_outcomes()
        return [
            {
                "label": outcome.label,
                "count": counts[outcome],
                "url": changelist.get_query_string({"outcome": outcome.value}, ["p"]),
            }
            for outcome in IntentOutcome
        ]
