"""Where the links lead in a mail that was written only to be looked at."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.pages.languages import page_language
from surveys.pages.rendering import render_page


@require_safe
def preview_page(request: HttpRequest) -> HttpResponse:
    language = page_language(
        request,
        known=[],
        available=tuple(dict(settings.LANGUAGES)),
        default=settings.LANGUAGE_CODE,
    )
    return render_page("mail_preview.html", {}, language=language)
