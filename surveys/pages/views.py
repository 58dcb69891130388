"""The survey at /s/<token>/. The secret address is the authority: no account, no cookie.

GET and HEAD change nothing beyond the "opened" mark, because mail scanners follow every link.
"""

from django.http import HttpResponse, HttpResponseBadRequest

from surveys.answers import content_of
from surveys.pages.express import first_screen_express
from surveys.pages.forms import ScreenForm
from surveys.pages.rendering import with_headers
from surveys.pages.screens import render_screen, render_skipped, render_thanks, screen_form
from surveys.pages.typed import typed_values
from surveys.pages.visiting import Visit, survey_page
from surveys.paths import SETTLING, screen_after
from surveys.probing import text_probe_after
from surveys.questionnaire import AnswerValue, Question
from surveys.responses import save_screen
from surveys.unsent import keep_unsent


@survey_page("GET", "HEAD", "POST", short_way=first_screen_express)
def first_screen(visit: Visit) -> HttpResponse:
    """The reason and its follow-up. ``?r=<choice>`` preselects it, and no more."""
    return _screen(visit, visit.opening.first_screen)


@survey_page("GET", "HEAD", "POST")
def settling_screen(visit: Visit) -> HttpResponse:
    """The one question that what was written calls for."""
    return _later_screen(visit, SETTLING)


@survey_page("GET", "HEAD", "POST")
def later_screen(visit: Visit, screen: int) -> HttpResponse:
    """What else somebody would like to say, after the thanks."""
    if screen <= visit.opening.first_screen:
        return visit.go_on(visit.address("survey"))
    return _later_screen(visit, screen)


@survey_page("POST")
def keep(visit: Visit) -> HttpResponse:
    """Take in what is filled in and not sent yet: 204. It counts as no answer."""
    opening = visit.opening
    if not opening.is_editable:
        return visit.refuse("closed")
    questions = _questions_kept(visit)
    if questions is None:
        return HttpResponseBadRequest("screen: a screen's number is expected.")
    values = typed_values(visit.request.POST, questions)
    if opening.unsent or opening.response or any(value is not None for value in values.values()):
        keep_unsent(
            invitation=opening.invitation,
            questions=questions,
            values=values,
            language=visit.language,
            now=opening.now,
        )
    return with_headers(HttpResponse(status=204))


@survey_page("GET", "HEAD")
def thanks(visit: Visit) -> HttpResponse:
    if visit.opening.response is None:
        return visit.go_on(visit.address("survey"))
    return render_thanks(visit)


@survey_page("GET", "HEAD")
def skipped(visit: Visit) -> HttpResponse:
    return render_skipped(visit)


def _later_screen(visit: Visit, screen: int) -> HttpResponse:
    if visit.opening.response is None:
        return visit.go_on(visit.address("survey"))
    return _screen(visit, screen)


def _screen(visit: Visit, screen: int) -> HttpResponse:
    if not visit.opening.is_editable:
        return visit.refuse("closed") if visit.is_post else render_thanks(visit)
    form = screen_form(visit, screen)
    if not form.asked:
        opening = visit.opening
        return _go_on_after(visit, screen, opening.values, opening.text_probe)
    # The buttons of the language switch send what has been typed along, to be shown again.
    if not visit.is_post or "lang" in visit.request.POST:
        return render_screen(visit, form, status=200)
    if not form.is_valid():
        return render_screen(visit, form, status=422)
    return _save(visit, form)


def _save(visit: Visit, form: ScreenForm) -> HttpResponse:
    opening, answers = visit.opening, form.answers()
    together = opening.values | _values_sent(form, answers)
    text_probe = opening.text_probe
    # Before the transaction: nobody waits for a lock while the text is being read.
    if form.screen != SETTLING:
        text_probe = text_probe_after(
            opening.questionnaire,
            form.screen,
            before=opening.values,
            after=together,
            asked=text_probe,
            language=visit.language,
        )
    save_screen(
        invitation=opening.invitation,
        screen=form.screen,
        answers=answers,
        displayed=form.displayed,
        language=visit.language,
        now=opening.now,
        text_probe=None if form.screen == SETTLING else text_probe,
    )
    return _go_on_after(visit, form.screen, together, text_probe)


def _values_sent(form: ScreenForm, answers: dict[str, AnswerValue]) -> dict[str, AnswerValue]:
    """What every question of the screen says now, as a stored answer would."""
    return {
        question.key: content_of(question, answers.get(question.key)).value
        for question in form.asked
    }


def _go_on_after(
    visit: Visit, screen: int, answers: dict[str, AnswerValue], text_probe: str
) -> HttpResponse:
    questionnaire = visit.opening.questionnaire
    following = screen_after(questionnaire, screen, answers, text_probe=text_probe)
    if following is None:
        return visit.go_on(visit.address("thanks"))
    return visit.go_on(visit.screen_address(following))


def _questions_kept(visit: Visit) -> tuple[Question, ...] | None:
    """Those of the screen that the request is about; None where it names none."""
    opening, named = visit.opening, visit.request.POST.get("screen", "")
    if not (named.isascii() and named.isdigit() and len(named) <= 2):
        return None
    if int(named) != SETTLING:
        return opening.questionnaire.on_screen(int(named))
    return (opening.questionnaire.question(opening.text_probe),) if opening.text_probe else ()
