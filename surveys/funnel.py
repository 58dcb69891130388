"""Who was asked, and how far they came: from the invitation to the last screen.

Read from rows and bounded by a period: invitations by the day on which they were made. Test
customers and test responses are left out.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from surveys.calendar import local_midnight
from surveys.models import Invitation, InvitationState, Response
from surveys.models.responses import ResponseQuerySet

DAY = dt.timedelta(days=1)
WEEK = 7 * DAY

Key = TypeVar("Key", bound=Hashable)

_WAITING = Q(state__in=(InvitationState.SCHEDULED, InvitationState.SENDING))
_STOPPED = Q(state__in=(InvitationState.WITHHELD, InvitationState.WITHDRAWN))
_ANSWERED = Q(response__submitted_at__isnull=False)
# Anything filled in, sent or not.
_STARTED = _ANSWERED | Q(response__unsent_at__isnull=False)
# Each step holds what comes after it: who answered has opened, whoever blocks the mark.
_OPENED = Q(opened_at__isnull=False) | _STARTED
_DELIVERED = _OPENED | Q(
    Q(sent_at__isnull=False) | Q(state=InvitationState.OFFERED), bounced_at__isnull=True
)
_INVITED = _DELIVERED | Q(sent_at__isnull=False) | ~_STOPPED


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many came how far; each step is a part of the one before.

    ``withheld``: never written to, in no step. ``waiting``: invited, still to be sent.
    ``answered``: sent at least one screen. ``completed``: sent the last one.
    """

    invited: int = 0
    delivered: int = 0
    opened: int = 0
    started: int = 0
    answered: int = 0
    completed: int = 0
    withheld: int = 0
    waiting: int = 0

    def __add__(self, other: "Funnel") -> "Funnel":
        return Funnel(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(Funnel))
        )

    @property
    def partial(self) -> int:
        """Started and not completed, whatever of it was sent."""
        return self.started - self.completed


STEPS = ("invited", "delivered", "opened", "started", "answered", "completed")

_COUNTED = {
    "invited": _INVITED,
    "delivered": _DELIVERED,
    "opened": _OPENED,
    "started": _STARTED,
    "answered": _ANSWERED,
    "completed": Q(response__completed_at__isnull=False),
    "withheld": ~_INVITED,
    "waiting": _WAITING & ~_DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """The funnel of the invitations of one week, version and language (``""``: not known)."""

    week: dt.date
    survey_id: int
    version_id: int
    language: str
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those invited from ``first`` to ``last``, both included, in the organisation's days.

    None of ``survey_id``, ``version_id`` and ``language`` narrows it further.
    """

    first: dt.date
    last: dt.date
    survey_id: int | None = None
    version_id: int | None = None
    language: str | None = None

    def invitations(self) -> QuerySet[Invitation]:
        """Without test customers and test responses."""
        return Invitation.objects.filter(
            Q(response__isnull=True) | Q(response__is_test=False),
            self._narrowed(""),
            customer__is_test=False,
        )

    def responses(self) -> ResponseQuerySet:
        """Started ones, sent or not, without tests."""
        return Response.objects.filter(
            Q(submitted_at__isnull=False) | Q(unsent_at__isnull=False),
            self._narrowed("invitation__"),
            is_test=False,
            customer__is_test=False,
        )

    def holds(self, cell: Cell) -> bool:
        return (
            self.survey_id in (None, cell.survey_id)
            and self.version_id in (None, cell.version_id)
            and self.language in (None, cell.language)
        )

    def narrowed(self, *, survey_id: int | None) -> "Cohort":
        return replace(self, survey_id=survey_id)

    def _narrowed(self, to: str) -> Q:
        wanted = {
            f"{to}created_at__gte": local_midnight(self.first),
            f"{to}created_at__lt": local_midnight(self.last + DAY),
        }
        for name in ("survey_id", "version_id", "language"):
            if (value := getattr(self, name)) is not None:
                field = "survey_version_id" if name == "version_id" else name
                wanted[f"{to}{field}"] = value
        return Q(**wanted)


def weeks(first: dt.date, last: dt.date) -> list[dt.date]:
    """The Mondays of the weeks that the days from ``first`` to ``last`` lie in."""
    monday = first - first.weekday() * DAY
    return [monday + at * WEEK for at in range((last - monday).days // 7 + 1)]


def count_funnel(cohort: Cohort) -> list[Cell]:
    """The cells of ``cohort`` that anybody is in. One query."""
    mondays = weeks(cohort.first, cohort.last)
    # Boundaries as constants: databases truncate moments to weeks slowly, and not all alike.
    week = Case(
        *(
            When(created_at__lt=local_midnight(monday + WEEK), then=Value(at))
            for at, monday in enumerate(mondays)
        ),
        output_field=IntegerField(),
    )
    counts = {name: Count("pk", filter=condition) for name, condition in _COUNTED.items()}
    rows = (
        cohort.invitations()
        .order_by()
        .annotate(week=week)
        .values_list("week", "survey_id", "survey_version_id", "language")
        .annotate(**counts)
    )
    return [
        Cell(mondays[at], survey_id, version_id, language, Funnel(*counted))
        for at, survey_id, version_id, language, *counted in rows
    ]


def total(cells: Iterable[Cell]) -> Funnel:
    return sum((cell.funnel for cell in cells), Funnel())


def grouped(cells: Sequence[Cell], key: Callable[[Cell], Key]) -> dict[Key, Funnel]:
    """Funnels by ``key`` of their cells, in the order of the keys' first cells."""
    groups: dict[Key, Funnel] = {}
    for cell in cells:
        of = key(cell)
        groups[of] = groups.get(of, Funnel()) + cell.funnel
    return groups


def busiest_survey(cells: Iterable[Cell]) -> int | None:
    """The key of the survey with the most invitations; of several the one made first."""
    invited: Counter[int] = Counter()
    for cell in cells:
        invited[cell.survey_id] += cell.funnel.invited + cell.funnel.withheld
    return min(invited, key=lambda survey: (-invited[survey], survey)) if invited else None
