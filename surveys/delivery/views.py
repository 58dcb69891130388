"""The page behind "Please don't write to me again", and a mail program's own button for it."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from surveys.delivery import unsubscribing
from surveys.models import Invitation
from surveys.pages.languages import page_language
from surveys.pages.rendering import render_page
from surveys.pages.unknown import render_unknown

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")


# Mail programs post here without cookies (RFC 8058); the token in the address is the proof.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, since scanners open every link; POST does it, at once."""
    invitation = None
    if TOKEN.fullmatch(token):  # whatever else is typed never reaches the database
        invitation = Invitation.objects.select_related("contact").filter(token=token).first()
    if invitation is None:
        return render_unknown(request)
    done = request.method == "POST"
    if done:
        unsubscribing.unsubscribe(invitation=invitation)
    language = page_language(
        request,
        known=[invitation.language],
        available=tuple(dict(settings.LANGUAGES)),
        default=settings.LANGUAGE_CODE,
    )
    address = _hinted(invitation.contact.email) if invitation.contact else ""
    return render_page("unsubscribe.html", {"is_done": done, "address": address}, language=language)


def _hinted(email: str) -> str:
    """``ann@example.com`` as ``a…@example.com``: mails get forwarded, addresses need not."""
    name, _, domain = email.rpartition("@")
    # The word joiner keeps a line from ending after the dots.
    return f"{name[:1]}…\N{WORD JOINER}@{domain}"
