"""The survey at /s/<token>/. The secret address is the authority: no account, no cookie.

GET and HEAD change nothing beyond the "opened" mark, because mail scanners follow every link.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from surveys.pages.forms import ScreenForm
from surveys.pages.languages import interface_language, page_language
from surveys.pages.layout import errors_in, lay_out
from surveys.pages.opening import Opening, mark_opened, open_link
from surveys.pages.rendering import language_choices, render_notice, render_page, with_headers
from surveys.pages.returning import return_address
from surveys.placeholders import fill_placeholders, placeholder_values
from surveys.responses import save_screen

SurveyView = Callable[[HttpRequest, Opening, str], HttpResponse]


def survey_page(view: SurveyView) -> Callable[..., HttpResponse]:
    """Opens the link and settles the language; answers for links that lead nowhere."""

    @csrf_exempt
    @gzip_page  # pads its output at random, so that the length says nothing about the secret
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        opening = open_link(token)
        if opening is None:
            return render_notice(request, "unknown", status=404)
        if opening.is_withdrawn:
            return render_notice(request, "withdrawn", status=410)
        if opening.is_expired and not (request.method == "POST" and opening.takes_late_post):
            return render_notice(request, "expired", status=410)
        language = page_language(
            request,
            known=[
                opening.response.language if opening.response else "",
                opening.invitation.language,
            ],
            available=opening.questionnaire.languages,
            default=opening.questionnaire.default_language,
        )
        if request.method == "GET":
            mark_opened(opening)
        # Errors of forms are put into words while they are checked, not only when rendered.
        with translation.override(interface_language(language)):
            return view(request, opening, language)

    return opened


@survey_page
@require_http_methods(["GET", "HEAD", "POST"])
def first_screen(request: HttpRequest, opening: Opening, language: str) -> HttpResponse:
    """The reason and its follow-up. ``?r=<choice>`` preselects it, and no more."""
    return _screen(request, opening, language, screen=1)


@survey_page
@require_http_methods(["GET", "HEAD", "POST"])
def second_screen(request: HttpRequest, opening: Opening, language: str) -> HttpResponse:
    """What else somebody would like to say, after the thanks; all of it optional."""
    if opening.response is None:
        return _redirect(opening, "survey", language)
    if not opening.questionnaire.on_screen(2):
        return _redirect(opening, "thanks", language)
    return _screen(request, opening, language, screen=2)


@survey_page
@require_safe
def thanks(request: HttpRequest, opening: Opening, language: str) -> HttpResponse:
    if opening.response is None:
        return _redirect(opening, "survey", language)
    return _render_thanks(opening, language)


@survey_page
@require_safe
def skipped(request: HttpRequest, opening: Opening, language: str) -> HttpResponse:
    """How to go on cancelling where we may not link to the page that the customer came from."""
    context = _context(opening, language)
    return render_page("skipped.html", context, language=language)


def _screen(request: HttpRequest, opening: Opening, language: str, *, screen: int) -> HttpResponse:
    if not opening.is_editable:
        if request.method == "POST":
            return render_notice(request, "closed", status=410)
        return _render_thanks(opening, language)
    posted = request.method == "POST"
    form = ScreenForm(
        request.POST if posted else None,
        questionnaire=opening.questionnaire,
        screen=screen,
        language=language,
        seed=opening.invitation.token,
        saved=opening.answers,
        preselected=request.GET.get("r", ""),
    )
    # The buttons of the language switch send what has been typed along, to be shown again.
    if not posted or "lang" in request.POST:
        return _render_screen(opening, language, form, status=200)
    if not form.is_valid():
        return _render_screen(opening, language, form, status=422)
    save_screen(
        invitation=opening.invitation,
        screen=screen,
        answers=form.answers(),
        displayed=form.displayed,
        language=language,
        now=opening.now,
    )
    has_more = screen == 1 and opening.questionnaire.on_screen(2)
    return _redirect(opening, "more" if has_more else "thanks", language)


def _render_screen(
    opening: Opening, language: str, form: ScreenForm, *, status: int
) -> HttpResponse:
    context = _context(opening, language)
    words = context["words"]
    title = words["title"] if form.screen == 1 else words["more_title"]
    questions = lay_out(form, title=title, with_errors=status == 422)
    return render_page(
        "screen.html",
        {
            **context,
            "screen": form.screen,
            "title": title,
            "introduction": words["introduction" if form.screen == 1 else "more_introduction"],
            "questions": questions,
            "errors": errors_in(questions),
            "action": _address(opening, "survey" if form.screen == 1 else "more", language),
            "is_edit": form.screen == 1 and opening.response is not None,
        },
        language=language,
        status=status,
    )


def _render_thanks(opening: Opening, language: str) -> HttpResponse:
    context = _context(opening, language)
    return render_page(
        "thanks.html", {**context, "title": context["words"]["thanks_title"]}, language=language
    )


def _context(opening: Opening, language: str) -> dict[str, Any]:
    """What every page of an invitation's survey knows."""
    invitation = opening.invitation
    values = placeholder_values(invitation, language)
    words = opening.questionnaire.words_in(language)
    outcome = "answered" if opening.response else "skipped"
    return {
        "words": {name: fill_placeholders(text, values) for name, text in vars(words).items()},
        "languages": language_choices(opening.questionnaire.languages),
        "is_cancelling": opening.is_cancelling,
        "cancel_url": _way_on(opening, outcome, language) if opening.is_cancelling else "",
        "unsubscribe_url": invitation.unsubscribe_url if opening.is_mailed else "",
        "is_editable": opening.is_editable,
        "survey_url": _address(opening, "survey", language),
    }


def _way_on(opening: Opening, outcome: str, language: str) -> str:
    """Back to the cancel page, or to the page that says how to go on."""
    intent = opening.invitation.intent
    back = return_address(intent, outcome) if intent else ""
    return back or _address(opening, "skipped", language)


def _address(opening: Opening, page: str, language: str = "") -> str:
    address = reverse(f"surveys:{page}", args=[opening.invitation.token])
    # The language goes along only where it is not what the link would show by itself.
    own = opening.response.language if opening.response else opening.invitation.language
    return f"{address}?{urlencode({'lang': language})}" if language and language != own else address


def _redirect(opening: Opening, page: str, language: str) -> HttpResponse:
    """Go on to another page of the survey with GET, in the same language."""
    return with_headers(HttpResponseRedirect(_address(opening, page, language), status=303))
