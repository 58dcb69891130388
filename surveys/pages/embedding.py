"""The survey in a frame of the vendor's own cancel page, and what its addresses carry along.

Nothing of it is kept: no session, no cookie. What the first address said is verified with each
request, and carried on in every link, form and redirect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from surveys.pages.returning import is_allowed, is_signed, origin_of

# What the script in the frame reports of a page, and of the links that lead out of the survey.
OPEN, ANSWERED, UNAVAILABLE = "open", "answered", "unavailable"


@dataclass(frozen=True)
class Carried:
    """What goes along from page to page; everything in it has been verified."""

    return_url: str = ""
    signature: str = ""
    # The origin of the page that frames the survey; "" where none does, or none that may.
    embed: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """For the query of the survey's own addresses."""
        named = {"return": self.return_url, "signature": self.signature, "embed": self.embed}
        return {name: value for name, value in named.items() if value}

    @property
    def prefix(self) -> str:
        """``parameters`` as the beginning of a query that goes on after it."""
        return f"{urlencode(self.parameters)}&" if self.parameters else ""


def carried_by(request: HttpRequest, token: str) -> Carried:
    """What the request's address carries, without what is forged or not allow-listed."""
    address, signature = request.GET.get("return", ""), request.GET.get("signature", "")
    embed = embed_origin(request)
    if not is_signed(token, address, signature):
        return Carried(embed=embed)
    return Carried(return_url=address, signature=signature, embed=embed)


def embed_origin(request: HttpRequest) -> str:
    """The allow-listed origin that asked to frame the page by ``?embed=``, else ""."""
    asked = request.GET.get("embed", "")
    return origin_of(asked) if asked and is_allowed(asked) else ""


def embed_context(embed: str, state: str) -> dict[str, Any]:
    """For the templates: nothing where the page is not framed."""
    return {"embed": embed, "embed_state": state} if embed else {}


def embeddable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lets the allow-listed origin that asked for it, and nobody else, frame the answer.

    Whatever the view answers, a redirect and a friendly notice too. Every other directive of
    the policy stays as the settings have it.
    """

    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        origin = embed_origin(request)
        if not origin:
            return view(request, *args, **kwargs)
        relaxed = csp_replace({"frame-ancestors": [origin]})(
            lambda _: view(request, *args, **kwargs)
        )
        response = cast(HttpResponse, relaxed(request))
        # X-Frame-Options knows no list of sites: where it stands, some browsers obey it first.
        response.xframe_options_exempt = True
        return response

    return framed
