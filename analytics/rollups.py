"""Losses and cancellations -> stored counts. Idempotent; a day is rebuilt whole, never adjusted.

Whatever changes a day marks it (``mark_stale``) in its own transaction; ``refresh`` takes the
marks away and rebuilds their days. Refreshers follow one another by a lock on the state's row,
marks are removed before the rows are read, and a mark that is committed meanwhile stays: so no
change is ever lost, whoever runs at the same time.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Count, DecimalField, Exists, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Round, TruncDate
from django.utils import timezone

from analytics.dimensions import DIMENSIONS, cancellations, losses
from analytics.models import ReasonCount, RollupState, StaleDay, Unit
from reasons.models import Perspective
from surveys.calendar import local_midnight, organisation_zone
from surveys.models import Cancellation, Loss
from surveys.statements import PreparedInsert

# Days rebuilt in one transaction: few enough to let writers in between (of 100,000 losses in three
# years it takes well under a second), enough that the queries' own cost does not show.
BATCH_DAYS = 92
STATE_PK = 1
# How old "as of" may grow while nothing changes; written more often it would only be wear.
AS_OF_GRAIN = dt.timedelta(seconds=60)

Progress = Callable[[int, int], None]


def mark_stale(days: Iterable[dt.date]) -> None:
    """The counts of these days no longer hold. To be called where the change is made."""
    _insert_stale.insert([[day] for day in sorted(set(days))])


_insert_stale = PreparedInsert(StaleDay, ["day"])


def as_of() -> dt.datetime | None:
    """Up to when changes are in the stored counts; None: never counted."""
    return RollupState.objects.values_list("as_of", flat=True).first()


def state() -> tuple[dt.datetime | None, bool]:
    """``as_of``, and whether anything has changed since that is not counted yet. One query."""
    found = (
        RollupState.objects.annotate(pending=Exists(StaleDay.objects.all()))
        .values_list("as_of", "pending")
        .first()
    )
    return found or (None, StaleDay.objects.exists())


def refresh(limit: int | None = None, *, progress: Progress | None = None) -> int:
    """Rebuild the days that are marked, newest first, ``limit`` of them at most; returns how many.

    ``progress`` is called after each batch with the number of days done and the number to do.
    """
    began = timezone.now()
    marked = StaleDay.objects.order_by("-day").values_list("day", flat=True).distinct()
    days = list(marked)
    todo = days if limit is None else days[:limit]
    for start in range(0, len(todo), BATCH_DAYS):
        batch = sorted(todo[start : start + BATCH_DAYS])
        with transaction.atomic():
            _take_turn(began)
            StaleDay.objects.filter(day__in=batch).delete()
            _rebuild(batch)
        if progress:
            progress(min(start + BATCH_DAYS, len(todo)), len(todo))
    if len(todo) == len(days):
        _say_as_of(began, grain=dt.timedelta(0) if days else AS_OF_GRAIN)
    return len(todo)


def rebuild(since: dt.date | None = None, *, progress: Progress | None = None) -> int:
    """Count anew every day (from ``since`` on) that has anything to count; returns how many."""
    from_day = since or dt.date.min
    asked = Cancellation.objects.all()
    if since:
        asked = asked.filter(requested_at__gte=local_midnight(since))
    asked_on = asked.annotate(asked_on=TruncDate("requested_at", tzinfo=organisation_zone()))
    days = {
        *Loss.objects.filter(lost_on__gte=from_day).values_list("lost_on", flat=True).distinct(),
        *asked_on.order_by().values_list("asked_on", flat=True).distinct(),
        *ReasonCount.objects.filter(day__gte=from_day)
        .order_by()
        .values_list("day", flat=True)
        .distinct(),
    }
    mark_stale(days)
    return refresh(progress=progress)


def _take_turn(now: dt.datetime) -> None:
    """Wait for whoever else is rebuilding; holds until the transaction ends."""
    RollupState.objects.select_for_update().get_or_create(pk=STATE_PK, defaults={"as_of": now})


def _say_as_of(moment: dt.datetime, *, grain: dt.timedelta) -> None:
    RollupState.objects.bulk_create([RollupState(pk=STATE_PK, as_of=moment)], ignore_conflicts=True)
    RollupState.objects.filter(pk=STATE_PK, as_of__lt=moment - grain).update(as_of=moment)


def _rebuild(days: Sequence[dt.date]) -> None:
    # All units and perspectives there are, named for the index's sake.
    ReasonCount.objects.filter(
        unit__in=Unit.values, perspective__in=Perspective.values, day__in=days
    ).delete()
    lost = asked = Q()
    for first, last in _runs(days):
        lost |= Q(lost_on__range=(first, last))
        after = local_midnight(last + dt.timedelta(days=1))
        asked |= Q(requested_at__gte=local_midnight(first), requested_at__lt=after)
    for perspective in Perspective.values:
        _store(Unit.LOSSES, perspective, losses(perspective).filter(lost))
        _store(Unit.CANCELLATIONS, perspective, cancellations(perspective).filter(asked))


def _runs(days: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Sorted days as runs without a gap, so that a query needs few ranges."""
    runs: list[tuple[dt.date, dt.date]] = []
    for day in days:
        if runs and day - runs[-1][1] == dt.timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _store(unit: str, perspective: str, rows: "QuerySet[Loss] | QuerySet[Cancellation]") -> None:
    """Group ``rows`` by every dimension and write the counts, without leaving the database."""
    money = DecimalField(max_digits=16, decimal_places=2)
    grouped = (
        rows.order_by()
        .values(*(f"in_{name}" for name in DIMENSIONS))
        .annotate(
            customers_=Count("pk"),
            mrr_=Coalesce(
                Round(Sum("in_mrr"), 2), Value(0, output_field=money), output_field=money
            ),
            mrr_unknown_=Count("pk", filter=Q(in_mrr__isnull=True)),
        )
    )
    columns = ["unit", "perspective", *DIMENSIONS, "customers", "mrr", "mrr_unknown"]
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in columns)
    query, parameters = grouped.query.sql_with_params()
    with connection.cursor() as cursor:
        # Table and columns are our own, every value is a parameter.
        cursor.execute(
            f"INSERT INTO {quote(ReasonCount._meta.db_table)} ({names}) "  # noqa: S608, SLF001
            f"SELECT %s, %s, counted.* FROM ({query}) AS counted",
            [unit, perspective, *parameters],
        )
