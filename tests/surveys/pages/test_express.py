"""The short way leads to the same page and the same rows as the whole one."""

import re

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from surveys.glance import glance
from surveys.models import Answer, Cancellation, Contact, Response, Subscription, SurveyVersion
from surveys.pages import express
from surveys.pages.ahead import page_ahead
from tests.factories.surveys import InvitationFactory, published_version

pytestmark = pytest.mark.django_db
PRICE = {"q-reason": "price", "q-price_probe": "not_enough_value"}
PLACEHOLDERS = (
    "Dear {contact_name}, <b>{plan}</b> of {organisation} ends {end_date}; {minutes}, {x}.\n\n"
    "A second paragraph for {contact_name}\nwith two lines."
)


@pytest.fixture
def ways(client, settings):
    """``ways(invitation, query)``: the page by the short way, and by the whole one."""

    def call(invitation, query="", **headers):
        pages = []
        for whole_way in (False, True):
            settings.DEBUG = whole_way  # then the templates are read anew with each request
            pages.append(client.get(f"/s/{invitation.token}/{query}", headers=headers))
        settings.DEBUG = False
        return pages

    return call


def is_short(invitation, query="", data=None, headers=None):
    """Whether the short way has an answer to this request."""
    address, factory = f"/s/{invitation.token}/{query}", RequestFactory()
    make = factory.get if data is None else factory.post
    request = make(address, data, headers=headers or {})
    return express.first_screen_express(request, glance(invitation.token)) is not None


@pytest.mark.parametrize("key", ["exit", "cancellation"])
@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("", "en"),
        ("", "zh-hans"),
        ("", ""),
        ("?r=price", "en"),
        ("?r=other&lang=zh-hans", "en"),
        ("?lang=en", "zh-hans"),
        ("?r=<script>", "en"),
        ("?lang=xx", "en"),
        ("?r=price&lang=", "zh-hans"),
    ],
)
def test_the_page_is_the_same(ways, key, query, language):
    for _ in range(3):
        invitation = InvitationFactory(
            for_intent=key == "cancellation",
            survey_version=published_version(key),
            language=language,
        )
        short, whole = ways(invitation, query, **{"Accept-Language": "zh-CN,en;q=0.5"})
        assert short.content == whole.content
        assert short.headers == whole.headers
        assert short.status_code == whole.status_code == 200
        assert is_short(invitation, query)


@pytest.mark.parametrize("name", ["Zoë & <b>Söhne</b>", "", "{plan}", "a\ue000b", "\u202eevil"])
@pytest.mark.parametrize("plan", ["Team", ""])
def test_placeholders_are_filled_in_and_escaped(ways, name, plan):
    version = published_version()
    definition = version.definition
    words = {"title": "One question, {contact_name}", "introduction": PLACEHOLDERS}
    definition["words"]["en"] |= words
    SurveyVersion.objects.filter(pk=version.pk).update(
        definition=definition, published_at=timezone.now()
    )
    invitation = InvitationFactory()
    Contact.objects.update(name=name)
    Subscription.objects.update(plan=plan)

    short, whole = ways(invitation)

    assert short.content == whole.content
    assert is_short(invitation)
    assert b"<b>" not in short.content


def test_a_value_of_several_lines_is_left_to_the_templates(ways):
    version = published_version()
    definition = version.definition
    definition["words"]["en"]["introduction"] = "Hello {contact_name}!"
    SurveyVersion.objects.filter(pk=version.pk).update(
        definition=definition, published_at=timezone.now()
    )
    invitation = InvitationFactory()
    Contact.objects.update(name="One\n\nTwo")
    short, whole = ways(invitation)
    assert short.content == whole.content
    assert not is_short(invitation)


def test_a_wording_with_our_marks_in_it_is_left_to_the_templates(ways, caplog):
    version = published_version()
    definition = version.definition
    definition["words"]["en"]["introduction"] = "Odd \ue000reason/price\ue001 \ue000nonsense\ue001"
    SurveyVersion.objects.filter(pk=version.pk).update(
        definition=definition, published_at=timezone.now()
    )
    invitation = InvitationFactory()
    short, whole = ways(invitation)
    assert short.content == whole.content
    assert "cannot be rendered ahead" in caplog.text


def test_each_invitation_has_its_own_order(client):
    orders = set()
    for _ in range(12):
        page = client.get(f"/s/{InvitationFactory().token}/").content.decode()
        orders.add(tuple(re.findall(r'name="q-reason" value="(\w+)"', page)))
    assert len(orders) > 6
    assert all(order[-1] == "other" for order in orders)


def test_the_installation_has_its_say(ways, settings):
    settings.ORGANISATION_NAME = "First & Co"
    invitation = InvitationFactory()
    assert b"First &amp; Co" in ways(invitation)[0].content
    settings.ORGANISATION_NAME = "Second"
    settings.PRIVACY_URL = "https://example.com/privacy"
    short, whole = ways(invitation)
    assert short.content == whole.content
    assert b"Second" in short.content
    assert b"https://example.com/privacy" in short.content


