"""Payload -> what it says. Nothing here touches the database."""

import datetime as dt
from decimal import Decimal

import pytest

from surveys.intake.webhooks.stripe import UnreadableEventError, open_envelope, read
from tests.surveys.intake.webhooks.conftest import event

REQUESTED = dt.datetime(2026, 11, 11, 9, 0, tzinfo=dt.UTC)
DAY = 86_400
TRIAL = {"trial_start": 1735732800, "trial_end": 1735732800 + 14 * DAY}


def said(payload, test_mode_counts=False):
    return read(open_envelope(payload), test_mode_counts=test_mode_counts)


def test_a_customer():
    customer = said(event("customer_created")).customer
    assert customer.external_id == "cus_9001"
    assert (customer.contact_email, customer.contact_name) == ("Erin@Leaver.dev", "Erin Leaver")
    assert (customer.name, customer.country, customer.language) == ("Erin Leaver", "DE", "de-DE")
    assert (customer.segment, customer.account_owner, customer.ideal) == ("agency", "Kim", True)
    assert customer.is_test is None


def test_a_subscription_set_to_end():
    this = said(event("set_to_end"))
    assert (this.subject, this.customer.external_id) == ("sub_9001", "cus_9001")
    assert (this.state, this.kind, this.taken_back) == ("ending", "voluntary", False)
    assert this.requested_at == REQUESTED
    assert this.effective_on == dt.date(2026, 12, 2)
    assert this.reason == "missing_features"
    assert this.comment.startswith("We could not get")
    assert this.subscription.mrr == Decimal("147.00")
    assert this.subscription.currency == "EUR"
    assert (this.subscription.plan, this.subscription.billing_interval) == ("Team", "month")
    assert this.subscription.started_on == dt.date(2025, 1, 1)
    assert not this.subscription.is_trial


def test_a_subscription_that_ended():
    this = said(event("deleted"))
    assert (this.state, this.effective_on) == ("ended", dt.date(2026, 12, 2))
    assert this.requested_at == REQUESTED


def test_the_shape_of_2014():
    this = said(event("set_to_end_2014"))
    assert (this.state, this.effective_on) == ("ending", dt.date(2026, 12, 2))
    assert (this.subscription.mrr, this.subscription.currency) == (Decimal("200.00"), "USD")
    assert (this.subscription.plan, this.subscription.billing_interval) == ("Gold", "year")


def test_dates_are_the_organisations(settings):
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    assert said(event("set_to_end")).effective_on == dt.date(2026, 12, 1)


STATES = [
    ("subscription_created", {}, "running"),
    ("subscription_created", {"cancel_at": 1796169600}, "running"),  # made for a fixed time
    ("taken_back", {}, "running"),
    ("set_to_end", {}, "ending"),
    ("set_to_end", {"cancel_at_period_end": False}, "ending"),
    ("set_to_end", {"cancel_at": None}, "ending"),
    ("set_to_end", {"cancel_at": None, "cancel_at_period_end": False}, "running"),
    ("set_to_end", {"status": "past_due"}, "ending"),
    ("set_to_end", {"status": "canceled", "ended_at": 1794387600}, "ended"),
    ("deleted", {}, "ended"),
    ("deleted", {"status": "active"}, "ended"),
    ("subscription_created", {"status": "incomplete"}, "never started"),
    ("set_to_end", {"status": "incomplete_expired"}, "never started"),
]


@pytest.mark.parametrize(("name", "changes", "state"), STATES)
def test_state(name, changes, state):
    assert said(event(name, **changes)).state == state


KINDS = [
    (None, None, "voluntary", ""),
    ("cancellation_requested", None, "voluntary", ""),
    ("cancellation_requested", "unused", "voluntary", "unused"),
    ("payment_failed", None, "involuntary", "payment_failed"),
    ("payment_disputed", None, "involuntary", "payment_disputed"),
    ("payment_failed", "too_expensive", "involuntary", "too_expensive"),
    ("canceled_by_retention_policy", None, "administrative", "canceled_by_retention_policy"),
    ("something_new", None, "voluntary", "something_new"),
]


@pytest.mark.parametrize(("reason", "feedback", "kind", "kept"), KINDS)
def test_kind_and_reason(reason, feedback, kind, kept):
    details = {"reason": reason, "feedback": feedback, "comment": None}
    this = said(event("deleted", cancellation_details=details))
    assert (this.kind, this.reason, this.comment) == (kind, kept, "")


