"""A TOML table that is read key by key, and notices the keys nobody asked for."""

import datetime as dt
import difflib
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from surveys.intake.csv.problems import MappingError


class Keys:
    """A TOML table that notices the keys nobody asked for."""

    def __init__(self, content: dict[str, Any], path: str) -> None:
        self._content = content
        self._asked: set[str] = set()
        self.path = path

    def full(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def names(self) -> list[str]:
        return list(self._content)

    def take(self, key: str) -> Any:
        self._asked.add(key)
        return self._content.get(key)

    def text(self, key: str, default: str = "", *, allow_empty: bool = False) -> str:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str) or not (value or allow_empty or key == "join"):
            raise MappingError(gettext("%s: must be a text in quotes.") % self.full(key))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise MappingError(
                gettext("%s: must be a text in quotes, or a list of them.") % self.full(key)
            )
        return tuple(values)

    def constant(self, key: str) -> str | None:
        value = self.take(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | dt.date):
            return str(value)
        raise MappingError(gettext("%s: must be a single value.") % self.full(key))

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if value not in (None, True):
            raise MappingError(gettext("%s: can only be true.") % self.full(key))
        return value is True

    def number(self, key: str, default: int) -> int:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise MappingError(gettext("%s: must be a whole number.") % self.full(key))
        return value

    def amount(self, key: str, default: Decimal) -> Decimal:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
            raise MappingError(gettext("%s: must be a number above 0.") % self.full(key))
        return Decimal(str(value))

    def one_of(self, key: str, known: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in known:
            raise MappingError(
                gettext("%(key)s: must be one of %(known)s.")
                % {"key": self.full(key), "known": ", ".join(f'"{each}"' for each in known)}
            )
        return value

    def table(self, key: str) -> "Keys | None":
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise MappingError(gettext("%s: must be a table.") % self.full(key))
        return Keys(value, self.full(key))

    def done(self) -> None:
        for key in self._content:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                hint = gettext(" Is it %s?") % near[0] if near else ""
                raise MappingError(gettext("%s: is no key of a mapping.") % self.full(key) + hint)
