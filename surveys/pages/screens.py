"""What is shown of a survey: its screens and the thanks, each with what every page knows."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from surveys.answers import TEXT_LIMIT
from surveys.pages.embedding import ANSWERED, OPEN, embed_context
from surveys.pages.forms import ScreenForm
from surveys.pages.layout import errors_in, lay_out
from surveys.pages.rendering import language_choices, render_page
from surveys.pages.visiting import Visit
from surveys.paths import SETTLING


def screen_form(visit: Visit, screen: int) -> ScreenForm:
    """The screen's form, bound to what the visit sends, if it sends anything."""
    opening = visit.opening
    return ScreenForm(
        visit.request.POST if visit.is_post else None,
        questionnaire=opening.questionnaire,
        screen=screen,
        language=visit.language,
        seed=opening.invitation.token,
        saved=opening.answers,
        unsent=opening.unsent,
        text_probe=opening.text_probe,
        preselected=visit.request.GET.get("r", ""),
    )


def render_screen(visit: Visit, form: ScreenForm, *, status: int) -> HttpResponse:
    """The form to fill in; with status 422 also what is wrong with it."""
    context = screen_context(visit, form, with_errors=status == 422)
    return render_page("screen.html", context, language=visit.language, status=status)


def screen_context(visit: Visit, form: ScreenForm, *, with_errors: bool) -> dict[str, Any]:
    """What the template of a screen is told."""
    context = _context(visit)
    title, introduction = _heading(form, context["words"])
    questions = lay_out(form, title=title, with_errors=with_errors)
    is_first = form.screen == visit.opening.first_screen
    return {
        **context,
        "is_first": is_first,
        "screen": form.screen,
        "title": title,
        "introduction": introduction,
        "questions": questions,
        "errors": errors_in(questions),
        "action": visit.screen_address(form.screen),
        "keep_url": visit.address("keep"),
        "text_limit": TEXT_LIMIT,
        "is_edit": is_first and visit.opening.response is not None,
        "is_kept": bool(form.unsent) and not form.is_bound,
        "is_answered": form.is_bound,
        "script_words": _script_words(),
    }


def render_thanks(visit: Visit) -> HttpResponse:
    context = _context(visit)
    title = context["words"]["thanks_title"]
    return render_page("thanks.html", {**context, "title": title}, language=visit.language)


def render_skipped(visit: Visit) -> HttpResponse:
    """How to go on cancelling where we may not link to the page that the customer came from."""
    return render_page("skipped.html", _context(visit), language=visit.language)


def _script_words() -> dict[str, str]:
    """What the script says, by the name of its attribute; {count} is put in there."""
    return {
        "offline": gettext("Not saved yet: no connection. We keep trying."),
        "online": gettext("The connection is back: what you filled in is kept."),
        "restored": gettext("We kept what you had filled in; it has not been sent yet."),
        "left": gettext("Characters left: {count}"),
        "over": gettext("Characters too many: {count}"),
    }


def _heading(form: ScreenForm, words: dict[str, str]) -> tuple[str, str]:
    """The title of a screen and what is said below it."""
    if form.screen == SETTLING:
        probe = form.questionnaire.question(form.text_probe)
        label = form.questionnaire.question_words(probe, form.language).label
        return label, gettext("Your answer is with us. This helps us to understand it.")
    if form.screen == form.questionnaire.screens[0]:
        return words["title"], words["introduction"]
    return words["more_title"], words["more_introduction"]


def _context(visit: Visit) -> dict[str, Any]:
    """What every page of an invitation's survey knows."""
    opening = visit.opening
    way_on = visit.way_on() if opening.is_cancelling else ""
    return {
        "words": visit.words(),
        "languages": language_choices(opening.questionnaire.languages),
        "is_cancelling": opening.is_cancelling,
        "cancel_url": way_on,
        "leads_back": not way_on.startswith("/"),
        "unsubscribe_url": opening.invitation.unsubscribe_url if opening.is_mailed else "",
        "is_editable": opening.is_editable,
        "survey_url": visit.address("survey"),
        "carried": opening.carried.prefix,
        **embed_context(opening.carried.embed, ANSWERED if opening.response else OPEN),
    }
