import datetime as dt
import random
from decimal import Decimal

import pandas as pd
import pytest

from analytics.filters import FilterError, Filters
from analytics.periods import Period, PeriodError
from analytics.rates import (
    COLUMNS,
    ChurnRate,
    churn_rate,
    compound,
    lost_in,
    monthly,
    monthly_mrr,
    project,
)
from surveys.calendar import months_between
from surveys.models import Customer, Loss, PaidSpan, Subscription
from tests.analytics.recount import life_stage
from tests.analytics.scenes import date, leaves, lost, pays

MARCH = {"first": date("2026-03-01"), "last": date("2026-03-31")}


def of_march(*filters):
    (rate,) = churn_rate(**MARCH, filters=Filters.parse(filters))
    return rate


def counts(*filters):
    rate = of_march(*filters)
    return rate.at_start, rate.lost, rate.lost_new


# PRODUCT.md's examples


@pytest.mark.django_db
def test_400_at_the_start_and_380_at_the_end_is_5_percent():
    customers = Customer.objects.bulk_create(Customer(external_id=f"c{n}") for n in range(410))
    for number, customer in enumerate(customers):
        since = date("2025-01-01") if number < 400 else date("2026-03-10")
        until = date("2026-03-15") if number < 20 else None
        loss = until and Loss.objects.create(
            customer=customer, lost_on=until, span_started_on=since, months=14
        )
        PaidSpan.objects.create(customer=customer, started_on=since, ended_on=until, loss=loss)
    rate = of_march()
    assert (rate.at_start, rate.lost, rate.lost_new) == (400, 20, 0)
    assert rate.rate == pytest.approx(0.05)


def test_5_percent_a_month_is_46_percent_a_year():
    assert compound(0.05) == pytest.approx(0.46, abs=0.001)
    assert compound(0.05, 1) == pytest.approx(0.05)
    assert compound(0) == 0
    assert compound(1) == 1


def test_two_futures():
    five = project(customers=1000, new_each_period=100, rate=0.05)
    ten = project(customers=1000, new_each_period=100, rate=0.10)
    assert len(five) == 13
    assert five[0] == 1000
    assert five[1] == 1050
    assert round(five[12]) == 1460
    assert round(ten[12]) == 1000


# Who counts as lost


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("2025-01-01", None)], (1, 0, 0)),
        ([("2025-01-01", "2026-02-28")], (0, 0, 0)),  # lost the day before the last of February
        ([("2025-01-01", "2026-03-01")], (1, 1, 0)),  # running on 28 February, lost on 1 March
        ([("2025-01-01", "2026-03-31")], (1, 1, 0)),
        ([("2025-01-01", "2026-04-01")], (1, 0, 0)),  # still running on 31 March
        ([("2026-02-28", None)], (1, 0, 0)),
        ([("2026-03-01", None)], (0, 0, 0)),  # not running the day before
        ([("2026-03-01", "2026-03-20")], (0, 0, 1)),
        ([("2026-03-20", "2026-04-20")], (0, 0, 0)),
        ([("2025-01-01", "2026-03-05"), ("2026-03-20", None)], (1, 0, 0)),  # came back
        ([("2025-01-01", "2026-03-05"), ("2026-04-01", None)], (1, 1, 0)),  # came back too late
        ([("2025-01-01", "2026-03-05"), ("2026-03-10", "2026-03-20")], (1, 1, 0)),
        ([("2025-01-01", "2026-02-05"), ("2026-03-10", "2026-03-20")], (0, 0, 1)),
        ([("2026-03-02", "2026-03-05"), ("2026-03-10", "2026-03-20")], (0, 0, 1)),
        ([("2025-01-01", "2025-06-01"), ("2025-09-01", None)], (1, 0, 0)),
    ],
)
def test_spans(spans, expected):
    for since, until in spans:
        pays(since=since, until=until, name="c")
    assert counts() == expected


@pytest.mark.django_db
def test_administrative_ends_trials_and_test_customers_are_never_lost():
    leaves(pays(since="2025-01-01"), on="2026-03-10", kind="administrative")
    assert counts() == (1, 0, 0)
    lost(on="2026-03-10", mrr="0")
    lost(on="2026-03-10", is_test=True)
    pays(since="2025-01-01", is_test=True)
    assert counts() == (1, 0, 0)


