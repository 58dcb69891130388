"""Trained models, to be looked at: ``train_classifier`` makes them."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from reasons.models import ClassifierVersion
from surveys.admin.access import ReadOnlyAdmin


@admin.register(ClassifierVersion)
class ClassifierVersionAdmin(ReadOnlyAdmin):
    list_display = ("number", "is_current", "created_at", "examples", "corrections")
    fields = ("number", "is_current", "created_at", "examples", "corrections", "all_figures")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClassifierVersion]:
        return super().get_queryset(request).defer("arrays")

    @admin.display(description=_("examples"))
    def examples(self, version: ClassifierVersion) -> int | None:
        return version.figures.get("examples")

    @admin.display(description=_("corrections learned"))
    def corrections(self, version: ClassifierVersion) -> int | None:
        return version.figures.get("corrections")

    @admin.display(description=_("figures"))
    def all_figures(self, version: ClassifierVersion) -> str:
        return format_html("<pre>{}</pre>", json.dumps(version.figures, indent=2))
