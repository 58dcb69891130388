"""The survey's pages as a browser without scripts gets them."""

import datetime as dt
import re
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.models import Answer, Invitation, Response, SurveyVersion
from tests.factories.surveys import published_version
from tests.surveys.pages.conftest import html

pytestmark = pytest.mark.django_db
PRICE = {"q-reason": "price", "q-price_probe": "not_enough_value"}


def test_the_whole_way_without_scripts(survey, invitation, current):
    page = survey(invitation)
    assert page.status_code == 200
    assert "What was the main reason you left?" in html(page)

    sent = survey(invitation, "", PRICE)
    assert (sent.status_code, sent["Location"]) == (303, f"/s/{invitation.token}/2/")
    assert current(invitation) == {"reason": ["price"], "price_probe": ["not_enough_value"]}

    more = survey(invitation, "2/")
    assert re.search(r"<h1[^>]*>Thank you", html(more))
    # What was given as the main reason is not offered again.
    offered = re.findall(r'name="q-contributing" value="(\w+)"', html(more))
    assert "price" not in offered
    assert len(offered) == 6

    data = {"q-stuck": "The import", "q-contributing": ["unused", "other"], "q-open_door": "yes"}
    sent = survey(invitation, "2/", data)
    assert (sent.status_code, sent["Location"]) == (303, f"/s/{invitation.token}/thanks/")
    assert current(invitation)["contributing"] == ["unused", "other"]
    thanks = survey(invitation, "thanks/")
    assert (thanks.status_code, "Thank you for telling us" in html(thanks)) == (200, True)


def test_choices_are_stored_with_the_order_in_which_they_were_shown(survey, invitation):
    shown = re.findall(r'name="q-reason" value="(\w+)"', html(survey(invitation)))
    assert shown[-1] == "other"
    assert shown == re.findall(r'name="q-reason" value="(\w+)"', html(survey(invitation)))
    survey(invitation, "", PRICE)
    assert Answer.objects.get(question__key="reason").displayed == shown


def test_follow_ups_stand_under_their_choice(survey, invitation):
    """Between the choice that opens them and the next choice."""
    page = html(survey(invitation))
    order = re.findall(r'name="q-(reason|\w+_probe|\w+_which)" value="(\w+)"', page)
    for opener, probe in [
        ("price", "price_probe"),
        ("unused", "unused_probe"),
        ("hard_or_no_help", "hard_which"),
    ]:
        assert order[order.index(("reason", opener)) + 1][0] == probe


@pytest.mark.parametrize(
    ("asked", "checked"),
    [
        ("r=price", ["q-reason-price"]),
        ("r=gone_since_the_mail", []),
        ("r=", []),
        ("r=%00%ff", []),
        ("r=unused&r=price", ["q-reason-price"]),
        ("r=budget_cut", []),
    ],
)
def test_a_link_from_the_mail_only_preselects(survey, invitation, asked, checked):
    page = survey(invitation, f"?{asked}")
    assert page.status_code == 200
    assert re.findall(r'id="([\w-]+)" checked', html(page)) == checked
    assert not Response.objects.exists()


def test_a_preselection_does_not_override_what_was_answered(survey, invitation):
    survey(invitation, "", PRICE)
    page = html(survey(invitation, "?r=unused"))
    assert set(re.findall(r'id="([\w-]+)" checked', page)) == {
        "q-reason-price",
        "q-price_probe-not_enough_value",
    }


def test_reading_records_nothing_but_the_first_opening(client, survey, invitation):
    address = f"/s/{invitation.token}/"
    for page in ("", "?r=price", "2/", "thanks/", "skipped/", "?lang=zh-hans"):
        client.head(address + page)
    assert Invitation.objects.get().opened_at is None
    first = timezone.now()
    with time_machine.travel(first, tick=False):
        for _ in range(25):
            for page in ("", "?r=price", "2/", "thanks/"):
                client.get(address + page)
    with time_machine.travel(first + dt.timedelta(hours=1), tick=False):
        client.get(address)
        client.head(address)
    assert Invitation.objects.get().opened_at == first
    assert not Response.objects.exists()
    invitation.cancellation.refresh_from_db()
    assert invitation.cancellation.content_version == 1


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({}, "reason", "Please choose the answer that comes closest."),
        ({"q-reason": ""}, "reason", "Please choose the answer that comes closest."),
        ({"q-reason": "<script>alert(1)</script>"}, "reason", "none of the answers"),
        ({"q-reason": "\x00"}, "reason", "none of the answers"),
        ({"q-reason": "price", "q-price_probe": "no_time"}, "price_probe", "none of the answers"),
        ({"q-reason": "other", "q-reason_text": "é" * 5001}, "reason_text", "this is 5001"),
    ],
)
def test_errors_are_said_above_and_beside_the_field(survey, invitation, data, field, message):
    page = survey(invitation, "", data)
    text = html(page)

    assert page.status_code == 422
    assert "<title>Error: What was" in text
    summary = text[text.index('role="alert"') : text.index("<h1")]
    assert message in summary
    target = re.search(r'href="#([^"]+)"', summary)[1]
    assert target.startswith(f"q-{field}")
    assert f'id="{target}"' in text
    beside = text[text.index("<form") :]
    assert re.search(rf'id="q-{field}-error">.*{re.escape(message)}', beside)
    assert re.search(rf'aria-describedby="[^"]*q-{field}-error', beside)
    assert not Response.objects.exists()


