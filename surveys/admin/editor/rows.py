"""Rows of a form that are added, removed and reordered by plain buttons, without a script.

A row is what a browser sent, a field's name to its text. Nothing typed is lost by an operation: it
moves rows about and the page is shown again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django import forms

Row = dict[str, str]
Form = TypeVar("Form", bound=forms.Form)
MOST_ROWS = 60


class FormRows(Generic[Form]):
    """``prefix-0-name``, ``prefix-1-name``, ... with their number in ``prefix-count``."""

    def __init__(
        self, prefix: str, rows: Iterable[Row], form_class: type[Form], **options: Any
    ) -> None:
        self.prefix, self.rows = prefix, list(rows)
        self._form_class, self._options = form_class, options
        self.forms: list[Form] = []
        self.show()

    @property
    def count_name(self) -> str:
        return f"{self.prefix}-count"

    def show(self) -> None:
        """Forms to be filled in, without a word about what is wrong."""
        self.forms = [
            self._form_class(prefix=f"{self.prefix}-{at}", initial=row, **self._options)
            for at, row in enumerate(self.rows)
        ]

    def check(self) -> bool:
        """Forms with their errors; whether there are none."""
        self.forms = [
            self._form_class(
                {f"{self.prefix}-{at}-{name}": value for name, value in row.items()},
                prefix=f"{self.prefix}-{at}",
                initial=row,
                **self._options,
            )
            for at, row in enumerate(self.rows)
        ]
        return all(form.is_valid() for form in self.forms)

    def operate(self, operation: str, at: int | None) -> None:
        """``add``, or ``remove``, ``up`` or ``down`` of the row ``at``; else nothing."""
        if operation == "add" and len(self.rows) < MOST_ROWS:
            self.rows.append({})
        elif at is not None and 0 <= at < len(self.rows):
            if operation == "remove":
                del self.rows[at]
            elif operation == "up" and at > 0:
                self.rows[at - 1 : at + 1] = [self.rows[at], self.rows[at - 1]]
            elif operation == "down" and at + 1 < len(self.rows):
                self.rows[at : at + 2] = [self.rows[at + 1], self.rows[at]]
        self.show()


def rows_sent(data: Mapping[str, str], prefix: str) -> list[Row]:
    """The rows that a browser sent; at most MOST_ROWS, whatever it says."""
    try:
        count = int(data.get(f"{prefix}-count", "0"))
    except ValueError:
        count = 0
    rows: list[Row] = [{} for _each in range(max(0, min(count, MOST_ROWS)))]
    for name, value in data.items():
        start, _sep, rest = name.partition("-")
        number, _sep, field = rest.partition("-")
        if start == prefix and field and number.isdecimal() and int(number) < len(rows):
            rows[int(number)][field] = value
    return rows
