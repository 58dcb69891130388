"""The survey in a frame: by whom, with which headers, and that nothing of it gets lost."""

import datetime as dt
import gzip
import json
import re
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.conf import settings as django_settings

from surveys.models import Invitation, InvitationState, Response
from surveys.pages.embed_script import SOURCE, script
from tests.factories.surveys import IntentFactory, InvitationFactory
from tests.surveys.api.conftest import Caller, cancellation, intent

VENDOR = "https://app.example.com"
EMBED = f"embed={quote(VENDOR, safe='')}"
GZIPPED_LIMIT = 6 * 1024


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.SURVEY_RETURN_ORIGINS = [VENDOR, "http://localhost:3000/"]


@pytest.fixture
def invitation(db):
    intent = IntentFactory(return_url=f"{VENDOR}/cancel")
    return InvitationFactory(for_intent=True, intent=intent)


def policy(page):
    return {
        name: values
        for name, *values in (part.split() for part in page["Content-Security-Policy"].split(";"))
    }


def attributes(page):
    return dict(re.findall(r' data-(embed[\w-]*)="([^"]*)"', page.content.decode()))


def test_the_listed_origin_may_frame_it_and_nobody_else(client, invitation):
    framed = client.get(f"/s/{invitation.token}/?{EMBED}")
    plain = client.get(f"/s/{invitation.token}/")
    assert policy(framed)["frame-ancestors"] == [VENDOR]
    assert "X-Frame-Options" not in framed
    assert {**policy(framed), "frame-ancestors": ["'none'"]} == policy(plain)
    assert plain["X-Frame-Options"] == "DENY"
    assert attributes(framed) == {
        "embed": VENDOR, "embed-state": "open", "embed-tell": "skipped",
    }  # fmt: skip
    assert attributes(plain) == {}
    assert "frame.js" not in plain.content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "https://*.example.com",
        "https://app.example.com https://evil.example",
        "https://app.example.com; script-src *",
        "https://evil.example\\@app.example.com",
        "*",
        "null",
        "",
        "'self'",
    ],
)
def test_for_anybody_else_it_stays_the_hosted_page(client, invitation, asked):
    page = client.get(f"/s/{invitation.token}/", {"embed": asked})
    assert page.status_code == 200
    assert policy(page)["frame-ancestors"] == ["'none'"]
    assert policy(page)["script-src"] == ["'self'"]
    assert page["X-Frame-Options"] == "DENY"
    assert attributes(page) == {}
    sent = client.post(f"/s/{invitation.token}/?embed={quote(asked)}", {"q-reason": "price"})
    assert sent["Location"] == f"/s/{invitation.token}/2/"


def test_an_origin_written_in_another_way_is_the_same(client, invitation):
    page = client.get(f"/s/{invitation.token}/", {"embed": "HTTPS://APP.example.com:443/x"})
    assert policy(page)["frame-ancestors"] == [VENDOR]
    assert attributes(page)["embed"] == VENDOR


def test_the_frame_stays_framed_from_screen_to_screen(client, invitation):
    start = f"/s/{invitation.token}/?{EMBED}"
    wrong = client.post(start, {})
    action = unescape(re.search(r'<form[^>]* action="([^"]*)"', wrong.content.decode())[1])
    assert (wrong.status_code, attributes(wrong)["embed-state"]) == (422, "open")
    assert parse_qs(urlsplit(action).query) == {"embed": [VENDOR]}
    switched = client.post(action, {"lang": "zh-hans"})
    assert attributes(switched)["embed"] == VENDOR
    sent = client.post(action, {"q-reason": "price"})
    more = client.get(sent["Location"])
    assert attributes(more) == {
        "embed": VENDOR, "embed-state": "answered", "embed-tell": "finished",
    }  # fmt: skip
    action = unescape(re.search(r'<form[^>]* action="([^"]*)"', more.content.decode())[1])
    thanks = client.get(client.post(action, {})["Location"])
    assert attributes(thanks)["embed-state"] == "answered"
    skipped = client.get(f"/s/{invitation.token}/skipped/?{EMBED}")
    for page in (wrong, switched, sent, more, thanks, skipped):
        assert policy(page)["frame-ancestors"] == [VENDOR]
        assert "X-Frame-Options" not in page
        assert not page.cookies


def test_without_a_script_the_way_out_leads_out_of_the_frame(client, invitation, db):
    page = client.get(f"/s/{invitation.token}/?{EMBED}").content.decode()
    link = re.search(r"<a[^>]*>Skip and cancel now</a>", page)[0]
    assert 'target="_top"' in link
    assert f'href="{VENDOR}/cancel?whyleft=skipped"' in link
    # Where there is no address to lead to, the frame says how to go on, and stays.
    other = InvitationFactory(for_intent=True, intent=IntentFactory(return_url=""))
    page = client.get(f"/s/{other.token}/?{EMBED}").content.decode()
    link = re.search(r'<a[^>]*href="([^"]*)"[^>]*>Skip and cancel now</a>', page)
    assert "target" not in link[0]
    said = client.get(unescape(link[1])).content.decode()
    assert "on the page around this one" in said
    assert "back button" not in said


