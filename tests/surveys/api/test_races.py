"""Calls that arrive at once. SQLite writes one transaction at a time: there they queue anyway."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from surveys.default_surveys import install_default_surveys
from surveys.models import ApiKey, Cancellation, Customer, Invitation, InvitationState, WebhookEvent
from tests.surveys.api.conftest import Caller, cancellation
from tests.surveys.intake.webhooks.conftest import SECRET, Stripe, event

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(call, times):
    """``call(number)`` in threads of their own; the results in the order of the numbers."""

    def run(number):
        try:
            return call(number)
        finally:
            connection.close()

    if connection.vendor == "sqlite":  # the tests' database is in memory: one connection
        return [call(number) for number in range(times)]
    with ThreadPoolExecutor(max_workers=10) as pool:
        return list(pool.map(run, range(times)))


@pytest.fixture
def secret():
    install_default_surveys()
    return ApiKey.objects.issue(name="tests")[1]


def test_fifty_calls_at_once_make_three_mails_to_one_address(secret):
    def leave(number):
        customer = {"external_id": f"acct-{number}", "contact": {"email": "one@leaver.dev"}}
        body = {"external_id": f"can-{number}", "customer": customer}
        return Caller(Client(), secret).post("cancellations/", body).status_code

    assert set(at_once(leave, 50)) == {201}
    assert Cancellation.objects.count() == 50
    assert Invitation.objects.filter(state=InvitationState.SCHEDULED).count() == 3


def test_the_same_call_twenty_times_at_once_is_one_cancellation(secret):
    statuses = at_once(
        lambda _number: Caller(Client(), secret).post("cancellations/", cancellation()).status_code,
        20,
    )
    assert sorted(statuses) == [200] * 19 + [201]
    assert (Cancellation.objects.count(), Customer.objects.count()) == (1, 1)
    assert Invitation.objects.count() == 1


def test_the_same_event_twenty_times_at_once_is_applied_once(secret, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    outcomes = at_once(lambda _number: Stripe(Client()).applied(event("set_to_end")), 20)
    assert sorted(outcomes) == ["applied"] + ["seen before"] * 19
    assert WebhookEvent.objects.count() == Cancellation.objects.count() == 1


def test_the_events_of_one_subscription_at_once_are_one_cancellation(secret, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    names = ["customer_created", "subscription_created", "set_to_end", "deleted"]
    at_once(lambda number: Stripe(Client()).send(event(names[number])), 4)
    assert set(WebhookEvent.objects.values_list("outcome", flat=True)) <= {"applied", "ignored"}
    row = Cancellation.objects.select_related("subscription").get()
    assert str(row.effective_on) == "2026-12-02" == str(row.subscription.ended_on)
