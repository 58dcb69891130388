import csv
import datetime as dt
import io

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from surveys.models import Cancellation, Invitation, Suppression
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
    published_version,
)
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
LIST = "/admin/surveys/cancellation/"
PAGE = LIST + "links/"
HAND_ON = ("surveys.view_cancellation", "surveys.change_invitation")
EXPORT = (*HAND_ON, "surveys.view_contact")


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        published_version()
        yield


def cancellation(**fields):
    made = CancellationFactory(
        subscription=SubscriptionFactory(ended_on=NOW.date()), **{"requested_at": NOW, **fields}
    )
    ContactFactory(customer=made.customer)
    return made


def address(name, row):
    return reverse(f"admin:surveys_cancellation_{name}", args=[row.pk])


def body(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


# --- One link, handed on -----------------------------------------------------------------------


def test_made_on_request_shown_afterwards():
    made, client = cancellation(), logged_in(staff(*HAND_ON))
    page = client.get(address("change", made)).content.decode()
    assert "Make a link" in page
    assert not Invitation.objects.exists()
    answer = client.post(address("link", made))
    assert answer["Location"] == address("change", made) + "#survey-link"
    invitation = Invitation.objects.get()
    assert (invitation.channel, invitation.state) == ("link", "offered")
    page = client.get(address("change", made)).content.decode()
    assert f'value="{invitation.url}"' in page
    assert address("qr", made) in page
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_reading_makes_no_link():
    made, client = cancellation(), logged_in(staff(*HAND_ON))
    assert client.get(address("link", made)).status_code == 405
    assert client.get(address("qr", made)).status_code == 404
    assert not Invitation.objects.exists()


def test_the_code_is_an_image_of_the_link_that_no_one_keeps():
    made, client = cancellation(), logged_in(staff(*HAND_ON))
    client.post(address("link", made))
    answer = client.get(address("qr", made))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.startswith(b"<svg")
    assert b"<script" not in answer.content


@pytest.mark.parametrize(
    ("permissions", "is_answered", "sees"),
    [
        (["surveys.view_cancellation"], False, False),
        (HAND_ON, False, True),
        (HAND_ON, True, False),
        (["surveys.view_cancellation", "surveys.view_verbatims"], True, True),
    ],
)
def test_who_may_see_the_link(permissions, is_answered, sees):
    invitation = InvitationFactory(cancellation=cancellation(), state="offered", sent_at=None)
    if is_answered:
        ResponseFactory(invitation=invitation)
    client = logged_in(staff(*permissions))
    page = client.get(address("change", invitation.cancellation)).content.decode()
    assert (invitation.token in page) is sees
    code = client.get(address("qr", invitation.cancellation))
    assert code.status_code == (200 if sees else 403)


def test_no_link_without_permission():
    made = cancellation()
    client = logged_in(staff("surveys.view_cancellation"))
    assert client.post(address("link", made)).status_code == 403
    assert "Make a link" not in client.get(address("change", made)).content.decode()
    assert not Invitation.objects.exists()


def test_why_there_is_no_link_is_said():
    made, client = cancellation(reverted_at=NOW), logged_in(staff(*HAND_ON))
    page = client.post(address("link", made), follow=True).content.decode()
    assert "The cancellation was taken back." in page
    assert not Invitation.objects.exists()


def test_a_link_that_waits_in_the_queue_is_handed_on_first():
    invitation = InvitationFactory(cancellation=cancellation(), state="scheduled", sent_at=None)
    client = logged_in(staff(*HAND_ON))
    page = client.get(address("change", invitation.cancellation)).content.decode()
    assert "Make a link" in page
    assert invitation.token not in page


# --- Many, in a file ------------------------------------------------------------------------------


def test_the_page_counts_and_the_file_follows():
    made = cancellation()
    stopped = cancellation()
    Suppression.objects.add_address(stopped.customer.contacts.get().email, "bounced")
    cancellation(requested_at=NOW - dt.timedelta(days=30))  # outside of the days asked for
    client = logged_in(staff(*EXPORT))
    page = client.get(PAGE)
    assert (page.context["ready"], page.context["count"]) == (1, 2)
    assert "The address must not be written to." in page.content.decode()
    assert not Invitation.objects.exists()
    answer = client.post(PAGE, {"from": "2026-11-06", "to": "2026-11-20", "kind": ""})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(body(answer))))
    assert [row["customer_id"] for row in rows] == [made.customer.external_id]
    assert rows[0]["survey_url"] == Invitation.objects.get().url
    assert list(LogEntry.objects.values_list("object_id", flat=True)) == [str(made.pk)]
    said = client.get(PAGE).content.decode()
    assert "1 personal link was exported." in said
    assert "Left out: 1. The address must not be written to. (1)" in said


def test_formulas_in_the_file_are_text():
    made = cancellation()
    made.customer.contacts.update(name="=1+1")
    answer = logged_in(staff(*EXPORT)).post(PAGE, {})
    (row,) = csv.DictReader(io.StringIO(body(answer)))
    assert row["name"] == "'=1+1"


@pytest.mark.parametrize("missing", EXPORT)
def test_the_file_takes_every_permission(missing):
    made = cancellation()
    client = logged_in(staff(*(each for each in EXPORT if each != missing)))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {}).status_code == 403
    action = {"action": "export_personal_links", "_selected_action": [made.pk]}
    assert "csv" not in client.post(LIST, action).get("Content-Type", "")
    assert not Invitation.objects.exists()


def test_the_action_exports_what_was_selected():
    wanted, _other = cancellation(), cancellation()
    answer = logged_in(staff(*EXPORT)).post(
        LIST, {"action": "export_personal_links", "_selected_action": [wanted.pk]}
    )
    rows = list(csv.DictReader(io.StringIO(body(answer))))
    assert [row["customer_id"] for row in rows] == [wanted.customer.external_id]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?kind=voluntary", 1),
        ("?kind=involuntary", 1),
        ("?from=2026-11-20&to=2026-11-20", 2),
        ("?from=2026-11-01&to=2026-11-02", 0),
    ],
)
def test_filters(query, count):
    cancellation()
    cancellation(kind="involuntary")
    page = logged_in(staff(*EXPORT)).get(PAGE + query)
    assert page.context["count"] == count
    assert ("No cancellations" in page.content.decode()) is (count == 0)


@pytest.mark.parametrize("query", ["?from=soon", "?from=2026-11-20&to=2026-11-01", "?kind=none"])
def test_an_address_that_makes_no_sense_is_said(query):
    page = logged_in(staff(*EXPORT)).get(PAGE + query, follow=True)
    assert page.redirect_chain[0][0] == PAGE
    assert page.context["messages"]


def test_too_many_for_one_file(monkeypatch):
    monkeypatch.setattr("surveys.admin.asked.links_page.MOST", 1)
    for _ in range(2):
        cancellation()
    client = logged_in(staff(*EXPORT))
    assert "Choose fewer days." in client.get(PAGE).content.decode()
    assert client.post(PAGE, {}).status_code == 200
    assert not Invitation.objects.exists()
    assert Cancellation.objects.count() == 2
