"""The bar of filters: a plain GET form whose every state is an address."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import CharField, F, Value
from django.utils.functional import Promise
from django.utils.translation import gettext

from analytics.dashboards import screen as screens
from analytics.dashboards.labels import DIMENSION_LABELS, VALUE_LABELS, value_label
from analytics.dashboards.screen import Screen
from analytics.filters import CLOSED_SETS, NO, UNKNOWN
from analytics.models import ReasonCount

SHOWN_AT_ONCE = ("plan", "segment", "country", "life_stage", "kind")
UNDER_MORE = ("industry", "billing_interval", "owner", "ideal", "language", "source", "trial")
# Those whose values are taken from what has been counted.
OPEN_SETS = ("plan", "segment", "country", "industry", "owner", "language", "source")
# A longer list is no help; the address takes any value all the same.
MOST_OPTIONS = 200


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Select:
    name: str
    label: str
    options: list[Option]
    is_set: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that no select holds: shown with a way to take it away."""

    name: str
    value: str
    label: str
    without: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    selects: list[Select]
    more: list[Select]
    chips: list[Chip]
    first: str
    last: str
    more_set: int


def filter_bar(
    screen: Screen,
    *,
    reason_names: Mapping[str, str],
    with_steps: bool = True,
    steps: tuple[str, ...] = tuple(screens.BY),
) -> FilterBar:
    """One query. ``with_steps``: whether the page counts by week, month ... and by MRR."""
    values = _counted_values(screen)
    options = {key: _options(screen, key, values) for key in (*SHOWN_AT_ONCE, *UNDER_MORE)}
    in_selects = {key for key, select in options.items() if len(getattr(screen.filters, key)) <= 1}
    selects = [
        _fixed("period", gettext("Period"), screens.PRESETS, screen.preset, screen.usual_preset)
    ]
    more = []
    if with_steps:
        selects.append(_by(screen, steps))
        selects.append(
            _fixed("weight", gettext("Counted"), screens.WEIGHTS, screen.weight, screens.CUSTOMERS)
        )
    selects += [options[key] for key in SHOWN_AT_ONCE if key in in_selects]
    more += [
        _fixed("unit", gettext("Of"), screens.UNITS, screen.unit, "losses"),
        _fixed(
            "perspective",
            gettext("Perspective"),
            screens.PERSPECTIVES,
            screen.perspective,
            "stated",
        ),
    ]
    more += [options[key] for key in UNDER_MORE if key in in_selects]
    chips = [
        Chip(
            name=key,
            value=value,
            label=f"{DIMENSION_LABELS[key]}: {value_label(key, value, reason_names)}",
            without=_without(screen, key, value),
        )
        for key, value in screen.filters.pairs()
        if key not in in_selects
    ]
    return FilterBar(
        selects=selects,
        more=more,
        chips=chips,
        first=screen.first.isoformat() if screen.preset == screens.CUSTOM else "",
        last=screen.last.isoformat() if screen.preset == screens.CUSTOM else "",
        more_set=sum(select.is_set for select in more),
    )


def _counted_values(screen: Screen) -> dict[str, list[str]]:
    """The values that any stored count has, by dimension, sorted. One query."""
    counts = ReasonCount.objects.filter(unit=screen.unit, perspective=screen.perspective).order_by()
    parts = [
        counts.annotate(dimension=Value(key, output_field=CharField()), found=F(key)).values_list(
            "dimension", "found"
        )
        for key in OPEN_SETS
    ]
    values: dict[str, list[str]] = defaultdict(list)
    for key, value in parts[0].union(*parts[1:]):  # a union keeps no duplicates
        values[key].append(value)
    return {key: sorted(of_key, key=str.casefold) for key, of_key in values.items()}


def _options(screen: Screen, key: str, values: Mapping[str, list[str]]) -> Select:
    chosen = getattr(screen.filters, key)
    known: list[str] = (
        list(CLOSED_SETS[key])
        if key in CLOSED_SETS
        else [value or UNKNOWN for value in values.get(key, [])][:MOST_OPTIONS]
    )
    known = [value for value in dict.fromkeys(known) if key != "trial" or value != NO]
    if chosen and chosen[0] not in known:
        known.insert(0, chosen[0])
    label = str(DIMENSION_LABELS[key])
    # A form's first option is "all"; the pill says of what.
    everything = gettext("%(dimension)s: all") % {"dimension": label}
    if key == "trial":
        everything = gettext("Without trials")
    return Select(
        name=key,
        label=label,
        options=[
            Option("", everything, not chosen),
            *(Option(value, _option_label(key, label, value), value in chosen) for value in known),
        ],
        is_set=bool(chosen),
    )


def _option_label(key: str, label: str, value: str) -> str:
    if key == "trial":
        return gettext("Trials that never paid")
    return f"{label}: {value_label(key, value, {})}" if _needs_name(key, value) else value


def _needs_name(key: str, value: str) -> bool:
    """Words such as *early* or *yes* say nothing without what they are about."""
    return value == UNKNOWN or key in VALUE_LABELS or key in ("owner", "source", "language")


def _by(screen: Screen, steps: tuple[str, ...]) -> Select:
    by = {key: label for key, label in screens.BY.items() if key in steps}
    return _fixed("by", gettext("Steps"), by, screen.by, screen.by)


def _fixed(
    name: str, label: str, options: Mapping[str, "str | Promise"], chosen: str, usual: str
) -> Select:
    return Select(
        name=name,
        label=label,
        options=[Option(value, str(text), value == chosen) for value, text in options.items()],
        is_set=chosen != usual or name in ("period", "weight"),
    )


def _without(screen: Screen, key: str, value: str) -> str:
    left = [each for each in getattr(screen.filters, key) if each != value]
    return screen.narrowed(**{key: left}).query() or "?"
