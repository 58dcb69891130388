"""Keeps paid spans, losses and contractions true to the subscriptions they follow from."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models, transaction
from django.db.models import Q

from surveys.calendar import months_between, today
from surveys.intake.spans import Span, contracted, unbroken_spans
from surveys.models import (
    CUSTOMER_ATTRIBUTES,
    Cancellation,
    CancellationKind,
    Contraction,
    Customer,
    Loss,
    PaidSpan,
    Subscription,
)
from surveys.signals import losses_changed

# Facts of the moment of leaving: later ones fill what was not known, and change nothing else.
DERIVED = (
    *CUSTOMER_ATTRIBUTES,
    "mrr",
    "currency",
    "mrr_reporting",
    "months",
    "kind",
    "cancellation",
)
CHUNK = 500


def settle_customer(customer: Customer, on: dt.date | None = None) -> None:
    """Bring the losses, contractions and paid spans of one customer up to date. Idempotent."""
    settle_customers([customer.pk], on)


def settle_due(on: dt.date | None = None) -> int:
    """Settle every customer a subscription of whom has come to its end; returns how many."""
    day = on or today()
    due = list(Subscription.objects.unsettled(day).values_list("customer_id", flat=True).distinct())
    settle_customers(due, day)
    return len(due)


def settle_customers(customer_ids: Sequence[int], on: dt.date | None = None) -> None:
    """As ``settle_customer``, for many: a few queries for each 500 customers."""
    day = on or today()
    ids = sorted(set(customer_ids))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            _settle_chunk(ids[start : start + CHUNK], day)


@dataclass
class _Rows:
    """What is to be written for one table."""

    create: list[models.Model] = field(default_factory=list)
    update: list[models.Model] = field(default_factory=list)
    delete: list[int] = field(default_factory=list)

    def write(self, table: models.Manager, fields: Iterable[str]) -> None:
        # Deletions first: a moved row may take the place of one that is gone.
        if self.delete:
            table.filter(pk__in=self.delete).delete()
        if self.update:
            table.bulk_update(self.update, list(fields))
        if self.create:
            table.bulk_create(self.create)


def _settle_chunk(ids: list[int], day: dt.date) -> None:
    # The customers' rows are the lock: two settlings of one customer follow each other.
    customers = list(Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    subscriptions = _by_customer(Subscription.objects.filter(customer__in=ids))
    cancellations = _by_customer(
        Cancellation.objects.filter(customer__in=ids, reverted_at__isnull=True)
    )
    losses = _by_customer(Loss.objects.filter(customer__in=ids))
    contractions = _by_customer(Contraction.objects.filter(customer__in=ids))
    spans = _by_customer(PaidSpan.objects.filter(customer__in=ids))
    loss_rows, contraction_rows, span_rows = _Rows(), _Rows(), _Rows()
    days: set[dt.date] = set()
    touched: set[int] = set()
    for customer in customers:
        pending = _pending(loss_rows, contraction_rows, span_rows)
        account = _Account(customer, subscriptions[customer.pk], cancellations[customer.pk], day)
        account.settle_losses(losses[customer.pk], loss_rows, days)
        account.settle_contractions(contractions[customer.pk], contraction_rows)
        account.settle_spans(spans[customer.pk], span_rows)
        if cancellations[customer.pk] and pending != _pending(
            loss_rows, contraction_rows, span_rows
        ):
            touched.add(customer.pk)
    # A paid span points at its loss, so the losses are written first.
    loss_rows.write(Loss.objects, [*DERIVED, "lost_on", "span_started_on"])
    contraction_rows.write(Contraction.objects, [*DERIVED, "contracted_on"])
    for span in [*span_rows.create, *span_rows.update]:
        span.loss = span.loss  # type: ignore[attr-defined]  # takes over the new row's key
    span_rows.write(PaidSpan.objects, ["start_known", "ended_on", "loss"])
    # Accounted for: what has begun, and has either ended or no end yet.
    Subscription.objects.filter(customer__in=ids, settled=False, started_on__lte=day).filter(
        Q(ended_on__isnull=True) | Q(ended_on__lte=day)
    ).update(settled=True)
    if days or touched:
        losses_changed.send(sender=Loss, days=days, customer_ids=touched)


def _pending(*tables: _Rows) -> int:
    """How many rows wait to be written."""
    return sum(len(each.create) + len(each.update) + len(each.delete) for each in tables)


def _by_customer(rows: Iterable[models.Model]) -> dict[int, list]:
    grouped: dict[int, list] = defaultdict(list)
    for row in rows:
        grouped[row.customer_id].append(row)  # type: ignore[attr-defined]
    return grouped


class _Account:
    """One customer with everything that decides about losses."""

    def __init__(
        self,
        customer: Customer,
        subscriptions: list[Subscription],
        cancellations: list[Cancellation],
        day: dt.date,
    ) -> None:
        self.customer = customer
        self.day = day
        self.paid = [each for each in subscriptions if each.is_paid]
        self.unpaid = [each for each in subscriptions if not each.is_paid]
        self.cancellation_of: dict[int, Cancellation] = {}
        for each in sorted(cancellations, key=lambda each: (each.requested_at, each.pk)):
            self.cancellation_of[each.subscription_id] = each
        self.paid_spans = unbroken_spans(self.paid, day)
        self.loss_at: dict[dt.date, Loss] = {}

    def settle_losses(self, existing: list[Loss], rows: _Rows, days: set[dt.date]) -> None:
        not_converted = not self.paid
        spans = unbroken_spans(self.unpaid, self.day) if not_converted else self.paid_spans
        left = {loss.pk: loss for loss in existing}
        for span in spans:
            if span.ended_on is None or self._is_administrative(span):
                continue
            cancellation = self._cancellation(span)
            loss = self._match(left.values(), span, cancellation, not_converted)
            if loss is None:
                loss = Loss(customer=self.customer, not_converted=not_converted)
                _freeze(loss, self.customer, span.last)
                self._date(loss, span, cancellation)
                rows.create.append(loss)
                days.add(loss.lost_on)
            else:
                del left[loss.pk]
                before = _state(loss)
                _freeze(loss, self.customer, span.last)
                self._date(loss, span, cancellation)
                if _state(loss) != before:
                    rows.update.append(loss)
                    days.update({before["lost_on"], loss.lost_on})
            if not not_converted:
                self.loss_at[span.started_on] = loss
        rows.delete.extend(left)
        days.update(loss.lost_on for loss in left.values())

    def settle_contractions(self, existing: list[Contraction], rows: _Rows) -> None:
        left = {each.subscription_id: each for each in existing}
        for subscription in contracted(self.paid, self.day):
            cancellation = self.cancellation_of.get(subscription.pk)
            if cancellation and cancellation.kind == CancellationKind.ADMINISTRATIVE:
                continue
            ended_on = subscription.ended_on
            if ended_on is None:  # an open end is never contracted; says so to the type checker
                continue
            row = left.pop(subscription.pk, None)
            contraction = row or Contraction(customer=self.customer, subscription=subscription)
            before = _state(contraction)
            _freeze(contraction, self.customer, [subscription])
            contraction.contracted_on = ended_on
            contraction.months = self._months(self._span_around(ended_on), ended_on)
            contraction.cancellation = cancellation
            contraction.kind = cancellation.kind if cancellation else ""
            if row is None:
                rows.create.append(contraction)
            elif _state(contraction) != before:
                rows.update.append(contraction)
        rows.delete.extend(each.pk for each in left.values())

    def settle_spans(self, existing: list[PaidSpan], rows: _Rows) -> None:
        left = {each.started_on: each for each in existing}
        for span in self.paid_spans:
            loss = self.loss_at.get(span.started_on)
            row = left.pop(span.started_on, None)
            if row is None:
                rows.create.append(
                    PaidSpan(
                        customer=self.customer,
                        started_on=span.started_on,
                        start_known=span.start_known,
                        ended_on=span.ended_on,
                        loss=loss,
                    )
                )
            elif (row.start_known, row.ended_on, row.loss) != (
                span.start_known,
                span.ended_on,
                loss,
            ):
                row.start_known, row.ended_on = span.start_known, span.ended_on
                row.loss = loss
                rows.update.append(row)
        rows.delete.extend(each.pk for each in left.values())

    def _is_administrative(self, span: Span) -> bool:
        """The vendor or a system ended it: every ending subscription says so."""
        endings = [self.cancellation_of.get(each.pk) for each in span.last]
        return bool(endings) and all(
            each is not None and each.kind == CancellationKind.ADMINISTRATIVE for each in endings
        )

    def _cancellation(self, span: Span) -> Cancellation | None:
        """Of several that end together, the one that was worth most, then the latest request."""
        candidates = [
            (each.mrr or Decimal(0), cancellation.requested_at, cancellation)
            for each in span.last
            if (cancellation := self.cancellation_of.get(each.pk))
            and cancellation.kind != CancellationKind.ADMINISTRATIVE
        ]
        return max(candidates, key=lambda each: each[:2])[2] if candidates else None

    def _match(
        self,
        losses: Iterable[Loss],
        span: Span,
        cancellation: Cancellation | None,
        not_converted: bool,
    ) -> Loss | None:
        """The row this end already has: its cancellation's, else the one of the same day."""
        candidates = [loss for loss in losses if loss.not_converted == not_converted]
        for loss in candidates:
            if cancellation and loss.cancellation_id == cancellation.pk:
                return loss
        for loss in candidates:
            if loss.lost_on == span.ended_on:
                return loss
        return None

    def _date(self, loss: Loss, span: Span, cancellation: Cancellation | None) -> None:
        assert span.ended_on is not None  # noqa: S101  (only closed spans become losses)
        loss.lost_on = span.ended_on
        loss.span_started_on = span.started_on
        loss.months = self._months(span, span.ended_on)
        loss.cancellation = cancellation
        loss.kind = cancellation.kind if cancellation else ""

    def _span_around(self, day: dt.date) -> Span | None:
        return max(
            (span for span in self.paid_spans if span.started_on <= day),
            key=lambda span: span.started_on,
            default=None,
        )

    def _months(self, span: Span | None, day: dt.date) -> int | None:
        """Whole months from the start of ``span`` to ``day``; None where the start is not known."""
        if span is None or not span.start_known:
            return None
        return months_between(span.started_on, day)


