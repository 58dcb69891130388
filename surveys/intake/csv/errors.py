"""The errors file: one line for each problem, with the row as it came in, safe to open."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from django.utils.translation import gettext

from surveys.csv_safety import safe_row
from surveys.intake.csv.problems import FileUnreadableError, Problem, visible

COLUMNS = ("row", "line", "column", "found", "expected")
# A row is quoted whole, but not without end.
CELL_LENGTH = 2_000
KEPT = 5


def _printable(cell: str) -> str:
    """A cell that any program can read: lines stay lines, nothing unprintable is left."""
    return "\n".join(visible(part) for part in cell[:CELL_LENGTH].splitlines())


class Errors:
    """Counts bad rows, keeps the first few for the screen, and writes all to a file, if any.

    A context manager; the file is made (with its header alone, if all goes well) on entering.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.rows = 0
        self.first: list[tuple[int, Problem]] = []
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        if self.path is not None:
            try:
                self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            except OSError as error:
                raise FileUnreadableError(
                    gettext("The errors file %(path)s cannot be written: %(error)s")
                    % {"path": self.path, "error": error.strerror}
                ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def head(self, header: Sequence[str]) -> None:
        """The header line: where and what, then the file's own columns."""
        self._write([*COLUMNS, *header])

    def add(
        self, number: int, line: int, problems: Sequence[Problem], cells: Sequence[str]
    ) -> None:
        """A row that was not taken in."""
        self.rows += 1
        for problem in problems:
            if len(self.first) < KEPT:
                self.first.append((number, problem))
            self._write(
                [str(number), str(line), problem.column, problem.found, problem.expected, *cells]
            )

    def _write(self, cells: Sequence[str]) -> None:
        if self._file is not None:
            csv.writer(self._file).writerow([_printable(cell) for cell in safe_row(cells)])