@pytest.mark.django_db
def test_of_several_subscriptions_the_last_decides():
    customer = pays(since="2025-01-01", until="2026-03-10", mrr="10")
    pays(since="2025-02-01", mrr="30", name=customer.external_id)
    rate = of_march()
    assert (rate.at_start, rate.lost) == (1, 0)
    assert rate.mrr_at_start == 40


@pytest.mark.django_db
def test_a_replaced_subscription_is_no_end():
    customer = pays(since="2025-01-01", until="2026-03-10", mrr="10")
    pays(since="2026-03-10", mrr="30", name=customer.external_id)
    assert counts() == (1, 0, 0)
    assert of_march().mrr_at_start == 10


# MRR


@pytest.mark.django_db
def test_value_lost_and_what_is_not_known_of_it():
    pays(since="2025-01-01", mrr="300")
    pays(since="2025-01-01", mrr=None)
    pays(since="2026-03-05", mrr="1000")
    lost(on="2026-03-10", mrr="100")
    lost(on="2026-03-10", mrr=None)
    lost(on="2026-03-10", since="2026-03-02", mrr="5000")  # new: in neither
    rate = of_march()
    assert (rate.mrr_at_start, rate.mrr_at_start_unknown) == (Decimal("400.00"), 2)
    assert (rate.mrr_lost, rate.mrr_lost_unknown) == (Decimal("100.00"), 1)
    assert rate.mrr_rate == pytest.approx(0.25)
    assert rate.currency == "USD"


@pytest.mark.django_db
def test_unknown_is_not_nothing():
    lost(on="2026-03-10", mrr=None)
    rate = of_march()
    assert (rate.mrr_at_start, rate.mrr_lost, rate.mrr_rate) == (None, None, None)
    assert rate.rate == 1


@pytest.mark.django_db
def test_without_anybody_there_is_no_rate():
    rate = of_march()
    assert (rate.at_start, rate.rate, rate.mrr_at_start, rate.mrr_rate) == (0, None, 0, None)


# Filters


@pytest.mark.django_db
def test_filters_on_customers_restrict_both_sides_and_losses_only_one():
    pays(since="2025-01-01", plan="Pro", country="DE", mrr="100")
    pays(since="2025-01-01", plan="Team", ideal=True)
    lost(on="2026-03-10", plan="Pro", because="hard_to_use", mrr="60")
    lost(on="2026-03-10", plan="Pro", because="need_ended", kind="involuntary")
    lost(on="2026-03-11", plan="Team", further={"provider_reason": "Moved"})
    assert counts() == (5, 3, 0)
    assert counts("plan=Pro") == (3, 2, 0)
    assert counts("plan=unknown") == (0, 0, 0)
    assert counts("ideal=yes") == (1, 0, 0)
    assert counts("ideal=unknown") == (4, 3, 0)
    assert counts("country=DE") == (1, 0, 0)
    assert counts("reason=hard_to_use") == (5, 1, 0)
    assert counts("plan=Pro", "reason=hard_to_use") == (3, 1, 0)
    assert counts("category=circumstances") == (5, 1, 0)
    assert counts("reason=unknown") == (5, 1, 0)
    assert counts("kind=involuntary") == (5, 1, 0)
    assert counts("provider_reason=Moved") == (5, 1, 0)
    assert counts("source=elsewhere") == (5, 0, 0)
    rate = of_march("plan=Pro", "reason=hard_to_use")
    assert (rate.mrr_at_start, rate.mrr_lost) == (209, 60)


@pytest.mark.django_db
def test_who_is_lost_is_what_was_frozen_and_stays_among_those_at_the_start():
    cancellation = lost(on="2026-03-10", segment="small")
    Customer.objects.filter(pk=cancellation.customer_id).update(segment="large")
    assert counts("segment=small") == (1, 1, 0)
    assert counts("segment=large") == (0, 0, 0)


