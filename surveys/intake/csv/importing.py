"""A table -> the database, a thousand rows in a transaction; may be interrupted and run again."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext

from surveys.intake.csv.chunk import Chunk, Tally
from surveys.intake.csv.errors import Errors
from surveys.intake.csv.mapping import Nameless
from surveys.intake.csv.problems import Problem, RowRefusedError
from surveys.intake.csv.reading import Table
from surveys.intake.csv.rows import RowFacts, RowReader
from surveys.money import rate_on

CHUNK = 1_000


@dataclass
class Summary:
    """Counted in rows: ``rows`` is the sum of the others."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: int = 0

    def count(self, outcome: str) -> None:
        self.rows += 1
        setattr(self, outcome, getattr(self, outcome) + 1)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass
class Import:
    """One file on its way in. ``source``: whose IDs these are; ``keyed_by``: the row's section.

    ``on_progress`` is called with the bytes read so far, after each chunk.
    """

    table: Table
    reader: RowReader
    errors: Errors
    source: str
    keyed_by: str
    nameless: Nameless
    invite: bool = False
    dry_run: bool = False
    on_progress: Callable[[int], None] = lambda position: None
    summary: Summary = field(default_factory=Summary)
    tally: Tally = field(default_factory=Tally)

    def run(self) -> Summary:
        """Take in every row of the table; good rows land, bad ones go to ``errors``.

        A dry run does the same in one transaction and rolls it back, so that its summary is
        exact; it sends nothing and settles nothing.
        """
        self._rates = lru_cache(maxsize=10_000)(rate_on)
        self.errors.head(self.table.header)
        with transaction.atomic() if self.dry_run else nullcontext():
            for rows in self._chunks():
                self._take_in(rows)
                self.on_progress(self.table.position)
            if self.dry_run:
                transaction.set_rollback(True)
        return self.summary

    def _chunks(self) -> Iterator[list[RowFacts]]:
        chunk: list[RowFacts] = []
        for row in self.table.rows():
            if row.problem:
                self._refuse(row.number, row.line, (row.problem,), row.cells)
                continue
            try:
                facts = self.reader.facts(row.number, row.line, row.cells)
            except RowRefusedError as refused:
                self._refuse(row.number, row.line, refused.problems, row.cells)
                continue
            if facts is None:
                self.summary.count("skipped")
                continue
            chunk.append(facts)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _take_in(self, rows: list[RowFacts]) -> None:
        try:
            outcomes, tally = self._write(rows)
        except (IntegrityError, DataError) as error:
            # Somebody else wrote the same rows meanwhile, or the database refuses one of them.
            if len(rows) == 1:
                row = rows[0]
                expected = gettext("something the database accepts")
                problem = Problem("", str(error).splitlines()[0], expected)
                self._refuse(row.number, row.line, (problem,), row.cells)
                return
            for row in rows:
                self._take_in([row])
            return
        self.tally.add(tally)
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, RowRefusedError):
                self._refuse(row.number, row.line, outcome.problems, row.cells)
            else:
                self.summary.count(outcome)

    @transaction.atomic
    def _write(self, rows: list[RowFacts]) -> tuple[list[str | RowRefusedError], Tally]:
        chunk = Chunk(
            rows,
            source=self.source,
            keyed_by=self.keyed_by,
            nameless=self.nameless,
            rates=self._rates,
        )
        outcomes: list[str | RowRefusedError] = []
        for row in rows:
            try:
                outcomes.append(chunk.apply(row))
            except RowRefusedError as refused:
                outcomes.append(refused)
        chunk.write(settle=not self.dry_run, invite=self.invite and not self.dry_run)
        return outcomes, chunk.tally

    def _refuse(
        self, number: int, line: int, problems: tuple[Problem, ...], cells: list[str]
    ) -> None:
        self.summary.count("errors")
        self.errors.add(number, line, problems, cells)
