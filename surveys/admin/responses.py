"""Responses, read-only: the answers in the words that this customer saw."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin, may_read_verbatims
from surveys.models import Answer, Response
from surveys.questionnaire import Questionnaire


@dataclass(frozen=True, slots=True)
class AnswerInWords:
    question: str
    choices: list[str]
    text: str
    scale: int | None
    displayed: list[str]


def answers_in_words(response: Response) -> list[AnswerInWords]:
    """The current answers with the wording of the frozen version, in the response's language.

    Reads ``response.survey_version`` and ``response.current_answers`` (see ``get_queryset``).
    """
    questionnaire = Questionnaire.from_definition(response.survey_version.definition)
    by_key = {each.question.key: each for each in response.current_answers}  # type: ignore[attr-defined]
    rows = []
    for question in questionnaire.questions:
        answer = by_key.get(question.key)
        if answer is None:
            continue
        label_of = {
            choice.key: questionnaire.choice_label(choice, response.language)
            for choice in question.choices
        }
        rows.append(
            AnswerInWords(
                question=questionnaire.question_words(question, response.language).label,
                choices=[label_of.get(key, key) for key in answer.choices],
                text=answer.text,
                scale=answer.scale,
                displayed=[label_of.get(key, key) for key in answer.displayed],
            )
        )
    return rows


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = (
        "customer",
        "survey_version",
        "language",
        "submitted_at",
        "both_screens",
        "revision",
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
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        current = Answer.objects.current().select_related("question")
        queryset = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.kwargs.get("object_id"):
            queryset = queryset.select_related("survey_version__survey").prefetch_related(
                Prefetch("answers", queryset=current, to_attr="current_answers")
            )
        return queryset

    @admin.display(description=_("second screen"), boolean=True, ordering="completed_at")
    def both_screens(self, response: Response) -> bool:
        return response.completed_at is not None

    @admin.display(description=_("answers"))
    def answers_given(self, response: Response) -> str:
        if not getattr(response, "answers_may_be_read", False):
            return gettext("You may not read what customers wrote.")
        return render_to_string(
            "admin/surveys/answers.html",
            {"answers": answers_in_words(response), "language": response.language},
        )

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().get_object(request, *args, **kwargs)
        if response is not None:
            response.answers_may_be_read = may_read_verbatims(request)
        return response
