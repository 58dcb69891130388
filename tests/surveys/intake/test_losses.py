"""PRODUCT's loss, contraction and not-converted, as tables of subscriptions on one customer."""

import datetime as dt
from contextlib import contextmanager
from decimal import Decimal

import pytest

from surveys.intake.losses import settle_customer, settle_customers, settle_due
from surveys.models import Contraction, Loss, PaidSpan, Subscription
from surveys.signals import losses_changed
from tests.factories.surveys import CancellationFactory, CustomerFactory, SubscriptionFactory

TODAY = dt.date(2026, 6, 30)


def day(text):
    return dt.date.fromisoformat(f"2026-{text}") if text else None


@contextmanager
def heard():
    """The signals that were sent, as sets of days."""
    sent = []

    def listen(sender, days, **more):
        sent.append(set(days))

    losses_changed.connect(listen)
    try:
        yield sent
    finally:
        losses_changed.disconnect(listen)


def subscribe(customer, start, end, *, mrr="10", kind=None, trial=False, **changes):
    """A subscription; with ``kind``, its cancellation too."""
    subscription = SubscriptionFactory(
        customer=customer,
        started_on=day(start),
        ended_on=day(end),
        mrr=None if mrr is None else Decimal(mrr),
        mrr_reporting=None if mrr is None else Decimal(mrr),
        is_trial=trial,
        **changes,
    )
    if kind:
        CancellationFactory(
            subscription=subscription, kind=kind, effective_on=subscription.ended_on
        )
    return subscription


V, A = {"kind": "voluntary"}, {"kind": "administrative"}
FREE, UNKNOWN, TRIAL = {"mrr": "0"}, {"mrr": None}, {"trial": True}
# Subscriptions; losses as (day, start of the unbroken span, MRR); not converted; contractions.
TABLE = [
    ("running", [("01-01", None, {})], [], [], []),
    ("ended", [("01-01", "03-01", V)], [("03-01", "01-01", 10)], [], []),
    ("ended, nobody said why", [("01-01", "03-01", {})], [("03-01", "01-01", 10)], [], []),
    ("ends today", [("01-01", "06-30", V)], [("06-30", "01-01", 10)], [], []),
    ("the end is still to come", [("01-01", "07-01", V)], [], [], []),
    ("ended by the vendor", [("01-01", "03-01", A)], [], [], []),
    ("MRR unknown", [("01-01", "03-01", V | UNKNOWN)], [("03-01", "01-01", None)], [], []),
    ("never paid", [("01-01", "03-01", V | FREE)], [], ["03-01"], []),
    ("a trial", [("01-01", "03-01", V | TRIAL)], [], ["03-01"], []),
    ("a trial that runs", [("01-01", None, TRIAL)], [], [], []),
    (
        "a trial, then paid, then left",
        [("01-01", "01-15", TRIAL), ("01-15", "04-01", V)],
        [("04-01", "01-15", 10)],
        [],
        [],
    ),
    (
        "one of two",
        [("01-01", "03-01", V), ("02-01", None, {})],
        [],
        [],
        [("03-01", 10)],
    ),
    (
        "one of two by the vendor",
        [("01-01", "03-01", A), ("02-01", None, {})],
        [],
        [],
        [],
    ),
    (
        "one after the other",
        [("01-01", "03-01", V), ("02-01", "05-01", V)],
        [("05-01", "01-01", 10)],
        [],
        [("03-01", 10)],
    ),
    (
        "two on the same day",
        [("01-01", "05-01", V), ("02-01", "05-01", V)],
        [("05-01", "01-01", 20)],
        [],
        [],
    ),
    (
        "two on the same day, one by the vendor",
        [("01-01", "05-01", A), ("02-01", "05-01", V)],
        [("05-01", "01-01", 20)],
        [],
        [],
    ),
    (
        "two on the same day, both by the vendor",
        [("01-01", "05-01", A), ("02-01", "05-01", A)],
        [],
        [],
        [],
    ),
    (
        "one of the amounts unknown",
        [("01-01", "05-01", V), ("02-01", "05-01", V | UNKNOWN)],
        [("05-01", "01-01", None)],
        [],
        [],
    ),
    ("a plan change", [("01-01", "03-01", A), ("03-01", None, {})], [], [], []),
    (
        "a plan change nobody named so",
        [("01-01", "03-01", V), ("03-01", None, {})],
        [],
        [],
        [],
    ),
    (
        "a plan change, then left: the span began with the first",
        [("01-01", "03-01", A), ("03-01", "05-01", V)],
        [("05-01", "01-01", 10)],
        [],
        [],
    ),
    (
        "came back and left again",
        [("01-01", "02-01", V), ("04-01", "05-01", V)],
        [("02-01", "01-01", 10), ("05-01", "04-01", 10)],
        [],
        [],
    ),
    (
        "came back and stayed",
        [("01-01", "02-01", V), ("04-01", None, {})],
        [("02-01", "01-01", 10)],
        [],
        [],
    ),
    (
        "a trial beside a paid one",
        [("01-01", "03-01", V), ("02-01", None, TRIAL)],
        [("03-01", "01-01", 10)],
        [],
        [],
    ),
    (
        "a free one goes on",
        [("01-01", "03-01", V), ("02-01", None, FREE)],
        [("03-01", "01-01", 10)],
        [],
        [],
    ),
]


