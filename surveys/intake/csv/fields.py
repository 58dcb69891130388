"""What a row can say: the fields of customers, subscriptions and cancellations, as data.

Their names are the columns of a file without a mapping, and the keys of a mapping's sections.
"""

import enum
from dataclasses import dataclass

from django.db import models

from surveys.models import Cancellation, CancellationKind, Contact, Customer, Subscription
from surveys.models.customers import BillingInterval


class FieldType(enum.Enum):
    TEXT = enum.auto()
    WORD = enum.auto()  # one of a few, see ``words``
    BOOLEAN = enum.auto()
    AMOUNT = enum.auto()
    CURRENCY = enum.auto()
    DATE = enum.auto()
    MOMENT = enum.auto()
    EMAIL = enum.auto()
    LANGUAGE = enum.auto()
    TIME_ZONE = enum.auto()


@dataclass(frozen=True, slots=True)
class Field:
    """``words``: what may be found -> what it means, for fields that know only a few values."""

    name: str
    type: FieldType = FieldType.TEXT
    max_length: int = 0
    words: tuple[tuple[str, str], ...] = ()


# A comment is stored without limit; nobody types more than this, and a broken file may hold it.
COMMENT_LENGTH = 20_000
_INTERVAL_WORDS = (
    *((value, value) for value in BillingInterval.values),
    ("monthly", BillingInterval.MONTH.value),
    ("yearly", BillingInterval.YEAR.value),
    ("annual", BillingInterval.YEAR.value),
    ("annually", BillingInterval.YEAR.value),
)
_KIND_WORDS = tuple((value, value) for value in CancellationKind.values)


def _text(model: type[models.Model], name: str, column: str = "") -> Field:
    return Field(name, max_length=_length(model, column or name))


def _length(model: type[models.Model], column: str) -> int:
    return model._meta.get_field(column).max_length or 0  # type: ignore[union-attr]  # noqa: SLF001


_INTERVAL = Field("billing_interval", FieldType.WORD, words=_INTERVAL_WORDS)

CUSTOMER = (
    _text(Customer, "external_id"),
    _text(Customer, "name"),
    _text(Customer, "plan"),
    _text(Customer, "segment"),
    _text(Customer, "industry"),
    _text(Customer, "country"),
    _INTERVAL,
    _text(Customer, "account_owner"),
    Field("ideal", FieldType.BOOLEAN),
    Field("time_zone", FieldType.TIME_ZONE, _length(Customer, "time_zone")),
    Field("language", FieldType.LANGUAGE, _length(Customer, "language")),
    Field("is_test", FieldType.BOOLEAN),
    Field("contact_email", FieldType.EMAIL, _length(Contact, "email")),
    _text(Contact, "contact_name", "name"),
    Field("contact_language", FieldType.LANGUAGE, _length(Contact, "language")),
)
SUBSCRIPTION = (
    _text(Subscription, "external_id"),
    _text(Subscription, "plan"),
    _INTERVAL,
    Field("mrr", FieldType.AMOUNT),
    Field("currency", FieldType.CURRENCY),
    Field("started_on", FieldType.DATE),
    Field("ended_on", FieldType.DATE),
    Field("is_trial", FieldType.BOOLEAN),
)
CANCELLATION = (
    _text(Cancellation, "external_id"),
    Field("kind", FieldType.WORD, words=_KIND_WORDS),
    Field("requested_at", FieldType.MOMENT),
    Field("effective_on", FieldType.DATE),
    Field("state_at", FieldType.MOMENT),
    _text(Cancellation, "provider_reason"),
    Field("provider_comment", max_length=COMMENT_LENGTH),
)
SECTIONS: dict[str, tuple[Field, ...]] = {
    "customer": CUSTOMER,
    "subscription": SUBSCRIPTION,
    "cancellation": CANCELLATION,
}
# The kinds of files -> the section that a row is keyed by.
KINDS = {
    "customers": "customer",
    "subscriptions": "subscription",
    "cancellations": "cancellation",
}


def canonical_columns(kind: str) -> dict[str, tuple[str, str]]:
    """Column of a file without a mapping -> (section, field).

    The row's own fields stand bare, those of the others behind their section's name:
    ``customer_external_id``.
    """
    own = KINDS[kind]
    columns = {
        f"{section}_{field.name}": (section, field.name)
        for section, fields in SECTIONS.items()
        for field in fields
    }
    return columns | {field.name: (own, field.name) for field in SECTIONS[own]}
