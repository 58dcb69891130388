"""What is filled in and not sent: taken in by POST alone, and shown again on the same link."""

import datetime as dt
import re

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.models import Answer, Invitation, InvitationState, Response
from tests.surveys.pages.conftest import checked, html

pytestmark = pytest.mark.django_db
KEPT = "We kept what you had filled in; it has not been sent yet."
TYPED = {"screen": "1", "q-reason": "other", "q-reason_text": "Half a sen"}


def kept():
    return Response.objects.get().unsent


def test_it_is_shown_again_on_the_same_link(client, survey, invitation):
    answer = survey(invitation, "keep/", TYPED)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Cache-Control"] == "no-store"
    assert kept() == {"reason": ["other"], "reason_text": "Half a sen"}
    for asked in ("", "?r=price"):
        page = survey(invitation, asked)
        assert KEPT in html(page)[html(page).index("<main") : html(page).index("<form")]
        assert "Half a sen</textarea>" in html(page)
        assert checked(page) == ["q-reason-other"]
    assert not Response.objects.submitted().exists()


def test_it_lies_over_what_was_sent_before(survey, invitation, current):
    survey(invitation, "", {"q-reason": "price", "q-price_probe": "budget_cut"})
    survey(invitation, "keep/", {"screen": "1", "q-reason": "price"})
    page = survey(invitation)
    assert checked(page) == ["q-reason-price"]
    assert KEPT in html(page).split("<form")[0]
    assert current(invitation)["price_probe"] == ["budget_cut"]
    assert Response.objects.get().revision == 1


def test_once_sent_it_is_gone(survey, invitation):
    survey(invitation, "keep/", TYPED)
    sent = survey(invitation, "", {"q-reason": "other", "q-reason_text": "Whole"})
    assert sent.status_code == 303
    assert kept() == {}
    page = html(survey(invitation))
    assert "Whole</textarea>" in page
    assert KEPT not in page.split("<form")[0]


def test_each_screen_by_itself(survey, invitation):
    survey(invitation, "", {"q-reason": "price"})
    survey(invitation, "keep/", {"screen": "2", "q-comment": "Bye", "q-did_well": "Help"})
    survey(invitation, "keep/", {"screen": "1", "q-reason": "unused"})
    assert kept() == {"comment": "Bye", "did_well": "Help", "reason": ["unused"]}
    assert "Bye</textarea>" in html(survey(invitation, "2/"))
    survey(invitation, "2/", {"q-comment": "Bye"})
    assert kept() == {"reason": ["unused"]}


def test_the_language_it_was_filled_in_is_found_again(survey, invitation):
    survey(invitation, "keep/?lang=zh-hans", TYPED)
    assert '<html lang="zh-Hans"' in html(survey(invitation))


@pytest.mark.parametrize(
    "data",
    [
        {"screen": "1"},
        {"screen": "1", "q-reason": "nonsense", "q-nps": "7", "reason": "price"},
        {"screen": "1", "q-reason_text": "  "},
        {"screen": "9", "q-reason": "price"},
        {"screen": "0", "q-price_probe": "budget_cut"},
    ],
)
def test_nothing_makes_no_row(survey, invitation, data):
    assert survey(invitation, "keep/", data).status_code == 204
    assert not Response.objects.exists()


@pytest.mark.parametrize("screen", [None, "", "one", "-1", "²", "1234"])
def test_a_screen_must_be_named(survey, invitation, screen):
    data = {"q-reason": "price"} | ({} if screen is None else {"screen": screen})
    assert survey(invitation, "keep/", data).status_code == 400
    assert not Response.objects.exists()


def test_an_endless_text_is_cut(survey, invitation):
    survey(invitation, "keep/", TYPED | {"q-reason_text": "x" * 1_000_000})
    assert len(kept()["reason_text"]) == 10_000


@pytest.mark.parametrize("method", ["get", "head", "put"])
def test_only_a_post_is_taken(client, invitation, method):
    answer = getattr(client, method)(f"/s/{invitation.token}/keep/?screen=1&q-reason=price")
    assert answer.status_code == 405
    assert not Response.objects.exists()


class TestLinksThatTakeNothingIn:
    def test_unknown(self, client):
        assert client.post(f"/s/{'x' * 24}/keep/", TYPED).status_code == 404

    def test_withdrawn(self, survey, invitation):
        Invitation.objects.update(state=InvitationState.WITHDRAWN)
        assert survey(invitation, "keep/", TYPED).status_code == 410
        assert not Response.objects.exists()

    def test_expired(self, survey, invitation):
        Invitation.objects.update(expires_at=timezone.now())
        assert survey(invitation, "keep/", TYPED).status_code == 410
        assert not Response.objects.exists()

    def test_closed_and_what_was_kept_is_not_shown_any_more(self, survey, invitation):
        sent = timezone.now()
        with time_machine.travel(sent, tick=False):
            survey(invitation, "", {"q-reason": "price"})
            survey(invitation, "keep/", TYPED)
        with time_machine.travel(sent + dt.timedelta(days=2), tick=False):
            assert survey(invitation, "keep/", TYPED).status_code == 410
            assert "Half a sen" not in html(survey(invitation))


def test_reading_keeps_nothing(client, invitation):
    """As a mail scanner does that opens every link: those in the mail a hundred times."""
    others = ("", "?lang=zh-hans", "2/", "settle/", "thanks/", "skipped/")
    pages = [*("?r=price" for _ in range(100)), *(others * 5)]
    for page in pages:
        client.head(f"/s/{invitation.token}/{page}")
    assert Invitation.objects.get().opened_at is None
    for page in pages:
        client.get(f"/s/{invitation.token}/{page}")
    assert not Response.objects.exists()
    assert not Answer.objects.exists()
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.SENT
    invitation.cancellation.refresh_from_db()
    assert invitation.cancellation.content_version == 1


def test_queries(survey, invitation):
    survey(invitation)
    for data, limit in ((TYPED, 7), (TYPED | {"q-reason_text": "Half a sentence"}, 5)):
        with CaptureQueriesContext(connection) as queries:
            survey(invitation, "keep/", data)
        assert len(queries) <= limit, [query["sql"] for query in queries]


def test_the_form_tells_the_script_what_it_needs(survey, invitation):
    page = html(survey(invitation, "?lang=zh-hans"))
    form = re.search(r'<form id="survey"[^>]*>', page)[0]
    said = dict(re.findall(r'data-(\w+)="([^"]*)"', form))
    assert said["keep"] == f"/s/{invitation.token}/keep/?lang=zh-hans"
    assert (said["screen"], said["limit"]) == ("1", "5000")
    script = (django_settings.BASE_DIR / "surveys/static/surveys/keep.js").read_text("utf-8")
    taken = re.search(r"const \{ ([^}]+) \} = form\.dataset", script)[1].split(", ")
    assert set(taken) == set(said)
    assert 'id="connection" role="status"' in page
