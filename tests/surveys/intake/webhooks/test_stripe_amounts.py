from decimal import Decimal

import pytest

from surveys.intake.webhooks.stripe_amounts import worth


def price(amount=1000, interval="month", count=1, **changes):
    return {
        "currency": "usd",
        "unit_amount": amount,
        "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
        **changes,
    }


def subscription(*items, **changes):
    return {"items": {"data": list(items), "has_more": False}, **changes}


def item(quantity=1, **changes):
    return {"price": price(**changes), "quantity": quantity}


METERED = {"interval": "month", "interval_count": 1, "usage_type": "metered"}
TABLE = [
    ("a price a month", subscription(item()), "10.00"),
    ("by seat", subscription(item(quantity=7)), "70.00"),
    ("by year", subscription(item(amount=120_000, interval="year")), "100.00"),
    ("by quarter", subscription(item(amount=3000, count=3)), "10.00"),
    ("by week", subscription(item(interval="week")), "43.33"),
    ("by day", subscription(item(interval="day")), "304.17"),
    ("in two years", subscription(item(amount=24_000, interval="year", count=2)), "10.00"),
    ("two items", subscription(item(), item(amount=500, quantity=2)), "20.00"),
    ("a fraction of a cent", subscription(item(unit_amount_decimal="0.5", quantity=300)), "1.50"),
    ("no quantity", subscription({"price": price()}), "10.00"),
    ("none of it", subscription(item(quantity=0)), "0.00"),
    ("free", subscription(item(amount=0)), "0.00"),
    ("yen have no decimals", subscription(item(currency="jpy")), "1000.00"),
    ("dinars have three", subscription(item(currency="kwd")), "1.00"),
    ("fixed and by use", subscription(item(), item(recurring=METERED)), "10.00"),
    ("by use alone", subscription(item(recurring=METERED)), None),
    ("in tiers", subscription(item(unit_amount=None, billing_scheme="tiered")), None),
    ("one of two in tiers", subscription(item(), item(unit_amount=None)), None),
    ("more items than the event holds", {"items": {"data": [item()], "has_more": True}}, None),
    ("an unknown currency", subscription(item(currency="currency")), None),
    ("an unknown interval", subscription(item(interval="fortnight")), None),
    ("a negative amount", subscription(item(amount=-5)), None),
    ("an absurd amount", subscription(item(amount=10**17)), None),
    ("no number", subscription(item(amount="ten")), None),
    ("no items", {}, None),
    (
        "packages of ten, begun ones count",
        subscription(item(quantity=25, transform_quantity={"divide_by": 10, "round": "up"})),
        "30.00",
    ),
    (
        "packages of ten, full ones count",
        subscription(item(quantity=25, transform_quantity={"divide_by": 10, "round": "down"})),
        "20.00",
    ),
    (
        "never less than one package",
        subscription(item(transform_quantity={"divide_by": 10, "round": "down"})),
        "10.00",
    ),
    (
        "the shape of 2013",
        {"plan": {"amount": 999, "currency": "usd", "interval": "month"}, "quantity": 2},
        "19.98",
    ),
    (
        "an item with a plan alone",
        subscription({"plan": {"amount": 999, "currency": "usd", "interval": "month"}}),
        "9.99",
    ),
]


@pytest.mark.parametrize(("case", "payload", "mrr"), TABLE, ids=[each[0] for each in TABLE])
def test_mrr(case, payload, mrr):
    assert worth(payload).mrr == (None if mrr is None else Decimal(mrr))


def test_plan_and_interval_are_of_the_item_worth_most():
    small = item(amount=100, nickname="Seat", interval="month")
    large = item(amount=120_000, nickname="Platform", interval="year")
    assert (worth(subscription(small, large)).plan, worth(subscription(small)).plan) == (
        "Platform",
        "Seat",
    )
    assert worth(subscription(small, large)).billing_interval == "year"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"nickname": "Team", "lookup_key": "team"}, "Team"),
        ({"nickname": None, "lookup_key": "team"}, "team"),
        ({"product": {"name": "Mailer"}, "id": "price_1"}, "Mailer"),
        ({"product": "prod_1", "id": "price_1"}, "price_1"),
        ({}, ""),
    ],
)
def test_the_plans_name(changes, name):
    assert worth(subscription(item(**changes))).plan == name


@pytest.mark.parametrize(
    ("interval", "count", "said"),
    [
        ("month", 1, "month"),
        ("month", 12, "year"),
        ("year", 1, "year"),
        ("month", 3, "other"),
        ("week", 1, "other"),
    ],
)
def test_billing_interval(interval, count, said):
    assert worth(subscription(item(interval=interval, count=count))).billing_interval == said
