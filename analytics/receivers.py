"""What makes stored counts stale. Each receiver marks days in the sender's transaction, no more.

A change touches the day of the request (unit cancellations) and the day of the loss. Rows that
are deleted, and columns that date or cut a count and are edited without further news, are marked
from Django's own signals; what goes past both (bulk updates by hand) needs ``rollup --rebuild``.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from analytics.models import ReasonCount
from analytics.rollups import mark_stale
from analytics.tasks import refresh_counts
from reasons.models import Reason
from reasons.signals import classification_changed
from surveys.calendar import local_date
from surveys.models import Cancellation, Customer, Loss, Response, Subscription
from surveys.nudge import Nudge
from surveys.signals import cancellation_changed, losses_changed, response_submitted

# Databases limit how many parameters a query may have.
CHUNK = 5000
# What a subscription lends to a cancellation whose loss is not frozen yet.
LENT_BY_SUBSCRIPTION = {
    "plan",
    "billing_interval",
    "mrr",
    "mrr_reporting",
    "is_trial",
    "started_on",
}

counting = Nudge(refresh_counts)


@receiver(losses_changed)
def on_losses_changed(
    *, days: Iterable[dt.date], customer_ids: Collection[int] = (), **kwargs: Any
) -> None:
    marked = set(days)
    if customer_ids:
        marked |= _days_of(Cancellation.objects.filter(customer__in=customer_ids))
    _mark(marked)


@receiver(cancellation_changed)
def on_cancellation_changed(*, cancellation: Cancellation, **kwargs: Any) -> None:
    _mark(_days_of(Cancellation.objects.filter(pk=cancellation.pk)))


@receiver(classification_changed)
def on_classification_changed(*, cancellation_ids: Iterable[int], **kwargs: Any) -> None:
    ids = list(cancellation_ids)
    days: set[dt.date] = set()
    for start in range(0, len(ids), CHUNK):
        days |= _days_of(Cancellation.objects.filter(pk__in=ids[start : start + CHUNK]))
    _mark(days)


@receiver(response_submitted)
def on_response_submitted(*, response: Response, **kwargs: Any) -> None:
    """Which survey was answered is a dimension, even where no reason follows from it."""
    cancellation = response.cancellation
    if cancellation is not None and response.revision == 1:
        # The respondent waits for this: no query where all is known already.
        loss = getattr(cancellation, "loss", None)
        _mark(_days([(cancellation.requested_at, loss.lost_on if loss else None)]))


@receiver(pre_save, sender=Cancellation)
def on_cancellation_moved(
    *, instance: Cancellation, update_fields: Collection[str] | None = None, **kwargs: Any
) -> None:
    """The day it is moved away from; the new one is marked by ``cancellation_changed``."""
    if instance._state.adding or (update_fields and "requested_at" not in update_fields):  # noqa: SLF001
        return
    before = Cancellation.objects.filter(pk=instance.pk).values_list("requested_at", flat=True)
    requested_at = before.first()
    if requested_at and requested_at != instance.requested_at:
        _mark({local_date(requested_at)})


@receiver(pre_delete, sender=Cancellation)
def on_cancellation_deleted(*, instance: Cancellation, **kwargs: Any) -> None:
    """While its loss, which stays and loses its reason, still points at it."""
    _mark(_days_of(Cancellation.objects.filter(pk=instance.pk)))


@receiver(post_delete, sender=Loss)
def on_loss_deleted(*, instance: Loss, **kwargs: Any) -> None:
    freed = Cancellation.objects.filter(pk=instance.cancellation_id or 0)
    _mark({instance.lost_on} | _days_of(freed))


@receiver(post_save, sender=Customer)
def on_customer_saved(*, instance: Customer, created: bool, **kwargs: Any) -> None:
    """Test or not, and what a loss to come would freeze."""
    if not created:
        losses = Loss.objects.filter(customer=instance).values_list("lost_on", flat=True)
        _mark(set(losses) | _days_of(Cancellation.objects.filter(customer=instance)))


@receiver(post_save, sender=Subscription)
def on_subscription_saved(
    *,
    instance: Subscription,
    created: bool,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    if created or (update_fields and LENT_BY_SUBSCRIPTION.isdisjoint(update_fields)):
        return
    _mark(_days_of(Cancellation.objects.filter(customer=instance.customer_id)))


@receiver(pre_save, sender=Reason)
def on_reason_moved(*, instance: Reason, **kwargs: Any) -> None:
    """A reason that changes its category or whether it is avoidable changes the past."""
    before = Reason.objects.filter(pk=instance.pk).values("code", "category", "avoidable").first()
    if before and before != {
        "code": instance.code,
        "category": instance.category,
        "avoidable": instance.avoidable,
    }:
        counted = ReasonCount.objects.filter(reason=before["code"])
        _mark(counted.values_list("day", flat=True).distinct())


def _days_of(cancellations: "QuerySet[Cancellation]") -> set[dt.date]:
    """The days on which these are counted: of the request, and of the loss. One query."""
    return _days(cancellations.order_by().values_list("requested_at", "loss__lost_on"))


def _days(dated: Iterable[tuple[dt.datetime, dt.date | None]]) -> set[dt.date]:
    days = set()
    for requested_at, lost_on in dated:
        days.add(local_date(requested_at))
        if lost_on:
            days.add(lost_on)
    return days


def _mark(days: Iterable[dt.date]) -> None:
    marked = set(days)
    if marked:
        mark_stale(marked)
        counting.after_commit()
