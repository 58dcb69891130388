"""Links that nobody was given: the same plain page for all of them, and an end to guessing."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.client_address import client_address
from surveys.pages.rendering import render_notice
from surveys.unknown_links import UNKNOWN_LINKS_ALLOWED, count_unknown_link, window_end


def render_unknown(request: HttpRequest) -> HttpResponse:
    """404, or 429 for an address that has asked for too many; two or three queries."""
    now = timezone.now()
    count = count_unknown_link(client_address(request), now)
    if count <= UNKNOWN_LINKS_ALLOWED:
        return render_notice(request, "unknown", status=404)
    response = render_notice(request, "unknown", status=429)
    response.headers["Retry-After"] = str(int((window_end(now) - now).total_seconds()) + 1)
    return response
