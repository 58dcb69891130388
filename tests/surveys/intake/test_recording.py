"""The one door: once, merged, in any order, never blanking, never acting twice."""

import datetime as dt
import itertools
from contextlib import contextmanager
from decimal import Decimal

import pytest
import time_machine

from surveys.default_surveys import install_default_surveys
from surveys.intake.accounts import record_customer, record_subscription
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.matching import BelongsToAnotherError
from surveys.intake.recording import record_cancellation, record_intent, record_reactivation
from surveys.models import (
    Cancellation,
    Contact,
    Contraction,
    Customer,
    Intent,
    Invitation,
    InvitationState,
    Loss,
    Subscription,
)
from surveys.signals import cancellation_changed

NOW = dt.datetime(2026, 11, 12, 9, 30, tzinfo=dt.UTC)
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@contextmanager
def heard():
    sent = []

    def listen(sender, cancellation, **more):
        sent.append(cancellation.external_id)

    cancellation_changed.connect(listen)
    try:
        yield sent
    finally:
        cancellation_changed.disconnect(listen)


def facts(**changes):
    return CustomerFacts(**{"external_id": "acct-1", "contact_email": "erin@leaver.dev"} | changes)


def paying(**changes):
    known = {
        "external_id": "sub-1",
        "mrr": Decimal("49.00"),
        "currency": "USD",
        "started_on": dt.date(2025, 1, 1),
    }
    return SubscriptionFacts(**known | changes)


def cancel(**changes):
    said = {
        "source": "api",
        "external_id": "can-1",
        "customer": facts(),
        "subscription": paying(),
        "kind": "voluntary",
        "requested_at": NOW,
        "effective_on": TODAY + dt.timedelta(days=10),
    }
    return record_cancellation(**said | changes)


def take_back(**changes):
    said = {
        "source": "api",
        "external_id": "can-1",
        "customer": facts(),
        "subscription": paying(),
        "state_at": NOW + dt.timedelta(hours=1),
    }
    return record_reactivation(**said | changes)


class TestCustomers:
    def test_what_is_not_said_is_not_blanked(self):
        record_customer(facts=facts(name="Erin", segment="small", ideal=True, is_test=True))
        customer, outcome = record_customer(facts=facts(plan="Pro"))
        assert outcome == "updated"
        assert (customer.name, customer.segment, customer.plan) == ("Erin", "small", "Pro")
        assert (customer.ideal, customer.is_test) == (True, True)
        assert record_customer(facts=facts())[1] == "unchanged"

    def test_no_is_said(self):
        record_customer(facts=facts(ideal=True, is_test=True))
        customer, _outcome = record_customer(facts=facts(ideal=False, is_test=False))
        assert (customer.ideal, customer.is_test) == (False, False)

    def test_a_new_address_becomes_the_primary_one(self):
        record_customer(facts=facts(contact_name="Erin"))
        record_customer(facts=facts(contact_email="Sam@Leaver.dev "))
        found = dict(Contact.objects.values_list("email", "is_primary"))
        assert found == {"erin@leaver.dev": False, "sam@leaver.dev": True}
        record_customer(facts=facts())
        assert Contact.objects.get(is_primary=True).name == "Erin"
        assert Contact.objects.count() == 2


class TestSubscriptions:
    def test_without_a_start_it_began_today(self):
        customer, _ = record_customer(facts=facts())
        row, _ = record_subscription(
            customer=customer, source="api", facts=SubscriptionFacts(external_id="s")
        )
        assert row.started_on == TODAY

    def test_a_start_after_a_known_end_is_drawn_back(self):
        customer, _ = record_customer(facts=facts())
        end = dt.date(2026, 1, 1)
        for said in (paying(ended_on=end), paying(started_on=dt.date(2026, 5, 1))):
            row, _ = record_subscription(customer=customer, source="api", facts=said)
        assert (row.started_on, row.ended_on) == (end, end)

    def test_a_trial_that_pays_is_one_no_longer(self):
        customer, _ = record_customer(facts=facts())
        for said, is_trial in (
            (SubscriptionFacts(external_id="s", is_trial=True), True),
            (SubscriptionFacts(external_id="s"), True),
            (SubscriptionFacts(external_id="s", mrr=Decimal(5), currency="USD"), False),
            (SubscriptionFacts(external_id="s", is_trial=True), False),
        ):
            row, _ = record_subscription(customer=customer, source="api", facts=said)
            assert row.is_trial is is_trial

    def test_another_customers_is_refused(self):
        cancel()
        with pytest.raises(BelongsToAnotherError):
            cancel(customer=facts(external_id="acct-2"), external_id="can-2")
        assert not Customer.objects.filter(external_id="acct-2").exists()

    def test_the_value_in_reporting_currency_is_of_the_start(self, settings):
        settings.REPORTING_CURRENCY = "USD"
        assert cancel().row.subscription.mrr_reporting == Decimal("49.00")


