"""Stripe's events -> what they say, in our words. Pure: knows no database.

One cancellation arrives as ``customer.subscription.updated`` (set to end, still running) and
later ``customer.subscription.deleted``, in any order. Read are the shapes of the API of today and
of old ones (2013: one plan, periods at the top level).
Source: https://docs.stripe.com/api/events, https://docs.stripe.com/api/subscriptions/object.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from surveys.calendar import local_date
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.webhooks.stripe_amounts import worth

SOURCE = "stripe"
CUSTOMER_EVENTS = ("customer.created", "customer.updated")
SUBSCRIPTION_EVENTS = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)
KINDS = {
    "payment_failed": "involuntary",
    "payment_disputed": "involuntary",
    "canceled_by_retention_policy": "administrative",
}
NEVER_STARTED = ("incomplete", "incomplete_expired")
OVER = ("canceled",)
COMMENT_LIMIT = 5_000
ID_LIMIT = 190
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
# A trial's end and the end of the subscription that it belongs to are not the same second.
SLACK = dt.timedelta(hours=1)
FIRST_MOMENT, LAST_MOMENT = 631_152_000, 4_133_980_800  # 1990 and 2101, seconds since 1970

State = Literal["running", "ending", "ended", "never started"]


class UnreadableEventError(ValueError):
    """The event lacks what it cannot be understood without; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEvent:
    """What an event says about a customer alone."""

    subject: str  # the customer's ID
    customer: CustomerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEvent:
    """What an event says about a subscription: how it stands, and how it came to that.

    ``taken_back``: the event itself says that an end that was set has been removed.
    """

    subject: str  # the subscription's ID
    customer: CustomerFacts
    subscription: SubscriptionFacts
    state: State
    taken_back: bool
    kind: str
    requested_at: dt.datetime
    effective_on: dt.date
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every event has around its object."""

    event_id: str
    event_type: str
    occurred_at: dt.datetime
    livemode: bool
    about: Mapping[str, Any]
    before: Mapping[str, Any]


def open_envelope(payload: Any) -> Envelope:
    """The parts of an event; UnreadableEventError when it is none."""
    if not isinstance(payload, Mapping):
        raise UnreadableEventError("The event is no JSON object.")
    event_id, event_type = payload.get("id"), payload.get("type")
    if not isinstance(event_id, str) or not 0 < len(event_id) <= 200:
        raise UnreadableEventError("The event has no id.")
    if not isinstance(event_type, str) or not 0 < len(event_type) <= 100:
        raise UnreadableEventError("The event has no type.")
    occurred_at = _moment(payload.get("created"))
    if occurred_at is None:
        raise UnreadableEventError("The event has no time of its creation.")
    data = payload.get("data")
    about = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(about, Mapping):
        raise UnreadableEventError("The event has no object.")
    before = data.get("previous_attributes")
    return Envelope(
        event_id=event_id,
        event_type=event_type,
        occurred_at=occurred_at,
        livemode=payload.get("livemode") is not False,
        about=about,
        before=before if isinstance(before, Mapping) else {},
    )


def read(envelope: Envelope, *, test_mode_counts: bool) -> CustomerEvent | SubscriptionEvent | None:
    """What an event means for us; None for those that are not about customers leaving."""
    is_test = True if not envelope.livemode and not test_mode_counts else None
    if envelope.event_type in CUSTOMER_EVENTS:
        customer = _customer(envelope.about, is_test)
        return CustomerEvent(subject=customer.external_id, customer=customer)
    if envelope.event_type in SUBSCRIPTION_EVENTS:
        return _subscription_event(envelope, is_test)
    return None


def _subscription_event(envelope: Envelope, is_test: bool | None) -> SubscriptionEvent:
    about = envelope.about
    subject = _identifier(about.get("id"), "subscription")
    owner = about.get("customer")
    if isinstance(owner, Mapping):
        customer = _customer(owner, is_test)
    else:
        customer = CustomerFacts(external_id=_identifier(owner, "customer"), is_test=is_test)
    state = _state(envelope)
    details = about.get("cancellation_details")
    details = details if isinstance(details, Mapping) else {}
    how = _text(details.get("reason"), 100)
    feedback = _text(details.get("feedback"), 300)
    ended_at = _moment(about.get("ended_at"))
    requested_at = _moment(about.get("canceled_at")) or envelope.occurred_at
    if state == "ended" and about.get("canceled_at") is None:
        requested_at = ended_at or envelope.occurred_at
    return SubscriptionEvent(
        subject=subject,
        customer=customer,
        subscription=_subscription(envelope, subject, state),
        state=state,
        taken_back=state == "running" and _was_set_to_end(envelope.before),
        kind=KINDS.get(how, "voluntary"),
        requested_at=requested_at,
        effective_on=local_date(_end(about, state) or envelope.occurred_at),
        # How it ended is worth keeping where nobody said why.
        reason=feedback or ("" if how == "cancellation_requested" else how),
        comment=_text(details.get("comment"), COMMENT_LIMIT),
    )


def _state(envelope: Envelope) -> State:
    status = envelope.about.get("status")
    if status in NEVER_STARTED:
        return "never started"
    if envelope.event_type == "customer.subscription.deleted" or status in OVER:
        return "ended"
    # A subscription that is made for a fixed time has an end from the start; nobody cancelled.
    if envelope.event_type == "customer.subscription.created":
        return "running"
    about = envelope.about
    if about.get("cancel_at_period_end") is True or _moment(about.get("cancel_at")):
        return "ending"
    return "running"


def _was_set_to_end(before: Mapping[str, Any]) -> bool:
    return (
        before.get("cancel_at_period_end") is True or _moment(before.get("cancel_at")) is not None
    )


def _end(about: Mapping[str, Any], state: State) -> dt.datetime | None:
    """When it ended, or is to end: the given moment, else the end of the period paid for."""
    if state == "ended":
        return _moment(about.get("ended_at")) or _moment(about.get("canceled_at"))
    return _moment(about.get("cancel_at")) or _moment(_period(about, "current_period_end", max))


def _period(about: Mapping[str, Any], name: str, choose: Any) -> int | None:
    """At the top level before the API of 2025-03-31, in each item since."""
    moments = [about.get(name)]
    items = about.get("items")
    data = items.get("data") if isinstance(items, Mapping) else None
    if isinstance(data, list):
        moments += [each.get(name) for each in data if isinstance(each, Mapping)]
    known = [each for each in moments if _moment(each)]
    return choose(known) if known else None


def _subscription(envelope: Envelope, subject: str, state: State) -> SubscriptionFacts:
    about = envelope.about
    is_trial = _never_paid(about, state)
    # Paying begins when the trial ends; a trial that never paid began when it began.
    trial_end = None if is_trial else _moment(about.get("trial_end"))
    begun = trial_end or next(
        (
            moment
            for name in ("start_date", "start", "created")
            if (moment := _moment(about.get(name)))
        ),
        None,
    )
    value = worth(about)
    return SubscriptionFacts(
        external_id=subject,
        plan=value.plan[:100],
        billing_interval=value.billing_interval,
        mrr=value.mrr,
        currency=value.currency,
        started_on=local_date(begun) if begun else None,
        is_trial=is_trial,
    )


def _never_paid(about: Mapping[str, Any], state: State) -> bool:
    """Still in its trial, ended with it, or the first payment after it has not come."""
    status = about.get("status")
    if status == "trialing":
        return True
    began, trial_end = _moment(about.get("trial_start")), _moment(about.get("trial_end"))
    if trial_end is None or (began is not None and trial_end <= began):
        return False
    ended_at = _moment(about.get("ended_at"))
    if state == "ended" and ended_at is not None and ended_at <= trial_end + SLACK:
        return True
    details = about.get("cancellation_details")
    failed = isinstance(details, Mapping) and details.get("reason") == "payment_failed"
    first_period = _moment(_period(about, "current_period_start", min))
    unpaid = status in ("past_due", "unpaid") or (state == "ended" and failed)
    return unpaid and first_period is not None and first_period <= trial_end + SLACK


def _customer(about: Mapping[str, Any], is_test: bool | None) -> CustomerFacts:
    address = about.get("address")
    metadata = about.get("metadata")
    said = metadata if isinstance(metadata, Mapping) else {}
    locales = about.get("preferred_locales")
    locale = _text(locales[0], 20) if isinstance(locales, list) and locales else ""
    ideal = _text(said.get("ideal"), 5).lower()
    name = _text(about.get("name"), 200)
    return CustomerFacts(
        external_id=_identifier(about.get("id"), "customer"),
        name=name,
        segment=_text(said.get("segment"), 100),
        industry=_text(said.get("industry"), 100),
        account_owner=_text(said.get("account_owner"), 100),
        ideal={"true": True, "yes": True, "false": False, "no": False}.get(ideal),
        country=_text(address.get("country"), 100) if isinstance(address, Mapping) else "",
        language=locale if LANGUAGE.match(locale) else "",
        is_test=is_test,
        contact_email=_email(about.get("email")),
        contact_name=name,
    )


def _identifier(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= ID_LIMIT:
        raise UnreadableEventError(f"The event does not say which {what} it is about.")
    return value.strip()


def _text(value: Any, limit: int) -> str:
    return value.strip()[:limit] if isinstance(value, str) else ""


def _email(value: Any) -> str:
    """The address, or "" where nothing could be delivered to it."""
    email = _text(value, 255)
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def _moment(value: Any) -> dt.datetime | None:
    """Seconds since 1970; None for what is no moment between 1990 and 2100."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if not FIRST_MOMENT <= value < LAST_MOMENT:
        return None
    return dt.datetime.fromtimestamp(value, dt.UTC)
