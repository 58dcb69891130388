import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from surveys.models import CancellationKind
from tests.factories.surveys import (
    AnswerFactory,
    CancellationFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
)
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LIST = "/admin/surveys/intent/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(db):
    return logged_in(staff("surveys.view_intent"))


def intent(age, **fields):
    return IntentFactory(opened_at=NOW - age, **fields)


def cancelled(age):
    made = intent(age)
    CancellationFactory(
        subscription=made.subscription, intent=made, kind=CancellationKind.VOLUNTARY
    )
    return made


def listed(client, query=""):
    return [row.pk for row in client.get(LIST + query).context["cl"].result_list]


@pytest.mark.parametrize(
    ("age", "became"),
    [(0 * DAY, "open"), (30 * DAY - dt.timedelta(seconds=1), "open"), (30 * DAY, "saved")],
)
def test_saved_after_thirty_days_without_a_cancellation(client, age, became):
    made = intent(age)
    assert listed(client, f"?outcome={became}") == [made.pk]
    other = cancelled(age)
    assert listed(client, f"?outcome={became}") == [made.pk]
    assert listed(client, "?outcome=cancelled") == [other.pk]


def test_counted_at_the_top_whatever_outcome_is_chosen(client):
    intent(DAY)
    intent(40 * DAY)
    intent(50 * DAY)
    cancelled(2 * DAY)
    of_test = SubscriptionFactory(customer=CustomerFactory(is_test=True))
    intent(40 * DAY, subscription=of_test)
    for query in ("", "?outcome=saved"):
        outcomes = client.get(LIST + query).context["outcomes"]
        assert [(str(each["label"]), each["count"]) for each in outcomes] == [
            *(("open", 1), ("cancelled", 1), ("saved", 2)),
        ]
    assert len(listed(client, outcomes[0]["url"])) == 1
    # The list shows test customers, too; only the counts leave them out.
    assert len(listed(client, outcomes[2]["url"])) == 3


def test_counts_follow_the_search(client):
    wanted = intent(40 * DAY)
    intent(40 * DAY)
    outcomes = client.get(f"{LIST}?q={wanted.external_id}").context["outcomes"]
    assert [each["count"] for each in outcomes] == [0, 0, 1]


def test_sorted_by_outcome(client):
    saved, fresh, gone = intent(40 * DAY), intent(DAY), cancelled(DAY)
    assert listed(client, "?o=2") == [gone.pk, fresh.pk, saved.pk]
    assert listed(client, "?o=-2") == [saved.pk, fresh.pk, gone.pk]


@pytest.mark.parametrize("sees", [True, False])
def test_what_was_answered_takes_the_permission(sees):
    made = intent(40 * DAY)
    response = ResponseFactory(invitation=InvitationFactory(for_intent=True, intent=made))
    AnswerFactory(response=response, key="stuck", text="the export kept failing")
    permissions = ["surveys.view_intent", *(["surveys.view_verbatims"] if sees else [])]
    client = logged_in(staff(*permissions))
    shown = client.get(reverse("admin:surveys_intent_change", args=[made.pk])).content.decode()
    assert ("the export kept failing" in shown) is sees
    assert ("You may not read what customers wrote." in shown) is not sees
    assert client.get(LIST).context["cl"].result_list[0].has_answer


def test_without_an_answer(client):
    made = cancelled(DAY)
    shown = client.get(reverse("admin:surveys_intent_change", args=[made.pk])).content.decode()
    assert "No answers." in shown
    assert str(made.cancellation) in shown
