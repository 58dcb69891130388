"""What a screen shows, read from its address and written back to one: every state is a URL."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.filters import Filters
from analytics.models import Unit
from analytics.periods import DAY, KINDS, split
from reasons.models import Perspective
from surveys.calendar import minus_months

CUSTOMERS, MRR = "customers", "mrr"
DEFAULT_PRESET = "3m"
CUSTOM = "custom"
# More bars than this nobody can read, and nobody should be able to ask a server for.
MOST_PERIODS = 400
EARLIEST = dt.date(1990, 1, 1)

PRESETS: dict[str, str | Promise] = {
    "30d": _("Last 30 days"),
    "3m": _("Last 3 months"),
    "6m": _("Last 6 months"),
    "12m": _("Last 12 months"),
    "year": _("This year"),
    CUSTOM: _("From … to …"),
}
MONTHS = {"3m": 3, "6m": 6, "12m": 12}
BY: dict[str, str | Promise] = {
    "day": _("by day"),
    "week": _("by week"),
    "month": _("by month"),
    "quarter": _("by quarter"),
    "year": _("by year"),
}
WEIGHTS: dict[str, str | Promise] = {CUSTOMERS: _("by customers"), MRR: _("by MRR")}
UNITS: dict[str, str | Promise] = {
    Unit.LOSSES.value: _("Customers who left"),
    Unit.CANCELLATIONS.value: _("Cancellations"),
}
PERSPECTIVES: dict[str, str | Promise] = {
    Perspective.STATED.value: _("As customers said"),
    Perspective.INTERNAL.value: _("As the team concluded"),
}
# The parameters of an address that are no filters.
PARAMETERS = (
    *("period", "from", "to", "by", "weight", "unit", "perspective"),
    *("format", "page", "said"),
)


class ScreenError(ValueError):
    """An address that no screen can be made of; says which parameter, what was found, what fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """``first`` to ``last``, both included, against ``previous_first`` to ``previous_last``."""

    preset: str
    first: dt.date
    last: dt.date
    previous_first: dt.date
    previous_last: dt.date
    by: str
    by_is_chosen: bool
    weight: str
    unit: str
    perspective: str
    filters: Filters
    usual_preset: str = DEFAULT_PRESET

    @classmethod
    def from_query(
        cls,
        query: QueryDict,
        *,
        today: dt.date,
        usual_preset: str = DEFAULT_PRESET,
        usual_by: str = "",
    ) -> "Screen":
        """Raises ScreenError or FilterError, each with a sentence for whoever wrote the address.

        ``usual_by``: the steps where the address names none; default: what fits the period.
        """
        preset = _one_of(query, "period", PRESETS, _implied_preset(query, usual_preset))
        first, last = _period(query, preset, today)
        by = _one_of(query, "by", BY, "")
        chosen = bool(by)
        by = by or usual_by or _fitting(first, last)
        if by not in KINDS or len(split(first, last, by)) > MOST_PERIODS:
            raise ScreenError(
                gettext("%(by)s makes too many steps from %(first)s to %(last)s: take longer ones.")
                % {"by": str(BY[by]), "first": first, "last": last}
            )
        previous_first, previous_last = _before(preset, first, last)
        return cls(
            preset=preset,
            first=first,
            last=last,
            previous_first=previous_first,
            previous_last=previous_last,
            by=by,
            by_is_chosen=chosen,
            weight=_one_of(query, "weight", WEIGHTS, CUSTOMERS),
            unit=_one_of(query, "unit", UNITS, Unit.LOSSES.value),
            perspective=_one_of(query, "perspective", PERSPECTIVES, Perspective.STATED.value),
            filters=Filters.from_query(query, besides=PARAMETERS),
            usual_preset=usual_preset,
        )

    @property
    def by_mrr(self) -> bool:
        return self.weight == MRR

    @property
    def of_losses(self) -> bool:
        return self.unit == Unit.LOSSES.value

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that make this screen, in order, what goes without saying left out."""
        pairs = []
        if self.preset == CUSTOM:
            pairs += [("from", f"{self.first}"), ("to", f"{self.last}")]
        elif self.preset != self.usual_preset:
            pairs.append(("period", self.preset))
        if self.by_is_chosen:
            pairs.append(("by", self.by))
        for name, value, usual in (
            ("weight", self.weight, CUSTOMERS),
            ("unit", self.unit, Unit.LOSSES.value),
            ("perspective", self.perspective, Perspective.STATED.value),
        ):
            if value != usual:
                pairs.append((name, value))
        return pairs + self.filters.pairs()

    def query(self, *extra: tuple[str, str]) -> str:
        """The address' part from the question mark on, with ``extra`` parameters; may be empty."""
        pairs = self.pairs() + list(extra)
        return "?" + urlencode(pairs) if pairs else ""

    def narrowed(self, **values: list[str]) -> "Screen":
        """The same screen with these filters: ``screen.narrowed(reason=["hard_to_use"])``."""
        return replace(self, filters=self.filters.replacing(**values))

    def within(self, first: dt.date, last: dt.date) -> "Screen":
        """The same screen from ``first`` to ``last``."""
        return replace(self, preset=CUSTOM, first=first, last=last)


def _one_of(query: QueryDict, name: str, allowed: Any, usual: str) -> str:
    value = query.get(name, "").strip() or usual
    if value and value not in allowed:
        raise ScreenError(
            gettext("“%(name)s”: found “%(found)s”, expected one of %(expected)s.")
            % {"name": name, "found": value[:100], "expected": ", ".join(allowed)}
        )
    return value


def _implied_preset(query: QueryDict, usual: str) -> str:
    return CUSTOM if query.get("from") or query.get("to") else usual


def _period(query: QueryDict, preset: str, today: dt.date) -> tuple[dt.date, dt.date]:
    if preset == CUSTOM:
        last = _day(query, "to", today)
        first = _day(query, "from", minus_months(last, 3) + DAY)
        if last < first:
            raise ScreenError(
                gettext("The last day (%(last)s) lies before the first (%(first)s).")
                % {"last": last, "first": first}
            )
        return first, last
    if preset == "30d":
        return today - 29 * DAY, today
    if preset == "year":
        return today.replace(month=1, day=1), today
    return minus_months(today, MONTHS[preset]) + DAY, today


def _day(query: QueryDict, name: str, usual: dt.date) -> dt.date:
    text = query.get(name, "").strip()
    if not text:
        return usual
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= dt.date(usual.year + 50, 12, 31):
        raise ScreenError(
            gettext("“%(name)s”: found “%(found)s”, expected a day such as %(example)s.")
            % {"name": name, "found": text[:100], "example": usual}
        )
    return day


def _before(preset: str, first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """What to compare with: as many months or days before; this year with last year's same days."""
    if preset == "year":
        return minus_months(first, 12), minus_months(last, 12)
    if preset in MONTHS:
        return minus_months(last, 2 * MONTHS[preset]) + DAY, first - DAY
    return first - (last - first) - DAY, first - DAY


def _fitting(first: dt.date, last: dt.date) -> str:
    days = (last - first).days + 1
    if days <= 31:
        return "day"
    if days <= 190:
        return "week"
    return "month" if days <= 1100 else "quarter" if days <= 4000 else "year"
