"""Every page of ours that a customer sees is rendered here: language, words, headers."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from surveys.pages.embedding import ANSWERED, OPEN, UNAVAILABLE, embed_context, embed_origin
from surveys.pages.languages import (
    direction,
    interface_language,
    language_option,
    language_tag,
    page_language,
)


def render_page(
    template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    """``surveys/pages/<template>`` in ``language``. No session, no cookie, kept by nobody."""
    body = render_body(template, context, language=language)
    return with_headers(HttpResponse(body, status=status), language)


def render_body(template: str, context: dict[str, Any], *, language: str) -> str:
    """The template is given no request, so nothing in it can touch the session."""
    with translation.override(interface_language(language)):
        return render_to_string(
            f"surveys/pages/{template}",
            {
                "organisation": settings.ORGANISATION_NAME,
                "privacy_url": settings.PRIVACY_URL,
                "tag": language_tag(language),
                "direction": direction(language),
                "current_language": language_option(language),
                **context,
            },
        )


def with_headers(response: HttpResponse, language: str = "") -> HttpResponse:
    """The address is a secret: no cache keeps the page, no referrer and no index tells of it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if language:
        response.headers["Content-Language"] = language_tag(language)
    patch_vary_headers(response, ["Accept-Language"])
    return response


def render_notice(
    request: HttpRequest, notice: str, *, status: int, typed: Sequence[Any] = ()
) -> HttpResponse:
    """A friendly page about a link that leads nowhere: ``unknown``, ``expired``, ``withdrawn``
    or ``closed``, in the respondent's language as far as the request tells it.

    ``typed`` are the texts (``TypedText``) that came too late, shown to be copied.
    """
    language = page_language(
        request,
        known=[],
        available=tuple(dict(settings.LANGUAGES)),
        default=settings.LANGUAGE_CODE,
    )
    # "closed" stands after an answer; behind the others there is nothing to keep a frame for.
    state = ANSWERED if notice == "closed" else OPEN if typed else UNAVAILABLE
    context = {"notice": notice, "typed": typed, **embed_context(embed_origin(request), state)}
    return render_page("notice.html", context, language=language, status=status)


def language_choices(languages: tuple[str, ...]) -> list[Any]:
    """For the switch: every language of the survey; none where there is but one."""
    return [language_option(code) for code in languages] if len(languages) > 1 else []
