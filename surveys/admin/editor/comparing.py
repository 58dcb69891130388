"""Two versions of a survey beside each other: what was added, removed, reworded, moved."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from surveys.admin.editor.page import language_name
from surveys.comparison import compare, counts
from surveys.drafts import current_content
from surveys.models import Survey, SurveyVersion
from surveys.wordings import languages_in


def compare_page(request: HttpRequest, survey: Survey, context: dict[str, Any]) -> HttpResponse:
    """``?from=1&to=2&lang=en``; without them the two newest versions in the default language."""
    versions = list(
        survey.versions.select_related("survey").defer("definition").order_by("-number")
    )
    context |= {
        "title": survey.name,
        "subtitle": _("Compare versions"),
        "survey": survey,
        "versions": versions,
    }
    if len(versions) > 1:
        context |= _compared(request, versions)
    return TemplateResponse(request, "admin/surveys/survey/compare.html", context)


def _compared(request: HttpRequest, versions: list[SurveyVersion]) -> dict[str, Any]:
    after = _asked(request, "to", versions) or versions[0]
    older = [version for version in versions if version.number < after.number]
    before = _asked(request, "from", versions) or (older or versions)[0]
    old, new = current_content(before), current_content(after)
    languages = list(dict.fromkeys([*languages_in(new), *languages_in(old)]))
    language = request.GET.get("lang", "")
    if language not in languages:
        language = new.default_language
    groups = compare(old, new, language)
    return {
        "before": before,
        "after": after,
        "groups": groups,
        "counts": counts(groups),
        "languages": [(code, language_name(code)) for code in languages],
        "language": language,
    }


def _asked(request: HttpRequest, name: str, versions: list[SurveyVersion]) -> SurveyVersion | None:
    asked = request.GET.get(name, "")
    return next((each for each in versions if str(each.number) == asked), None)
