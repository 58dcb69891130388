"""What figures are restricted to: parsed from commands and addresses, applied to stored counts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from reasons.models import Category, Reason
from reasons.taxonomy import CATEGORY_OF
from surveys.models import CancellationKind
from surveys.models.customers import BillingInterval

# Stands for "nobody has told us": an empty dimension. A value that is spelled so means the same.
UNKNOWN = "unknown"
YES, NO = "yes", "no"
LIFE_STAGES = ("early", "middle", "late")

# What a customer is, and so what those who are still here can be filtered by as well.
CUSTOMER_KEYS = (
    "plan",
    "segment",
    "industry",
    "country",
    "billing_interval",
    "life_stage",
    "owner",
    "ideal",
    "language",
)
# What only a loss has: these restrict who is counted as lost, never whom a rate is out of.
LOSS_KEYS = ("kind", "survey", "source", "reason", "category", "provider_reason")
CLOSED_SETS: Mapping[str, tuple[str, ...]] = {
    "billing_interval": (*BillingInterval.values, UNKNOWN),
    "life_stage": (*LIFE_STAGES, UNKNOWN),
    "ideal": (YES, NO, UNKNOWN),
    "kind": (*CancellationKind.values, UNKNOWN),
    "trial": (YES, NO),
    "category": (*Category.values, UNKNOWN),
}


class FilterError(ValueError):
    """A filter that nothing can be counted by. Says the key, what was found and what fits."""

    def __init__(self, key: str, found: str, expected: str) -> None:
        self.key, self.found, self.expected = key, found, expected
        super().__init__(
            _("Filter “%(key)s”: found “%(found)s”, expected %(expected)s.")
            % {"key": key, "found": found, "expected": expected}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """For each key the values of which any may hold; empty: all. Keys restrict one another.

    Without ``trial`` those who never paid are left out: they are counted apart.
    """

    plan: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    billing_interval: tuple[str, ...] = ()
    life_stage: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    ideal: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    survey: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    trial: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    provider_reason: tuple[str, ...] = ()

    @classmethod
    def parse(cls, pairs: Iterable[str]) -> "Filters":
        """From ``key=value`` texts; a repeated key means any of its values. Raises FilterError."""
        found = []
        for pair in pairs:
            key, sign, value = pair.partition("=")
            if not sign:
                raise FilterError(pair, pair, _("key=value"))
            found.append((key.strip(), value.strip()))
        return cls._from_pairs(found)

    @classmethod
    def from_query(cls, query: "QueryDict | str", *, besides: Collection[str] = ()) -> "Filters":
        """From the parameters of an address. ``besides``: parameters that are no filters.

        An empty value is a form's "all" and restricts nothing. Raises FilterError.
        """
        parameters = QueryDict(query) if isinstance(query, str) else query
        return cls._from_pairs(
            (key, value.strip())
            for key, values in parameters.lists()
            if key not in besides
            for value in values
            if value.strip() and isinstance(value, str)
        )

    @classmethod
    def _from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> "Filters":
        values: dict[str, list[str]] = {}
        for key, value in pairs:
            if key not in KEYS:
                raise FilterError(key, key, _("one of %s") % ", ".join(KEYS))
            _check_value(key, value)
            of_key = values.setdefault(key, [])
            if value not in of_key:
                of_key.append(value)
        return cls(**{key: tuple(of_key) for key, of_key in values.items()})

    def as_dict(self) -> dict[str, list[str]]:
        """Only what restricts: ``{"plan": ["Pro", "Team"]}``."""
        return {key: list(getattr(self, key)) for key in KEYS if getattr(self, key)}

    def pairs(self) -> list[tuple[str, str]]:
        """Each key and value, for an address: ``[("plan", "Pro"), ("plan", "Team")]``."""
        return [(key, value) for key, values in self.as_dict().items() for value in values]

    def replacing(self, **values: Collection[str]) -> "Filters":
        """The same but for the given keys: ``filters.replacing(reason=["hard_to_use"])``."""
        checked: dict[str, Any] = {}
        for key, of_key in values.items():
            for value in of_key:
                _check_value(key, value)
            checked[key] = tuple(of_key)
        return replace(self, **checked)

    @property
    def trials_only(self) -> bool:
        return self.trial == (YES,)

    def as_q(self, *, prefix: str = "", keys: Collection[str] = ()) -> Q:
        """The condition on columns named ``prefix`` + key; ``keys``: only these (default: all)."""
        condition = Q()
        for key in keys or KEYS:
            values = getattr(self, key) or ((NO,) if key == "trial" else ())
            if values:
                condition &= Q(**{f"{prefix}{key}__in": stored_values(values)})
        return condition


KEYS = tuple(each.name for each in fields(Filters))


def stored_values(values: Collection[str]) -> list[str]:
    """As the columns hold them: what is not known is empty there."""
    return [*values, ""] if UNKNOWN in values else list(values)


def _check_value(key: str, value: str) -> None:
    if not value:
        raise FilterError(key, value, _("a value, or “unknown” for what is not known"))
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise FilterError(key, ascii(value), _("text"))  # PostgreSQL refuses to look for these
    closed = CLOSED_SETS.get(key)
    if closed and value not in closed:
        raise FilterError(key, value, _("one of %s") % ", ".join(closed))
    if key == "reason" and value != UNKNOWN and value not in CATEGORY_OF:
        # The team's own reasons stand in the database; the starter ones need no query.
        own = list(Reason.objects.order_by("code").values_list("code", flat=True))
        if value not in own:
            codes = sorted({*own, *CATEGORY_OF, UNKNOWN})
            raise FilterError(key, value, _("one of %s") % ", ".join(codes))
