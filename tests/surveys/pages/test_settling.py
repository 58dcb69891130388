"""The one question that a text calls for: asked on a screen of its own, answered like any probe."""

import threading

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys import probing, registries
from surveys.models import Answer, Response
from tests.factories.surveys import InvitationFactory
from tests.surveys.pages.conftest import checked, html

OTHER = {"q-reason": "other", "q-reason_text": "too expensive"}
KEYWORDS = {"expensive": "price_probe", "never used": "unused_probe"}


@pytest.fixture(autouse=True)
def _chooser(monkeypatch):
    def choose(questionnaire, answers, text, language):
        return next((probe for word, probe in KEYWORDS.items() if word in text), "")

    monkeypatch.setattr(registries, "probe_choosers", [choose])
    monkeypatch.setattr(probing, "DEADLINE_SECONDS", 60)  # a busy machine gets the time it needs


def address(invitation, page):
    return f"/s/{invitation.token}/{page}"


def test_the_whole_way(survey, invitation, current):
    sent = survey(invitation, "", OTHER)
    assert (sent.status_code, sent["Location"]) == (303, address(invitation, "settle/"))

    page = html(survey(invitation, "settle/"))
    assert '<h1 id="title">Which comes closest?</h1>' in page
    assert page.count("Which comes closest?") == 2  # the title of the page and its heading
    assert page.count("<fieldset") == 1
    assert 'aria-labelledby="title"' in page
    assert checked(survey(invitation, "settle/")) == []

    sent = survey(invitation, "settle/", {"q-price_probe": "budget_cut"})
    assert sent["Location"] == address(invitation, "2/")
    assert current(invitation) == {
        "reason": ["other"], "reason_text": "too expensive", "price_probe": ["budget_cut"],
    }  # fmt: skip
    response = Response.objects.get()
    assert (response.text_probe, response.completed_at) == ("price_probe", None)
    displayed = Answer.objects.get(question__key="price_probe").displayed
    assert sorted(displayed) == sorted(
        ["budget_cut", "not_enough_value", "cheaper_elsewhere", "way_charged"]
    )

    assert survey(invitation, "2/", {})["Location"] == address(invitation, "thanks/")
    response.refresh_from_db()
    assert response.completed_at is not None


def test_it_can_be_left_unanswered(survey, invitation, current):
    survey(invitation, "", OTHER)
    assert survey(invitation, "settle/", {})["Location"] == address(invitation, "2/")
    assert "price_probe" not in current(invitation)


def test_what_is_no_answer_is_an_error_there(survey, invitation):
    survey(invitation, "", OTHER)
    page = survey(invitation, "settle/", {"q-price_probe": "no_time"})
    assert page.status_code == 422
    assert "<title>Error: Which comes closest?" in html(page)
    assert 'href="#q-price_probe-' in html(page)


def test_its_language_can_be_switched(survey, invitation):
    survey(invitation, "", OTHER)
    page = survey(invitation, "settle/", {"q-price_probe": "way_charged", "lang": "zh-hans"})
    assert '<html lang="zh-Hans"' in html(page)
    assert checked(page) == ["q-price_probe-way_charged"]
    assert "price_probe" not in Answer.objects.values_list("question__key", flat=True)


@pytest.mark.parametrize(
    "data",
    [
        {"q-reason": "price"},
        {"q-reason": "price", "q-price_probe": "budget_cut", "q-reason_text": "too expensive"},
        {"q-reason": "other"},
        {"q-reason": "other", "q-reason_text": "the dog ate it"},
    ],
)
def test_where_no_text_calls_for_it_there_is_no_such_screen(survey, invitation, data):
    assert survey(invitation, "", data)["Location"] == address(invitation, "2/")
    for page in (survey(invitation, "settle/"), survey(invitation, "settle/", {"q-reason": "x"})):
        assert (page.status_code, page["Location"]) == (303, address(invitation, "2/"))
    assert Response.objects.get().text_probe == ""


def test_before_the_first_screen_nothing_is_settled(survey, invitation):
    for data in (None, {"q-price_probe": "budget_cut"}):
        assert survey(invitation, "settle/", data)["Location"] == address(invitation, "")
    assert not Response.objects.exists()


class TestChangingTheFirstScreen:
    @pytest.fixture
    def settled(self, survey, invitation):
        survey(invitation, "", OTHER)
        survey(invitation, "settle/", {"q-price_probe": "budget_cut"})
        return invitation

    def test_the_same_text_keeps_question_and_answer(self, survey, settled, current):
        sent = survey(settled, "", OTHER)
        assert sent["Location"] == address(settled, "settle/")
        assert checked(survey(settled, "settle/")) == ["q-price_probe-budget_cut"]
        assert current(settled)["price_probe"] == ["budget_cut"]
        assert Response.objects.get().revision == 2

    def test_another_text_drops_the_answer_to_what_is_no_longer_asked(
        self, survey, settled, current
    ):
        survey(settled, "", OTHER | {"q-reason_text": "we never used it"})
        assert current(settled) == {"reason": ["other"], "reason_text": "we never used it"}
        assert Response.objects.get().text_probe == "unused_probe"
        assert "What kept you from using it?" in html(survey(settled, "settle/"))

    def test_a_choice_that_decides_takes_it_away(self, survey, settled, current):
        sent = survey(settled, "", {"q-reason": "unused", "q-unused_probe": "no_time"})
        assert sent["Location"] == address(settled, "2/")
        assert current(settled) == {"reason": ["unused"], "unused_probe": ["no_time"]}
        assert Response.objects.get().text_probe == ""

    def test_its_own_choice_asks_it_in_place(self, survey, settled, current):
        survey(settled, "", {"q-reason": "price"})
        assert current(settled) == {"reason": ["price"]}

    def test_an_answer_to_what_another_page_has_changed_is_not_taken(
        self, survey, settled, current
    ):
        survey(settled, "", {"q-reason": "unused", "q-unused_probe": "no_time"})
        sent = survey(settled, "settle/", {"q-price_probe": "way_charged"})
        assert sent["Location"] == address(settled, "2/")
        assert current(settled) == {"reason": ["unused"], "unused_probe": ["no_time"]}


def test_queries(survey, invitation):
    survey(invitation)
    survey(invitation, "", OTHER)
    for data, limit in ((None, 2), ({"q-price_probe": "budget_cut"}, 13)):
        with CaptureQueriesContext(connection) as queries:
            survey(invitation, "settle/", data)
        assert len(queries) <= limit, [query["sql"] for query in queries]


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_leave_one_answer():
    invitation = InvitationFactory()
    Client().post(address(invitation, ""), OTHER)
    choices = ["budget_cut", "not_enough_value", "cheaper_elsewhere", "way_charged"]
    start, statuses = threading.Barrier(20), []

    def submit(number):
        try:
            start.wait(timeout=30)
            page, data = (
                ("settle/", {"q-price_probe": choices[number % 4]})
                if number % 5
                else ("keep/", {"screen": "0", "q-price_probe": choices[number % 4]})
            )
            statuses.append(Client().post(address(invitation, page), data).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [204] * 4 + [303] * 16
    response = Response.objects.get()
    probes = response.answers.filter(question__key="price_probe").order_by("revision")
    assert [probe.is_current for probe in probes] == [False] * (len(probes) - 1) + [True]
    assert response.revision == 1 + len(probes)