class TestMeantSubscription:
    """A source that names no subscription."""

    NONE = SubscriptionFacts()

    def test_is_the_only_running_one_whatever_brought_it(self):
        customer, _ = record_customer(facts=facts())
        record_subscription(customer=customer, source="csv", facts=paying(external_id="x"))
        cancel(subscription=self.NONE, effective_on=TODAY)
        assert Subscription.objects.get().ended_on == TODAY
        assert Loss.objects.get().span_started_on == dt.date(2025, 1, 1)

    def test_is_the_one_of_the_cancellation_that_is_known(self):
        cancel(effective_on=TODAY)
        cancel(subscription=self.NONE, effective_on=TODAY + dt.timedelta(days=2))
        assert Subscription.objects.get().ended_on == TODAY + dt.timedelta(days=2)

    def test_is_a_new_one_where_all_have_ended(self):
        for month, number in ((2, 1), (6, 2), (9, 3)):
            at = dt.datetime(2026, month, 1, 12, tzinfo=dt.UTC)
            cancel(
                external_id=f"can-{number}",
                subscription=SubscriptionFacts(started_on=at.date() - dt.timedelta(days=20)),
                requested_at=at,
                effective_on=at.date(),
            )
        names = Subscription.objects.order_by("started_on").values_list("external_id", flat=True)
        assert list(names) == ["customer:acct-1", "customer:acct-1:2", "customer:acct-1:3"]
        assert Loss.objects.count() == 3

    def test_is_a_new_one_where_several_run(self):
        customer, _ = record_customer(facts=facts())
        for name in ("x", "y"):
            record_subscription(customer=customer, source="csv", facts=paying(external_id=name))
        cancel(subscription=self.NONE)
        assert Subscription.objects.filter(external_id="customer:acct-1").exists()


class TestMerging:
    def test_the_same_again_is_unchanged_and_silent(self):
        install_default_surveys()
        with heard() as signals:
            first, second = cancel(), cancel()
        assert (first.outcome, second.outcome) == ("created", "unchanged")
        assert signals == ["can-1"]
        assert second.invitation == first.invitation
        assert Cancellation.objects.count() == 1

    def test_the_first_request_stands_and_the_newest_end(self):
        cancel()
        later = NOW + dt.timedelta(days=1)
        row = cancel(requested_at=later, effective_on=TODAY, kind="involuntary").row
        assert (row.requested_at, row.effective_on, row.kind) == (NOW, TODAY, "involuntary")

    def test_an_older_event_fills_and_changes_nothing_else(self):
        cancel(state_at=NOW, provider_reason="unused", customer=facts(segment="small"))
        before = NOW - dt.timedelta(hours=2)
        recorded = cancel(
            state_at=before,
            requested_at=before,
            effective_on=TODAY,
            kind="involuntary",
            provider_reason="too_expensive",
            provider_comment="In words",
            customer=facts(segment="large", industry="Retail", contact_email="old@leaver.dev"),
            subscription=paying(mrr=Decimal("1.00"), plan="Old"),
        )
        row = recorded.row
        assert (row.kind, row.effective_on) == ("voluntary", TODAY + dt.timedelta(days=10))
        assert (row.provider_reason, row.provider_comment) == ("unused", "In words")
        assert row.requested_at == before
        customer = Customer.objects.get()
        assert (customer.segment, customer.industry) == ("small", "Retail")
        assert Contact.objects.get().email == "erin@leaver.dev"
        assert Subscription.objects.get().mrr == Decimal("49.00")

    def test_new_words_are_read_again_and_the_same_are_not(self):
        versions = [
            cancel(provider_comment=comment).row.content_version
            for comment in ("", "Because", "Because", "", "Because of the price")
        ]
        assert versions == [1, 2, 2, 2, 3]

    def test_the_intent_is_attached_once(self):
        for name in ("int-1", "int-2"):
            record_intent(source="api", external_id=name, customer=facts(), opened_at=NOW)
            cancel(intent_external_id=name)
        assert Cancellation.objects.get().intent == Intent.objects.get(external_id="int-1")

    def test_an_intent_of_somebody_else_is_not_attached(self):
        other = facts(external_id="acct-2")
        record_intent(source="api", external_id="int-1", customer=other, opened_at=NOW)
        assert cancel(intent_external_id="int-1").row.intent is None


