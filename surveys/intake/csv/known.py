"""What is known already about the rows of a chunk, read at once: four to nine queries."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from surveys.calendar import local_date
from surveys.intake.accounts import CREATED, UNCHANGED, UPDATED
from surveys.intake.csv import merging
from surveys.intake.csv.contacts import Contacts
from surveys.intake.csv.mapping import Nameless
from surveys.intake.csv.problems import Problem, RowRefusedError, shown
from surveys.intake.csv.rows import CancellationFacts, RowFacts
from surveys.intake.facts import CustomerFacts
from surveys.models import Cancellation, Customer, Subscription

Row = TypeVar("Row", bound=models.Model)


class Shelf(Generic[Row]):
    """The rows of one table that a chunk is about, by their key."""

    def __init__(self, model: type[Row], rows: dict[str, Row]) -> None:
        self.model = model
        self.rows = rows
        self.added: list[Row] = []
        self.changed: dict[int, Row] = {}
        self._fields: set[str] = set()

    def put(self, key: str, known: Row | None, values: dict[str, Any]) -> tuple[Row, str]:
        """A new row with ``values``, or the known one changed by them; and what became of it."""
        if known is None:
            row = self.model(**values)
            self.rows[key] = row
            self.added.append(row)
            return row, CREATED
        for name, value in values.items():
            setattr(known, name, value)
        if not values:
            return known, UNCHANGED
        if known.pk:
            self.changed[known.pk] = known
            self._fields |= values.keys()
        return known, UPDATED

    def write(self) -> None:
        if self.changed:
            self.model._default_manager.bulk_update(  # noqa: SLF001
                self.changed.values(), sorted(self._fields)
            )
        self.model._default_manager.bulk_create(self.added)  # noqa: SLF001


class Known:
    """Customers, contacts, subscriptions and cancellations, and which belongs to which."""

    def __init__(self, rows: Sequence[RowFacts], *, source: str, nameless: Nameless) -> None:
        self._source, self._nameless = source, nameless
        names = {row.customer.external_id for row in rows}
        # The customers' rows are the lock, taken in one order: imports wait for each other.
        known = list(
            Customer.objects.select_for_update().filter(external_id__in=names).order_by("pk")
        )
        self._customer_of = {customer.pk: customer for customer in known}
        self.customers = Shelf(Customer, {each.external_id: each for each in known})
        self.contacts = Contacts(known, {row.customer.contact_email for row in rows})
        self.cancellations = Shelf(Cancellation, self._known_cancellations(rows))
        self._load_subscriptions(rows)

    def _known_cancellations(self, rows: Sequence[RowFacts]) -> dict[str, Cancellation]:
        ids = [row.cancellation.external_id for row in rows if row.cancellation]
        found = Cancellation.objects.filter(source=self._source, external_id__in=ids)
        return {each.external_id: each for each in found} if ids else {}

    def _load_subscriptions(self, rows: Sequence[RowFacts]) -> None:
        named = [row.subscription.external_id for row in rows if row.subscription]
        of_cancellations = {each.subscription_id for each in self.cancellations.rows.values()}
        nameless = {
            row.customer.external_id for row in rows if row.cancellation and not row.subscription
        }
        customers = [
            customer.pk for name, customer in self.customers.rows.items() if name in nameless
        ]
        self._subscription_by_pk: dict[int, Subscription] = {}
        by_name: dict[str, Subscription] = {}
        # One after the other: three index look-ups are quicker than their union.
        for wanted in (
            Q(source=self._source, external_id__in=named) if named else None,
            Q(pk__in=of_cancellations) if of_cancellations else None,
            Q(customer__in=customers) if customers else None,
        ):
            if wanted is None:
                continue
            for each in Subscription.objects.filter(wanted):
                row = self._subscription_by_pk.setdefault(each.pk, each)
                if row.customer_id in self._customer_of:
                    row.customer = self._customer_of[row.customer_id]
                if row.source == self._source:
                    by_name[row.external_id] = row
        self.subscriptions = Shelf(Subscription, by_name)
        self._subscriptions_of: dict[str, list[Subscription]] = {}
        for each in self._subscription_by_pk.values():
            if owner := self._customer_of.get(each.customer_id):
                self.add_subscription(owner, each)
        cancelled = Cancellation.objects.filter(customer__in=customers, reverted_at=None)
        self._taken = {
            id(self._subscription_by_pk[pk])
            for pk in cancelled.values_list("subscription_id", flat=True)
            if customers and pk in self._subscription_by_pk
        }

    def subscription_of(
        self, row: RowFacts, customer: Customer | None, known: Cancellation | None
    ) -> Subscription | None:
        """The known subscription that the row is about, if it is this customer's."""
        facts = row.cancellation
        if known is not None:
            self._check_owner(gettext("cancellation"), known, customer)
            subscription = (
                self._subscription_by_pk[known.subscription_id]
                if known.subscription_id
                else known.subscription
            )
            if row.subscription and subscription.external_id != row.subscription.external_id:
                raise RowRefusedError(
                    Problem(
                        "subscription.external_id",
                        shown(row.subscription.external_id),
                        gettext('"%(subscription)s", which cancellation "%(cancellation)s" ended')
                        % {
                            "subscription": subscription.external_id,
                            "cancellation": known.external_id,
                        },
                    )
                )
            return subscription
        if row.subscription:
            subscription_ = self.subscriptions.rows.get(row.subscription.external_id)
            if subscription_ is not None:
                self._check_owner(gettext("subscription"), subscription_, customer)
            return subscription_
        return self._nearest(row.customer, facts) if facts else None

    def take(self, subscription: Subscription) -> None:
        """The subscription has a cancellation now; another row's is about another one."""
        self._taken.add(id(subscription))

    def add_subscription(self, customer: Customer, subscription: Subscription) -> None:
        self._subscriptions_of.setdefault(customer.external_id, []).append(subscription)

    def _nearest(self, customer: CustomerFacts, facts: CancellationFacts) -> Subscription:
        day = facts.effective_on or local_date(facts.requested_at)
        subscriptions = self._subscriptions_of.get(customer.external_id, [])
        begun = [each for each in subscriptions if each.started_on <= day]
        if len(subscriptions) == 1 and begun:
            return begun[0]
        free = [each for each in begun if id(each) not in self._taken]
        found = merging.nearest(free, day, self._nameless)
        if found is None:
            said = gettext(
                "customer %(customer)s with %(count)d subscriptions, of which %(free)d had begun "
                "and have no other cancellation"
            ) % {
                "customer": shown(customer.external_id),
                "count": len(subscriptions),
                "free": len(free),
            }
            expected = gettext(
                "a subscription that ends within %(days)d days of %(day)s, or the customer's only "
                "one"
            ) % {"days": self._nameless.within_days, "day": day}
            raise RowRefusedError(Problem("cancellation", said, expected))
        return found

    def _check_owner(
        self, what: str, row: Cancellation | Subscription, customer: Customer | None
    ) -> None:
        owner = self._customer_of.get(row.customer_id) if row.customer_id else row.customer
        if customer is None or owner is not customer:
            raise RowRefusedError(
                Problem(
                    "customer.external_id",
                    shown(customer.external_id) if customer else gettext("a new customer"),
                    gettext('the customer to whom %(what)s "%(id)s" belongs')
                    % {"what": what, "id": row.external_id},
                )
            )
