"""Bytes -> rows of cells, one at a time, whatever the file holds.

Memory is bounded by ``RECORD_LIMIT``, not by the file: an endless line and a quote that is never
closed cost one row each. A quote that does not close, or is followed by something else than a
delimiter, spoils the line it stands in; the lines after it are read on their own.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from django.utils.translation import gettext, ngettext

from surveys.intake.csv.problems import UNREADABLE, FileUnreadableError, Problem, shown, visible

CELL_LIMIT = 131_072
RECORD_LIMIT = 1_048_576
DELIMITERS = (",", ";", "\t", "|")
_BYTES_KEPT = "whyleft-bytes-kept"


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """As surrogateescape, for every codec: what cannot be decoded stays as lone surrogates."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_BYTES_KEPT, _keep_bytes)


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` counts rows after the header from 1; ``line`` is where it starts in the file."""

    number: int
    line: int
    cells: list[str]
    problem: Problem | None = None


class _RecordTooLongError(Exception):
    pass


class _LineTooLongError(Exception):
    pass


class _Lines:
    """Physical lines for ``csv.reader``; remembers those of the current record."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._waiting: deque[str | None] = deque()  # None: a line that was too long
        self.number = 0
        self.record: list[str] = []
        self.size = 0

    def begin(self) -> None:
        self.record, self.size = [], 0

    def put_back(self) -> None:
        """All lines of the current record but the first will be read again."""
        again = self.record[1:]
        self._waiting.extendleft(reversed(again))
        self.number -= len(again)

    def put_back_all(self) -> None:
        self._waiting.extendleft(reversed(self.record))
        self.number -= len(self.record)
        self.begin()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if line is None:
            if self.record:
                self._waiting.appendleft(None)
                raise _RecordTooLongError
            self.number += 1
            raise _LineTooLongError
        self.number += 1
        self.record.append(line)
        self.size += len(line)
        if self.size > RECORD_LIMIT:
            raise _RecordTooLongError
        return line

    def _read(self) -> str | None:
        line = self._stream.readline(RECORD_LIMIT)
        if not line:
            raise StopIteration
        if len(line) < RECORD_LIMIT or line.endswith(("\n", "\r")):
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._stream.readline(RECORD_LIMIT)
        return None


def normalised(name: str) -> str:
    """A header name as it is compared: no blanks around it, no BOM, upper and lower case alike."""
    return name.replace("\ufeff", "").strip().casefold()


class Table:
    """An open CSV file: its header, and its rows once.

    Raises FileUnreadableError where there is nothing that could be a table.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoding: str = "",
        delimiter: str = "",
        wanted: Collection[str] = (),
    ) -> None:
        """``wanted``: column names that help to tell the delimiter where none is given."""
        csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT))
        try:
            self._raw: BinaryIO = path.open("rb")
            self.size = path.stat().st_size
            encoding = encoding or _encoding_of(self._raw)
        except OSError as error:
            raise FileUnreadableError(
                gettext("%(path)s cannot be read: %(error)s")
                % {"path": path, "error": error.strerror}
            ) from error
        if codecs.lookup(encoding).name == "utf-8":
            encoding = "utf-8-sig"
        self._encoding = encoding
        self._lines = _Lines(
            io.TextIOWrapper(self._raw, encoding=encoding, errors=_BYTES_KEPT, newline="")
        )
        try:
            self.header = self._read_header(delimiter, {normalised(name) for name in wanted})
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._raw.close()

    @property
    def position(self) -> int:
        """Bytes read so far, up to ``size``."""
        return self._raw.tell() if self._raw.seekable() else 0

    def rows(self) -> Iterator[Row]:
        """Every row after the header; lines without anything in them are none."""
        number = 0
        while True:
            self._lines.begin()
            line = self._lines.number + 1
            cells: list[str] = []
            try:
                cells = next(self._reader)
                problem = self._problem(cells)
            except StopIteration:
                return
            except (csv.Error, _RecordTooLongError, _LineTooLongError) as error:
                problem = self._broken(error)
                cells = [self._lines.record[0][:CELL_LIMIT]] if self._lines.record else []
                self._lines.put_back()
            if cells or problem:
                number += 1
                yield Row(number, line, cells, problem)

    def _broken(self, error: Exception) -> Problem:
        if isinstance(error, _LineTooLongError):
            return Problem(
                "",
                gettext("a line of more than %d characters") % RECORD_LIMIT,
                gettext("a line that ends"),
            )
        first = self._lines.record[0].rstrip("\r\n") if self._lines.record else ""
        if isinstance(error, csv.Error) and "expected after" in str(error):
            expected = gettext("a delimiter after a closing quote (a quote inside is doubled)")
        else:
            expected = gettext("a closing quote")
        return Problem("", shown(first), expected)

    def _problem(self, cells: list[str]) -> Problem | None:
        if not cells:
            return None
        whole = "".join(cells)
        if not whole.isascii() and UNREADABLE.search(whole):
            return self._cell_problem(
                cells,
                lambda cell: UNREADABLE.search(cell) is not None,
                gettext("text in the encoding %s") % self._encoding.removesuffix("-sig"),
            )
        if "\0" in whole:
            return self._cell_problem(
                cells, lambda cell: "\0" in cell, gettext("text without a NUL character")
            )
        if len(cells) != len(self.header):
            count = ngettext("%d column", "%d columns", len(cells)) % len(cells)
            expected = ngettext("%d column", "%d columns", len(self.header)) % len(self.header)
            return Problem("", count, expected)
        if len(whole) > CELL_LIMIT and max(map(len, cells)) > CELL_LIMIT:
            return self._cell_problem(
                cells,
                lambda cell: len(cell) > CELL_LIMIT,
                gettext("at most %d characters") % CELL_LIMIT,
            )
        return None

    def _cell_problem(
        self, cells: list[str], is_bad: Callable[[str], bool], expected: str
    ) -> Problem:
        index = next(index for index, cell in enumerate(cells) if is_bad(cell))
        column = self.header[index] if index < len(self.header) else ""
        return Problem(column, shown(cells[index]), expected)

    def _read_header(self, delimiter: str, wanted: set[str]) -> list[str]:
        first = self._first_line()
        if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == len("sep=,"):
            delimiter = delimiter or first[len("sep=")]
            first = self._first_line()
        delimiter = delimiter or _delimiter_of(first, wanted)
        self._lines.put_back_all()
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        try:
            header = [name.replace("\ufeff", "").strip() for name in next(self._reader)]
        except (csv.Error, _RecordTooLongError) as error:
            raise FileUnreadableError(
                gettext("The header line is broken: %s") % self._broken(error)
            ) from error
        whole = "".join(header)
        if "\0" in whole or UNREADABLE.search(whole):
            raise FileUnreadableError(
                gettext(
                    "The header is no text in the encoding %(encoding)s: %(header)s "
                    'Say another one in the mapping, for instance encoding = "cp1252".'
                )
                % {"encoding": self._encoding.removesuffix("-sig"), "header": shown(whole)}
            )
        _refuse_duplicates(header)
        return header

    def _first_line(self) -> str:
        """The next line with something in it."""
        while True:
            self._lines.begin()
            try:
                line = next(self._lines)
            except StopIteration:
                raise FileUnreadableError(gettext("The file is empty.")) from None
            except (_LineTooLongError, _RecordTooLongError):
                raise FileUnreadableError(
                    gettext("The first line has more than %d characters: this is no table.")
                    % RECORD_LIMIT
                ) from None
            if line.replace("\ufeff", "").strip():
                return line


def _encoding_of(raw: BinaryIO) -> str:
    start = raw.peek(4)[:2] if isinstance(raw, io.BufferedReader) else b""
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"


def _delimiter_of(line: str, wanted: set[str]) -> str:
    """The one that finds most of the wanted columns; then the one that makes most columns."""

    def worth(delimiter: str) -> tuple[int, int]:
        names = [normalised(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
        return len(wanted.intersection(names)), len(names)

    return max(DELIMITERS, key=worth)


def _refuse_duplicates(header: list[str]) -> None:
    seen: set[str] = set()
    for name in header:
        key = normalised(name)
        if key and key in seen:
            raise FileUnreadableError(
                gettext('The header names the column "%s" twice.') % visible(name)
            )
        seen.add(key)
