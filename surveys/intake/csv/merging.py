"""What a row changes about what is known already. Pure: reads model instances, writes none.

The rules are those of ``surveys.intake.recording``, which takes one event at a time; a test holds
the two together. Where a recorder would bend a date to make it fit, a row is refused instead.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext

from surveys.calendar import local_date
from surveys.intake.accounts import CUSTOMER_FIELDS, PERSONAL_FIELDS
from surveys.intake.csv.mapping import LATEST, Nameless
from surveys.intake.csv.problems import Problem, RowRefusedError, shown
from surveys.intake.csv.rows import CancellationFacts
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.models import Cancellation, Customer, Subscription
from surveys.money import in_reporting_currency

Rates = Callable[[str, dt.date], Decimal | None]
UNKNOWN = ("", None)
_SUBSCRIPTION_FIELDS = tuple(
    each.name for each in fields(SubscriptionFacts) if each.name not in ("external_id", "is_trial")
)


def is_news(known: Cancellation | None, facts: CancellationFacts) -> bool:
    """Whether the row may overwrite what is known, or only adds what is not known.

    Anything not older than the newest event applied is news. So is an earlier date for a
    cancellation about which nothing has been heard since its request: the file corrects it.
    """
    if known is None or facts.state_at >= known.state_at:
        return True
    return known.reverted_at is None and known.state_at == known.requested_at


def customer_values(
    facts: CustomerFacts, known: Customer | None, *, only_unknown: bool = False
) -> dict[str, Any]:
    said = _said(facts, CUSTOMER_FIELDS)
    if known is None:
        return said
    if known.erased_at:
        said = {name: value for name, value in said.items() if name not in PERSONAL_FIELDS}
    return differing(known, said, only_unknown)


def subscription_values(
    facts: SubscriptionFacts,
    known: Subscription | None,
    *,
    customer: dict[str, Any],
    rates: Rates,
    only_unknown: bool = False,
) -> dict[str, Any]:
    """``customer``: plan and billing interval, which a new subscription takes over unless said."""
    said = _said(facts, _SUBSCRIPTION_FIELDS)
    if known is None:
        if facts.started_on is None:
            raise RowRefusedError(
                Problem(
                    "subscription.started_on",
                    shown(""),
                    gettext("a date: subscription %s is not known yet") % facts.external_id,
                )
            )
        worth = in_reporting_currency(facts.mrr, facts.currency, facts.started_on, rates=rates)
        return {**customer, "is_trial": facts.is_trial, **said, "mrr_reporting": worth}
    if facts.started_on is not None and not known.start_known:
        said["start_known"] = True
    changes = differing(known, said, only_unknown)
    if {"mrr", "currency"} & changes.keys():
        changes["mrr_reporting"] = in_reporting_currency(
            changes.get("mrr", known.mrr),
            changes.get("currency", known.currency),
            known.started_on,
            rates=rates,
        )
    if known.is_trial and not facts.is_trial and facts.mrr and not only_unknown:
        changes["is_trial"] = False
    return changes


def cancellation_values(
    facts: CancellationFacts, known: Cancellation | None, *, effective_on: dt.date, erased: bool
) -> dict[str, Any]:
    words = {
        "provider_reason": facts.provider_reason,
        "provider_comment": "" if erased else facts.provider_comment,
    }
    dated = {"kind": facts.kind, "effective_on": effective_on, "state_at": facts.state_at}
    if known is None:
        return {**words, **dated, "requested_at": facts.requested_at}
    news = is_news(known, facts)
    said = {name: text for name, text in words.items() if text}
    changes = differing(known, said, only_unknown=not news)
    must_be_read_again = bool(changes)
    if news and known.reverted_at:
        changes |= {"reverted_at": None, "requested_at": facts.requested_at}
        must_be_read_again = True
    else:
        # The first request is when the customer decided; a later event only confirms it.
        changes["requested_at"] = min(facts.requested_at, known.requested_at)
    if news:
        changes |= dated
    changes = differing(known, changes)
    if must_be_read_again:
        changes["content_version"] = known.content_version + 1
    return changes


def nearest(
    subscriptions: Iterable[Subscription], day: dt.date, nameless: Nameless
) -> Subscription | None:
    """Of several subscriptions the one that a cancellation of ``day`` is about; it names none.

    The one whose end is nearest, at most ``within_days`` away. Without one, where the mapping
    says so, of those that are running the one that began last. None where that leaves nothing.
    """
    several = list(subscriptions)
    distances = [
        (abs(each.ended_on - day), each.ended_on, each.external_id, each)
        for each in several
        if each.ended_on and abs(each.ended_on - day).days <= nameless.within_days
    ]
    if distances:
        return min(distances, key=lambda each: each[:3])[3]
    running = [each for each in several if each.ended_on is None]
    if nameless.several_running == LATEST and running:
        return max(running, key=lambda each: (each.started_on, each.external_id))
    return None


def effective_end(
    facts: CancellationFacts, subscription: Subscription, known: Cancellation | None
) -> dt.date:
    """As the row says; else as the subscription does; else with the request."""
    return (
        facts.effective_on
        or subscription.ended_on
        or (known.effective_on if known else None)
        or local_date(facts.requested_at)
    )


def check_dates(started_on: dt.date, ended_on: dt.date | None) -> None:
    if ended_on is not None and ended_on < started_on:
        expected = gettext("an end not before the start, %s") % started_on
        raise RowRefusedError(Problem("", ended_on.isoformat(), expected))


def _said(facts: CustomerFacts | SubscriptionFacts, names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(facts, name)) not in UNKNOWN}


def differing(
    known: models.Model, said: dict[str, Any], only_unknown: bool = False
) -> dict[str, Any]:
    """What of ``said`` is not as it is known."""
    return {
        name: value
        for name, value in said.items()
        if (before := getattr(known, name)) != value
        and not (only_unknown and before not in UNKNOWN)
    }
