import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Intent,
    Invitation,
    InvitationState,
    Loss,
    Subscription,
)
from tests.surveys.api.conftest import CUSTOMER, cancellation, intent

NOW = dt.datetime(2026, 11, 12, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _frozen(surveys):
    with time_machine.travel(NOW, tick=False):
        yield


def test_everything_said_is_recorded(api, settings):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    answer = api.post(
        "cancellations/",
        {
            "source": "billing",
            "external_id": "can-7",
            "customer": {
                "external_id": "acct-7",
                "name": "Leaver & Sons",
                "plan": "Pro",
                "segment": "small",
                "industry": "Retail",
                "country": "DE",
                "billing_interval": "month",
                "account_owner": "Kim",
                "ideal": True,
                "time_zone": "Europe/Berlin",
                "language": "zh_hans",
                "is_test": False,
                "contact": {"email": "Erin@Leaver.dev", "name": "Erin", "language": "en"},
            },
            "subscription": {
                "external_id": "sub-7",
                "plan": "Pro plus",
                "billing_interval": "year",
                "mrr": 149.905,
                "currency": "eur",
                "started_on": "2024-01-15",
            },
            "kind": "involuntary",
            "requested_at": "2026-11-12T00:30:00+02:00",
            "effective_on": "2026-12-01",
            "reason": "too_expensive",
            "comment": "Too\r\nmuch",
            "invite": False,
        },
    )
    assert answer.status_code == 201
    assert answer.json() == {
        "id": Cancellation.objects.get().pk,
        "source": "billing",
        "external_id": "can-7",
        "outcome": "created",
        "customer": "acct-7",
        "survey_url": None,
        "invitation": None,
        "withheld_because": "",
        "state": "pending",
        "kind": "involuntary",
        "requested_at": "2026-11-11T22:30:00Z",
        "effective_on": "2026-12-01",
    }
    row = Cancellation.objects.get()
    assert (row.provider_reason, row.provider_comment) == ("too_expensive", "Too\nmuch")
    customer = Customer.objects.get()
    assert (customer.language, customer.ideal, customer.segment) == ("zh-hans", True, "small")
    subscription = Subscription.objects.get()
    assert (subscription.source, subscription.external_id) == ("billing", "sub-7")
    assert (subscription.mrr, subscription.currency) == (Decimal("149.90"), "EUR")
    assert subscription.ended_on == dt.date(2026, 12, 1)
    assert Contact.objects.get().email == "erin@leaver.dev"


def test_the_smallest_call_makes_an_invitation_and_says_its_address(api):
    answer = api.post("cancellations/", cancellation()).json()
    invitation = Invitation.objects.get()
    assert answer["survey_url"] == invitation.url
    assert answer["invitation"] == invitation.state == InvitationState.SCHEDULED
    assert invitation.not_before == NOW + dt.timedelta(hours=1)
    assert answer["requested_at"] == "2026-11-12T09:30:00Z"
    assert answer["effective_on"] == "2026-11-12"
    assert (answer["source"], answer["kind"], answer["state"]) == ("api", "voluntary", "ended")
    assert Loss.objects.count() == 1


def test_repeated_it_changes_nothing(api):
    body = cancellation(effective_on="2026-12-01", kind="involuntary", comment="Bye")
    first = api.post("cancellations/", body)
    with time_machine.travel(NOW + dt.timedelta(days=2), tick=False):
        second = api.post("cancellations/", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "outcome": "unchanged"}
    for model in (Cancellation, Customer, Subscription, Contact):
        assert model.objects.count() == 1


def test_repeated_with_less_it_forgets_nothing(api):
    first = api.post(
        "cancellations/",
        cancellation(
            effective_on="2026-12-01",
            kind="involuntary",
            reason="price",
            subscription={"mrr": "10", "currency": "USD", "started_on": "2025-01-01"},
        ),
    ).json()
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        second = api.post("cancellations/", cancellation()).json()
    assert second == {**first, "outcome": "unchanged"}
    assert Cancellation.objects.get().provider_reason == "price"
    assert Subscription.objects.get().mrr == 10


def test_repeated_with_more_it_updates(api):
    api.post("cancellations/", cancellation())
    answer = api.post("cancellations/", cancellation(comment="Because", effective_on="2026-12-24"))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "updated")
    assert answer.json()["effective_on"] == "2026-12-24"
    assert Cancellation.objects.get().provider_comment == "Because"
    assert not Loss.objects.exists()