@pytest.mark.django_db
def test_the_life_stage_is_that_of_the_loss_or_of_the_periods_start():
    pays(since="2025-12-02")  # under three months on 1 March
    pays(since="2025-12-01")  # three on 1 March
    lost(on="2026-03-10", since="2025-12-05")  # early on 1 March, middle when lost
    assert counts("life_stage=early") == (1, 0, 0)
    assert counts("life_stage=middle") == (2, 1, 0)
    assert counts("life_stage=late") == (0, 0, 0)
    assert of_march("life_stage=middle").mrr_at_start == 98


@pytest.mark.django_db
def test_trials_have_no_rate():
    with pytest.raises(FilterError, match="trial"):
        of_march("trial=yes")
    assert counts("trial=no", "trial=yes") == (0, 0, 0)


# Shape and cost


@pytest.mark.django_db
def test_periods_and_the_contracted_shape():
    lost(on="2026-01-20", mrr="10.50")
    rates = churn_rate(first=date("2026-01-10"), last=date("2026-03-15"), by="quarter")
    assert [each.as_json() for each in rates] == [
        {
            "start": "2026-01-10",
            "end": "2026-03-15",
            "at_start": 1,
            "lost": 1,
            "lost_new": 0,
            "rate": 1.0,
            "mrr_at_start": 10.5,
            "mrr_lost": 10.5,
            "mrr_rate": 1.0,
            "currency": "USD",
        }
    ]
    assert list(rates[0].as_json()) == list(COLUMNS)
    assert rates[0].row()[:3] == [date("2026-01-10"), date("2026-03-15"), 1]
    months = churn_rate(first=date("2026-01-10"), last=date("2026-03-15"))
    assert [(str(each.start), each.at_start, each.lost) for each in months] == [
        ("2026-01-10", 1, 1),
        ("2026-02-01", 0, 0),
        ("2026-03-01", 0, 0),
    ]


def test_days_and_weeks_are_no_periods_of_a_rate():
    with pytest.raises(PeriodError, match=r"week.*month, quarter, year"):
        churn_rate(**MARCH, by="week")


@pytest.mark.django_db
def test_four_queries_however_many_periods(django_assert_num_queries):
    lost(on="2026-03-10", plan="Pro")
    with django_assert_num_queries(4):
        churn_rate(
            first=date("2023-01-01"), last=date("2026-03-31"), filters=Filters(plan=("Pro",))
        )


# Against a plain walk through the customers


