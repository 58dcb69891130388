"""A return address that comes with the link: signed by the vendor's server, or ignored."""

import hashlib
import hmac
import re
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings

from config.checks import check_survey_return
from surveys.models import Invitation, Response
from surveys.pages.returning import ADDRESS_LIMIT, is_signed, origin_of, sign
from tests.factories.surveys import IntentFactory, InvitationFactory

SECRET, FORMER = "b7c1-new", "0a9f-former"
BACK = "https://app.example.com/cancel?step=3&plan=a%26b#end"
OUTCOME = "https://app.example.com/cancel?step=3&plan=a%26b&whyleft={}#end"


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.SURVEY_RETURN_ORIGINS = ["https://app.example.com", "https://billing.example.com"]
    settings.SURVEY_RETURN_SECRETS = [SECRET, FORMER]


@pytest.fixture
def invitation(db):
    return InvitationFactory(for_intent=True)


def signed(invitation, address=BACK, *, secret=SECRET, page="", **more):
    query = {"return": address, "signature": sign(invitation.token, address, secret), **more}
    return f"/s/{invitation.token}/{page}?{urlencode(query)}"


def way_out(page):
    found = re.search(
        r'<a class="button[^"]*" href="([^"]*)"[^>]*>(?:Skip and cancel now|Finish cancelling)</a>',
        page.content.decode(),
    )
    return unescape(found[1])


def test_the_signature_is_what_the_documentation_computes():
    expected = hmac.new(b"key", b"token\nhttps://a.example/", hashlib.sha256).hexdigest()
    assert sign("token", "https://a.example/", "key") == expected


def test_the_documented_code_signs_links(client, invitation):
    text = (settings.BASE_DIR / "docs" / "embed.md").read_text(encoding="utf-8")
    documented: dict = {}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], documented)  # noqa: S102
    address = documented["survey_link"](f"http://testserver/s/{invitation.token}/", BACK, SECRET)
    assert way_out(client.get(address)) == OUTCOME.format("skipped")


def test_a_signed_address_is_the_way_out(client, invitation):
    assert way_out(client.get(signed(invitation))) == OUTCOME.format("skipped")


def test_it_goes_before_what_the_intent_says(client, db):
    intent = IntentFactory(return_url="https://billing.example.com/end")
    invitation = InvitationFactory(for_intent=True, intent=intent)
    plain = client.get(f"/s/{invitation.token}/")
    assert way_out(plain) == "https://billing.example.com/end?whyleft=skipped"
    assert way_out(client.get(signed(invitation))) == OUTCOME.format("skipped")


def test_the_secret_before_the_newest_still_signs(client, invitation, settings):
    address = signed(invitation, secret=FORMER)
    assert way_out(client.get(address)) == OUTCOME.format("skipped")
    settings.SURVEY_RETURN_SECRETS = [SECRET]
    assert way_out(client.get(address)) == f"/s/{invitation.token}/skipped/"


def test_it_is_carried_through_every_screen(client, invitation):
    wrong = client.post(signed(invitation), {})
    assert wrong.status_code == 422
    assert way_out(wrong) == OUTCOME.format("skipped")
    # The address that the page itself posts to, not the one that it was reached by.
    action = unescape(re.search(r'<form[^>]* action="([^"]*)"', wrong.content.decode())[1])
    switched = client.post(action, {"lang": "zh-hans"})
    assert OUTCOME.format("skipped") in unescape(switched.content.decode())
    sent = client.post(action, {"q-reason": "price"})
    assert sent.status_code == 303
    more = client.get(sent["Location"])
    assert way_out(more) == OUTCOME.format("answered")
    action = unescape(re.search(r'<form[^>]* action="([^"]*)"', more.content.decode())[1])
    thanks = client.get(client.post(action, {})["Location"])
    assert way_out(thanks) == OUTCOME.format("answered")
    text = unescape(thanks.content.decode())
    chinese = re.search(r'href="(\?[^"]*lang=zh-hans)"', text)[1]
    again = client.get(f"/s/{invitation.token}/thanks/{chinese}")
    assert OUTCOME.format("answered") in unescape(again.content.decode())
    change = re.search(r'href="(/s/[^"]*)">Change what I sent', text)[1]
    assert OUTCOME.format("answered") in unescape(client.get(change).content.decode())