def test_the_same_id_of_another_source_is_another_cancellation(api):
    api.post("cancellations/", cancellation())
    answer = api.post("cancellations/", cancellation(source="shop"))
    assert answer.status_code == 201
    assert Cancellation.objects.count() == 2


@pytest.mark.parametrize("what", ["cancellation", "subscription"])
def test_an_id_of_another_customer_is_refused(api, what):
    api.post("cancellations/", cancellation(subscription={"external_id": "sub-1"}))
    other = {**CUSTOMER, "external_id": "acct-2"}
    body = cancellation(customer=other, subscription={"external_id": "sub-2"})
    if what == "subscription":
        body |= {"external_id": "can-2", "subscription": {"external_id": "sub-1"}}
    answer = api.post("cancellations/", body)
    assert answer.status_code == 409
    assert "acct-2" in answer.json()["detail"]
    assert Cancellation.objects.count() == 1
    assert Customer.objects.count() == 1


def test_without_a_subscription_the_only_running_one_ends(api):
    api.post(
        "intents/",
        intent(subscription={"external_id": "sub-9", "started_on": "2025-01-01"}),
    )
    api.post("cancellations/", cancellation())
    assert Subscription.objects.get().ended_on == NOW.date()


def test_a_customer_who_comes_back_and_leaves_again_is_a_second_loss(api):
    first = cancellation(
        subscription={"started_on": "2025-01-01", "mrr": 10, "currency": "USD"},
        requested_at="2026-02-01T10:00:00Z",
    )
    again = cancellation(
        external_id="can-2",
        subscription={"started_on": "2026-05-01", "mrr": 20, "currency": "USD"},
        requested_at="2026-09-01T10:00:00Z",
    )
    for body in (first, again, first, again):
        api.post("cancellations/", body)
    losses = Loss.objects.order_by("lost_on").values_list(
        "lost_on", "span_started_on", "mrr", "cancellation__external_id"
    )
    assert list(losses) == [
        (dt.date(2026, 2, 1), dt.date(2025, 1, 1), 10, "can-1"),
        (dt.date(2026, 9, 1), dt.date(2026, 5, 1), 20, "can-2"),
    ]


def test_the_intent_it_came_from_is_attached(api):
    api.post("intents/", intent())
    api.post("cancellations/", cancellation(intent="int-1"))
    assert Intent.objects.get().cancellation == Cancellation.objects.get()
    assert api.get("intents/api/int-1/").json()["state"] == "cancelled"


class TestDetail:
    def test_says_how_it_stands(self, api):
        created = api.post("cancellations/", cancellation(external_id="a/b c")).json()
        answer = api.get("cancellations/api/a/b%20c/")
        assert answer.status_code == 200
        assert answer.json() == {**created, "outcome": "unchanged"}

    @pytest.mark.parametrize(
        "path", ["api/none", "shop/can-1", "api/%00", "api/%ED%A0%80", "%00/x"]
    )
    def test_is_404_for_what_is_not_known(self, api, path):
        api.post("cancellations/", cancellation())
        assert api.get(f"cancellations/{path}/").status_code == 404

    def test_never_acts(self, api, django_assert_num_queries):
        api.post("cancellations/", cancellation())
        before = Cancellation.objects.values().get()
        with django_assert_num_queries(3):  # the key, the row, its invitation
            api.get("cancellations/api/can-1/")
        assert Cancellation.objects.values().get() == before


