"""Cell -> value. Every converter raises BadValueError with what it expected."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext

from surveys.calendar import local_date, organisation_zone
from surveys.currencies import CURRENCIES
from surveys.intake.csv.fields import Field, FieldType
from surveys.money import CENT

FIRST_YEAR, LAST_YEAR = 1900, 2199
AMOUNT_DIGITS = 12  # before the decimal mark, as the column has them
TRUE = frozenset({"true", "yes", "y", "t", "1"})
FALSE = frozenset({"false", "no", "n", "f", "0"})
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class BadValueError(Exception):
    """The message says what was expected."""


Converter = Callable[[str], Any]


def date_converter(formats: tuple[str, ...]) -> Converter:
    """A date in one of the ``formats`` (ISO 8601 without any); a moment becomes its local date."""

    def convert(text: str) -> dt.date:
        moment = _parsed(text, formats)
        return local_date(moment) if moment.tzinfo else moment.date()

    return convert


def moment_converter(formats: tuple[str, ...]) -> Converter:
    """An aware moment; without an offset in the organisation's time zone, a date at its start."""

    def convert(text: str) -> dt.datetime:
        moment = _parsed(text, formats)
        return moment if moment.tzinfo else moment.replace(tzinfo=organisation_zone())

    return convert


@lru_cache(maxsize=4096)
def _parsed(text: str, formats: tuple[str, ...]) -> dt.datetime:
    for pattern in formats or (None,):
        try:
            moment = dt.datetime.strptime(text, pattern) if pattern else _from_iso(text)  # noqa: DTZ007
        except ValueError:
            continue
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            return moment
    expected = ", ".join(formats) or "YYYY-MM-DD"
    raise BadValueError(
        gettext("a date from %(first)d to %(last)d as %(format)s")
        % {"first": FIRST_YEAR, "last": LAST_YEAR, "format": expected}
    )


def _from_iso(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def amount_converter(
    *, decimal: str = ".", thousands: str = "", divide_by: Decimal = Decimal(1)
) -> Converter:
    """A Decimal in cents, also below zero: what that means is the mapping's to say."""
    digits = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    pattern = re.compile(rf"([+-]?)({digits})(?:{re.escape(decimal)}(\d+))?", re.ASCII)
    example = f"1{thousands}234{decimal}50"

    def convert(text: str) -> Decimal:
        match = pattern.fullmatch(text)
        if match is None:
            raise BadValueError(gettext("a number such as %s") % example)
        sign, whole, cents = match.groups()
        whole = whole.replace(thousands, "") if thousands else whole
        if len(whole.lstrip("0")) > AMOUNT_DIGITS or len(cents or "") > AMOUNT_DIGITS:
            raise BadValueError(gettext("a number of at most %d digits") % AMOUNT_DIGITS)
        amount = Decimal(f"{sign}{whole}.{cents or '0'}") / divide_by
        if abs(amount) >= Decimal(10) ** AMOUNT_DIGITS:
            raise BadValueError(gettext("a number of at most %d digits") % AMOUNT_DIGITS)
        return amount.quantize(CENT, ROUND_HALF_EVEN)

    return convert


def text_converter(max_length: int) -> Converter:
    def convert(text: str) -> str:
        if len(text) > max_length:
            raise BadValueError(gettext("at most %d characters") % max_length)
        return text

    return convert


def word_converter(words: tuple[tuple[str, str], ...]) -> Converter:
    meaning = dict(words)

    def convert(text: str) -> str:
        try:
            return meaning[text.casefold()]
        except KeyError:
            raise BadValueError(gettext("one of: %s") % ", ".join(meaning)) from None

    return convert


def to_boolean(text: str) -> bool:
    folded = text.casefold()
    if folded in TRUE:
        return True
    if folded in FALSE:
        return False
    raise BadValueError(gettext("yes or no (true or false, 1 or 0)"))


def to_currency(text: str) -> str:
    if text.upper() not in CURRENCIES:
        raise BadValueError(gettext("a currency by its three letters, such as USD"))
    return text.upper()


def to_language(text: str) -> str:
    code = text.replace("_", "-").lower()
    if _LANGUAGE.fullmatch(code) is None:
        raise BadValueError(gettext("a language by its code, such as en or zh-hans"))
    return code


def to_time_zone(text: str) -> str:
    if text not in _time_zones():
        raise BadValueError(gettext("a time zone such as Europe/Berlin"))
    return text


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def to_email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise BadValueError(gettext("an e-mail address")) from None
    return text.lower()


def plain_converter(field: Field) -> Converter:
    """For the fields that a mapping's ``format``, ``decimal`` and the like do not bear on."""
    simple: dict[FieldType, Converter] = {
        FieldType.BOOLEAN: to_boolean,
        FieldType.CURRENCY: to_currency,
        FieldType.TIME_ZONE: to_time_zone,
    }
    if field.type in simple:
        return simple[field.type]
    if field.type is FieldType.WORD:
        return word_converter(field.words)
    short = text_converter(field.max_length)
    if field.type is FieldType.EMAIL:
        return lambda text: to_email(short(text))
    if field.type is FieldType.LANGUAGE:
        return lambda text: to_language(short(text))
    return short
