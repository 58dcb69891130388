"""Versions of surveys: a published one is read, a draft is edited, both on the editor's pages."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.editor.page import show_page
from surveys.admin.editor.urls import editor_urls
from surveys.admin.editor.visit import VIEW, Visit
from surveys.models import SurveyVersion


@admin.register(SurveyVersion)
class SurveyVersionAdmin(admin.ModelAdmin):
    list_display = ("__str__", "survey", "number", "state", "published_at", "response_count")
    list_select_related = ("survey",)
    list_filter = ("survey", ("published_at", admin.EmptyFieldListFilter))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SurveyVersion]:
        submitted = Q(responses__submitted_at__isnull=False, responses__is_test=False)
        return (
            super()
            .get_queryset(request)
            .defer("definition")
            .annotate(answered=Count("responses", filter=submitted))
        )

    @admin.display(description=_("state"), ordering="published_at")
    def state(self, version: SurveyVersion) -> str:
        return gettext("published, frozen") if version.is_published else gettext("draft")

    @admin.display(description=_("responses"), ordering="answered")
    def response_count(self, version: SurveyVersion) -> int:
        return version.answered  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A version is made from the one before it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft is discarded on its own page; what was published stays."""
        return False

    def get_urls(self) -> list[URLPattern]:
        return [*editor_urls(self), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The editor's first page, in the place of a form of columns. It takes no POST."""
        if not request.user.has_perm(VIEW) or request.method == "POST":
            raise PermissionDenied
        versions = SurveyVersion.objects.select_related("survey").defer("definition")
        pk = int(object_id) if object_id.isdecimal() else 0
        return show_page(Visit(request, self, get_object_or_404(versions, pk=pk)))