def plainly(start, end, plan, stage):
    """(at_start, lost, lost_new, mrr_at_start, unknown, mrr_lost) by walking day by day."""
    eve = start - dt.timedelta(days=1)
    at_start = lost_old = lost_new = unknown = 0
    mrr_at_start = mrr_lost = Decimal(0)
    for customer in Customer.objects.filter(is_test=False):
        paid = [each for each in Subscription.objects.filter(customer=customer) if each.is_paid]
        losses = {each.lost_on: each for each in Loss.objects.filter(customer=customer)}

        def runs(day, paid=paid):
            return [
                each
                for each in paid
                if each.started_on <= day and (each.ended_on is None or each.ended_on > day)
            ]

        end_of_span = next(
            (day for n in range(2000) if not runs(day := start + dt.timedelta(days=n))), None
        )
        ended = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
        ended = [day for day in ended if runs(day - dt.timedelta(days=1)) and not runs(day)]
        is_lost = bool(ended) and not runs(end) and ended[-1] in losses
        final = losses.get(ended[-1]) if is_lost else None
        if runs(eve):
            frozen = losses.get(end_of_span)
            began = eve
            while runs(began - dt.timedelta(days=1)):
                began -= dt.timedelta(days=1)
            if frozen and end_of_span <= end:
                stage_then = life_stage(frozen.months)
            else:
                stage_then = life_stage(months_between(began, start))
            if (frozen or customer).plan == plan and stage_then in (stage or stage_then):
                at_start += 1
                amounts = [each.mrr_reporting for each in runs(eve)]
                unknown += amounts.count(None)
                mrr_at_start += sum(each for each in amounts if each is not None)
        if (
            final
            and final.plan == plan
            and life_stage(final.months) in (stage or life_stage(final.months))
        ):
            if runs(eve):
                lost_old += 1
                mrr_lost += final.mrr_reporting or 0
            else:
                lost_new += 1
    return at_start, lost_old, lost_new, mrr_at_start, unknown, mrr_lost


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_rates_equal_a_plain_walk(seed):
    draw = random.Random(seed)
    day = date("2025-06-01")
    for number in range(40):
        plan = draw.choice(["Pro", "Pro", "Team"])
        for _span in range(draw.choice([1, 1, 2])):
            since = day + dt.timedelta(days=draw.randrange(300))
            until = since + dt.timedelta(days=draw.randrange(1, 200))
            open_end = draw.random() < 0.4
            customer = pays(
                since=str(since),
                until=None if open_end else str(until),
                mrr=draw.choice([None, "10", "25.50"]),
                name=f"c{number}",
                plan=plan,
            )
        if draw.random() < 0.3:
            ending = customer.subscriptions.filter(ended_on__isnull=False).first()
            if ending:
                leaves(
                    customer, on=str(ending.ended_on), subscription=ending, kind="administrative"
                )
    for by, stage in [
        ("month", None),
        ("quarter", None),
        ("quarter", "early"),
        ("month", "middle"),
    ]:
        filters = Filters(plan=("Pro",), life_stage=(stage,) if stage else ())
        rates = churn_rate(
            first=date("2025-08-10"), last=date("2026-04-20"), by=by, filters=filters
        )
        assert sum(each.lost for each in rates) > 0
        for each in rates:
            at_start, old, new, mrr_start, unknown, mrr_lost = plainly(
                each.start, each.end, "Pro", stage
            )
            assert (each.at_start, each.lost, each.lost_new) == (at_start, old, new), each
            assert (each.mrr_at_start or 0, each.mrr_at_start_unknown) == (mrr_start, unknown)
            assert (each.mrr_lost or 0) == mrr_lost


# Pure pieces


def test_lost_in_takes_the_last_end_of_each_customer():
    spans = pd.DataFrame(
        [
            (1, 10, 105.0, True),
            (1, 107, 108.0, True),
            (2, 10, 105.0, True),
            (2, 107, float("nan"), False),
            (3, 101, 103.0, True),
            (4, 10, 104.0, False),
            (5, 10, 99.0, True),
        ],
        columns=["customer", "started", "ended", "is_loss"],
    )
    period = Period(dt.date.fromordinal(100), dt.date.fromordinal(110))
    found = lost_in(spans, period)
    assert found[["customer", "ended", "is_new"]].to_numpy().tolist() == [
        [1, 108.0, False],
        [3, 103.0, True],
    ]
    assert lost_in(spans.iloc[:0], period).empty


def rate_of(start, end, at_start, lost_, mrr_at_start=None, mrr_lost=None):
    return ChurnRate(
        start=date(start), end=date(end), at_start=at_start, lost=lost_, lost_new=0, rate=None,
        mrr_at_start=mrr_at_start, mrr_lost=mrr_lost, mrr_rate=None, currency="USD",
        mrr_at_start_unknown=0, mrr_lost_unknown=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "average"),
    [
        ([rate_of("2026-01-01", "2026-01-31", 400, 20)], 0.05),
        ([rate_of("2026-06-01", "2026-06-15", 400, 10)], 0.05),  # half a month at risk
        (
            [
                rate_of("2026-01-01", "2026-01-31", 400, 20),
                rate_of("2026-02-01", "2026-02-28", 100, 5),
            ],
            0.05,
        ),
        ([rate_of("2026-01-01", "2026-01-31", 0, 0)], None),
    ],
)
def test_the_monthly_average(rates, average):
    assert monthly(rates) == (average if average is None else pytest.approx(average))


def test_the_monthly_average_of_value():
    rates = [
        rate_of("2026-01-01", "2026-01-31", 1, 1, Decimal(200), Decimal(10)),
        rate_of("2026-02-01", "2026-02-28", 1, 1, None, None),
    ]
    assert monthly_mrr(rates) == pytest.approx(0.05)
    assert monthly_mrr(rates[1:]) is None
