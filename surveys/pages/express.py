"""The first screen, shown and taken in the short way, for whoever has not answered yet.

That is what nearly every respondent does: one query and a page rendered ahead; one query and three
statements for what they send. Whatever is out of the ordinary (answered before, a frame, a mistake
in the form, another tab that was quicker) returns None, and the whole way is gone.
"""

import datetime as dt
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from surveys.first_answers import save_first_screen
from surveys.glance import Glance
from surveys.models import Intent, Invitation
from surveys.pages.ahead import WAY_ON, Page, PageKey, page_ahead
from surveys.pages.languages import page_language
from surveys.pages.plain_form import plain_answers
from surveys.pages.rendering import with_headers
from surveys.pages.returning import return_address
from surveys.paths import SETTLING, screen_after
from surveys.placeholders import written_date
from surveys.probing import text_probe_after
from surveys.questionnaire import Questionnaire, best_language, published_questionnaire

TOKEN_PLACE = "the-token-comes-here"  # noqa: S105


def first_screen_express(request: HttpRequest, seen: Glance) -> HttpResponse | None:
    """The answer to GET or POST of the first screen; None: the short way does not lead there."""
    if settings.DEBUG or request.method not in ("GET", "POST"):
        return None
    if request.META.get("QUERY_STRING") and not request.GET.keys() <= {"r", "lang"}:
        return None
    now = timezone.now()
    if seen.published_at is None or not seen.is_unanswered(now):
        return None
    questionnaire = published_questionnaire(seen.version_id, seen.published_at)
    if request.method == "GET":
        return _show(request, seen, questionnaire, now)
    return _take_in(request, seen, questionnaire, now)


def _show(
    request: HttpRequest, seen: Glance, questionnaire: Questionnaire, now: dt.datetime
) -> HttpResponse | None:
    if seen.unsent_at is not None:  # to be shown as it was left
        return None
    language, own_language = _languages(request, seen, questionnaire)
    reason = questionnaire.reason_question
    choice = request.GET.get("r", "")
    page = page_ahead(
        PageKey(
            version_id=seen.version_id,
            published_at=seen.published_at,  # type: ignore[arg-type]
            language=language,
            is_own_language=language == own_language,
            preselected=choice if reason and choice in reason.choice_keys else "",
            is_mailed=seen.intent_id is None,
            organisation=settings.ORGANISATION_NAME,
            base_url=settings.BASE_URL,
            privacy_url=settings.PRIVACY_URL,
        )
    )
    values = _values(page, seen, language, own_language) if page else {}
    if page is None or any("\n" in value or "\r" in value for value in values.values()):
        return None
    if seen.opened_at is None:
        rows = Invitation.objects.filter(pk=seen.id, opened_at__isnull=True)
        rows.update(opened_at=now)
    return with_headers(HttpResponse(page.fill(seen.token, values)), language)


def _take_in(
    request: HttpRequest, seen: Glance, questionnaire: Questionnaire, now: dt.datetime
) -> HttpResponse | None:
    # What is answered while cancelling takes more care: the cancellation may come meanwhile.
    if seen.cancellation_id is None or "lang" in request.POST:
        return None
    language, own_language = _languages(request, seen, questionnaire)
    screen = questionnaire.screens[0]
    answers = plain_answers(questionnaire, screen, request.POST)
    if answers is None:
        return None
    text_probe = text_probe_after(
        questionnaire, screen, before={}, after=answers, asked="", language=language
    )
    following = screen_after(questionnaire, screen, answers, text_probe=text_probe)
    saved = save_first_screen(
        seen,
        questionnaire=questionnaire,
        answers=answers,
        seed=seen.token,
        text_probe=text_probe,
        completes=following is None,
        language=language,
        now=now,
    )
    if not saved:
        return None
    address = _address(following, questionnaire, seen.token, language, own_language)
    return with_headers(HttpResponseRedirect(address, status=303), language)


def _languages(request: HttpRequest, seen: Glance, questionnaire: Questionnaire) -> tuple[str, str]:
    """In which language the page speaks, and in which it does by itself."""
    available = questionnaire.languages
    known = [seen.response_language or "", seen.language]
    own = next((found for code in known if code and (found := _best(code, available))), "")
    if not own:
        own = page_language(
            request,
            known=[],
            available=available,
            default=questionnaire.default_language,
            asked="",
        )
    asked = request.GET.get("lang", "") if request.META.get("QUERY_STRING") else ""
    return (_best(asked, available) if asked else "") or own, own


@lru_cache(maxsize=1024)
def _best(code: str, available: tuple[str, ...]) -> str:
    return best_language(code, available, "")


def _values(page: Page, seen: Glance, language: str, own_language: str) -> dict[str, str]:
    """What the page's slots stand for; see ``placeholder_values`` and ``Visit.way_on``."""
    values = {}
    if "contact_name" in page.slots:
        values["contact_name"] = seen.contact_name or ""
    if "plan" in page.slots:
        values["plan"] = seen.subscription_plan or seen.customer_plan
    if "end_date" in page.slots:
        values["end_date"] = written_date(seen.ends_on, language) if seen.ends_on else ""
    if WAY_ON in page.slots:
        back = return_address(Intent(return_url=seen.return_url or ""), "skipped")
        values[WAY_ON] = back or _page_address("skipped", None, seen.token, language, own_language)
    return values


def _address(
    following: int | None,
    questionnaire: Questionnaire,
    token: str,
    language: str,
    own_language: str,
) -> str:
    """Of the next screen, or of the thanks."""
    if following is None:
        return _page_address("thanks", None, token, language, own_language)
    if following == SETTLING:
        return _page_address("settle", None, token, language, own_language)
    return _page_address("screen", following, token, language, own_language)


def _page_address(
    page: str, screen: int | None, token: str, language: str, own_language: str
) -> str:
    query = "" if language == own_language else f"?{urlencode({'lang': language})}"
    return _pattern(page, screen).replace(TOKEN_PLACE, token) + query


@lru_cache(maxsize=64)
def _pattern(page: str, screen: int | None) -> str:
    return reverse(
        f"surveys:{page}", args=[TOKEN_PLACE] if screen is None else [TOKEN_PLACE, screen]
    )