FORGED = {
    "no signature": {"signature": ""},
    "another secret's": {"signature": lambda token: sign(token, BACK, "guessed")},
    "another survey's": {"signature": lambda token: sign("x" * 24, BACK, SECRET)},
    "another address's": {"return": "https://app.example.com/delete-everything"},
    "cut short": {"signature": lambda token: sign(token, BACK, SECRET)[:-1]},
    "not hexadecimal": {"signature": "ü" * 64},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_what_is_not_signed_is_ignored_on_every_screen(client, invitation, changes):
    token = invitation.token
    query = {"return": BACK, "signature": sign(token, BACK, SECRET)}
    query |= {name: value(token) if callable(value) else value for name, value in changes.items()}
    asked = f"?{urlencode(query)}"
    first = client.get(f"/s/{token}/{asked}")
    assert first.status_code == 200
    assert way_out(first) == f"/s/{token}/skipped/"
    sent = client.post(f"/s/{token}/{asked}", {"q-reason": "price"})
    assert sent["Location"] == f"/s/{token}/2/"
    # Put back by hand on a later screen, it is verified again.
    assert way_out(client.get(f"/s/{token}/2/{asked}")) == f"/s/{token}/skipped/"
    assert "app.example.com" not in client.get(f"/s/{token}/thanks/{asked}").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://app.example.com/",
        "https://app.example.com@evil.example/",
        "https://evil.example\\@app.example.com/",
        "//app.example.com/",
        "javascript:alert(1)//https://app.example.com",
        "",
    ],
)
def test_a_signature_does_not_make_up_for_an_origin_that_is_not_listed(client, invitation, address):
    page = client.get(signed(invitation, address))
    assert way_out(page) == f"/s/{invitation.token}/skipped/"
    assert "evil" not in page.content.decode()


def test_an_address_too_long_to_arrive_whole_is_ignored():
    address = "https://app.example.com/" + "x" * ADDRESS_LIMIT
    assert not is_signed("token", address, sign("token", address, SECRET))
    short = address[:ADDRESS_LIMIT]
    assert is_signed("token", short, sign("token", short, SECRET))


def test_without_a_secret_nothing_counts_as_signed(settings):
    settings.SURVEY_RETURN_SECRETS = []
    assert not is_signed("token", BACK, sign("token", BACK, SECRET))
    # Refused at start; and where it is not, it opens nothing.
    settings.SURVEY_RETURN_SECRETS = ["", " "]
    assert not is_signed("token", BACK, sign("token", BACK, ""))
    assert not is_signed("token", BACK, sign("token", BACK, " "))


def test_the_mailed_survey_leads_nowhere(client, db):
    invitation = InvitationFactory()
    assert "app.example.com/cancel" not in unescape(
        re.sub(r'(action|href)="[/?][^"]*"', "", client.get(signed(invitation)).content.decode())
    )


def test_looking_changes_nothing(client, invitation):
    for page in ("", "2/", "thanks/", "skipped/"):
        client.get(signed(invitation, page=page))
        client.head(signed(invitation, page=page))
    assert not Response.objects.exists()
    Invitation.objects.update(opened_at=None)
    before = Invitation.objects.values().get()
    client.get(signed(invitation))
    after = Invitation.objects.values().get()
    assert {name for name in before if before[name] != after[name]} == {"opened_at"}


def test_an_address_of_the_sixth_protocol():
    assert origin_of("http://[::1]:3000/x") == "http://[::1]:3000"
    assert urlsplit(origin_of("http://[::1]/x")).hostname == "::1"


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SURVEY_RETURN_SECRETS", [], []),
        ("SURVEY_RETURN_SECRETS", [""], ["config.E006"]),
        ("SURVEY_RETURN_SECRETS", [SECRET, "  "], ["config.E006"]),
        ("SURVEY_RETURN_ORIGINS", ["https://app.example.com", "http://localhost:3000/"], []),
        ("SURVEY_RETURN_ORIGINS", ["app.example.com"], ["config.E007"]),
        ("SURVEY_RETURN_ORIGINS", [" https://app.example.com", "*"], ["config.E007"] * 2),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_start(settings, name, value, found):
    setattr(settings, name, value)
    assert [error.id for error in check_survey_return()] == found