def test_nothing_typed_is_lost_in_an_error(survey, invitation):
    typed = "It <b>never</b> & sent\n" + "x" * 5000
    data = {"q-reason": "other", "q-reason_text": typed, "q-price_probe": "budget_cut"}
    page = html(survey(invitation, "", data))
    assert "It &lt;b&gt;never&lt;/b&gt; &amp; sent\n" + "x" * 5000 in page
    assert 'id="q-reason-other" checked' in page
    assert 'id="q-price_probe-budget_cut" checked' in page


def test_errors_speak_the_language_of_the_page(survey, invitation):
    page = html(survey(invitation, "?lang=zh-hans", {}))
    assert "<title>错误" in page
    assert "请选择最接近的一项。" in page
    assert "Please" not in page.replace("Please don’t", "")


def test_branches_not_taken_are_neither_saved_nor_complained_about(survey, invitation, current):
    data = PRICE | {"q-reason_text": "x" * 6000, "q-unused_probe": "junk"}
    assert survey(invitation, "", data).status_code == 303
    assert current(invitation) == {"reason": ["price"], "price_probe": ["not_enough_value"]}


@pytest.mark.parametrize(
    "data",
    [
        {"q-reason": ["unused", "price"]},
        {"q-reason": "price", "q-price_probe": ["", ""]},
        {"q-reason": "price", "q-nonsense": "x", "reason": "other", "screen": "9"},
    ],
)
def test_junk_beside_an_answer_does_no_harm(survey, invitation, data, current):
    assert survey(invitation, "", data).status_code == 303
    assert current(invitation) == {"reason": ["price"]}


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"a%00b", "ab"),
        (b"a%ED%A0%80b", "a\ufffd\ufffd\ufffdb"),
        (b"%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7", "👩‍👧"),
        (b"%E2%80%AEx", "\u202ex"),
    ],
)
def test_strange_characters_are_cleaned_or_kept(client, invitation, raw, kept, current):
    body = b"q-reason=other&q-reason_text=" + raw
    sent = client.post(
        f"/s/{invitation.token}/", body, content_type="application/x-www-form-urlencoded"
    )
    assert sent.status_code == 303
    assert current(invitation)["reason_text"] == kept


def test_too_many_fields_are_turned_away(client, invitation):
    body = urlencode([(f"q-{n}", "x") for n in range(1000)])
    sent = client.post(
        f"/s/{invitation.token}/", body, content_type="application/x-www-form-urlencoded"
    )
    assert sent.status_code == 400


def test_what_customers_write_is_inert(survey, invitation, settings, current):
    attack = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    settings.ORGANISATION_NAME = attack
    survey(invitation, "", {"q-reason": "other", "q-reason_text": attack})
    survey(invitation, "2/", {"q-destination": "product", "q-destination_name": attack})
    for page in ("", "2/", "thanks/", "?lang=<script>", "?r=<script>"):
        text = html(survey(invitation, page))
        assert text.count("<script") == text.count('<script src="/static/surveys/keep.js"')
        assert "<img" not in text
    assert current(invitation)["reason_text"] == attack