def losses(not_converted=False):
    rows = Loss.objects.filter(not_converted=not_converted).order_by("lost_on")
    return [(row.lost_on, row.span_started_on, row.mrr) for row in rows]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "given", "lost", "not_converted", "contracted"), TABLE, ids=[each[0] for each in TABLE]
)
def test_what_ends_mean(case, given, lost, not_converted, contracted):
    customer = CustomerFactory()
    for start, end, changes in given:
        subscribe(customer, start, end, **changes)
    settle_customer(customer, TODAY)
    assert losses() == [(day(at), day(since), mrr) for at, since, mrr in lost]
    assert [each[0] for each in losses(not_converted=True)] == [day(at) for at in not_converted]
    found = Contraction.objects.order_by("contracted_on").values_list("contracted_on", "mrr")
    assert list(found) == [(day(at), mrr) for at, mrr in contracted]
    before = list(Loss.objects.values()), list(PaidSpan.objects.values())
    with heard() as signals:
        settle_customer(customer, TODAY)
    assert (list(Loss.objects.values()), list(PaidSpan.objects.values())) == before
    assert signals == []


@pytest.mark.django_db
class TestFrozen:
    def lose(self, **customer):
        customer = CustomerFactory(plan="Old", segment="small", country="DE", **customer)
        subscription = subscribe(customer, "01-15", "04-14", plan="Team", **V)
        settle_customer(customer, TODAY)
        return customer, subscription

    def test_facts_are_of_the_moment(self):
        self.lose(ideal=True, account_owner="Kim", industry="Retail", language="en")
        loss = Loss.objects.get()
        assert (loss.plan, loss.segment, loss.country, loss.ideal) == ("Team", "small", "DE", True)
        assert (loss.account_owner, loss.industry, loss.language) == ("Kim", "Retail", "en")
        assert (loss.mrr, loss.currency, loss.mrr_reporting) == (10, "USD", 10)
        assert (loss.months, loss.kind) == (2, "voluntary")

    def test_later_ones_change_nothing(self):
        customer, subscription = self.lose()
        customer.segment, customer.country = "large", "FR"
        customer.save()
        Subscription.objects.filter(pk=subscription.pk).update(mrr=99, plan="Pro")
        with heard() as signals:
            settle_customer(customer, TODAY)
        loss = Loss.objects.get()
        assert (loss.segment, loss.country, loss.plan, loss.mrr) == ("small", "DE", "Team", 10)
        assert signals == []

    def test_but_fill_what_was_not_known(self):
        customer, _subscription = self.lose(industry="", ideal=None)
        customer.industry, customer.ideal = "Retail", False
        customer.save()
        settle_customer(customer, TODAY)
        loss = Loss.objects.get()
        assert (loss.industry, loss.ideal) == ("Retail", False)


