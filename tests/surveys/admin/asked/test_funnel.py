import csv
import datetime as dt
import io

import pytest
import time_machine
from django.utils import timezone

from surveys.models import Invitation
from surveys.questionnaire import Questionnaire
from tests.factories.surveys import (
    AnswerFactory,
    InvitationFactory,
    ResponseFactory,
    published_version,
)
from tests.factories.users import logged_in, of_role, staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
PAGE = "/admin/surveys/response/who-was-asked/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(db):
    return logged_in(staff("surveys.view_survey"))


def answered(*, completed=False, **fields):
    response = ResponseFactory(
        invitation=InvitationFactory(opened_at=NOW, **fields),
        started_at=NOW,
        completed_at=NOW if completed else None,
    )
    AnswerFactory(
        response=response, key="reason", choices=["price"], displayed=["price", "unused"],
        answered_at=NOW,
    )  # fmt: skip
    return response


def filled_in(**values):
    ResponseFactory(
        invitation=InvitationFactory(), started_at=NOW, submitted_at=None,
        unsent=values, unsent_at=timezone.now(),
    )  # fmt: skip


def text(client, query=""):
    return client.get(PAGE + query).content.decode().replace("\xa0", " ")


def rows(client, query):
    answer = client.get(PAGE + query)
    assert answer["Content-Type"].startswith("text/csv")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_the_question_where_people_stop_is_said(client):
    InvitationFactory()
    answered(completed=True)
    for _ in range(3):
        filled_in(reason="price")
    page = text(client)
    assert "Of 5 invited, 4 started and 1 completed the survey." in page
    assert "Of 4 who started, 3 stopped at “Which comes closest?” (It cost too much)." in page


def test_every_share_stands_with_its_n(client):
    InvitationFactory()
    answered(completed=True)
    page = text(client)
    assert "50 %" in page
    assert "of 2" in page
    steps = client.get(PAGE).context["steps"]
    assert [step["count"] for step in steps] == ["2", "2", "1", "1", "1", "1"]
    assert [step["bar"] for step in steps] == [240, 240, 120, 120, 120, 120]


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("language", ["English", "Deutsch"]),
        ("version", ["Exit survey v1"]),
        ("survey", ["Exit survey", "Cancellation survey"]),
    ],
)
def test_tables(client, by, labels):
    answered(language="en")
    answered(language="en")
    answered(language="de")
    InvitationFactory(for_intent=True, language="en")
    table = client.get(f"{PAGE}?by={by}").context["table"]
    assert [row["label"] for row in table["rows"]] == labels
    for row in table["rows"]:
        narrowed = client.get(PAGE + row["url"])
        assert narrowed.context["steps"][0]["count"] == row["cells"][0]["count"]


def test_weeks_without_anybody_are_shown_too(client):
    old = InvitationFactory()
    Invitation.objects.filter(pk=old.pk).update(created_at=NOW - dt.timedelta(days=14))
    InvitationFactory()
    weeks = client.get(PAGE + "?period=4w").context["table"]["rows"]
    assert [row["cells"][0]["count"] for row in weeks] == ["0", "1", "0", "1"]
    assert weeks[-1]["label"] == "16 November to 20 November 2026"


def test_filters_are_in_the_address(client):
    answered(language="de")
    InvitationFactory(language="en")
    context = client.get(f"{PAGE}?language=de&survey=exit&version=1").context
    assert context["steps"][0]["count"] == "1"
    assert context["screen"].query() == "?survey=exit&version=1&language=de"
    assert client.get(f"{PAGE}?version=7").context["is_empty"]


@pytest.mark.parametrize(
    "query",
    [
        "?period=forever",
        "?by=colour",
        "?version=one",
        "?version=²",
        "?survey=none-such",
        "?from=soon",
        "?from=2026-11-20&to=2026-11-01",
        "?from=2020-01-01&to=2026-11-01",
        "?from=0001-01-01",
    ],
)
def test_an_address_that_makes_no_sense_is_said(client, query):
    published_version()
    answer = client.get(PAGE + query)
    assert answer.status_code == 400
    assert "This address cannot be shown" in answer.content.decode()


def test_nobody_was_asked(client):
    page = text(client)
    assert "Nobody was asked" in page
    assert rows(client, "?format=csv-questions") == []


def test_downloads(client):
    answered(completed=True)
    filled_in(reason="price")
    (week,) = [row for row in rows(client, "?format=csv") if row["invited"] != "0"]
    assert (week["week"], week["started"], week["completed"], week["partial"]) == (
        *("2026-11-16", "2", "1", "1"),
    )
    reason = rows(client, "?format=csv-questions")[0]
    assert (reason["shown"], reason["answered"], reason["not_sent"]) == ("2", "1", "1")
    price = rows(client, "?format=csv-choices")[0]
    assert (price["choice"], price["shown"], price["taken"], price["rate"]) == (
        *("price", "1", "1", "1.0"),
    )


def test_queries_do_not_grow(client, django_assert_num_queries):
    def make():
        answered(completed=True, language="en")
        answered(language="de")
        filled_in(reason="price")
        InvitationFactory(for_intent=True)

    make()
    client.get(PAGE)
    with django_assert_num_queries(11):
        client.get(PAGE)
    for _ in range(4):
        make()
    with django_assert_num_queries(11):
        client.get(PAGE)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("analyst", 200), ("editor", 200)])
def test_who_may_read_it(role, status):
    client = logged_in(of_role(role))
    for query in ("", "?format=csv", "?format=csv-choices"):
        assert client.get(PAGE + query).status_code == status


def test_it_only_reads(client):
    assert client.post(PAGE).status_code == 405


def test_questions_are_in_the_language_of_the_admin(client, settings):
    settings.LANGUAGE_CODE = "zh-hans"
    answered()
    page = client.get(PAGE).content.decode()
    reason = Questionnaire.from_definition(published_version().definition).question("reason")
    assert reason.words["zh-hans"].label in page
