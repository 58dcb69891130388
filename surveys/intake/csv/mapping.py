"""What the columns of a file mean, as a TOML file says it. See docs/examples/mappings/README.md.

``load_mapping`` checks everything that can be known without the file; ``rows`` checks the rest.
"""

import tomllib
from collections.abc import Collection
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from surveys.intake.csv.fields import KINDS, SECTIONS, Field, FieldType, canonical_columns
from surveys.intake.csv.problems import MappingError
from surveys.intake.csv.reading import normalised
from surveys.intake.csv.toml_keys import Keys

DEFAULT_SOURCE = "csv"
LATEST = "latest"
DATES = {FieldType.DATE, FieldType.MOMENT}


@dataclass(frozen=True, slots=True)
class Condition:
    """A column has one of the texts ``wanted``, or none of ``unwanted`` (both folded).

    With both, what is in neither is an error; with none: the column says anything at all.
    """

    key: str
    column: str
    wanted: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a field's value comes from, and how its text is to be read."""

    key: str
    columns: tuple[str, ...] = ()
    join: str = "/"
    constant: str | None = None
    as_of: bool = False
    minus_months: str = ""
    values: Table[str, str] | None = None
    otherwise: str = "error"
    unknown: frozenset[str] = frozenset()
    formats: tuple[str, ...] = ()
    negative: str = "error"
    divide_by: Decimal = Decimal(1)
    decimal: str = "."
    thousands: str = ""
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """``optional``: it applies to the rows in which any of its columns says something."""

    cells: dict[str, Cell]
    when: Condition | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Nameless:
    """How a cancellation that names no subscription finds one of several, see ``merging``."""

    within_days: int = 31
    several_running: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFile:
    """``meanings``: text of a provider's reason -> code of a reason, "" for no reason at all.

    Empty without a section [reasons]; then texts are taken in as they are.
    """

    source: str
    sections: dict[str, Section]
    encoding: str = ""
    delimiter: str = ""
    when: Condition | None = None
    nameless: Nameless = Nameless()
    meanings: dict[str, str] = field(default_factory=dict)

    @property
    def needs_as_of(self) -> str:
        """The key that needs --as-of, or ""."""
        return next((cell.key for cell in self.cells() if cell.as_of), "")

    def cells(self) -> list[Cell]:
        return [cell for section in self.sections.values() for cell in section.cells.values()]

    def columns(self) -> dict[str, str]:
        """Every column that is named -> the key that names it."""
        named: dict[str, str] = {}
        conditions = [self.when, *(section.when for section in self.sections.values())]
        for cell in self.cells():
            named |= dict.fromkeys(cell.columns, cell.key)
            if cell.minus_months:
                named[cell.minus_months] = f"{cell.key}.minus_months"
            conditions.append(cell.when)
        return named | {each.column: each.key for each in conditions if each}


def load_mapping(path: Path, kind: str) -> MappingFile:
    """The mapping in ``path``, checked for files of ``kind``; MappingError names what is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MappingError(
            gettext("The mapping %(path)s cannot be read: %(error)s")
            % {"path": path, "error": error.strerror}
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(
            gettext("The mapping %(path)s is no TOML: %(error)s") % {"path": path, "error": error}
        ) from error
    return parse_mapping(content, kind)


def parse_mapping(content: dict[str, Any], kind: str) -> MappingFile:
    top = Keys(content, "")
    defaults = _Defaults(
        unknown=_folded(top.texts("unknown")),
        formats=top.texts("date_format"),
        decimal=top.one_of("decimal", (".", ","), "."),
        thousands=top.text("thousands"),
    )
    nameless = Nameless()
    sections: dict[str, Section] = {}
    for name, fields in SECTIONS.items():
        keys = top.table(name)
        if keys is None:
            continue
        if name == "cancellation":
            nameless = Nameless(
                keys.number("within_days", nameless.within_days),
                keys.one_of("several_running", ("error", LATEST), nameless.several_running),
            )
        # A row without a customer is no row: leave it out with a condition at the top.
        when = None if name == "customer" else _condition(keys)
        cells = {}
        for each in fields:
            if (value := keys.take(each.name)) is not None:
                cells[each.name] = _cell(f"{name}.{each.name}", each, value, defaults)
        keys.done()
        sections[name] = Section(cells, when)
    meanings = top.table("reasons")
    mapping = MappingFile(
        source=top.text("source"),
        encoding=_encoding(top.text("encoding")),
        delimiter=_delimiter(top.text("delimiter")),
        when=_condition(top),
        nameless=nameless,
        sections=sections,
        meanings=_meanings(meanings) if meanings else {},
    )
    top.done()
    if not mapping.source:
        raise MappingError(gettext("source: missing; name where the file comes from."))
    if len(mapping.source) > 50:
        raise MappingError(gettext("source: at most 50 characters."))
    _check_sections(mapping, kind)
    return mapping


def canonical_mapping(header: Collection[str], kind: str) -> tuple[MappingFile, list[str]]:
    """For a file whose columns have the fields' own names; and the columns that have none."""
    known = canonical_columns(kind)
    cells: dict[str, dict[str, Cell]] = {}
    ignored = []
    for name in header:
        if (place := known.get(normalised(name))) is None:
            ignored.append(name)
            continue
        section, field_name = place
        cells.setdefault(section, {})[field_name] = Cell(key=name, columns=(name,))
    # In the order in which they are defined, and the row's own section whether it is there or not.
    sections = {
        name: Section(cells.get(name, {}), optional=name not in ("customer", KINDS[kind]))
        for name in SECTIONS
        if name in cells or name == KINDS[kind]
    }
    mapping = MappingFile(source=DEFAULT_SOURCE, sections=sections)
    _check_sections(mapping, kind, canonical=True)
    return mapping, ignored