def test_an_answer_can_be_changed_for_a_day_and_then_there_are_only_thanks(
    survey, invitation, current
):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        survey(invitation, "", {"q-reason": "other", "q-reason_text": "secret words"})
    with time_machine.travel(start + dt.timedelta(hours=23), tick=False):
        page = html(survey(invitation))
        assert "secret words" in page
        assert "You can change it" in page
        assert survey(invitation, "", {"q-reason": "unused"}).status_code == 303
        survey(invitation, "", {"q-reason": "other", "q-reason_text": "secret words"})
    with time_machine.travel(start + dt.timedelta(hours=24), tick=False):
        for address in ("", "2/", "thanks/", "?r=price"):
            page = survey(invitation, address)
            assert page.status_code == 200
            assert "Thank you" in html(page)
            assert "secret words" not in html(page)
            assert "<form" not in html(page)
        assert survey(invitation, "", {"q-reason": "price"}).status_code == 410
    assert current(invitation) == {"reason": ["other"], "reason_text": "secret words"}
    assert Response.objects.get().revision == 3


@pytest.mark.parametrize("page", ["2/", "thanks/"])
def test_later_pages_begin_at_the_first(survey, invitation, page):
    answer = survey(invitation, page)
    assert (answer.status_code, answer["Location"]) == (303, f"/s/{invitation.token}/")


def test_a_second_screen_before_the_first_saves_nothing(survey, invitation):
    assert survey(invitation, "2/", {"q-comment": "Hello"}).status_code == 303
    assert not Response.objects.exists()


def test_a_survey_of_one_screen_ends_with_thanks(survey, invitation):
    definition = published_version().definition
    definition["questions"] = [q for q in definition["questions"] if q["screen"] == 1]
    SurveyVersion.objects.filter(pk=invitation.survey_version_id).update(definition=definition)
    sent = survey(invitation, "", PRICE)
    assert sent["Location"] == f"/s/{invitation.token}/thanks/"
    assert survey(invitation, "2/")["Location"] == f"/s/{invitation.token}/thanks/"


@pytest.mark.parametrize("page", ["thanks/", "skipped/"])
def test_pages_to_read_take_no_posts(survey, invitation, page):
    Response.objects.create(
        invitation=invitation, survey_version=invitation.survey_version,
        customer=invitation.customer, language="en", started_at=timezone.now(),
        submitted_at=timezone.now(),
    )  # fmt: skip
    assert survey(invitation, page, {}).status_code == 405


def test_headers_keep_the_secret_address(survey, invitation):
    for answer in (survey(invitation), survey(invitation, "", PRICE), survey(invitation, "", {})):
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "Accept-Language" in answer["Vary"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "Cookie" not in answer["Vary"]
        assert not answer.cookies
    page = html(survey(invitation))
    assert not re.search(r'\sstyle="|<style|<script>|\son\w+="', page)
    loaded = re.findall(r'<(?:link|img|iframe|script)[^>]*(?:src|href)="([^"]*)"', page)
    assert loaded == ["/static/surveys/survey.css", "data:,", "/static/surveys/keep.js"]


def test_no_csrf_token_is_needed_the_link_is_the_authority(invitation):
    sent = Client(enforce_csrf_checks=True).post(f"/s/{invitation.token}/", PRICE)
    assert sent.status_code == 303


def test_the_footer_leads_out(survey, invitation, settings):
    settings.PRIVACY_URL = "https://example.com/privacy"
    page = html(survey(invitation))
    assert f'href="{invitation.unsubscribe_url}"' in page
    assert 'href="https://example.com/privacy"' in page
    settings.PRIVACY_URL = ""
    assert ">Privacy<" not in html(survey(invitation))


@pytest.mark.parametrize(
    ("page", "limit"), [("", 2), ("?r=price&lang=zh-hans", 2), ("answered", 3), ("thanks/", 3)]
)
def test_queries_of_a_get(survey, invitation, page, limit):
    survey(invitation)  # a process reads a version once
    if page in ("answered", "thanks/"):
        survey(invitation, "", PRICE)
    Invitation.objects.update(opened_at=None)
    with CaptureQueriesContext(connection) as queries:
        survey(invitation, page.removeprefix("answered"))
    assert len(queries) == limit, [query["sql"] for query in queries]


def test_queries_of_a_post(survey, invitation):
    posts = [
        ("", PRICE),
        ("", PRICE | {"q-price_probe": "way_charged"}),
        ("2/", {"q-stuck": "Here", "q-contributing": ["unused"], "q-comment": "Bye"}),
    ]
    for page, data in posts:
        with CaptureQueriesContext(connection) as queries:
            assert survey(invitation, page, data).status_code == 303
        assert len(queries) <= 15, [query["sql"] for query in queries]


def test_a_page_is_small(client, survey, invitation):
    import gzip

    assert len(gzip.compress(survey(invitation).content)) < 10_000