PERIODS = [
    ({"cancel_at": 1796169600 + DAY}, dt.date(2026, 12, 3)),
    ({"cancel_at": None}, dt.date(2026, 12, 2)),
    ({"cancel_at": None, "items": {"data": []}, "current_period_end": 1793577600 + 30 * DAY},
     dt.date(2026, 12, 2)),
    ({"cancel_at": None, "items": {"data": []}}, dt.date(2026, 11, 11)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "day"), PERIODS)
def test_effective_end(changes, day):
    assert said(event("set_to_end", **changes)).effective_on == day


TRIALS = [
    ("no trial", {}, False),
    ("in its trial", {"status": "trialing", **TRIAL}, True),
    ("paid since", {"status": "active", **TRIAL}, False),
    ("ended with its trial", {"ended_at": TRIAL["trial_end"], **TRIAL}, True),
    ("ended a minute after", {"ended_at": TRIAL["trial_end"] + 60, **TRIAL}, True),
    ("ended a day after", {"ended_at": TRIAL["trial_end"] + DAY, **TRIAL}, False),
    ("a trial of no length", {"trial_start": 1735732800, "trial_end": 1735732800}, False),
]


@pytest.mark.parametrize(("case", "changes", "is_trial"), TRIALS, ids=[each[0] for each in TRIALS])
def test_trial(case, changes, is_trial):
    assert said(event("deleted", **changes)).subscription.is_trial is is_trial


def test_a_trial_whose_first_payment_failed_never_paid():
    changes = {
        **TRIAL,
        "items": {"data": [{"current_period_start": TRIAL["trial_end"]}]},
        "cancellation_details": {"reason": "payment_failed"},
    }
    assert said(event("deleted", **changes)).subscription.is_trial
    later = {"data": [{"current_period_start": TRIAL["trial_end"] + 31 * DAY}]}
    assert not said(event("deleted", **{**changes, "items": later})).subscription.is_trial


def test_paying_begins_when_the_trial_ends():
    assert said(event("deleted", **TRIAL)).subscription.started_on == dt.date(2025, 1, 15)
    trialing = said(event("set_to_end", status="trialing", **TRIAL))
    assert trialing.subscription.started_on == dt.date(2025, 1, 1)


@pytest.mark.parametrize(
    ("livemode", "counts", "is_test"),
    [(True, False, None), (False, False, True), (False, True, None)],
)
def test_customers_of_stripes_test_mode(livemode, counts, is_test):
    for name in ("customer_created", "deleted"):
        assert said(event(name, event_livemode=livemode), counts).customer.is_test is is_test


ODD = [
    {"email": None},
    {"email": "no address"},
    {"email": "x" * 300 + "@b.dev"},
    {"email": 5},
]


@pytest.mark.parametrize("changes", ODD)
def test_an_address_that_is_none_is_none(changes):
    assert said(event("customer_created", **changes)).customer.contact_email == ""


def test_what_is_too_long_is_cut():
    customer = said(event("customer_created", name="n" * 5000)).customer
    assert len(customer.name) == 200
    details = {"comment": "c" * 9000, "feedback": "f" * 900, "reason": None}
    this = said(event("deleted", cancellation_details=details))
    assert (len(this.comment), len(this.reason)) == (5000, 300)


@pytest.mark.parametrize("name", ["invoice.paid", "customer.deleted", "plan.created", "x"])
def test_other_events_mean_nothing(name):
    assert said(event("deleted", event_type=name)) is None


UNREADABLE = [
    [],
    {},
    "text",
    event("deleted", event_id=None),
    event("deleted", event_id="x" * 201),
    event("deleted", event_type=7),
    event("deleted", event_created="today"),
    event("deleted", event_created=10**30),
    event("deleted", event_created=True),
    event("deleted", event_data=None),
    event("deleted", event_data={"object": []}),
    event("deleted", id=None),
    event("deleted", customer=None),
    event("deleted", customer={}),
    event("deleted", customer="x" * 500),
    event("customer_created", id=""),
]


@pytest.mark.parametrize("payload", UNREADABLE)
def test_what_is_no_event_is_unreadable(payload):
    with pytest.raises(UnreadableEventError):
        said(payload)


@pytest.mark.parametrize(
    "name",
    [
        "items",
        "cancellation_details",
        "ended_at",
        "canceled_at",
        "start_date",
        "trial_end",
        "status",
        "cancel_at",
        "plan",
        "metadata",
        "currency",
        "trial_start",
        "current_period_end",
    ],
)
@pytest.mark.parametrize("value", [None, [], {}, "x", -1, 10**40, 1.5, True, {"data": 5}, [[]]])
def test_no_odd_value_breaks_the_reading(name, value):
    for fixture in ("deleted", "set_to_end"):
        assert said(event(fixture, **{name: value})).subject == "sub_9001"