def _check_sections(mapping: MappingFile, kind: str, *, canonical: bool = False) -> None:
    """What no row could be taken in without."""
    for section in {"customer": 0, **mapping.sections, KINDS[kind]: 0}:
        found = mapping.sections.get(section)
        if found is None or "external_id" not in found.cells:
            raise MappingError(
                gettext("%s: missing; rows are told apart by it.")
                % _name_of(section, "external_id", kind, canonical)
            )
    cancellation = mapping.sections.get("cancellation")
    if cancellation and not {"requested_at", "effective_on"} & cancellation.cells.keys():
        raise MappingError(
            gettext("%s: missing; say when it was requested, or when it takes effect.")
            % _name_of("cancellation", "requested_at", kind, canonical)
        )
    subscription = mapping.sections.get("subscription")
    if subscription and "mrr" in subscription.cells and "currency" not in subscription.cells:
        raise MappingError(
            gettext("%s: missing; an MRR needs one.")
            % _name_of("subscription", "currency", kind, canonical)
        )


def _name_of(section: str, name: str, kind: str, canonical: bool) -> str:
    """A field as the person who reads the message has to write it."""
    if not canonical:
        return f"{section}.{name}"
    return name if section == KINDS[kind] else f"{section}_{name}"


@dataclass(frozen=True, slots=True)
class _Defaults:
    unknown: frozenset[str]
    formats: tuple[str, ...]
    decimal: str
    thousands: str


def _cell(key: str, field_: Field, value: Any, defaults: _Defaults) -> Cell:
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, dict):
        raise MappingError(
            gettext("%s: must name a column, or be a table such as { value = … }.") % key
        )
    keys = Keys(value, key)
    column, columns = keys.text("column"), keys.texts("columns")
    constant, as_of = keys.constant("value"), keys.flag("as_of")
    if [bool(column), bool(columns), constant is not None, as_of].count(True) != 1:
        raise MappingError(gettext("%s: say one of column, columns, value and as_of.") % key)
    allowed = {
        "format": field_.type in DATES,
        "as_of": field_.type in DATES,
        "minus_months": as_of,
        "negative": field_.type is FieldType.AMOUNT,
        "divide_by": field_.type is FieldType.AMOUNT,
        "decimal": field_.type is FieldType.AMOUNT,
        "thousands": field_.type is FieldType.AMOUNT,
        "join": bool(columns),
        "otherwise": "values" in value,
    }
    for name, fits in allowed.items():
        if name in value and not fits:
            raise MappingError(gettext("%s: has no meaning here.") % f"{key}.{name}")
    values = keys.table("values")
    cell = Cell(
        key=key,
        columns=(column,) if column else columns,
        join=keys.text("join", "/"),
        constant=constant,
        as_of=as_of,
        minus_months=keys.text("minus_months"),
        values=_value_map(values) if values else None,
        otherwise=keys.one_of("otherwise", ("error", "keep", "unknown"), "error"),
        unknown=defaults.unknown | _folded(keys.texts("unknown")),
        formats=_formats(keys, defaults, constant),
        negative=keys.one_of("negative", ("error", "unknown"), "error"),
        divide_by=keys.amount("divide_by", Decimal(1)),
        decimal=keys.one_of("decimal", (".", ","), defaults.decimal if constant is None else "."),
        thousands=keys.text("thousands", defaults.thousands if constant is None else ""),
        when=_condition(keys),
    )
    if cell.thousands == cell.decimal:
        raise MappingError(gettext("%s: thousands and decimal are the same mark.") % key)
    keys.done()
    return cell


def _formats(keys: "Keys", defaults: _Defaults, constant: str | None) -> tuple[str, ...]:
    formats = keys.texts("format")
    if formats:
        return formats
    return defaults.formats if constant is None else ()


def _condition(keys: "Keys") -> Condition | None:
    table = keys.table("when")
    if table is None:
        return None
    column = table.text("column")
    wanted, unwanted = _folded(table.texts("is")), _folded(table.texts("is_not"))
    table.done()
    if not column:
        raise MappingError(gettext("%s: say a column.") % table.path)
    if wanted & unwanted:
        raise MappingError(
            gettext("%(key)s: %(texts)s cannot be both in is and in is_not.")
            % {"key": table.path, "texts": ", ".join(sorted(wanted & unwanted))}
        )
    return Condition(table.path, column, wanted, unwanted)


def _value_map(keys: "Keys") -> dict[str, str]:
    meaning: dict[str, str] = {}
    for text in keys.names():
        folded = text.strip().casefold()
        if folded in meaning:
            raise MappingError(gettext("%s: given twice.") % keys.full(text))
        meaning[folded] = keys.constant(text) or ""
    return meaning


def _meanings(keys: "Keys") -> dict[str, str]:
    return {text.strip(): keys.text(text, allow_empty=True) for text in keys.names()}


def _encoding(name: str) -> str:
    try:
        if name:
            b"a".decode(name, "replace")  # refuses codecs that make no text
    except (LookupError, ValueError):
        raise MappingError(gettext('encoding: "%s" is not known.') % name) from None
    return name


def _delimiter(mark: str) -> str:
    if len(mark) > 1 or mark in ('"', "\r", "\n", "\0"):
        raise MappingError(gettext("delimiter: must be one character, such as ; or a tab."))
    return mark


def _folded(texts: Collection[str]) -> frozenset[str]:
    return frozenset(text.strip().casefold() for text in texts)
