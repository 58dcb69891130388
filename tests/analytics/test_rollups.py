import datetime as dt
import random
from decimal import Decimal

import pytest
import time_machine

from analytics import rollups
from analytics.models import ReasonCount, RollupState, StaleDay
from reasons.corrections import correct_classification
from reasons.models import ProviderMapping, Reason
from reasons.services import classify_cancellations
from surveys.intake.accounts import record_customer, record_subscription
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.losses import settle_customer, settle_due
from surveys.intake.recording import record_cancellation, record_reactivation
from surveys.models import Cancellation, Customer, Response
from surveys.signals import response_submitted
from tests.analytics.recount import recount, stored
from tests.analytics.scenes import date, leaves, lost, pays, says
from tests.factories.reasons import reason
from tests.factories.surveys import InvitationFactory, published_version

pytestmark = pytest.mark.django_db


def all_stored():
    return stored(ReasonCount.objects.all())


def counted(**conditions):
    conditions = {"unit": "losses", "perspective": "stated", **conditions}
    return sum(ReasonCount.objects.filter(**conditions).values_list("customers", flat=True))


class Company:
    """Does something at random, through the services that do it in earnest."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.codes = ["hard_to_use", "need_ended", "price_unprobed", "missing_feature"]
        ProviderMapping.objects.create(
            source="csv", provider_reason="Too hard", reason=reason("hard_to_use")
        )
        self.n = 0

    def moment(self):
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
            minutes=self.random.randrange(300 * 24 * 60)
        )

    def facts(self, name):
        pick = self.random.choice
        return CustomerFacts(
            external_id=name,
            plan=pick(["", "Pro", "Team"]),
            segment=pick(["", "small", "large"]),
            country=pick(["", "DE", "US"]),
            billing_interval=pick(["", "month", "year"]),
            account_owner=pick(["", "Ann"]),
            ideal=pick([None, True, False]),
            language=pick(["", "en"]),
        )

    def subscription(self, number):
        mrr = self.random.choice([None, "0", "19.99", "100.10"])
        started = self.moment().date() - dt.timedelta(days=self.random.randrange(600))
        return SubscriptionFacts(
            external_id=f"sub_{number}",
            plan=self.random.choice(["", "Pro", "Team"]),
            mrr=None if mrr is None else Decimal(mrr),
            currency="" if mrr is None else self.random.choice(["USD", "EUR"]),
            started_on=started,
            is_trial=self.random.random() < 0.1,
        )

    def record(self):
        self.n += 1
        requested_at = self.moment()
        whose = self.random.randrange(12)
        record_cancellation(
            source=self.random.choice(["api", "csv"]),
            external_id=f"can_{self.n}",
            customer=self.facts(f"cus_{whose}"),
            subscription=self.subscription(f"{whose}_{self.random.randrange(2)}"),
            kind=self.random.choice(["voluntary", "voluntary", "involuntary", "administrative"]),
            requested_at=requested_at,
            effective_on=requested_at.date() + dt.timedelta(days=self.random.randrange(60)),
            provider_reason=self.random.choice(["", "Too hard", "Other"]),
            invite=False,
        )

    def any(self, model):
        return self.random.choice(list(model.objects.order_by("pk")) or [None])

    def record_again(self):
        """A second arrival with an earlier request: the day moves."""
        cancellation = self.any(Cancellation)
        if cancellation:
            record_cancellation(
                source=cancellation.source,
                external_id=cancellation.external_id,
                customer=CustomerFacts(external_id=cancellation.customer.external_id),
                subscription=SubscriptionFacts(external_id=cancellation.subscription.external_id),
                kind=self.random.choice(["voluntary", "involuntary"]),
                requested_at=cancellation.requested_at - dt.timedelta(days=3),
                effective_on=cancellation.effective_on + dt.timedelta(days=2),
                state_at=cancellation.state_at + dt.timedelta(days=1),
                provider_reason="Too hard",
                invite=False,
            )

    def revert(self):
        cancellation = self.any(Cancellation)
        if cancellation:
            record_reactivation(
                source=cancellation.source,
                external_id=cancellation.external_id,
                state_at=cancellation.state_at + dt.timedelta(days=1),
                customer=CustomerFacts(external_id=cancellation.customer.external_id),
                subscription=SubscriptionFacts(external_id=cancellation.subscription.external_id),
            )

    def classify(self):
        classify_cancellations(Cancellation.objects.values_list("pk", flat=True))

    def correct(self):
        cancellation = self.any(Cancellation)
        if cancellation:
            correct_classification(
                cancellation=cancellation,
                reason=reason(self.random.choice(self.codes)),
                by=None,
                perspective=self.random.choice(["stated", "internal"]),
                avoidable=self.random.choice(["", "partly"]),
            )

    def edit_customer(self):
        customer = self.any(Customer)
        if customer:
            record_customer(facts=self.facts(customer.external_id))

    def call_it_a_test(self):
        customer = self.any(Customer)
        if customer:
            customer.is_test = not customer.is_test
            customer.save()

    def another_subscription(self):
        customer = self.any(Customer)
        if customer:
            record_subscription(
                customer=customer,
                source="api",
                facts=self.subscription(f"{customer.pk}_more_{self.n}"),
            )
            settle_customer(customer)

    def reprice(self):
        customer = self.any(Customer)
        subscription = customer and customer.subscriptions.first()
        if subscription:
            subscription.mrr_reporting = Decimal("7.77")
            subscription.save()

    def respond(self):
        cancellation = self.any(Cancellation)
        if cancellation and not hasattr(cancellation, "invitation"):
            survey = self.random.choice(["exit", "cancellation"])
            invitation = InvitationFactory(
                cancellation=cancellation, survey_version=published_version(survey)
            )
            response = Response.objects.create(
                invitation=invitation,
                survey_version=invitation.survey_version,
                customer=cancellation.customer,
                cancellation=cancellation,
                language="en",
                started_at=cancellation.requested_at,
                submitted_at=cancellation.requested_at,
            )
            response_submitted.send(sender=Response, response=response)

    def delete(self):
        row = self.any(self.random.choice([Customer, Cancellation]))
        if row and self.random.random() < 0.25:
            row.delete()

    def settle(self):
        settle_due()

    def act(self):
        acts = [self.record] * 4 + [
            self.record_again, self.revert, self.classify, self.correct, self.correct,
            self.edit_customer, self.call_it_a_test, self.another_subscription, self.reprice,
            self.respond, self.delete, self.settle,
        ]  # fmt: skip
        self.random.choice(acts)()


@pytest.mark.parametrize("seed", range(8))
def test_stored_counts_equal_a_plain_recount_after_any_changes(seed, settings):
    settings.ORGANISATION_TIME_ZONE = ["UTC", "Asia/Shanghai", "America/New_York"][seed % 3]
    company = Company(seed)
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False) as clock:
        for step in range(60):
            company.act()
            clock.shift(dt.timedelta(days=2))
            if step % 12 == 11:
                rollups.refresh()
                assert all_stored() == recount()
        assert not StaleDay.objects.exists()
        before = all_stored()
        assert len(before) > 5
        assert rollups.rebuild() > 0
        assert all_stored() == before


def test_a_refresh_touches_marked_days_alone():
    lost(on="2026-03-05")
    lost(on="2026-03-06")
    rollups.refresh()
    untouched = set(
        ReasonCount.objects.exclude(day=date("2026-03-05")).values_list("pk", flat=True)
    )
    rollups.mark_stale([date("2026-03-05")])
    assert rollups.refresh() == 1
    assert untouched < set(ReasonCount.objects.values_list("pk", flat=True))
    assert rollups.refresh() == 0


def test_several_marks_for_a_day_are_one_rebuild():
    rollups.mark_stale([date("2026-03-05")])
    rollups.mark_stale([date("2026-03-05"), date("2026-03-06")])
    assert rollups.refresh() == 2
    assert not StaleDay.objects.exists()


def test_a_limit_takes_the_newest_days_and_leaves_the_marks_of_the_others():
    rollups.mark_stale([date("2026-03-05"), date("2026-03-06"), date("2026-03-07")])
    assert rollups.refresh(limit=2) == 2
    assert list(StaleDay.objects.values_list("day", flat=True)) == [date("2026-03-05")]


def test_a_mark_that_is_made_while_the_day_is_rebuilt_stays(monkeypatch):
    rebuilt = rollups._rebuild

    def rebuild_while_something_changes(days):
        rebuilt(days)
        rollups.mark_stale(days)

    monkeypatch.setattr(rollups, "_rebuild", rebuild_while_something_changes)
    rollups.mark_stale([date("2026-03-05")])
    rollups.refresh()
    assert StaleDay.objects.count() == 1


def test_a_failing_rebuild_leaves_counts_and_marks_as_they_were(monkeypatch):
    lost(on="2026-03-05")
    rollups.refresh()
    before = all_stored()
    rollups.mark_stale([date("2026-03-05")])

    def fail(*args):
        raise RuntimeError("disk full")

    monkeypatch.setattr(rollups, "_store", fail)
    with pytest.raises(RuntimeError):
        rollups.refresh()
    assert all_stored() == before
    assert StaleDay.objects.count() == 1


def test_rebuild_since_leaves_older_days():
    lost(on="2026-03-05")
    lost(on="2026-04-05")
    rollups.refresh()
    ReasonCount.objects.update(customers=99)
    assert rollups.rebuild(date("2026-04-01")) == 1
    assert counted(day=date("2026-03-05")) == 99
    assert counted(day=date("2026-04-05")) == 1


def test_rebuild_drops_days_that_have_nothing_left():
    cancellation = lost(on="2026-03-05")
    rollups.refresh()
    Customer.objects.filter(pk=cancellation.customer_id).update(is_test=True)
    rollups.rebuild()
    assert not ReasonCount.objects.exists()


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"is_test": True}, None),
        ({"is_trial": True, "mrr": "0"}, {"trial": "yes"}),
        ({"mrr": "0"}, {"trial": "yes"}),
        ({"mrr": None}, {"trial": "no", "mrr": 0, "mrr_unknown": 1}),
        ({"mrr": "12.34"}, {"trial": "no", "mrr": Decimal("12.34"), "mrr_unknown": 0}),
        ({"ideal": True}, {"ideal": "yes"}),
        ({"ideal": False}, {"ideal": "no"}),
        ({}, {"ideal": "", "plan": "", "segment": ""}),
        ({"plan": "Pro", "account_owner": "Ann"}, {"plan": "Pro", "owner": "Ann"}),
        ({"kind": "involuntary"}, {"kind": "involuntary"}),
        ({"kind": "administrative"}, None),
        ({"since": "2026-01-06"}, {"life_stage": "early"}),
        ({"since": "2025-12-05"}, {"life_stage": "middle"}),
        ({"since": "2025-03-06"}, {"life_stage": "middle"}),
        ({"since": "2025-03-05"}, {"life_stage": "late"}),
    ],
)
@pytest.mark.parametrize("unit", ["losses", "cancellations"])
def test_what_a_loss_and_its_cancellation_count_as(unit, facts, row):
    lost(on="2026-03-05", **facts)
    rollups.refresh()
    rows = list(ReasonCount.objects.filter(unit=unit, perspective="stated").values())
    if row is None:
        assert rows == []
    else:
        (found,) = rows
        assert {name: found[name] for name in row} == row
        assert found["customers"] == 1


@pytest.mark.parametrize(
    ("code", "further", "reason_", "category", "avoidable"),
    [
        ("hard_to_use", {}, "hard_to_use", "appropriate_experience", "yes"),
        ("hard_to_use", {"avoidable": "no"}, "hard_to_use", "appropriate_experience", "no"),
        ("price_unprobed", {"needs_probe": True}, "price_unprobed", "unresolved", "unknown"),
        ("price_or_value_fit", {"needs_probe": True}, "price_or_value_fit", "unresolved", "yes"),
        ("unclear", {}, "unclear", "unresolved", "unknown"),
        (None, {}, "", "", ""),
    ],
)
def test_what_is_not_settled_is_counted_as_unresolved(code, further, reason_, category, avoidable):
    cancellation = lost(on="2026-03-05")
    if code:
        says(cancellation, code, **further)
    rollups.refresh()
    found = ReasonCount.objects.get(unit="losses", perspective="stated")
    assert (found.reason, found.category, found.avoidable) == (reason_, category, avoidable)


def test_perspectives_are_never_mixed():
    cancellation = lost(on="2026-03-05", because="need_ended")
    says(cancellation, "hard_to_use", perspective="internal")
    rollups.refresh()
    assert counted(reason="need_ended") == 1
    assert counted(reason="hard_to_use") == 0
    assert counted(reason="hard_to_use", perspective="internal") == 1
    assert counted(reason="need_ended", perspective="internal") == 0


def test_a_contraction_is_a_cancellation_and_no_loss():
    customer = pays(since="2025-01-01", mrr="49")
    kept = customer.subscriptions.get()
    pays(since="2025-06-01", mrr="10", name=customer.external_id)
    second = customer.subscriptions.exclude(pk=kept.pk).get()
    leaves(customer, on="2026-03-05", subscription=second, because="need_ended")
    rollups.refresh()
    assert counted() == 0
    found = ReasonCount.objects.get(unit="cancellations", perspective="stated")
    assert (found.customers, found.mrr, found.reason) == (1, 10, "need_ended")


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-03-04"), ("Asia/Shanghai", "2026-03-05")])
def test_a_cancellation_is_dated_by_the_request_where_the_organisation_is(zone, day, settings):
    settings.ORGANISATION_TIME_ZONE = zone
    customer = pays(since="2025-01-01")
    subscription = customer.subscriptions.get()
    record_cancellation(
        source="test",
        external_id="late",
        customer=CustomerFacts(external_id=customer.external_id),
        subscription=SubscriptionFacts(external_id=subscription.external_id),
        kind="voluntary",
        requested_at=dt.datetime(2026, 3, 4, 20, 30, tzinfo=dt.UTC),
        effective_on=date("2026-04-01"),
        invite=False,
    )
    rollups.refresh()
    assert counted(unit="cancellations", day=date(day)) == 1
    assert counted(unit="losses", day=date("2026-04-01")) == 1


def test_facts_are_frozen_at_the_loss_and_current_until_then():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False) as clock:
        leaves(pays(since="2025-01-01", name="c", segment="small"), on="2026-04-01")
        record_customer(facts=CustomerFacts(external_id="c", segment="large"))
        rollups.refresh()
        assert counted(unit="cancellations", segment="large") == 1
        clock.move_to("2026-04-01T12:00:00Z")
        settle_due()
        record_customer(facts=CustomerFacts(external_id="c", segment="huge"))
        rollups.refresh()
        assert counted(unit="cancellations", segment="large") == 1
        assert counted(segment="large") == 1


def test_the_life_stage_boundaries_are_settings(settings):
    lost(on="2026-03-05", since="2026-01-01")
    settings.LIFE_STAGE_MONTHS = (1, 2)
    rollups.rebuild()
    assert (
        ReasonCount.objects.filter(unit="losses").values_list("life_stage", flat=True)[0] == "late"
    )


def test_as_of_says_when_counts_were_last_true():
    with time_machine.travel("2026-03-05T10:00:00Z", tick=False) as clock:
        assert rollups.as_of() is None
        rollups.refresh()
        first = rollups.as_of()
        clock.shift(dt.timedelta(seconds=5))
        rollups.refresh()
        assert rollups.as_of() == first  # not written every few seconds while nothing changes
        rollups.mark_stale([date("2026-03-05")])
        rollups.refresh()
        assert rollups.as_of() == first + dt.timedelta(seconds=5)
        clock.shift(dt.timedelta(minutes=2))
        rollups.refresh()
        assert rollups.as_of() == first + dt.timedelta(seconds=125)
        rollups.mark_stale([date("2026-03-05"), date("2026-03-06")])
        clock.shift(dt.timedelta(minutes=2))
        rollups.refresh(limit=1)
        assert rollups.as_of() == first + dt.timedelta(seconds=125)  # one day is still open
    assert RollupState.objects.count() == 1


def test_one_late_answer_costs_the_same_however_long_the_history(django_assert_num_queries):
    cancellation = lost(on="2026-03-05")
    rollups.refresh()
    for number in range(1, 9):
        lost(on=f"2026-02-0{number}")
    rollups.refresh()
    says(cancellation, "need_ended")
    with django_assert_num_queries(12):
        assert rollups.refresh() == 1


def test_progress_is_told_by_batch(monkeypatch):
    monkeypatch.setattr(rollups, "BATCH_DAYS", 31)
    rollups.mark_stale(date("2026-01-01") + dt.timedelta(days=n) for n in range(40))
    told = []
    rollups.refresh(progress=lambda done, todo: told.append((done, todo)))
    assert told == [(31, 40), (40, 40)]


def test_a_reason_that_changes_its_category_changes_the_past():
    lost(on="2026-03-05", because="hard_to_use")
    rollups.refresh()
    changed = Reason.objects.get(code="hard_to_use")
    changed.category = "required_outcome"
    changed.save()
    rollups.refresh()
    assert counted(category="required_outcome") == 1
    changed.label = "Another word"
    changed.save()
    assert not StaleDay.objects.exists()
