import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from surveys.models import Reminder, Suppression
from surveys.questionnaire import Questionnaire
from tests.factories.reasons import ClassificationFactory
from tests.factories.surveys import (
    AnswerFactory,
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
    published_version,
)
from tests.factories.users import logged_in, of_role, staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SECRET = "<b>the export</b> kept failing"
VIEW = "surveys.view_customer"
ROWS = (
    *(VIEW, "surveys.view_cancellation", "surveys.view_response", "surveys.view_subscription"),
    *("surveys.view_intent", "surveys.view_invitation"),
)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def page(client, customer, query=""):
    answer = client.get(reverse("admin:surveys_customer_timeline", args=[customer.pk]) + query)
    assert answer.status_code == 200
    return answer


def text(client, customer):
    return page(client, customer).content.decode()


def titles(client, customer):
    return [entry.title for entry, _url in page(client, customer).context["entries"]]


def history(customer):
    """A cancellation, asked by mail with a reminder, answered, then changed."""
    subscription = SubscriptionFactory(customer=customer, started_on=dt.date(2026, 1, 1))
    cancellation = CancellationFactory(
        subscription=subscription, requested_at=NOW - 30 * HOUR, provider_comment=SECRET
    )
    invitation = InvitationFactory(
        cancellation=cancellation, sent_at=NOW - 20 * HOUR, opened_at=NOW - 9 * HOUR
    )
    Reminder.objects.create(
        invitation=invitation, step=1, state="sent", sent_at=NOW - 10 * HOUR,
        not_before=NOW - 10 * HOUR,
    )  # fmt: skip
    response = ResponseFactory(
        invitation=invitation, language="zh-hans", started_at=NOW - 8 * HOUR, revision=2
    )
    before = AnswerFactory(
        response=response, key="reason", choices=["price"], displayed=["price", "other"],
        is_current=False,
    )  # fmt: skip
    AnswerFactory(
        response=response, key="reason", choices=["other"], displayed=["price", "other"],
        revision=2, answered_at=NOW - 7 * HOUR,
    )  # fmt: skip
    AnswerFactory(
        response=response, key="reason_text", text=SECRET, revision=2, answered_at=NOW - 7 * HOUR
    )
    return before.response


@pytest.fixture
def customer():
    made = CustomerFactory(name="Nordwind")
    ContactFactory(customer=made, email="ada@example.com", name="Ada")
    return made


def test_newest_first(customer):
    history(customer)
    client = logged_in(staff(*ROWS, "surveys.view_verbatims"))
    assert titles(client, customer) == [
        "Invited to the survey: Exit survey v1",
        "Answered more, or changed an answer",
        "Answered",
        "Opened the survey",
        "Reminder 1",
        "The survey was mailed",
        "Cancelled",
        "Began: Team",
    ]
    entries = page(client, customer).context["entries"]
    moments = [entry.at for entry, _url in entries]
    assert moments == sorted(moments, reverse=True)


def test_answers_in_the_words_they_saw_with_what_was_changed(customer):
    history(customer)
    client = logged_in(staff(*ROWS, "surveys.view_verbatims"))
    shown = text(client, customer)
    assert "&lt;b&gt;the export&lt;/b&gt; kept failing" in shown
    assert SECRET not in shown
    assert "No longer holds: changed or taken back later." in shown
    later, first = (
        entry
        for entry, _url in page(client, customer).context["entries"]
        if entry.kind == "response"
    )
    assert [each.is_current for each in first.answers] == [False]
    assert [each.is_current for each in later.answers] == [True, True]
    questionnaire = Questionnaire.from_definition(published_version().definition)
    price = questionnaire.question("reason").choices[0]
    assert first.answers[0].choices == [price.labels["zh-hans"]]


def test_filled_in_and_not_sent(customer):
    cancellation = CancellationFactory(subscription=SubscriptionFactory(customer=customer))
    ResponseFactory(
        invitation=InvitationFactory(cancellation=cancellation), submitted_at=None,
        started_at=NOW, unsent={"reason": "other", "reason_text": "half a sent"}, unsent_at=NOW,
    )  # fmt: skip
    shown = text(logged_in(staff(*ROWS, "surveys.view_verbatims")), customer)
    assert "Filled in, not sent" in shown
    assert "half a sent" in shown
    hidden = text(logged_in(staff(*ROWS, name="nora")), customer)
    assert "Filled in, not sent" in hidden
    assert "half a sent" not in hidden


