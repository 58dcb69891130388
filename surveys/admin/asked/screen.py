"""What the page *Who was asked* shows, read from its address: every state is a URL."""

import datetime as dt
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.funnel import DAY, WEEK

CUSTOM = "custom"
USUAL_PERIOD, USUAL_BY = "12w", "week"
PERIODS: dict[str, str | Promise] = {
    "4w": _("Last 4 weeks"),
    "12w": _("Last 12 weeks"),
    "26w": _("Last 26 weeks"),
    "52w": _("Last 52 weeks"),
    CUSTOM: _("From … to …"),
}
BY: dict[str, str | Promise] = {
    "week": _("by week"),
    "version": _("by version"),
    "language": _("by language"),
    "survey": _("by survey"),
}
# Rows are counted anew each time; nobody should be able to ask for all of history at once.
MOST_WEEKS = 106
EARLIEST = dt.date(1990, 1, 1)
# In an address, for invitations that name no language.
NO_LANGUAGE = "-"


class AddressError(ValueError):
    """An address that no page can be made of; says which parameter, what was found, what fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedScreen:
    """``first`` to ``last``, both included. ``survey``: a key, "" is the busiest one.

    ``version``: a number, None is all. ``language``: a code, "" is all, "-" is not known.
    """

    period: str
    first: dt.date
    last: dt.date
    by: str
    survey: str
    version: int | None
    language: str

    @classmethod
    def from_query(cls, query: QueryDict, *, today: dt.date) -> "AskedScreen":
        """AddressError with a sentence for whoever wrote the address."""
        implied = CUSTOM if query.get("from") or query.get("to") else USUAL_PERIOD
        period = _one_of(query, "period", PERIODS, implied)
        first, last = _days(query, period, today)
        return cls(
            period=period,
            first=first,
            last=last,
            by=_one_of(query, "by", BY, USUAL_BY),
            survey=query.get("survey", "").strip(),
            version=_version(query),
            language=query.get("language", "").strip(),
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that make this page, in order, what goes without saying left out."""
        pairs: list[tuple[str, str]] = []
        if self.period == CUSTOM:
            pairs += [("from", f"{self.first}"), ("to", f"{self.last}")]
        elif self.period != USUAL_PERIOD:
            pairs.append(("period", self.period))
        if self.by != USUAL_BY:
            pairs.append(("by", self.by))
        if self.survey:
            pairs.append(("survey", self.survey))
        if self.version is not None:
            pairs.append(("version", str(self.version)))
        if self.language:
            pairs.append(("language", self.language))
        return pairs

    def query(self, *extra: tuple[str, str]) -> str:
        """The address' part from the question mark on, with ``extra`` parameters; may be empty."""
        pairs = self.pairs() + list(extra)
        return "?" + urlencode(pairs) if pairs else ""

    def of_survey(self, key: str) -> "AskedScreen":
        return replace(self, survey=key, version=None, by=USUAL_BY)


def _one_of(query: QueryDict, name: str, allowed: dict[str, str | Promise], usual: str) -> str:
    value = query.get(name, "").strip() or usual
    if value not in allowed:
        raise AddressError(
            gettext("“%(name)s”: found “%(found)s”, expected one of %(expected)s.")
            % {"name": name, "found": value[:100], "expected": ", ".join(allowed)}
        )
    return value


def _version(query: QueryDict) -> int | None:
    text = query.get("version", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise AddressError(
            gettext("“%(name)s”: found “%(found)s”, expected a number.")
            % {"name": "version", "found": text[:100]}
        )
    return int(text)


def _days(query: QueryDict, period: str, today: dt.date) -> tuple[dt.date, dt.date]:
    if period != CUSTOM:
        monday = today - today.weekday() * DAY
        return monday - (int(period.removesuffix("w")) - 1) * WEEK, today
    last = read_day(query, "to", today, today)
    first = read_day(query, "from", last - 12 * WEEK + DAY, today)
    if last < first:
        raise AddressError(
            gettext("The last day (%(last)s) lies before the first (%(first)s).")
            % {"last": last, "first": first}
        )
    if (last - first).days > 7 * MOST_WEEKS:
        raise AddressError(
            gettext("From %(first)s to %(last)s are more than %(most)d weeks: take fewer.")
            % {"first": first, "last": last, "most": MOST_WEEKS}
        )
    return first, last


def read_day(query: QueryDict, name: str, usual: dt.date, today: dt.date) -> dt.date:
    """The day that parameter ``name`` says; ``usual`` where it is missing. AddressError."""
    text = query.get(name, "").strip()
    if not text:
        return usual
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= dt.date(today.year + 50, 12, 31):
        raise AddressError(
            gettext("“%(name)s”: found “%(found)s”, expected a day such as %(example)s.")
            % {"name": name, "found": text[:100], "example": today}
        )
    return day
