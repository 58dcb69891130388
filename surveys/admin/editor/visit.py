"""One request to the editor: who asks, which version it is about, and how to answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from surveys.drafts import current_content
from surveys.models import SurveyVersion
from surveys.questionnaire import Questionnaire

VIEW, CHANGE = "surveys.view_surveyversion", "surveys.change_surveyversion"
TEMPLATES = "admin/surveys/surveyversion"


@dataclass(frozen=True)
class Visit:
    request: HttpRequest
    admin: ModelAdmin
    version: SurveyVersion

    @cached_property
    def questionnaire(self) -> Questionnaire:
        """What the version says now. Nine queries for a draft."""
        return current_content(self.version)

    @property
    def may_edit(self) -> bool:
        return self.request.user.has_perm(CHANGE)

    @property
    def survey_key(self) -> str:
        return self.version.survey.key

    def url(self, name: str, *args: Any) -> str:
        """Of an editor page of this version; ``change`` is its first page."""
        return version_url(self.admin, name, self.version, *args)

    def render(self, template: str, *, status: int = 200, **context: Any) -> TemplateResponse:
        """``admin/surveys/surveyversion/<template>`` with what every page of the editor knows."""
        return TemplateResponse(
            self.request,
            f"{TEMPLATES}/{template}",
            {
                **self.admin.admin_site.each_context(self.request),
                "title": self.version.survey.name,
                "opts": self.admin.opts,
                "version": self.version,
                "survey": self.version.survey,
                "questionnaire": self.questionnaire,
                "is_draft": not self.version.is_published,
                "may_edit": self.may_edit and not self.version.is_published,
                **context,
            },
            status=status,
        )

    def done(self, sentence: str, to: str, *, level: int = messages.SUCCESS) -> HttpResponse:
        """Say what was done and go on to the address ``to``."""
        self.admin.message_user(self.request, sentence, level)
        return HttpResponseRedirect(to)

    def log(self, sentence: str) -> None:
        self.admin.log_change(self.request, self.version, sentence)


VisitView = Callable[..., HttpResponse]


def version_url(admin: ModelAdmin, name: str, version: SurveyVersion, *args: Any) -> str:
    return reverse(
        f"{admin.admin_site.name}:surveys_surveyversion_{name}", args=[version.pk, *args]
    )


def editor_route(
    admin: ModelAdmin,
    pattern: str,
    view: VisitView,
    name: str,
    *,
    needs: str = CHANGE,
    methods: tuple[str, ...] = ("GET", "HEAD", "POST"),
    drafts_only: bool = True,
    csrf_exempt: bool = False,
) -> URLPattern:
    """A page of the editor under ``<version>/<pattern>``.

    403 without the permission ``needs``, 404 without the version. Of ``drafts_only`` pages a
    published version leads back to where it can be read, and nothing can be sent to them (403).
    """

    @wraps(view)
    def page(request: HttpRequest, version_id: int, **arguments: Any) -> HttpResponse:
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        if not request.user.has_perm(needs):
            raise PermissionDenied
        version = get_object_or_404(
            SurveyVersion.objects.select_related("survey").defer("definition"), pk=version_id
        )
        visit = Visit(request, admin, version)
        if drafts_only and version.is_published:
            if request.method == "POST":
                raise PermissionDenied
            said = _("This version is published and cannot be changed. Make a draft instead.")
            return visit.done(said, visit.url("change"), level=messages.WARNING)
        return view(visit, **arguments)

    if csrf_exempt:
        page.csrf_exempt = True  # type: ignore[attr-defined]
    return path(
        f"<int:version_id>/{pattern}",
        admin.admin_site.admin_view(page),
        name=f"surveys_surveyversion_{name}",
    )