@pytest.mark.parametrize(
    ("state", "status"), [(InvitationState.OFFERED, 404), (InvitationState.WITHDRAWN, 410)]
)
def test_a_link_that_leads_nowhere_says_so_to_the_page_around(client, invitation, state, status):
    Invitation.objects.update(state=state)
    token = invitation.token if state == InvitationState.WITHDRAWN else "x" * 24
    page = client.get(f"/s/{token}/?{EMBED}")
    assert page.status_code == status
    assert attributes(page) == {"embed": VENDOR, "embed-state": "unavailable"}
    assert policy(page)["frame-ancestors"] == [VENDOR]


def test_what_came_too_late_is_left_standing_in_the_frame(client, invitation):
    Invitation.objects.update(expires_at=invitation.created_at - dt.timedelta(days=9))
    sent = {"q-reason": "other", "q-reason_text": "It was the noise."}
    page = client.post(f"/s/{invitation.token}/?{EMBED}", sent)
    assert page.status_code == 410
    assert "It was the noise." in page.content.decode()
    assert attributes(page) == {"embed": VENDOR, "embed-state": "open"}


def test_looking_at_it_in_a_frame_changes_nothing(client, invitation):
    for _each in range(3):
        client.get(f"/s/{invitation.token}/?{EMBED}")
        client.head(f"/s/{invitation.token}/?{EMBED}")
    assert not Response.objects.exists()


def test_queries_are_those_of_the_hosted_page(client, invitation, django_assert_num_queries):
    client.get(f"/s/{invitation.token}/")
    with django_assert_num_queries(1):
        client.get(f"/s/{invitation.token}/?{EMBED}")


def test_what_was_answered_in_the_frame_is_not_asked_again_by_mail(client, defaults, api_key):
    api = Caller(client, api_key)
    opened = api.post("intents/", intent(return_url=f"{VENDOR}/cancel")).json()
    address = f"{urlsplit(opened['survey_url']).path}?{EMBED}"
    assert client.post(address, {"q-reason": "price"}).status_code == 303
    cancelled = api.post("cancellations/", cancellation(intent="int-1")).json()
    response = Response.objects.get()
    assert response.cancellation_id == cancelled["id"]
    assert response.intent_id == opened["id"]
    assert api.get("intents/api/int-1/").json()["state"] == "cancelled"
    mailed = Invitation.objects.exclude(pk=response.invitation_id)
    assert not mailed.filter(
        state__in=[InvitationState.SCHEDULED, InvitationState.SENDING, InvitationState.SENT]
    ).exists()


def test_who_skipped_is_asked_by_mail(client, defaults, api_key):
    api = Caller(client, api_key)
    opened = api.post("intents/", intent()).json()
    client.get(f"{urlsplit(opened['survey_url']).path}skipped/?{EMBED}")
    assert api.post("cancellations/", cancellation(intent="int-1")).json()["invitation"] == (
        "scheduled"
    )


@pytest.fixture
def api_key(db):
    from surveys.models import ApiKey

    _row, secret = ApiKey.objects.issue(name="tests")
    return secret


# --- The script ---------------------------------------------------------------------------------
def test_the_script_has_one_address_that_caches_may_ask_about(client, db):
    answer = client.get("/embed.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    again = client.get("/embed.js", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post("/embed.js").status_code == 405
    packed = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == answer.content
    assert len(packed.content) < GZIPPED_LIMIT


def test_it_is_small_with_the_words_of_every_language(db):
    text = script().decode()
    words = json.loads("{" + re.search(r"const WORDS = \{(.*)\};", text)[1] + "}")
    assert list(words) == [code for code, _name in django_settings.LANGUAGES]
    assert words["en"] == ["Survey", "Skip and cancel now", "Finish cancelling", "Close"]
    for each in words.values():
        assert len(each) == 4
        assert all(each)
    assert len(gzip.compress(script(), 9)) < GZIPPED_LIMIT
    assert len(gzip.compress(SOURCE.read_bytes(), 9)) < GZIPPED_LIMIT


def test_nothing_in_it_needs_a_lax_policy_or_tells_everybody():
    for name in ("embed.js", "frame.js"):
        source = SOURCE.with_name(name).read_text()
        for forbidden in ("eval(", "new Function", "innerHTML", "document.write", '"*"', "'*'"):
            assert forbidden not in source
        assert not re.search(r'setAttribute\(\s*"style"|createElement\("style"', source)
