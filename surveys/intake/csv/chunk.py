"""A thousand rows at a time: what is known about them is read at once, and written at once.

A row that cannot be taken in changes nothing: everything about it is decided before the first
value is set.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from surveys.calendar import local_date
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.intake.accounts import CREATED, UNCHANGED, UPDATED
from surveys.intake.csv import merging
from surveys.intake.csv.known import Known
from surveys.intake.csv.mapping import Nameless
from surveys.intake.csv.rows import CancellationFacts, RowFacts
from surveys.intake.facts import CustomerFacts
from surveys.intake.losses import settle_customers
from surveys.models import Cancellation, Customer, Loss, Subscription
from surveys.signals import losses_changed


@dataclass
class Tally:
    """What became of the rows of each table; ``reasons_changed``: of known cancellations."""

    customers: int = 0
    subscriptions: int = 0
    cancellations: int = 0
    reasons_changed: int = 0

    def add(self, other: "Tally") -> None:
        self.customers += other.customers
        self.subscriptions += other.subscriptions
        self.cancellations += other.cancellations
        self.reasons_changed += other.reasons_changed


class Chunk:
    """Rows of one file. Used inside a transaction: ``apply`` each, then ``write``."""

    def __init__(
        self,
        rows: Sequence[RowFacts],
        *,
        source: str,
        keyed_by: str,
        nameless: Nameless,
        rates: merging.Rates,
    ) -> None:
        self._source, self._keyed_by, self._rates = source, keyed_by, rates
        self._known = Known(rows, source=source, nameless=nameless)
        self._touched: list[Customer] = []
        self._to_settle: list[Customer] = []
        self._days: set[dt.date] = set()
        self._tested: list[int] = []
        self._seen: list[Cancellation] = []
        self.tally = Tally()

    def apply(self, row: RowFacts) -> str:
        """Take one row in: "created", "updated" or "unchanged"; or raises RowRefusedError."""
        customer = self._known.customers.rows.get(row.customer.external_id)
        facts = row.cancellation
        known = self._known.cancellations.rows.get(facts.external_id) if facts else None
        subscription = self._known.subscription_of(row, customer, known)
        only_unknown = facts is not None and not merging.is_news(known, facts)
        customer_values = merging.customer_values(row.customer, customer, only_unknown=only_unknown)
        subscription_values = self._subscription_values(
            row, customer, customer_values, subscription, only_unknown
        )
        cancellation_values: dict[str, Any] | None = None
        if facts:
            cancellation_values = self._cancellation_values(
                facts, customer, known, subscription, subscription_values
            )
        self._check_dates(subscription, subscription_values)
        # Nothing can go wrong any more.
        customer, outcome = self._put_customer(
            row.customer, customer, customer_values, only_unknown
        )
        outcomes = {"customer": outcome}
        if subscription_values is not None:
            subscription, outcomes["subscription"] = self._put_subscription(
                row, customer, subscription, subscription_values
            )
        if facts and cancellation_values is not None and subscription is not None:
            outcomes["cancellation"] = self._put_cancellation(
                facts, customer, subscription, known, cancellation_values
            )
        return self._outcome(outcomes, customer)

    def write(self, *, settle: bool, invite: bool) -> None:
        """Write everything, settle the losses that follow, and tell who counts them."""
        self._known.customers.write()
        self._known.contacts.write()
        self._known.subscriptions.write()
        self._known.cancellations.write()
        if not settle:
            return
        settle_customers([customer.pk for customer in self._to_settle])
        self._announce()
        if invite:
            now = timezone.now()
            for cancellation in self._seen:
                if cancellation.reverted_at is None:
                    schedule_for_cancellation(cancellation, now=now)

    def _announce(self) -> None:
        days = self._days
        if self._tested:
            losses = Loss.objects.filter(customer__in=self._tested)
            days |= set(losses.values_list("lost_on", flat=True))
        if self._touched or days:
            customer_ids = {customer.pk for customer in self._touched}
            losses_changed.send(sender=Loss, days=days, customer_ids=customer_ids)

    def _subscription_values(
        self,
        row: RowFacts,
        customer: Customer | None,
        customer_values: dict[str, Any],
        subscription: Subscription | None,
        only_unknown: bool,
    ) -> dict[str, Any] | None:
        if row.subscription is None:
            return None if subscription is None else {}
        taken_over = {
            name: customer_values.get(name, getattr(customer, name) if customer else "")
            for name in ("plan", "billing_interval")
        }
        return merging.subscription_values(
            row.subscription,
            subscription,
            customer=taken_over,
            rates=self._rates,
            only_unknown=only_unknown,
        )

    def _cancellation_values(
        self,
        facts: CancellationFacts,
        customer: Customer | None,
        known: Cancellation | None,
        subscription: Subscription | None,
        subscription_values: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Also lets the subscription end when its cancellation says; taken back, it goes on."""
        erased = bool(customer and customer.erased_at)
        if facts.effective_on is not None:
            effective_on = facts.effective_on
        else:
            assert subscription is not None  # noqa: S101  (rows names a day, or _nearest a row)
            effective_on = merging.effective_end(facts, subscription, known)
        values = merging.cancellation_values(facts, known, effective_on=effective_on, erased=erased)
        ends = values.get("effective_on", known.effective_on if known else effective_on)
        reverted_at = values.get("reverted_at", known.reverted_at if known else None)
        if subscription_values is not None:
            subscription_values["ended_on"] = None if reverted_at else ends
        return values

    def _check_dates(
        self, subscription: Subscription | None, values: dict[str, Any] | None
    ) -> None:
        if values is None:
            return
        started_on = values.get("started_on", subscription.started_on if subscription else None)
        ended_on = values.get("ended_on", subscription.ended_on if subscription else None)
        if started_on is not None:
            merging.check_dates(started_on, ended_on)

    def _put_customer(
        self,
        facts: CustomerFacts,
        known: Customer | None,
        values: dict[str, Any],
        only_unknown: bool,
    ) -> tuple[Customer, str]:
        if known and values:
            values["updated_at"] = timezone.now()
            if "is_test" in values and known.pk:
                self._tested.append(known.pk)
        if known is None:
            values["external_id"] = facts.external_id
        customer, outcome = self._known.customers.put(facts.external_id, known, values)
        if not (only_unknown and self._known.contacts.primary(customer)):
            heard = self._known.contacts.record(customer, facts)
            outcome = UPDATED if heard and outcome == UNCHANGED else outcome
        self.tally.customers += outcome != UNCHANGED
        return customer, outcome

    def _put_subscription(
        self,
        row: RowFacts,
        customer: Customer,
        known: Subscription | None,
        values: dict[str, Any],
    ) -> tuple[Subscription, str]:
        if known is None:
            assert row.subscription is not None  # noqa: S101  (only a named one can be new)
            values |= {
                "customer": customer,
                "source": self._source,
                "external_id": row.subscription.external_id,
            }
            key = row.subscription.external_id
        else:
            key = known.external_id
            values = merging.differing(known, values)
            if "ended_on" in values:
                values["settled"] = False
        subscription, outcome = self._known.subscriptions.put(key, known, values)
        if outcome == CREATED:
            self._known.add_subscription(customer, subscription)
        self.tally.subscriptions += outcome != UNCHANGED
        return subscription, outcome

    def _put_cancellation(
        self,
        facts: CancellationFacts,
        customer: Customer,
        subscription: Subscription,
        known: Cancellation | None,
        values: dict[str, Any],
    ) -> str:
        if known is None:
            values |= {
                "customer": customer,
                "subscription": subscription,
                "contact": self._known.contacts.primary(customer),
                "source": self._source,
                "external_id": facts.external_id,
            }
        else:
            if "provider_reason" in values and known.provider_reason:
                self.tally.reasons_changed += 1
            if "requested_at" in values:
                self._days.add(local_date(known.requested_at))
            contact = self._known.contacts.primary(customer)
            # A contact of this chunk has no key yet, but stands there all the same.
            if contact and known.contact_id is None and known.contact is None:
                values["contact"] = contact
        cancellation, outcome = self._known.cancellations.put(facts.external_id, known, values)
        self._known.take(subscription)
        self._seen.append(cancellation)
        self.tally.cancellations += outcome != UNCHANGED
        return outcome

    def _outcome(self, outcomes: dict[str, str], customer: Customer) -> str:
        """The row is what became of its key; else changed if anything in it is."""
        if any(outcome != UNCHANGED for outcome in outcomes.values()):
            if "subscription" in outcomes or "cancellation" in outcomes:
                self._to_settle.append(customer)
            if customer.pk or "cancellation" in outcomes:
                self._touched.append(customer)
        if self._keyed_by in outcomes:
            if outcomes[self._keyed_by] == CREATED:
                return CREATED
        elif CREATED in outcomes.values():
            return CREATED
        return UNCHANGED if set(outcomes.values()) == {UNCHANGED} else UPDATED
