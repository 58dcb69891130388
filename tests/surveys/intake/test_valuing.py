"""A rate that is entered later gives what was unknown its worth, and changes nothing else."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from surveys.intake.losses import settle_customer
from surveys.intake.valuing import value_what_was_unknown
from surveys.models import ExchangeRate, Loss, Subscription
from tests.factories.surveys import SubscriptionFactory

pytestmark = pytest.mark.django_db

STARTED, ENDED = dt.date(2025, 1, 10), dt.date(2026, 1, 10)


@pytest.fixture
def lost():
    """A customer who paid 100 EUR and left before anybody said what a euro is worth."""
    subscription = SubscriptionFactory(
        mrr=Decimal(100), currency="EUR", mrr_reporting=None, started_on=STARTED, ended_on=ENDED
    )
    settle_customer(subscription.customer)
    assert Loss.objects.get().mrr_reporting is None
    return subscription


def rate(on, value):
    ExchangeRate.objects.create(currency="EUR", valid_from=on, rate=Decimal(value))


@pytest.mark.parametrize(
    ("valid_from", "worth"),
    [
        (STARTED - dt.timedelta(days=1), Decimal("110.00")),
        (STARTED, Decimal("110.00")),
        (STARTED + dt.timedelta(days=1), None),
    ],
)
def test_a_rate_valid_at_the_start(lost, valid_from, worth):
    rate(valid_from, "1.1")
    assert value_what_was_unknown(currency="EUR") == (worth is not None)
    assert Subscription.objects.get().mrr_reporting == worth
    assert Loss.objects.get().mrr_reporting == worth
    assert Loss.objects.get().mrr == 100


def test_what_has_a_worth_keeps_it(lost):
    rate(STARTED, "1.1")
    value_what_was_unknown(currency="EUR")
    ExchangeRate.objects.update(rate=Decimal("1.5"))
    assert value_what_was_unknown(currency="EUR") == 0
    assert Loss.objects.get().mrr_reporting == Decimal("110.00")


def test_a_frozen_amount_is_not_valued_by_another(lost):
    Subscription.objects.update(mrr=Decimal(300))
    rate(STARTED, "1.1")
    value_what_was_unknown(currency="EUR")
    assert Loss.objects.get().mrr == 100
    assert Loss.objects.get().mrr_reporting is None


def test_entered_in_the_admin(lost, admin_client):
    answer = admin_client.post(
        reverse("admin:surveys_exchangerate_add"),
        {"currency": "eur", "valid_from": "2025-01-01", "rate": "1.2"},
        follow=True,
    )
    assert "1 subscription now has a value" in answer.content.decode()
    assert Loss.objects.get().mrr_reporting == Decimal("120.00")
