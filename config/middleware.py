"""Middleware that does for respondents' pages only what they need.

The secret link is all the authority there is on these pages: no session, no account, no message, no
login to guard. Django's own middleware would still look for them on each request. The headers that
protect a page are the same on every page, these too; tests compare them.
"""

from functools import lru_cache
from typing import Any

from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from config.language import LanguageMiddleware

RESPONDENTS = ("/s/", "/u/")


class _PassedBy(MiddlewareMixin):
    """Put before a middleware class: respondents' pages go past it."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(RESPONDENTS):
            return self.get_response(request)
        return super().__call__(request)


class AccountSessionMiddleware(_PassedBy, SessionMiddleware):
    pass


class AccountMiddleware(_PassedBy, AuthenticationMiddleware):
    pass


class AccountMessageMiddleware(_PassedBy, MessageMiddleware):
    pass


class RespondentLanguageMiddleware(LanguageMiddleware):
    """The same language by the same header; only worked out once for each header."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith(RESPONDENTS):
            super().process_request(request)
            return
        language = _language_of(request.headers.get("Accept-Language", ""))
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        # The survey's pages say their language themselves.
        if "Content-Language" in response.headers and request.path_info.startswith(RESPONDENTS):
            return response
        return super().process_response(request, response)


@lru_cache(maxsize=256)
def _language_of(header: str) -> str:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = header
    return translation.get_language_from_request(request)


class PolicyMiddleware(CSPMiddleware):
    """The policy of the settings is written out once, not with each answer."""

    _written: tuple[Any, str] | None = None

    def process_request(self, request: HttpRequest) -> None:
        # Respondents' pages have nothing inline that a nonce could be for.
        if not request.path_info.startswith(RESPONDENTS):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        policy = settings.CONTENT_SECURITY_POLICY
        if settings.DEBUG or "EXCLUDE_URL_PREFIXES" in policy or _is_special(request, response):
            return super().process_response(request, response)
        response.headers[HEADER] = self._policy(request)
        return response

    def _policy(self, request: HttpRequest) -> str:
        policy = settings.CONTENT_SECURITY_POLICY
        if self._written is None or self._written[0] is not policy:
            plain = super().process_response(HttpRequest(), HttpResponse())
            self._written = policy, plain.headers[HEADER]
        return self._written[1]


def _is_special(request: HttpRequest, response: Any) -> bool:
    """Whether a view has a policy of its own, or uses the nonce, or has written the header."""
    return (
        getattr(request, "_csp_nonce", None) is not None
        or HEADER in response.headers
        or HEADER_REPORT_ONLY in response.headers
        or getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None)
        or any(name.startswith("_csp") for name in vars(response))
    )