def test_back_to_the_cancel_page(ways, settings):
    settings.SURVEY_RETURN_ORIGINS = ["https://vendor.example"]
    for address in ("https://vendor.example/cancel?a=1&b=2", "https://evil.example/", ""):
        invitation = InvitationFactory(for_intent=True)
        invitation.intent.return_url = address
        invitation.intent.save()
        short, whole = ways(invitation, "?lang=zh-hans")
        assert short.content == whole.content
        assert is_short(invitation, "?lang=zh-hans")


class TestWhoGoesTheWholeWay:
    def test_whoever_has_answered(self, client, ways):
        invitation = InvitationFactory()
        client.post(f"/s/{invitation.token}/", PRICE)
        assert not is_short(invitation)
        assert not is_short(invitation, data=PRICE)
        short, whole = ways(invitation)
        assert short.content == whole.content

    def test_whoever_has_filled_something_in(self, client):
        invitation = InvitationFactory()
        client.post(f"/s/{invitation.token}/keep/", {"screen": "1", "q-reason": "unused"})
        assert not is_short(invitation)
        assert is_short(invitation, data=PRICE)

    @pytest.mark.parametrize("query", ["?embed=https://vendor.example", "?return=x", "?x=1"])
    def test_a_frame(self, query):
        assert not is_short(InvitationFactory(), query)

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"q-reason": "nonsense"},
            {"q-price_probe": "budget_cut"},
            {"q-reason": "price", "q-price_probe": "x"},
            {"q-reason": "other", "q-reason_text": "x" * 5001},
            PRICE | {"lang": "zh-hans"},
        ],
    )
    def test_a_form_that_is_not_to_be_saved(self, client, data):
        invitation = InvitationFactory()
        assert not is_short(invitation, data=data)
        answer = client.post(f"/s/{invitation.token}/", data)
        assert answer.status_code == (200 if "lang" in data else 422)
        assert not Answer.objects.exists()

    def test_what_is_answered_while_cancelling(self):
        assert not is_short(InvitationFactory(for_intent=True), data={"q-reason": "unused"})

    def test_head(self, client):
        invitation = InvitationFactory()
        assert client.head(f"/s/{invitation.token}/").status_code == 200
        invitation.refresh_from_db()
        assert invitation.opened_at is None


@pytest.mark.parametrize(
    "data",
    [
        PRICE,
        {"q-reason": "unused", "q-price_probe": "budget_cut", "q-reason_text": "not asked"},
        {"q-reason": ["price", "other"], "q-reason_text": "  It's =1+1\r\n\x00 “x”  "},
        PRICE | {"q-comment": "of the second screen", "screen": "9", "csrfmiddlewaretoken": "x"},
    ],
)
@pytest.mark.parametrize("query", ["", "?lang=zh-hans", "?r=unused"])
def test_what_is_sent_leaves_the_same_rows(client, settings, monkeypatch, data, query):
    stored, short_ways = [], []
    take_in = express._take_in

    def watched(*arguments):
        short_ways.append(take_in(*arguments))
        return short_ways[-1]

    monkeypatch.setattr(express, "_take_in", watched)
    token = "same-order-for-both-ways"
    for whole_way in (False, True):
        settings.DEBUG = whole_way
        invitation = InvitationFactory(token=token)
        answer = client.post(f"/s/{token}/{query}", data)
        response = Response.objects.get()
        stored.append(
            [
                answer.status_code,
                {**answer.headers},
                response.language,
                response.revision,
                response.completed_at is None,
                Cancellation.objects.get(pk=invitation.cancellation_id).content_version,
                sorted(
                    (row.question.key, row.choices, row.displayed, row.text, row.scale)
                    for row in response.answers.select_related("question")
                ),
            ]
        )
        invitation.delete()
    assert stored[0] == stored[1]
    assert [answer.status_code for answer in short_ways] == [303]


def test_a_second_time_is_a_revision(client):
    invitation = InvitationFactory()
    for data in (PRICE, PRICE, {"q-reason": "unused"}):
        assert client.post(f"/s/{invitation.token}/", data).status_code == 303
    response = Response.objects.get()
    assert response.revision == 2
    assert response.answers.current().get().choices == ["unused"]


def test_the_link_is_the_authority():
    client = Client(enforce_csrf_checks=True)
    invitation = InvitationFactory()
    assert client.post(f"/s/{invitation.token}/", PRICE).status_code == 303
    assert not client.cookies


def test_statements_of_the_first_answer(client, django_assert_max_num_queries):
    client.post(f"/s/{InvitationFactory().token}/", PRICE)  # a process reads a version once
    invitation = InvitationFactory()
    with django_assert_max_num_queries(7) as queries:
        client.post(f"/s/{invitation.token}/", PRICE)
    # The link; response, answers, unread, the day to be recounted. PostgreSQL takes some at once.
    said = " ".join(query["sql"] for query in queries)
    assert said.count("SELECT") - said.count("(SELECT") <= 1
    assert said.count("INSERT INTO") == 3
    assert said.count("UPDATE") == 1


def test_a_page_rendered_ahead_is_made_once(client):
    client.get(f"/s/{InvitationFactory().token}/")
    before = page_ahead.cache_info().misses
    for _ in range(3):
        client.get(f"/s/{InvitationFactory().token}/")
    assert page_ahead.cache_info().misses == before
