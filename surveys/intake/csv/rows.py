"""A row of cells -> what it says about a customer, a subscription and a cancellation."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from surveys.calendar import local_date, local_midnight, minus_months
from surveys.intake.csv.fields import SECTIONS, Field, FieldType
from surveys.intake.csv.mapping import Cell, Condition, MappingFile
from surveys.intake.csv.problems import MappingError, Problem, RowRefusedError, shown, visible
from surveys.intake.csv.reading import normalised
from surveys.intake.csv.values import (
    BadValueError,
    Converter,
    amount_converter,
    date_converter,
    moment_converter,
    plain_converter,
)
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.models import CancellationKind

# Longer than anybody has been anybody's customer; keeps a date inside the calendar.
MOST_MONTHS = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationFacts:
    """``effective_on`` None: it ends when its subscription ends, see ``merging``."""

    external_id: str
    kind: str
    requested_at: dt.datetime
    effective_on: dt.date | None
    state_at: dt.datetime
    provider_reason: str = ""
    provider_comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    number: int
    line: int
    cells: list[str]
    customer: CustomerFacts
    subscription: SubscriptionFacts | None
    cancellation: CancellationFacts | None


Test = Callable[[Sequence[str]], bool]


class RowReader:
    """A mapping that has been matched with a file's header.

    Raises MappingError where it names a column that the file does not have, or needs --as-of.
    """

    def __init__(
        self,
        mapping: MappingFile,
        header: Sequence[str],
        *,
        as_of: dt.date | None = None,
        known_reasons: Collection[str] | None = None,
    ) -> None:
        """``known_reasons``: the texts a provider_reason may be; None where any may."""
        if mapping.needs_as_of and as_of is None:
            raise MappingError(
                gettext("%s: is counted from --as-of; say of which day the file is.")
                % mapping.needs_as_of
            )
        self._index = {normalised(name): index for index, name in enumerate(header) if name}
        self._header = header
        self._as_of = as_of
        self._known_reasons = known_reasons
        for column, key in mapping.columns().items():
            if normalised(column) not in self._index:
                raise MappingError(
                    gettext('%(key)s: the file has no column "%(column)s". It has: %(header)s.')
                    % {
                        "key": key,
                        "column": column,
                        "header": visible(", ".join(filter(None, header))),
                    }
                )
        self._applies = self._condition(mapping.when)
        self._sections = {
            name: (
                self._section_condition(name, mapping),
                [
                    (field.name, self._value(field, section.cells[field.name]))
                    for field in SECTIONS[name]
                    if field.name in section.cells
                ],
            )
            for name, section in mapping.sections.items()
        }
        self._labels = {
            f"{name}.{field}": self._label(cell)
            for name, section in mapping.sections.items()
            for field, cell in section.cells.items()
        }

    def facts(self, number: int, line: int, cells: list[str]) -> RowFacts | None:
        """What the row says; None where it is left out; RowRefusedError with all its problems."""
        if not any(cell.strip() for cell in cells) or not self._applies(cells):
            return None
        problems: list[Problem] = []
        said: dict[str, dict[str, Any]] = {}
        for name, (applies, values) in self._sections.items():
            try:
                if applies(cells):
                    said[name] = self._read(name, values, cells, problems)
            except RowRefusedError as refused:
                problems.extend(refused.problems)
        if not said.get("customer"):
            raise RowRefusedError(*problems)
        subscription = self._subscription(said.get("subscription"), problems)
        cancellation = self._cancellation(
            said.get("cancellation"), said.get("subscription"), problems
        )
        if problems:
            raise RowRefusedError(*problems)
        return RowFacts(
            number=number,
            line=line,
            cells=cells,
            customer=CustomerFacts(**said["customer"]),
            subscription=subscription,
            cancellation=cancellation,
        )

    def _read(
        self,
        section: str,
        values: Sequence[tuple[str, "_Value"]],
        cells: Sequence[str],
        problems: list[Problem],
    ) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for name, value in values:
            try:
                found = value(cells)
            except RowRefusedError as refused:
                problems.extend(refused.problems)
                continue
            if found is not None:
                said[name] = found
            elif name == "external_id":
                label = self._labels[f"{section}.{name}"]
                problems.append(Problem(label, shown(""), gettext("an ID: the row's key")))
        return said

    def _subscription(
        self, said: dict[str, Any] | None, problems: list[Problem]
    ) -> SubscriptionFacts | None:
        if said is None:
            return None
        if said.get("mrr") is not None and not said.get("currency") and not problems:
            label = self._label_of("subscription", "currency")
            problems.append(Problem(label, shown(""), gettext("a currency: there is an MRR")))
        started_on, ended_on = said.get("started_on"), said.get("ended_on")
        if started_on and ended_on and ended_on < started_on:
            problems.append(
                Problem(
                    self._label_of("subscription", "ended_on"),
                    ended_on.isoformat(),
                    gettext("an end not before the start, %s") % started_on,
                )
            )
        return None if problems else SubscriptionFacts(**said)

    def _cancellation(
        self,
        said: dict[str, Any] | None,
        subscription: dict[str, Any] | None,
        problems: list[Problem],
    ) -> CancellationFacts | None:
        if said is None:
            return None
        reason = said.get("provider_reason", "")
        if reason and self._known_reasons is not None and reason not in self._known_reasons:
            expected = gettext("a text that the mapping's section [reasons] names")
            label = self._label_of("cancellation", "provider_reason")
            problems.append(Problem(label, shown(reason), expected))
        requested_at, effective_on = said.get("requested_at"), said.get("effective_on")
        if effective_on is None and subscription is not None:
            effective_on = subscription.get("ended_on")
            if effective_on is None and requested_at:
                effective_on = local_date(requested_at)
        begins = requested_at or (local_midnight(effective_on) if effective_on else None)
        if begins is None and not problems:
            name = "requested_at" if self._has("cancellation", "requested_at") else "effective_on"
            label = self._label_of("cancellation", name)
            expected = gettext("when it was requested, or when it takes effect")
            problems.append(Problem(label, shown(""), expected))
        self._check_end(effective_on, (subscription or {}).get("started_on"), problems)
        if problems or begins is None:
            return None
        return CancellationFacts(
            external_id=said["external_id"],
            kind=said.get("kind") or CancellationKind.VOLUNTARY,
            requested_at=begins,
            effective_on=effective_on,
            state_at=said.get("state_at") or begins,
            provider_reason=reason,
            provider_comment=said.get("provider_comment", ""),
        )

    def _check_end(
        self, ends: dt.date | None, starts: dt.date | None, problems: list[Problem]
    ) -> None:
        if ends and starts and ends < starts:
            for name in ("effective_on", "requested_at"):
                if self._has("cancellation", name):
                    label = self._label_of("cancellation", name)
                    break
            expected = gettext("an end not before the start, %s") % starts
            problems.append(Problem(label, ends.isoformat(), expected))

    def _has(self, section: str, name: str) -> bool:
        return f"{section}.{name}" in self._labels

    def _label_of(self, section: str, name: str) -> str:
        return self._labels.get(f"{section}.{name}", f"{section}.{name}")

    def _label(self, cell: Cell) -> str:
        """The column as the file names it; the mapping's key for what has none."""
        names = cell.columns or ((cell.minus_months,) if cell.minus_months else ())
        return " + ".join(self._header[self._index[normalised(name)]] for name in names) or cell.key

    def _section_condition(self, name: str, mapping: MappingFile) -> Test:
        section = mapping.sections[name]
        applies = self._condition(section.when)
        if not section.optional:
            return applies
        indexes = [
            self._index[normalised(column)]
            for cell in section.cells.values()
            for column in cell.columns
        ]
        return lambda cells: any(cells[index].strip() for index in indexes)

    def _condition(self, condition: Condition | None) -> Test:
        if condition is None:
            return lambda cells: True
        index = self._index[normalised(condition.column)]
        wanted, unwanted = condition.wanted, condition.unwanted
        if wanted and unwanted:
            return self._decided(index, wanted, unwanted)
        if wanted:
            return lambda cells: cells[index].strip().casefold() in wanted
        if unwanted:
            return lambda cells: cells[index].strip().casefold() not in unwanted
        return lambda cells: bool(cells[index].strip())

    def _decided(self, index: int, wanted: Collection[str], unwanted: Collection[str]) -> Test:
        """A text in neither is an error: what is misspelt must not pass for the other."""
        label, known = self._header[index], ", ".join(sorted({*wanted, *unwanted}))

        def applies(cells: Sequence[str]) -> bool:
            text = cells[index].strip()
            folded = text.casefold()
            if folded in wanted:
                return True
            if folded in unwanted:
                return False
            raise RowRefusedError(Problem(label, shown(text), gettext("one of: %s") % known))

        return applies

    def _value(self, field: Field, cell: Cell) -> "_Value":
        if cell.as_of:
            read: _Value = self._as_of_value(field, cell)
        else:
            read = self._cell_value(field, cell)
        if cell.when is None:
            return read
        applies = self._condition(cell.when)
        return lambda cells: read(cells) if applies(cells) else None

    def _as_of_value(self, field: Field, cell: Cell) -> "_Value":
        as_of = self._as_of
        assert as_of is not None  # noqa: S101  (checked when the mapping was matched)
        index = self._index[normalised(cell.minus_months)] if cell.minus_months else None
        label = self._label(cell)

        def read(cells: Sequence[str]) -> dt.date | dt.datetime:
            day = as_of
            if index is not None:
                text = cells[index].strip()
                if not (text.isascii() and text.isdigit() and int(text[:6]) <= MOST_MONTHS):
                    expected = gettext("whole months, from 0 to %d") % MOST_MONTHS
                    raise RowRefusedError(Problem(label, shown(text), expected))
                day = minus_months(as_of, int(text))
            return local_midnight(day) if field.type is FieldType.MOMENT else day

        return read

    def _cell_value(self, field: Field, cell: Cell) -> "_Value":
        indexes = [self._index[normalised(column)] for column in cell.columns]
        convert, label = _converter(field, cell), self._label(cell)

        def read(cells: Sequence[str]) -> Any:
            if cell.constant is not None:
                text = cell.constant.strip()
            else:
                parts = [cells[index].strip() for index in indexes]
                text = cell.join.join(parts) if all(parts) else ""
            if not text or text.casefold() in cell.unknown:
                return None
            try:
                meant = _meaning(cell, text)
                value = convert(meant) if meant else None
            except BadValueError as bad:
                raise RowRefusedError(Problem(label, shown(text), str(bad))) from None
            if isinstance(value, Decimal) and value < 0:
                if cell.negative == "unknown":
                    return None
                expected = gettext("a number not below 0")
                raise RowRefusedError(Problem(label, shown(text), expected))
            return value

        return read


_Value = Callable[[Sequence[str]], Any]


def _meaning(cell: Cell, text: str) -> str:
    if cell.values is None:
        return text
    meant = cell.values.get(text.casefold())
    if meant is not None:
        return meant
    if cell.otherwise == "error":
        raise BadValueError(gettext("one of: %s") % ", ".join(cell.values))
    return text if cell.otherwise == "keep" else ""


def _converter(field: Field, cell: Cell) -> Converter:
    if field.type is FieldType.DATE:
        return date_converter(cell.formats)
    if field.type is FieldType.MOMENT:
        return moment_converter(cell.formats)
    if field.type is FieldType.AMOUNT:
        return amount_converter(
            decimal=cell.decimal, thousands=cell.thousands, divide_by=cell.divide_by
        )
    return plain_converter(field)
