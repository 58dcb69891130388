"""A version shown as respondents see it, at the width of a phone: nothing of it is stored.

The frame is our own survey pages about an invitation that exists nowhere. What was answered so far
travels in the frame's address. The frame runs no scripts and has a policy of its own.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from surveys.admin.editor.page import language_lines
from surveys.admin.editor.visit import Visit
from surveys.answers import AnswerRefusedError, Content, content_of
from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Intent,
    Invitation,
    Response,
    Subscription,
    SurveyMoment,
)
from surveys.models import QuestionRole as Role
from surveys.pages.embedding import Carried
from surveys.pages.forms import ScreenForm
from surveys.pages.languages import asked_language, interface_language
from surveys.pages.opening import Opening
from surveys.pages.screens import render_screen, render_skipped, render_thanks, screen_form
from surveys.pages.visiting import Visit as PageVisit
from surveys.paths import SETTLING, screen_after
from surveys.probing import text_probe_after
from surveys.publish_checks import name_of
from surveys.questionnaire import AnswerValue, Questionnaire

# Forms of the frame lead to itself, and its styles are ours; no script runs in it.
FRAME_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-forms allow-same-origin"
)
NO_ONES_TOKEN = "preview-of-a-survey"  # noqa: S105  (it opens nothing)
_SCRIPT = re.compile(rb"<script src=[^>]*></script>\n?")
THANKS, SKIPPED = "thanks", "skipped"


@dataclass(frozen=True)
class PreviewCarried(Carried):
    """What the links of the language switch take along."""

    state: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        return dict(self.state)


@dataclass(frozen=True)
class PreviewVisit(PageVisit):
    """Leads to the frame's own addresses, with what has been answered in them."""

    frame_url: str = ""

    def address(self, page: str) -> str:
        screens = {"survey": str(self.opening.first_screen), "settle": str(SETTLING)}
        return self.leading_to(screens.get(page, page))

    def screen_address(self, screen: int) -> str:
        return self.leading_to(str(screen))

    def leading_to(
        self,
        screen: str,
        *,
        answers: Mapping[str, AnswerValue] | None = None,
        text_probe: str | None = None,
    ) -> str:
        said = self.opening.values if answers is None else answers
        probe = self.opening.text_probe if text_probe is None else text_probe
        query = {
            "screen": screen,
            "lang": self.language,
            "a": json.dumps({key: value for key, value in said.items() if value is not None}),
            "p": probe,
        }
        return f"{self.frame_url}?{urlencode(query)}"


def preview(visit: Visit) -> HttpResponse:
    """The page around the frame: languages, screens, and the follow-ups of written answers."""
    questionnaire = visit.questionnaire
    language = _language(visit, questionnaire)
    places = [(str(number), _("Screen %(number)d") % {"number": number})
              for number in questionnaire.screens]  # fmt: skip
    places.append((THANKS, _("Thanks")))
    if questionnaire.moment == SurveyMoment.CANCELLING:
        places.append((SKIPPED, _("After skipping")))
    probes = [
        (question.key, name_of(questionnaire, question))
        for question in questionnaire.questions
        if question.role == Role.PROBE
    ]
    asked = visit.request.GET.get("screen", "")
    shown = asked if asked in [*dict(places), str(SETTLING)] else str(_first(questionnaire))
    probe = visit.request.GET.get("p", "")
    frame_query = urlencode({"screen": shown, "lang": language, "p": probe})
    return visit.render(
        "preview.html",
        languages=language_lines(visit),
        language=language,
        places=places,
        probes=probes,
        shown=shown,
        probe=probe,
        frame_url=f"{visit.url('preview_frame')}?{frame_query}",
        has_questions=bool(questionnaire.questions),
        subtitle=_("Preview"),
    )


def frame(visit: Visit) -> HttpResponse:
    """One page of the survey. A POST goes on to the next one and stores nothing."""
    if not visit.questionnaire.questions:
        return _with_policy(HttpResponse(status=404))
    page_visit = _page_visit(visit)
    with translation.override(interface_language(page_visit.language)):
        response = _answer(page_visit, visit.request.GET.get("screen", ""))
    return _with_policy(response)


