"""Responses, read-only: the answers in the words that this customer saw."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin, may_read_verbatims
from surveys.admin.asked.funnel import who_was_asked
from surveys.answers_in_words import answers_in_words, unsent_in_words
from surveys.models import Answer, Response
from surveys.questionnaire import Questionnaire


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = (
        "customer",
        "survey_version",
        "language",
        "submitted_at",
        "how_far",
        "is_test",
    )
    list_select_related = ("customer", "survey_version__survey")
    list_filter = (
        "is_test",
        "survey_version__survey",
        ("submitted_at", admin.EmptyFieldListFilter),
        ("language", admin.AllValuesFieldListFilter),
    )
    date_hierarchy = "submitted_at"
    search_fields = ("customer__external_id", "customer__name")
    search_help_text = _("Customer ID or name")
    fields = (
        "answers_given",
        "customer",
        "survey_version",
        "invitation",
        "cancellation",
        "intent",
        "language",
        "revision",
        "is_test",
        "started_at",
        "submitted_at",
        "completed_at",
        "unsent_at",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = partial(who_was_asked, site=self.admin_site)
        page = path("who-was-asked/", self.admin_site.admin_view(view), name="who_was_asked")
        return [page, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        current = Answer.objects.current().select_related("question")
        queryset = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.kwargs.get("object_id"):
            queryset = queryset.select_related("survey_version__survey").prefetch_related(
                Prefetch("answers", queryset=current, to_attr="current_answers")
            )
        return queryset

    @admin.display(description=_("how far"), ordering="completed_at")
    def how_far(self, response: Response) -> str:
        if response.completed_at:
            return gettext("completed")
        return gettext("partial") if response.submitted_at else gettext("filled in, not sent")

    @admin.display(description=_("answers"))
    def answers_given(self, response: Response) -> str:
        if not getattr(response, "answers_may_be_read", False):
            return gettext("You may not read what customers wrote.")
        questionnaire = Questionnaire.from_definition(response.survey_version.definition)
        given = response.current_answers  # type: ignore[attr-defined]
        return render_to_string(
            "admin/surveys/answers.html",
            {
                "answers": answers_in_words(questionnaire, response.language, given),
                "unsent": unsent_in_words(questionnaire, response.language, response.unsent),
                "language": response.language,
            },
        )

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().get_object(request, *args, **kwargs)
        if response is not None:
            response.answers_may_be_read = may_read_verbatims(request)
        return response
