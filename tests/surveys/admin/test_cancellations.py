import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from surveys.models import Cancellation, Invitation, Loss
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    SubscriptionFactory,
    published_version,
)
from tests.factories.users import logged_in, staff

ADD = "/admin/surveys/cancellation/add/"
LIST = "/admin/surveys/cancellation/"
SECRET = "the dashboard ate my figures"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        yield


@pytest.fixture
def subscription():
    published_version()
    made = SubscriptionFactory(source="stripe", started_on=dt.date(2026, 1, 1))
    ContactFactory(customer=made.customer)
    return made


def form(of, **changes):
    return {
        "subscription": of.pk,
        "kind": "voluntary",
        "requested_at_0": "2026-11-21",
        "requested_at_1": "09:00:00",
        "effective_on": "2026-11-20",
        "provider_reason": "",
        "provider_comment": "",
        "invite": "on",
    } | changes


def test_entered_by_hand_it_becomes_a_loss_and_an_invitation(administrator, subscription):
    response = administrator.post(ADD, form(subscription), follow=True)
    assert response.redirect_chain[-1][0] == LIST
    cancellation = Cancellation.objects.get()
    assert (cancellation.source, cancellation.subscription) == ("admin", subscription)
    loss = Loss.objects.get()
    assert (loss.lost_on, loss.mrr, loss.cancellation) == (
        dt.date(2026, 11, 20),
        Decimal("49.00"),
        cancellation,
    )
    invitation = Invitation.objects.get()
    # Made-up addresses are never mailed, and the page says so.
    assert invitation.cancellation == cancellation
    assert "survey" in "".join(str(message) for message in response.context["messages"])
    assert LogEntry.objects.get().object_id == str(cancellation.pk)


def test_without_the_box_no_survey_is_sent(administrator, subscription):
    data = form(subscription)
    del data["invite"]
    administrator.post(ADD, data)
    assert Cancellation.objects.count() == 1
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"requested_at_0": "2026-11-22"}, "requested_at", "cannot lie in the future"),
        ({"effective_on": "2025-12-31"}, "effective_on", "started on 2026-01-01 only"),
        ({"effective_on": ""}, "effective_on", "required"),
        ({"kind": "odd"}, "kind", "valid choice"),
        ({"subscription": ""}, "subscription", "required"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    administrator, subscription, changes, field, problem
):
    response = administrator.post(ADD, form(subscription, **changes))
    assert response.status_code == 200
    assert problem in response.context["adminform"].errors[field][0]
    assert Cancellation.objects.count() == 0


def test_a_subscription_is_cancelled_once(administrator, subscription):
    administrator.post(ADD, form(subscription))
    response = administrator.post(ADD, form(subscription))
    assert "cancellation that stands" in response.context["adminform"].errors["subscription"][0]


def test_taken_back_the_loss_is_gone_and_the_invitation_withdrawn(administrator, subscription):
    administrator.post(ADD, form(subscription))
    Invitation.objects.update(state="scheduled", withheld_because="")
    cancellation = Cancellation.objects.get()
    response = administrator.post(
        LIST, {"action": "take_back", "_selected_action": [cancellation.pk]}, follow=True
    )
    assert "1 cancellation was taken back." in [str(each) for each in response.context["messages"]]
    cancellation.refresh_from_db()
    subscription.refresh_from_db()
    assert cancellation.reverted_at == timezone.now()
    assert subscription.ended_on is None
    assert Loss.objects.count() == 0
    assert Invitation.objects.get().state == "withdrawn"


def test_taking_back_twice_changes_nothing(administrator, subscription):
    cancellation = CancellationFactory(subscription=subscription, reverted_at=timezone.now())
    response = administrator.post(
        LIST, {"action": "take_back", "_selected_action": [cancellation.pk]}, follow=True
    )
    assert "0 cancellations were taken back." in [
        str(each) for each in response.context["messages"]
    ]


def test_a_corrected_end_moves_the_loss(administrator, subscription):
    administrator.post(ADD, form(subscription))
    cancellation = Cancellation.objects.get()
    url = reverse("admin:surveys_cancellation_change", args=[cancellation.pk])
    response = administrator.post(url, {"kind": "involuntary", "effective_on": "2026-11-10"})
    assert response.status_code == 302
    loss = Loss.objects.get()
    assert (loss.lost_on, loss.kind) == (dt.date(2026, 11, 10), "involuntary")
    assert Cancellation.objects.count() == 1


def test_made_administrative_it_is_no_loss_any_more(administrator, subscription):
    administrator.post(ADD, form(subscription))
    cancellation = Cancellation.objects.get()
    url = reverse("admin:surveys_cancellation_change", args=[cancellation.pk])
    administrator.post(url, {"kind": "administrative", "effective_on": "2026-11-20"})
    assert Loss.objects.count() == 0


def test_nothing_else_can_be_changed(administrator, subscription):
    cancellation = CancellationFactory(subscription=subscription, provider_reason="code-1")
    url = reverse("admin:surveys_cancellation_change", args=[cancellation.pk])
    administrator.post(
        url, {"kind": "voluntary", "effective_on": "2026-11-30", "provider_reason": "other",
              "source": "other", "external_id": "x"}
    )  # fmt: skip
    cancellation.refresh_from_db()
    assert (cancellation.provider_reason, cancellation.source) == ("code-1", "api")


def test_nothing_is_deleted(administrator, subscription):
    cancellation = CancellationFactory(subscription=subscription)
    url = reverse("admin:surveys_cancellation_delete", args=[cancellation.pk])
    assert administrator.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("permissions", "reads"),
    [
        (["surveys.view_cancellation"], False),
        (["surveys.view_cancellation", "surveys.change_cancellation"], False),
        (["surveys.view_cancellation", "surveys.view_verbatims"], True),
    ],
)
def test_comments_are_verbatims(permissions, reads):
    cancellation = CancellationFactory(provider_comment=SECRET)
    CancellationFactory(provider_comment="")
    client = logged_in(staff(*permissions))
    page = client.get(reverse("admin:surveys_cancellation_change", args=[cancellation.pk]))
    assert (SECRET in page.content.decode()) is reads
    assert SECRET not in client.get(LIST).content.decode()
    # Not even a count: neither by search nor by a lookup in the address.
    found = client.get(LIST + "?q=dashboard").context["cl"].result_count
    assert found == (1 if reads else 0)
    lookup = client.get(LIST + "?provider_comment__contains=dashboard")
    assert lookup.status_code == (200 if reads else 400)


def test_actions_need_the_permission_to_change(subscription):
    cancellation = CancellationFactory(subscription=subscription)
    client = logged_in(staff("surveys.view_cancellation"))
    client.post(LIST, {"action": "take_back", "_selected_action": [cancellation.pk]})
    cancellation.refresh_from_db()
    assert cancellation.reverted_at is None