@pytest.mark.django_db
class TestNews:
    def test_a_loss_that_moves_is_the_same_row_and_both_days_are_told(self):
        customer = CustomerFactory()
        subscription = subscribe(customer, "01-01", "03-01", **V)
        with heard() as signals:
            settle_customer(customer, TODAY)
        assert signals == [{day("03-01")}]
        row = Loss.objects.get()
        Subscription.objects.filter(pk=subscription.pk).update(ended_on=day("03-05"))
        with heard() as signals:
            settle_customer(customer, TODAY)
        assert signals == [{day("03-01"), day("03-05")}]
        assert Loss.objects.get().pk == row.pk

    def test_a_loss_that_goes_is_told(self):
        customer = CustomerFactory()
        subscription = subscribe(customer, "01-01", "03-01", **V)
        settle_customer(customer, TODAY)
        Subscription.objects.filter(pk=subscription.pk).update(ended_on=None)
        with heard() as signals:
            settle_customer(customer, TODAY)
        assert signals == [{day("03-01")}]
        assert not Loss.objects.exists()
        assert PaidSpan.objects.get().loss is None

    def test_an_end_that_turns_out_voluntary_becomes_a_loss_with_its_span(self):
        customer = CustomerFactory()
        subscription = subscribe(customer, "01-01", "03-01", **A)
        settle_customer(customer, TODAY)
        assert PaidSpan.objects.get().loss is None
        subscription.cancellations.update(kind="voluntary")
        settle_customer(customer, TODAY)
        assert PaidSpan.objects.get().loss == Loss.objects.get()

    def test_a_taken_back_cancellation_explains_nothing(self):
        customer = CustomerFactory()
        subscription = subscribe(customer, "01-01", "03-01", **V)
        subscription.cancellations.update(reverted_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
        settle_customer(customer, TODAY)
        assert Loss.objects.get().cancellation is None


@pytest.mark.django_db
class TestDue:
    def test_an_end_becomes_a_loss_on_its_day(self):
        customer = CustomerFactory()
        subscribe(customer, "01-01", "07-01", **V)
        settle_customer(customer, TODAY)
        assert settle_due(TODAY) == 0
        assert not Loss.objects.exists()
        assert settle_due(day("07-01")) == 1
        assert Loss.objects.get().lost_on == day("07-01")
        assert settle_due(day("07-02")) == 0

    def test_a_missed_day_is_made_up_for(self):
        subscribe(CustomerFactory(), "01-01", "07-01", **V)
        assert settle_due(day("08-15")) == 1
        assert Loss.objects.get().lost_on == day("07-01")


@pytest.mark.django_db
def test_the_span_of_a_customer_who_runs_is_kept():
    customer = CustomerFactory()
    subscribe(customer, "01-01", "02-01", **V)
    subscribe(customer, "04-01", None)
    settle_customer(customer, TODAY)
    spans = PaidSpan.objects.order_by("started_on").values_list("started_on", "ended_on")
    assert list(spans) == [(day("01-01"), day("02-01")), (day("04-01"), None)]
    assert PaidSpan.objects.get(ended_on=day("02-01")).loss == Loss.objects.get()


@pytest.mark.django_db
def test_several_cancellations_of_two_subscriptions_that_end_together():
    """The loss is explained by the one that was worth most."""
    customer = CustomerFactory()
    subscribe(customer, "01-01", "05-01", mrr="10", **V)
    large = subscribe(customer, "02-01", "05-01", mrr="50", kind="involuntary")
    settle_customer(customer, TODAY)
    loss = Loss.objects.get()
    assert loss.cancellation == large.cancellations.get()
    assert loss.kind == "involuntary"


@pytest.mark.django_db
def test_many_customers_cost_a_few_queries(django_assert_max_num_queries):
    customers = [CustomerFactory() for _ in range(40)]
    for customer in customers:
        subscribe(customer, "01-01", "03-01", **V)
    with django_assert_max_num_queries(16):
        settle_customers([each.pk for each in customers], TODAY)
    assert Loss.objects.count() == 40


@pytest.mark.django_db
def test_a_start_that_nobody_said_is_no_life_stage():
    customer = CustomerFactory()
    subscription = SubscriptionFactory(
        customer=customer, started_on=TODAY, ended_on=TODAY, start_known=False
    )
    settle_customer(customer, TODAY)
    loss = Loss.objects.get()
    assert loss.months is None
    assert not PaidSpan.objects.get().start_known

    subscription.started_on = TODAY - dt.timedelta(days=400)
    subscription.start_known = True
    subscription.save()
    settle_customer(customer, TODAY)
    assert Loss.objects.get().months == 13
    assert PaidSpan.objects.get().start_known


@pytest.mark.django_db
def test_a_subscription_of_the_future_is_counted_once_it_begins():
    customer = CustomerFactory()
    SubscriptionFactory(customer=customer, started_on=TODAY + dt.timedelta(days=3))
    settle_customer(customer, TODAY)
    assert not PaidSpan.objects.exists()
    assert settle_due(TODAY + dt.timedelta(days=2)) == 0
    assert settle_due(TODAY + dt.timedelta(days=3)) == 1
    assert PaidSpan.objects.get().started_on == TODAY + dt.timedelta(days=3)
    assert settle_due(TODAY + dt.timedelta(days=4)) == 0
