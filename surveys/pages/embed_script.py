"""The embed script at /embed.js: one address that stays, with the words of every language."""

import hashlib
import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

SOURCE = Path(__file__).resolve().parent.parent / "static" / "surveys" / "embed.js"
BEGIN, END = "/* words */", "/* end */"
MAX_AGE = 300  # seconds; vendors' pages name the address once and never change it


@cache
def script() -> bytes:
    """The static file, in which English stands, with the words of all LANGUAGES."""
    before, _, rest = SOURCE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    words = {code: _words(code) for code, _name in settings.LANGUAGES}
    table = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return f"{before}{table[1:-1]}{after}".encode()


def _words(language: str) -> list[str]:
    """What the script itself says: the dialog's name until the survey has told its own, and
    the buttons around the frame, which must be there when the survey is not.
    """
    with translation.override(language):
        return [
            gettext("Survey"),
            gettext("Skip and cancel now"),
            gettext("Finish cancelling"),
            gettext("Close"),
        ]


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(script()).hexdigest()[:32]}"'


@gzip_page
@require_safe
@condition(etag_func=_etag)
def embed_script(request: HttpRequest) -> HttpResponse:
    """Public and the same for everybody; other sites may load it, with an integrity check too."""
    response = HttpResponse(script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
