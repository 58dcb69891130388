"""``classify``: reads reasons from the texts of a CSV, with the model in use."""

import csv
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError
from tqdm import tqdm

from reasons.classify import Reading, TrainedModel
from reasons.model_store import model_or_refusal
from surveys.intake.csv.problems import FileUnreadableError
from surveys.intake.csv.reading import Table, normalised
from surveys.management.one_line import OneLineCommand

ADDED = ("primary_reason", "category", "other_reasons", "confidence", "needs_probe", "evidence")
READ = ("text", "lang", "id")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row the text and its language stand; which cells are passed through."""

    text: int
    language: int | None
    passed_through: tuple[int, ...]

    @classmethod
    def of(cls, header: Sequence[str]) -> "Columns":
        """CommandError where there is no column ``text``. What we add replaces its namesake."""
        names = [normalised(name) for name in header]
        if "text" not in names:
            found = ", ".join(header)
            raise CommandError(f"Column text is missing: found {found}, expected text.")
        return cls(
            text=names.index("text"),
            language=names.index("lang") if "lang" in names else None,
            passed_through=tuple(index for index, name in enumerate(names) if name not in ADDED),
        )


class Command(OneLineCommand):
    help = (
        "Reads the reasons from the column 'text' of a CSV (optional: 'lang', 'id') and writes all "
        f"its columns and {', '.join(ADDED)} to another. other_reasons are separated by |, "
        "evidence is quoted from the text, confidence is the probability that the category is "
        "right. A row that cannot be read stops the command, and nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("input", type=Path, metavar="IN.csv", help="UTF-8, with a header line")
        parser.add_argument("output", type=Path, metavar="OUT.csv", help="written when all is read")

    def handle(self, *args: Any, input: Path, output: Path, **options: Any) -> None:  # noqa: A002
        model = model_or_refusal()
        unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
        try:
            with Table(input, wanted=READ) as table:
                columns = Columns.of(table.header)
                try:
                    with unfinished.open("w", encoding="utf-8", newline="") as file:
                        self._classify(table, columns, model, file)
                    unfinished.replace(output)
                finally:
                    unfinished.unlink(missing_ok=True)
        except FileUnreadableError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from error

    def _classify(self, table: Table, columns: Columns, model: TrainedModel, file: IO[str]) -> None:
        writer = csv.writer(file)
        writer.writerow([*(table.header[index] for index in columns.passed_through), *ADDED])
        progress = tqdm(
            total=table.size, unit="B", unit_scale=True, disable=not sys.stderr.isatty()
        )
        with progress:
            for batch in _batches(table):
                texts = [cells[columns.text] for cells in batch]
                languages = [
                    None if columns.language is None else cells[columns.language].strip() or None
                    for cells in batch
                ]
                for cells, text, reading in zip(
                    batch, texts, model.read(texts, languages), strict=True
                ):
                    kept = [cells[index] for index in columns.passed_through]
                    writer.writerow([*kept, *_said(text, reading)])
                progress.update(table.position - progress.n)


def _said(text: str, reading: Reading) -> list[str]:
    start, end = reading.evidence or (0, 0)
    return [
        reading.primary,
        reading.category,
        "|".join(reading.others),
        f"{reading.confidence:.4f}",
        "true" if reading.needs_probe else "false",
        text[start:end],
    ]


def _batches(table: Table) -> Iterator[list[list[str]]]:
    batch: list[list[str]] = []
    for row in table.rows():
        if row.problem:
            raise CommandError(f"Row {row.number} (line {row.line}): {row.problem}.")
        batch.append(row.cells)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
