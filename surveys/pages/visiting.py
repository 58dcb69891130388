"""Somebody at a page of their survey: the link opened, the language settled, the addresses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from surveys.glance import Glance, glance
from surveys.pages.embedding import carried_by, embeddable
from surveys.pages.languages import asked_language, interface_language, page_language
from surveys.pages.opening import Opening, mark_opened, open_link
from surveys.pages.rendering import render_notice, with_headers
from surveys.pages.returning import return_address
from surveys.pages.typed import typed_texts
from surveys.pages.unknown import render_unknown
from surveys.paths import SETTLING
from surveys.placeholders import fill_placeholders, placeholder_values
from surveys.questionnaire import best_language


@dataclass(frozen=True)
class Visit:
    request: HttpRequest
    opening: Opening
    language: str
    # What the link shows by itself: any other language goes along in the addresses.
    own_language: str

    @property
    def is_post(self) -> bool:
        return self.request.method == "POST"

    def address(self, page: str) -> str:
        """Of ``survey`` (the first screen), ``settle``, ``keep``, ``thanks`` or ``skipped``."""
        return self._in_this_visit(reverse(f"surveys:{page}", args=[self.opening.invitation.token]))

    def screen_address(self, screen: int) -> str:
        """Of a screen by its number, or of the settling screen."""
        if screen == SETTLING:
            return self.address("settle")
        if screen == self.opening.first_screen:
            return self.address("survey")
        token = self.opening.invitation.token
        return self._in_this_visit(reverse("surveys:screen", args=[token, screen]))

    def go_on(self, address: str) -> HttpResponse:
        """To another page of the survey with GET."""
        return with_headers(HttpResponseRedirect(address, status=303), self.language)

    def refuse(self, notice: str) -> HttpResponse:
        """The page saying why nothing is taken in any more, with what was typed to copy."""
        return _refusal(self.request, self.opening, notice)

    def words(self) -> dict[str, str]:
        """What the version says outside its questions, placeholders filled, by name."""
        values = placeholder_values(self.opening.invitation, self.language)
        words = self.opening.questionnaire.words_in(self.language)
        return {name: fill_placeholders(text, values) for name, text in vars(words).items()}

    def way_on(self) -> str:
        """Back to the cancel page, or to the page that says how to go on."""
        opening = self.opening
        outcome = "answered" if opening.response else "skipped"
        intent, signed = opening.invitation.intent, opening.carried.return_url
        back = return_address(intent, outcome, signed=signed) if intent else ""
        return back or self.address("skipped")

    def _in_this_visit(self, address: str) -> str:
        asked = {} if self.language == self.own_language else {"lang": self.language}
        query = urlencode({**self.opening.carried.parameters, **asked})
        return f"{address}?{query}" if query else address


View = Callable[..., HttpResponse]
# Answers a request in a shorter way; None where that does not lead there.
ShortWay = Callable[[HttpRequest, Glance], HttpResponse | None]


def survey_page(*methods: str, short_way: ShortWay | None = None) -> Callable[[View], View]:
    """A view called with a Visit; links that lead nowhere are answered before it.

    So is what ``short_way`` has an answer to.
    """

    def wrapped(view: View) -> View:
        @csrf_exempt
        @embeddable
        @gzip_page  # pads its output at random, so that the length says nothing about the secret
        @require_http_methods(list(methods))
        @wraps(view)
        def opened(request: HttpRequest, token: str, **arguments: int) -> HttpResponse:
            seen = glance(token)
            if seen is None:
                return render_unknown(request)
            if short_way and (answer := short_way(request, seen)):
                return answer
            opening = open_link(seen)
            if notice := _closed_because(request, opening):
                return _refusal(request, opening, notice)
            if request.method == "GET":
                mark_opened(opening)
            visit = _visit(request, replace(opening, carried=carried_by(request, token)))
            # Errors of forms are put into words while they are checked, not only when rendered.
            with translation.override(interface_language(visit.language)):
                return view(visit, **arguments)

        return opened

    return wrapped


def _visit(request: HttpRequest, opening: Opening) -> Visit:
    """The language asked for on the page, else the one answered in, invited in, the browser's."""
    available = opening.questionnaire.languages
    own = page_language(
        request,
        known=[opening.spoken, opening.invitation.language],
        available=available,
        default=opening.questionnaire.default_language,
        asked="",
    )
    asked = best_language(asked_language(request), available, "")
    return Visit(request, opening, language=asked or own, own_language=own)


def _closed_because(request: HttpRequest, opening: Opening) -> str:
    if opening.is_withdrawn:
        return "withdrawn"
    is_late = request.method == "POST" and opening.takes_late_post
    return "expired" if opening.is_expired and not is_late else ""


def _refusal(request: HttpRequest, opening: Opening, notice: str) -> HttpResponse:
    typed = typed_texts(request, opening.questionnaire) if request.method == "POST" else []
    return render_notice(request, notice, status=410, typed=typed)
