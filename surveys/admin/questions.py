"""Questions and choices of a draft, reached from their version."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from surveys.admin.surveys import DraftInlineMixin
from surveys.models import Choice, ChoiceText, Condition, Question, QuestionText


class RowOfVersionInline(DraftInlineMixin, admin.TabularInline):
    """``obj`` is a question or a choice; its version says whether it is still a draft."""

    def _is_draft(self, obj: Any) -> bool:
        return obj is None or not version_of(obj).is_published


class QuestionTextInline(RowOfVersionInline):
    model = QuestionText


class ChoiceInline(RowOfVersionInline):
    model = Choice
    show_change_link = True
    ordering = ("position",)


class ChoiceOfVersionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Choice) -> str:
        return f"{obj.question.key} = {obj.key}"


class ConditionInline(RowOfVersionInline):
    model = Condition
    fk_name = "question"

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Only choices of the same version can open a question."""
        question_id = request.resolver_match.kwargs.get("object_id")
        if db_field.name == "choice" and question_id:
            kwargs["queryset"] = (
                Choice.objects.filter(question__version__questions=question_id)
                .exclude(question=question_id)
                .select_related("question")
            )
            kwargs["form_class"] = ChoiceOfVersionField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ChoiceTextInline(RowOfVersionInline):
    model = ChoiceText


def version_of(row: Question | Choice) -> Any:
    return row.version if isinstance(row, Question) else row.question.version


class RowOfVersionAdmin(admin.ModelAdmin):
    """Reached from the version alone, and editable only while that is a draft."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and version_of(obj).is_published:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None or version_of(obj).is_published:
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Question)
class QuestionAdmin(RowOfVersionAdmin):
    list_display = ("key", "version", "kind", "role")
    list_select_related = ("version__survey",)
    list_filter = ("version__survey", "role")
    fields = ("version", "key", "kind", "role", "screen", "position", "required", "shuffle")
    readonly_fields = ("version",)
    inlines = (QuestionTextInline, ChoiceInline, ConditionInline)


@admin.register(Choice)
class ChoiceAdmin(RowOfVersionAdmin):
    list_display = ("key", "question", "position", "pinned")
    list_select_related = ("question__version__survey",)
    fields = ("question", "key", "position", "pinned")
    readonly_fields = ("question",)
    inlines = (ChoiceTextInline,)
