"""Surveys and their versions. A published version can be read; a draft can be edited."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from surveys.admin.access import ReadOnlyInline
from surveys.drafts import copy_to_draft
from surveys.models import Question, Survey, SurveyVersion, VersionText
from surveys.publishing import PublishRefusedError, publish


class VersionInline(ReadOnlyInline):
    model = SurveyVersion
    fields = ("number", "default_language", "published_at")
    readonly_fields = fields
    ordering = ("-number",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):
    ordering = ("name",)
    list_display = ("name", "key", "moment", "published_version", "has_draft", "is_archived")
    list_filter = ("moment", "is_archived")
    search_fields = ("name", "key")
    fields = ("name", "key", "moment", "is_archived")
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Survey]:
        published = Q(versions__published_at__isnull=False)
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest=Max("versions__number", filter=published),
                drafts=Count("versions", filter=~published & Q(versions__isnull=False)),
            )
        )

    @admin.display(description=_("in use"), empty_value="–", ordering="newest")
    def published_version(self, survey: Survey) -> str | None:
        newest = survey.newest  # type: ignore[attr-defined]
        return f"v{newest}" if newest else None

    @admin.display(description=_("draft"), boolean=True, ordering="drafts")
    def has_draft(self, survey: Survey) -> bool:
        return bool(survey.drafts)  # type: ignore[attr-defined]

    def get_inlines(self, request: HttpRequest, obj: Survey | None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The key never changes, and the moment of what has been published stays.
        return ("key", "moment") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: its answers refer to it. Archive it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            SurveyVersion.objects.create(survey=obj, number=1)


class DraftInlineMixin:
    """Rows of a version: they can be edited while it is a draft."""

    extra = 0

    def _is_draft(self, obj: Any) -> bool:
        return obj is None or not obj.is_published

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_add_permission(request, obj)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_draft(obj) and super().has_delete_permission(request, obj)  # type: ignore[misc]


class VersionTextInline(DraftInlineMixin, admin.StackedInline):
    model = VersionText


class QuestionInline(DraftInlineMixin, admin.TabularInline):
    model = Question
    fields = ("screen", "position", "key", "kind", "role", "required", "shuffle")
    ordering = ("screen", "position")
    show_change_link = True


@admin.register(SurveyVersion)
class SurveyVersionAdmin(admin.ModelAdmin):
    list_display = ("__str__", "survey", "number", "state", "published_at", "response_count")
    list_select_related = ("survey",)
    list_filter = ("survey", ("published_at", admin.EmptyFieldListFilter))
    fields = ("survey", "number", "default_language", "state", "published_at")
    readonly_fields = ("survey", "number", "state", "published_at")
    inlines = (VersionTextInline, QuestionInline)
    change_form_template = "admin/surveys/surveyversion/change_form.html"

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

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_published:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(obj and not obj.is_published and super().has_delete_permission(request, obj))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:version_id>/publish/",
                wrap(require_POST(self.publish_view)),
                name="surveys_surveyversion_publish",
            ),
            path(
                "<int:version_id>/new-draft/",
                wrap(require_POST(self.new_draft_view)),
                name="surveys_surveyversion_new_draft",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version = context.get("original")
        may_edit = request.user.has_perm("surveys.change_surveyversion")
        if version is not None:
            context["can_publish"] = may_edit and not version.is_published
            context["can_draft"] = may_edit and version.is_published
        return super().render_change_form(request, context, *args, **kwargs)

    def publish_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """Freeze the draft, or say everything that stands in its way."""
        version = self._editable(request, version_id)
        try:
            publish(version, now=timezone.now())
        except PublishRefusedError as refused:
            for problem in refused.problems:
                self.message_user(request, problem, messages.ERROR)
        else:
            self.log_change(request, version, gettext("Published."))
            self.message_user(request, gettext("%(version)s is in use now.") % {"version": version})
        return self._back_to(version)

    def new_draft_view(self, request: HttpRequest, version_id: int) -> HttpResponse:
        """A draft that begins as this published version."""
        version = self._editable(request, version_id)
        if not version.is_published:
            return self._back_to(version)
        try:
            with transaction.atomic():
                draft = copy_to_draft(version)
        except IntegrityError:
            # One draft at a time: lead to the one there is.
            draft = get_object_or_404(SurveyVersion, survey=version.survey, published_at=None)
            self.message_user(request, gettext("There is a draft already."), messages.WARNING)
        else:
            self.log_addition(request, draft, gettext("Copied from %s.") % version)
        return self._back_to(draft)

    def _editable(self, request: HttpRequest, version_id: int) -> SurveyVersion:
        if not request.user.has_perm("surveys.change_surveyversion"):
            raise PermissionDenied
        return get_object_or_404(SurveyVersion.objects.select_related("survey"), pk=version_id)

    def _back_to(self, version: SurveyVersion) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            reverse(f"{self.admin_site.name}:surveys_surveyversion_change", args=[version.pk])
        )
