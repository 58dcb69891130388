"""Surveys: the list, a survey's own page with when its mails go out, and how one is made."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.editor.comparing import compare_page
from surveys.admin.editor.settings_form import NewSurveyForm, SurveySettingsForm
from surveys.admin.editor.starting import duplicate_survey, start_survey
from surveys.admin.editor.survey_page import versions_in_words
from surveys.models import Survey

DELIVERY = ("delay_minutes", "window_from", "window_until", "reminder_days", "expires_days")
FIELDSETS = (
    (None, {"fields": ("name",)}),
    (
        _("When mails go out"),
        {
            "fields": ("delay", "window_from", "window_until", "reminders", "expires_days"),
            "description": _(
                "This holds from now on, for what has not been sent yet; it needs no new version."
            ),
        },
    ),
)


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):
    ordering = ("is_archived", "name")
    list_display = ("name", "moment", "published_version", "answered", "has_draft", "archived")
    list_filter = ("moment", "is_archived")
    search_fields = ("name", "key")
    form = SurveySettingsForm
    change_form_template = "admin/surveys/survey/change_form.html"
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Survey]:
        published = Q(versions__published_at__isnull=False)
        submitted = Q(
            versions__responses__submitted_at__isnull=False, versions__responses__is_test=False
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest=Max("versions__number", filter=published),
                newest_at=Max("versions__published_at"),
                drafts=Count(
                    "versions", filter=~published & Q(versions__isnull=False), distinct=True
                ),
                answers=Count("versions__responses", filter=submitted, distinct=True),
            )
        )

    @admin.display(description=_("in use"), empty_value="–", ordering="newest_at")
    def published_version(self, survey: Survey) -> str | None:
        return version_since(survey.newest, survey.newest_at)  # type: ignore[attr-defined]

    @admin.display(description=_("answers"), ordering="answers")
    def answered(self, survey: Survey) -> int:
        return survey.answers  # type: ignore[attr-defined]

    @admin.display(description=_("draft"), boolean=True, ordering="drafts")
    def has_draft(self, survey: Survey) -> bool:
        return bool(survey.drafts)  # type: ignore[attr-defined]

    @admin.display(description=_("archived"), boolean=True, ordering="is_archived")
    def archived(self, survey: Survey) -> bool:
        return survey.is_archived

    def get_fieldsets(self, request: HttpRequest, obj: Survey | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("template", "name", "key", "moment")}),)
        if self.has_change_permission(request, obj):
            return FIELDSETS
        # To be read only: as the columns are called.
        return ((None, {"fields": ("name",)}), (_("When mails go out"), {"fields": DELIVERY}))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # Fields that are no columns: the form class names all of its own.
        if obj is None or self.has_change_permission(request, obj):
            kwargs["form"] = SurveySettingsForm if obj else NewSurveyForm
            kwargs["fields"] = kwargs["form"].Meta.fields
        else:
            kwargs["form"] = ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: its answers refer to it. Archive it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        survey = start_survey(
            name=form.cleaned_data["name"],
            key=form.cleaned_data["key"],
            template=form.cleaned_data["template"],
            moment=form.cleaned_data["moment"],
            language=request.LANGUAGE_CODE,
        )
        obj.__dict__.update(survey.__dict__)

    def response_add(
        self, request: HttpRequest, obj: Survey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Straight to its draft."""
        self.message_user(
            request, gettext("This is a draft: nobody sees it before you publish it.")
        )
        return HttpResponseRedirect(self._draft_url(obj))

    def get_urls(self) -> list[URLPattern]:
        def page(
            pattern: str, view: Callable[..., HttpResponse], name: str, *methods: str
        ) -> URLPattern:
            def answer(request: HttpRequest, survey_id: int) -> HttpResponse:
                if request.method not in methods:
                    return HttpResponseNotAllowed(methods)
                return view(request, get_object_or_404(Survey, pk=survey_id))

            return path(
                f"<int:survey_id>/{pattern}/",
                self.admin_site.admin_view(answer),
                name=f"surveys_survey_{name}",
            )

        return [
            page("archive", self.archive_view, "archive", "POST"),
            page("duplicate", self.duplicate_view, "duplicate", "GET", "HEAD", "POST"),
            page("compare", self.compare_view, "compare", "GET", "HEAD"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        survey = context.get("original")
        context["show_save_and_add_another"] = False
        if survey is None:
            context["show_save_and_continue"] = False
        else:
            context |= {
                "title": survey.name,
                "subtitle": None,
                "lines": versions_in_words(survey),
                "may_edit": request.user.has_perm("surveys.change_surveyversion"),
                "may_duplicate": request.user.has_perm("surveys.add_survey"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def archive_view(self, request: HttpRequest, survey: Survey) -> HttpResponse:
        """Put aside, or back into use: ``archived`` says which."""
        if not request.user.has_perm("surveys.change_survey"):
            raise PermissionDenied
        survey.is_archived = request.POST.get("archived") == "1"
        survey.save(update_fields=["is_archived"])
        if survey.is_archived:
            said = gettext("“%(survey)s” is archived: nobody is asked it any more.")
        else:
            said = gettext("“%(survey)s” is no longer archived.")
        self.log_change(request, survey, said % {"survey": survey})
        self.message_user(request, said % {"survey": survey})
        return HttpResponseRedirect(self._url("change", survey))

    def duplicate_view(self, request: HttpRequest, survey: Survey) -> HttpResponse:
        """A new survey with a draft that begins as this one, under another name."""
        if not request.user.has_perm("surveys.add_survey"):
            raise PermissionDenied
        initial = {"name": gettext("Copy of %(name)s") % {"name": survey.name}}
        data = request.POST if request.method == "POST" else None
        form = NewSurveyForm(data, initial=initial, copy_of=survey)
        if data is not None and form.is_valid():
            with transaction.atomic():
                copy = duplicate_survey(
                    survey, name=form.cleaned_data["name"], key=form.cleaned_data["key"]
                )
                self.log_addition(request, copy, gettext("Copied from %s.") % survey)
            return self.response_add(request, copy)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Duplicate a survey"),
            "opts": self.opts,
            "survey": survey,
            "form": form,
        }
        return TemplateResponse(
            request,
            "admin/surveys/survey/duplicate.html",
            context,
            status=200 if data is None else 422,
        )

    def compare_view(self, request: HttpRequest, survey: Survey) -> HttpResponse:
        if not request.user.has_perm("surveys.view_surveyversion"):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return compare_page(request, survey, context)

    def _url(self, name: str, survey: Survey) -> str:
        return reverse(f"{self.admin_site.name}:surveys_survey_{name}", args=[survey.pk])

    def _draft_url(self, survey: Survey) -> str:
        draft = survey.versions.get(published_at=None)
        return reverse(f"{self.admin_site.name}:surveys_surveyversion_change", args=[draft.pk])


def version_since(number: int | None, published_at: Any) -> str | None:
    """``version 3, since 4 May 2026``."""
    if number is None:
        return None
    return gettext("version %(number)d, since %(day)s") % {
        "number": number,
        "day": date_format(localtime(published_at), "DATE_FORMAT"),
    }
