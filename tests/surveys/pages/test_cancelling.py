"""The survey while cancelling: it never stands between a customer and leaving."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from surveys.models import Invitation
from surveys.pages.returning import origin_of, return_address
from tests.factories.surveys import CancellationFactory, IntentFactory, InvitationFactory

ORIGINS = ["https://app.example.com", "http://localhost:3000/"]


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.SURVEY_RETURN_ORIGINS = ORIGINS


@pytest.fixture
def invitation(db):
    intent = IntentFactory(return_url="https://app.example.com/cancel?step=2#plan")
    return InvitationFactory(for_intent=True, intent=intent)


def link(page, words):
    found = re.search(rf'<a[^>]*href="([^"]*)"[^>]*>{words}</a>', page.content.decode())
    return found[1].replace("&amp;", "&") if found else None


def test_skipping_is_a_plain_link_at_the_top(client, invitation):
    page = client.get(f"/s/{invitation.token}/")
    text = page.content.decode()
    assert link(page, "Skip and cancel now") == (
        "https://app.example.com/cancel?step=2&whyleft=skipped#plan"
    )
    assert text.index("Skip and cancel now") < text.index("<h1")
    # It is there in an error too.
    wrong = client.post(f"/s/{invitation.token}/", {})
    assert wrong.status_code == 422
    assert link(wrong, "Skip and cancel now")


def test_after_sending_the_way_on_is_first(client, invitation):
    sent = client.post(f"/s/{invitation.token}/", {"q-reason": "price"})
    for page in (client.get(sent["Location"]), client.get(f"/s/{invitation.token}/thanks/")):
        address = link(page, "Finish cancelling")
        assert dict(parse_qsl(urlsplit(address).query)) == {"step": "2", "whyleft": "answered"}
    more = client.get(sent["Location"]).content.decode()
    assert more.index("Finish cancelling") < more.index("<h1")


@pytest.mark.parametrize("return_url", ["", "https://evil.example/cancel", "javascript:alert(1)"])
def test_where_we_may_not_link_a_page_says_how_to_go_on(client, db, return_url):
    invitation = InvitationFactory(for_intent=True, intent=IntentFactory(return_url=return_url))
    page = client.get(f"/s/{invitation.token}/")
    address = link(page, "Skip and cancel now")
    assert address == f"/s/{invitation.token}/skipped/"
    assert "evil" not in page.content.decode()
    skipped = client.get(address)
    assert skipped.status_code == 200
    assert "Go back to the page" in skipped.content.decode()


def test_nobody_is_offered_to_unsubscribe_from_what_was_never_mailed(client, invitation):
    assert "write to me again" not in client.get(f"/s/{invitation.token}/").content.decode()


def test_the_mailed_survey_has_nothing_to_skip(client, db):
    page = client.get(f"/s/{InvitationFactory().token}/").content.decode()
    assert "Skip and cancel now" not in page


def test_queries(client, invitation, django_assert_num_queries, django_assert_max_num_queries):
    client.get(f"/s/{invitation.token}/thanks/")  # a process reads a version once
    Invitation.objects.update(opened_at=None)
    with django_assert_num_queries(2):
        client.get(f"/s/{invitation.token}/")
    CancellationFactory(subscription=invitation.intent.subscription, intent=invitation.intent)
    with django_assert_max_num_queries(15):
        client.post(f"/s/{invitation.token}/", {"q-reason": "price", "q-price_probe": "budget_cut"})


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://app.example.com/a?b#c", "https://app.example.com"),
        ("https://APP.example.com:443/", "https://app.example.com"),
        ("http://localhost:3000/x", "http://localhost:3000"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("https://app.example.com@evil.example/", ""),
        ("https://evil.example\\@app.example.com/", ""),
        ("https://app.example.com\t.evil.example/", ""),
        ("https://app.example.com:port/", ""),
        ("//app.example.com/", ""),
        ("javascript:alert(1)//https://app.example.com", ""),
        ("https://[broken/", ""),
        ("", ""),
    ],
)
def test_origins(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("https://app.example.com/c", "https://app.example.com/c?whyleft=skipped"),
        ("https://app.example.com?whyleft=answered", "https://app.example.com?whyleft=skipped"),
        ("http://localhost:3000/?a=&b=%26", "http://localhost:3000/?a=&b=%26&whyleft=skipped"),
        ("http://app.example.com/c", ""),
        ("https://app.example.com.evil.example/", ""),
        ("https://sub.app.example.com/", ""),
    ],
)
def test_the_way_back_leads_only_to_allowed_origins(address, back):
    assert (
        return_address(
            IntentFactory.build(subscription=None, customer=None, return_url=address), "skipped"
        )
        == back
    )