class TestTakenBack:
    def test_undoes_the_end(self):
        cancel()
        row = take_back().row
        assert row.reverted_at == NOW + dt.timedelta(hours=1)
        assert Subscription.objects.get().ended_on is None

    def test_withdraws_the_mail(self):
        install_default_surveys()
        assert cancel().invitation.state == InvitationState.SCHEDULED
        take_back()
        assert Invitation.objects.get().state == InvitationState.WITHDRAWN

    def test_undoes_the_loss(self):
        cancel(effective_on=TODAY)
        assert Loss.objects.exists()
        take_back()
        assert not Loss.objects.exists()

    def test_again_is_unchanged_and_silent(self):
        cancel()
        with heard() as signals:
            outcomes = [take_back().outcome, take_back().outcome]
        assert outcomes == ["updated", "unchanged"]
        assert signals == ["can-1"]

    def test_before_the_cancellation_is_known(self):
        assert take_back().outcome == "created"
        row = cancel().row
        assert row.reverted_at is not None
        assert row.requested_at == NOW
        assert Subscription.objects.get().ended_on is None
        assert not Invitation.objects.exists()

    def test_an_older_one_does_nothing(self):
        cancel()
        take_back(state_at=NOW - dt.timedelta(hours=1))
        assert Cancellation.objects.get().reverted_at is None

    def test_cancelled_once_more_it_ends_again(self):
        install_default_surveys()
        cancel()
        take_back()
        later = NOW + dt.timedelta(hours=5)
        recorded = cancel(requested_at=later)
        assert recorded.row.reverted_at is None
        assert recorded.row.requested_at == later
        assert recorded.invitation.state == InvitationState.SCHEDULED

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_three_events_in_any_order_end_as_the_newest_says(self, order):
        events = [
            lambda: cancel(requested_at=NOW - dt.timedelta(days=3), effective_on=TODAY),
            lambda: take_back(state_at=NOW - dt.timedelta(days=2)),
            lambda: cancel(requested_at=NOW - dt.timedelta(days=1), effective_on=TODAY),
        ]
        for number in order:
            events[number]()
        row = Cancellation.objects.get()
        assert row.reverted_at is None
        assert Loss.objects.get().lost_on == TODAY


class TestInvitations:
    @pytest.fixture(autouse=True)
    def _surveys(self):
        install_default_surveys()

    @pytest.mark.parametrize(
        ("changes", "state"),
        [
            ({}, InvitationState.SCHEDULED),
            ({"invite": False}, None),
            ({"kind": "administrative"}, None),
            ({"kind": "involuntary"}, None),
            ({"requested_at": NOW - dt.timedelta(days=13)}, InvitationState.SCHEDULED),
            ({"requested_at": NOW - dt.timedelta(days=15)}, InvitationState.WITHHELD),
            ({"customer": CustomerFacts(external_id="acct-1")}, InvitationState.WITHHELD),
        ],
    )
    def test_who_is_asked(self, changes, state):
        invitation = cancel(**changes).invitation
        assert (invitation.state if invitation else None) == state

    def test_a_contraction_is_surveyed_and_no_loss(self):
        customer, _ = record_customer(facts=facts())
        record_subscription(customer=customer, source="api", facts=paying(external_id="sub-2"))
        recorded = cancel(effective_on=TODAY)
        assert recorded.invitation.state == InvitationState.SCHEDULED
        assert Contraction.objects.get().cancellation == recorded.row
        assert not Loss.objects.exists()

    def test_an_end_that_turns_out_administrative_is_not_surveyed(self):
        assert cancel().invitation.state == InvitationState.SCHEDULED
        cancel(kind="administrative")
        assert Invitation.objects.get().state == InvitationState.WITHDRAWN

    def test_an_intent_is_offered_its_own_survey(self):
        recorded = record_intent(source="api", external_id="int-1", customer=facts(), opened_at=NOW)
        assert recorded.invitation.state == InvitationState.OFFERED
        assert recorded.invitation.survey.key == "cancellation"


class TestErased:
    def test_nothing_personal_comes_back(self):
        record_customer(facts=facts(name="Erin"))
        Customer.objects.update(erased_at=NOW, name="")
        Contact.objects.all().delete()
        row = cancel(customer=facts(name="Erin", segment="small"), provider_comment="I am Erin").row
        customer = Customer.objects.get()
        assert (customer.name, customer.segment) == ("", "small")
        assert row.provider_comment == ""
        assert not Contact.objects.exists()
        again = cancel(customer=facts(name="Erin"), provider_comment="I am Erin", requested_at=NOW)
        assert again.row.provider_comment == ""


def test_a_failure_leaves_nothing(monkeypatch):
    def fail(cancellation, now):
        raise RuntimeError

    monkeypatch.setattr("surveys.intake.recording.schedule_for_cancellation", fail)
    with pytest.raises(RuntimeError):
        cancel()
    assert not Customer.objects.exists()
    assert not Cancellation.objects.exists()


def test_queries(django_assert_max_num_queries):
    install_default_surveys()
    with django_assert_max_num_queries(60):
        cancel()
    with django_assert_max_num_queries(40):
        cancel()