class TestRevert:
    def test_withdraws_the_mail_and_undoes_the_end(self, api):
        api.post("cancellations/", cancellation(effective_on="2026-12-01"))
        with time_machine.travel(NOW + dt.timedelta(minutes=10), tick=False):
            answer = api.post("cancellations/api/can-1/revert/", {})
        assert answer.status_code == 200
        assert answer.json()["state"] == "taken_back"
        assert answer.json()["survey_url"] is None
        assert Invitation.objects.get().state == InvitationState.WITHDRAWN
        assert Subscription.objects.get().ended_on is None

    def test_may_be_repeated(self, api):
        api.post("cancellations/", cancellation(effective_on="2026-12-01"))
        api.post("cancellations/api/can-1/revert/", {})
        assert api.post("cancellations/api/can-1/revert/", {}).json()["outcome"] == "unchanged"

    def test_a_late_repetition_of_the_cancellation_does_not_undo_it(self, api):
        body = cancellation(effective_on="2026-12-01")
        api.post("cancellations/", body)
        with time_machine.travel(NOW + dt.timedelta(minutes=10), tick=False):
            api.post("cancellations/api/can-1/revert/", {})
            answer = api.post("cancellations/", body).json()
        assert (answer["state"], answer["outcome"]) == ("taken_back", "unchanged")

    def test_a_new_request_after_it_counts(self, api):
        api.post("cancellations/", cancellation(effective_on="2026-12-01"))
        api.post("cancellations/api/can-1/revert/", {})
        with time_machine.travel(NOW + dt.timedelta(days=3), tick=False):
            answer = api.post(
                "cancellations/",
                cancellation(requested_at="2026-11-15T08:00:00Z", effective_on="2026-12-01"),
            ).json()
        assert answer["state"] == "pending"
        assert answer["requested_at"] == "2026-11-15T08:00:00Z"
        assert answer["invitation"] == InvitationState.SCHEDULED

    def test_of_what_has_ended_is_refused(self, api):
        api.post("cancellations/", cancellation(requested_at="2026-11-01T08:00:00Z"))
        answer = api.post("cancellations/api/can-1/revert/", {})
        assert answer.status_code == 409
        assert "2026-11-01" in answer.json()["detail"]
        assert Loss.objects.count() == 1

    def test_of_nothing_is_404(self, api):
        assert api.post("cancellations/api/none/revert/", {}).status_code == 404


class TestCaps:
    """Every cancellation is recorded; only so many make a mail to the same address in a day."""

    def leave(self, api, number, **changes):
        customer = {"external_id": f"acct-{number}", "contact": {"email": "One@leaver.dev"}}
        body = {"external_id": f"can-{number}", "customer": customer, **changes}
        return api.post("cancellations/", body)

    def test_the_fourth_mail_of_a_day_is_not_made(self, api):
        states = [self.leave(api, number).json()["invitation"] for number in range(5)]
        assert states == ["scheduled"] * 3 + [None] * 2
        last = self.leave(api, 9)
        assert last.status_code == 201
        assert "Too many" in last.json()["withheld_because"]
        assert Cancellation.objects.count() == 6

    def test_a_repetition_is_no_other_mail(self, api):
        for number in (0, 1, 2, 2, 2):
            assert self.leave(api, number).json()["invitation"] == "scheduled"

    def test_the_next_day_is_another_day(self, api, settings):
        settings.INVITATION_QUIET_DAYS = 0
        for number in range(4):
            self.leave(api, number)
        with time_machine.travel(NOW + dt.timedelta(hours=24, seconds=1), tick=False):
            assert self.leave(api, 3).json()["invitation"] == "scheduled"

    def test_other_addresses_are_not_held_up(self, api):
        for number in range(4):
            self.leave(api, number)
        body = cancellation(external_id="other", customer={**CUSTOMER, "external_id": "other"})
        assert api.post("cancellations/", body).json()["invitation"] == "scheduled"

    def test_the_known_address_counts_where_none_is_said(self, api):
        for number in range(3):
            self.leave(api, number)
        known = {"external_id": "acct-x", "contact": {"email": "one@leaver.dev"}}
        api.post("intents/", intent(customer=known))
        answer = self.leave(api, "x", customer={"external_id": "acct-x"})
        assert answer.json()["invitation"] is None