@pytest.mark.parametrize(
    ("permissions", "sees_words", "sees_address"),
    [
        (ROWS, False, False),
        ((*ROWS, "surveys.view_verbatims"), True, False),
        ((*ROWS, "surveys.view_contact"), False, True),
    ],
)
def test_words_and_addresses_take_permissions(customer, permissions, sees_words, sees_address):
    history(customer)
    Suppression.objects.add_address("ada@example.com", "unsubscribed")
    shown = text(logged_in(staff(*permissions)), customer)
    assert ("kept failing" in shown) is sees_words
    assert ("You may not read what customers wrote." in shown) is not sees_words
    assert ("ada@example.com" in shown) is sees_address
    assert "Must not be written to any more" in shown


def test_what_rows_one_may_not_view_are_not_there(customer):
    history(customer)
    seen = titles(logged_in(staff(VIEW)), customer)
    assert "Cancelled" not in seen
    assert "Answered" not in seen
    assert "The survey was mailed" in seen
    urls = [
        url for _entry, url in page(logged_in(staff(VIEW, name="o")), customer).context["entries"]
    ]
    assert set(urls) == {""}


def test_why_somebody_was_not_asked(customer):
    cancellation = CancellationFactory(subscription=SubscriptionFactory(customer=customer))
    InvitationFactory(
        cancellation=cancellation, state="withheld", sent_at=None,
        withheld_because="The cancellation is too long ago.",
    )  # fmt: skip
    shown = text(logged_in(staff(VIEW)), customer)
    assert "Not asked: Exit survey v1" in shown
    assert "The cancellation is too long ago." in shown


def test_the_cancel_page_and_a_bounce(customer):
    subscription = SubscriptionFactory(customer=customer)
    IntentFactory(subscription=subscription, opened_at=NOW)
    InvitationFactory(cancellation=CancellationFactory(subscription=subscription), bounced_at=NOW)
    seen = titles(logged_in(staff(VIEW)), customer)
    assert {"Opened the cancel page", "The mail was returned as undeliverable"} <= set(seen)


@pytest.mark.parametrize("may_read", [True, False])
def test_reasons_come_from_the_room_above(customer, may_read):
    cancellation = CancellationFactory(subscription=SubscriptionFactory(customer=customer))
    ClassificationFactory(cancellation=cancellation, code="need_ended")
    permissions = [*ROWS, *(["reasons.view_classification"] if may_read else [])]
    assert ("Main reason, as stated:" in text(logged_in(staff(*permissions)), customer)) is may_read


def test_nothing_yet(customer):
    assert "Nothing yet" in text(logged_in(staff(VIEW)), customer)


def test_pages(customer, monkeypatch):
    monkeypatch.setattr("surveys.admin.asked.customer.PAGE", 3)
    history(customer)
    client = logged_in(staff(*ROWS))
    assert "Page 1 of 3" in text(client, customer)
    assert page(client, customer, "?page=2").context["page"].has_next()
    url = reverse("admin:surveys_customer_timeline", args=[customer.pk])
    assert client.get(f"{url}?page=99").status_code == 404


def test_queries_do_not_grow(customer, django_assert_num_queries):
    history(customer)
    client = logged_in(of_role("administrator"))
    page(client, customer)
    with django_assert_num_queries(21):
        page(client, customer)
    for _ in range(4):
        history(customer)
    with django_assert_num_queries(21):
        page(client, customer)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 403), ("analyst", 200)])
def test_who_may_open_it(customer, role, status):
    url = reverse("admin:surveys_customer_timeline", args=[customer.pk])
    client = logged_in(of_role(role))
    assert client.get(url).status_code == status
    assert client.post(url).status_code == 405
    missing = reverse("admin:surveys_customer_timeline", args=[0])
    assert client.get(missing).status_code == (404 if status == 200 else 403)


def test_the_customers_page_leads_there(customer):
    url = reverse("admin:surveys_customer_change", args=[customer.pk])
    assert f"/admin/surveys/customer/{customer.pk}/timeline/" in (
        logged_in(staff(VIEW)).get(url).content.decode()
    )