def _answer(visit: PreviewVisit, screen: str) -> HttpResponse:
    if screen == THANKS:
        return render_thanks(visit)
    if screen == SKIPPED:
        return render_skipped(visit)
    number = int(screen) if screen.isdecimal() and len(screen) == 1 else visit.opening.first_screen
    form = screen_form(visit, number)
    if not form.asked:
        return _next(visit, form.screen, visit.opening.values, visit.opening.text_probe)
    if not visit.is_post or "lang" in visit.request.POST:
        return render_screen(visit, form, status=200)
    if not form.is_valid():
        return render_screen(visit, form, status=422)
    return _go_on(visit, form)


def _go_on(visit: PreviewVisit, form: ScreenForm) -> HttpResponse:
    opening = visit.opening
    answers = form.answers()
    sent = {q.key: content_of(q, answers.get(q.key)).value for q in form.asked}
    together = opening.values | sent
    text_probe = opening.text_probe
    if form.screen != SETTLING:
        text_probe = text_probe_after(
            opening.questionnaire,
            form.screen,
            before=opening.values,
            after=together,
            asked=text_probe,
            language=visit.language,
        )
    return _next(visit, form.screen, together, text_probe)


def _next(
    visit: PreviewVisit, screen: int, answers: Mapping[str, AnswerValue], text_probe: str
) -> HttpResponse:
    questionnaire = visit.opening.questionnaire
    following = screen_after(questionnaire, screen, answers, text_probe=text_probe)
    leading_to = THANKS if following is None else str(following)
    return visit.go_on(visit.leading_to(leading_to, answers=answers, text_probe=text_probe))


def _page_visit(visit: Visit) -> PreviewVisit:
    questionnaire = visit.questionnaire
    language = _language(visit, questionnaire)
    answers = _answers(visit, questionnaire)
    probe = visit.request.GET.get("p", "")
    if probe not in [question.key for question in questionnaire.questions]:
        probe = ""
    now = timezone.now()
    opening = Opening(
        invitation=_invitation(questionnaire),
        questionnaire=questionnaire,
        now=now,
        response=Response(submitted_at=now, text_probe=probe) if answers or probe else None,
        answers=answers,
        carried=PreviewCarried(
            state={name: visit.request.GET.get(name, "") for name in ("screen", "a", "p")}
        ),
    )
    return PreviewVisit(
        visit.request, opening, language, language, frame_url=visit.url("preview_frame")
    )


def _answers(visit: Visit, questionnaire: Questionnaire) -> dict[str, Content]:
    """From the address; what is no answer to its question is passed over."""
    try:
        said: Any = json.loads(visit.request.GET.get("a", "") or "{}")
    except ValueError:
        return {}
    found: dict[str, Content] = {}
    for question in questionnaire.questions:
        if isinstance(said, dict) and question.key in said:
            try:
                content = content_of(question, said[question.key])
            except (AnswerRefusedError, TypeError):
                continue
            if not content.is_empty:
                found[question.key] = content
    return found


def _invitation(questionnaire: Questionnaire) -> Invitation:
    """Somebody made up. None of these rows is ever saved."""
    today = timezone.localdate()
    customer = Customer(name="Quill & Sons", plan="Team")
    subscription = Subscription(customer=customer, plan="Team")
    invitation = Invitation(
        token=NO_ONES_TOKEN,
        customer=customer,
        contact=Contact(customer=customer, name="Ann", email="ann@example.com"),
        cancellation=Cancellation(customer=customer, subscription=subscription, effective_on=today),
        expires_at=timezone.now() + dt.timedelta(days=1),
    )
    if questionnaire.moment == SurveyMoment.CANCELLING:
        # With a key, as if it had been saved: by it the pages tell that they stand before the end.
        invitation.intent = Intent(pk=0, customer=customer, subscription=subscription)
    return invitation


def _language(visit: Visit, questionnaire: Questionnaire) -> str:
    """What was asked for; half translated ones are shown with the default language in the gaps."""
    asked = asked_language(visit.request)
    return asked if asked in questionnaire.languages else questionnaire.default_language


def _first(questionnaire: Questionnaire) -> int:
    return questionnaire.screens[0] if questionnaire.screens else 1


def _with_policy(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    if not response.streaming and response.content:
        # The way out of our mails belongs to a person; here there is none.
        way_out = Invitation(token=NO_ONES_TOKEN).unsubscribe_url.encode()
        # Left out rather than blocked: a browser complains about every one that it blocks.
        shown = _SCRIPT.sub(b"", response.content)
        response.content = shown.replace(way_out, b"#")
    return response