def _state(row: models.Model) -> dict:
    return {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields}  # noqa: SLF001


def _freeze(row: Loss | Contraction, customer: Customer, ending: Sequence[Subscription]) -> None:
    """Fill what is not known yet; what a row already knows stays as it was."""
    by_worth = sorted(ending, key=lambda each: each.mrr or Decimal(0), reverse=True)
    of_subscription = {
        name: next((value for each in by_worth if (value := getattr(each, name))), "")
        for name in ("plan", "billing_interval")
    }
    for name in CUSTOMER_ATTRIBUTES:
        if getattr(row, name) in ("", None):
            value = of_subscription.get(name) or getattr(customer, name)
            setattr(row, name, value)
    amounts = [each.mrr for each in ending if each.mrr is not None]
    total = sum(amounts, Decimal(0)) if len(amounts) == len(ending) else None
    currencies = {each.currency for each in ending}
    if row.mrr is None and row.mrr_reporting is None and len(currencies) == 1:
        row.mrr = total
        row.currency = currencies.pop() if total is not None else ""
    # The rate may become known later than the amount; the amount itself must still be the same.
    if row.mrr_reporting is None and (row.mrr is None or row.mrr == total):
        values = [each.mrr_reporting for each in ending if each.mrr_reporting is not None]
        row.mrr_reporting = sum(values, Decimal(0)) if len(values) == len(ending) else None
