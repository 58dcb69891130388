"""Fields that refuse what a database, a figure or a mail cannot carry, and say what they found."""

import datetime as dt
import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from typing import Any, NoReturn
from zoneinfo import available_timezones

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from surveys.currencies import CURRENCIES

FIRST_DAY = dt.date(1990, 1, 1)
LAST_DAY = dt.date(2100, 12, 31)
CLOCK_SKEW = dt.timedelta(minutes=5)
CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal("999999999999.99")
# Explicit embeddings, overrides and isolates: they reorder what stands around them.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SOURCE = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*\Z")
SHOWN = 60  # characters of what was found that an error message repeats


def shown(value: object) -> str:
    """``value`` as an error message may repeat it: short and without control characters."""
    text = str(value)
    return ascii(text[:SHOWN]) if not text.isprintable() else text[:SHOWN]


class LineField(serializers.CharField):
    """One line of text in NFC. Control and reordering characters are refused."""

    default_error_messages = {
        "control": _("Holds the character %(character)s, which is not allowed here."),
        "type": _("Expected a text, found %(found)s."),
    }

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, int) and not isinstance(data, bool):
            data = str(data)  # IDs are often numbers at home
        if not isinstance(data, str):
            self.say("type", found=shown(type(data).__name__))
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        for character in text:
            if character in REORDERING or unicodedata.category(character) in {"Cc", "Cs"}:
                self.say("control", character=f"U+{ord(character):04X}")
        return text

    def say(self, key: str, **values: object) -> NoReturn:
        raise serializers.ValidationError(self.error_messages[key] % values, code=key)


class NameField(LineField):
    """A name that people typed somewhere: what only disturbs is taken out, not refused."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(_tidy(data, keep="") if isinstance(data, str) else data)


class VerbatimField(serializers.CharField):
    """Several lines as a customer typed them, with what disturbs taken out."""

    default_error_messages = LineField.default_error_messages

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            message = self.error_messages["type"] % {"found": shown(type(data).__name__)}
            raise serializers.ValidationError(message, code="type")
        lines = data.replace("\r\n", "\n").replace("\r", "\n")
        return unicodedata.normalize("NFC", super().to_internal_value(_tidy(lines, keep="\n\t")))


def _tidy(text: str, keep: str) -> str:
    """Without control and reordering characters; NUL stays, for the validators to refuse."""
    return "".join(
        character
        for character in text
        if character in keep
        or character == "\x00"
        or (character not in REORDERING and unicodedata.category(character) != "Cc")
    )


class AddressField(LineField, serializers.EmailField):
    """An e-mail address."""


class SourceField(LineField):
    default_error_messages = {
        "source": _("Expected small letters, digits, '-', '_' and '.', found '%(found)s'."),
    }

    def to_internal_value(self, data: Any) -> str:
        source = super().to_internal_value(data)
        if not SOURCE.match(source):
            self.say("source", found=shown(source))
        return source


class CurrencyField(LineField):
    default_error_messages = {
        "currency": _("Expected a currency code of ISO 4217 such as EUR, found '%(found)s'."),
    }

    def to_internal_value(self, data: Any) -> str:
        currency = super().to_internal_value(data).upper()
        if currency not in CURRENCIES:
            self.say("currency", found=shown(data))
        return currency


class LanguageField(LineField):
    default_error_messages = {
        "language": _("Expected a language tag such as en, zh-hans or pt-BR, found '%(found)s'."),
    }

    def to_internal_value(self, data: Any) -> str:
        language = super().to_internal_value(data)
        if not LANGUAGE.match(language):
            self.say("language", found=shown(language))
        return language.replace("_", "-")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


class TimeZoneField(LineField):
    default_error_messages = {
        "time_zone": _("Expected a time zone such as Europe/Berlin, found '%(found)s'."),
    }

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in _time_zones():
            self.say("time_zone", found=shown(name))
        return name


class AmountField(serializers.DecimalField):
    """An amount of money, not negative, as a string or a number; rounded to two decimals."""

    default_error_messages = {
        "amount": _("Expected an amount of 0 or more such as 49.90, found '%(found)s'."),
        "too_large": _("Expected at most %(largest)s, found '%(found)s'."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self._refuse("amount", data)
        try:
            amount = Decimal(str(data).strip())
        except (InvalidOperation, ValueError):
            self._refuse("amount", data)
        if not amount.is_finite() or amount < 0:
            self._refuse("amount", data)
        if amount > LARGEST_AMOUNT:
            self._refuse("too_large", data)
        return amount.quantize(CENT, ROUND_HALF_EVEN) + 0  # plus 0: minus nought is nought

    def _refuse(self, key: str, found: object) -> NoReturn:
        message = self.error_messages[key] % {"found": shown(found), "largest": LARGEST_AMOUNT}
        raise serializers.ValidationError(message, code=key)


class DayField(serializers.DateField):
    """A date from 1990 to 2100, written 2026-11-30."""

    default_error_messages = {
        "day": _("Expected a date such as 2026-11-30, found '%(found)s'."),
        "range": _("Expected a date from %(first)s to %(last)s, found '%(found)s'."),
    }

    def to_internal_value(self, value: Any) -> dt.date:
        day = None
        if isinstance(value, str) and len(value) == len("2026-11-30"):
            try:
                day = parse_date(value)
            except ValueError:  # well written, but no such day: 30 February
                day = None
        if day is None:
            self._refuse("day", value)
        if not FIRST_DAY <= day <= LAST_DAY:
            self._refuse("range", value)
        return day

    def _refuse(self, key: str, found: object) -> NoReturn:
        values = {"found": shown(found), "first": FIRST_DAY, "last": LAST_DAY}
        raise serializers.ValidationError(self.error_messages[key] % values, code=key)


class MomentField(serializers.DateTimeField):
    """A moment since 1990 with its offset from UTC, not in the future (but for clocks' skew)."""

    default_error_messages = {
        "moment": _(
            "Expected a moment with its offset such as 2026-11-30T14:05:00Z, found '%(found)s'."
        ),
        "past": _("Expected a moment since %(first)s, found '%(found)s'."),
        "future": _("Is more than five minutes in the future: '%(found)s'."),
    }

    def to_internal_value(self, value: Any) -> dt.datetime:
        moment = None
        if isinstance(value, str) and len(value) <= 40:
            try:
                moment = parse_datetime(value)
            except ValueError:
                moment = None
        if moment is None or timezone.is_naive(moment):
            self._refuse("moment", value)
        if moment.date() < FIRST_DAY:
            self._refuse("past", value)
        if moment > timezone.now() + CLOCK_SKEW:
            self._refuse("future", value)
        return moment.astimezone(dt.UTC)

    def _refuse(self, key: str, found: object) -> NoReturn:
        values = {"found": shown(found), "first": FIRST_DAY}
        raise serializers.ValidationError(self.error_messages[key] % values, code=key)
