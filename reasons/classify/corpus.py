"""Labelled example answers, and reading them from CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reasons.taxonomy import CATEGORY_OF

COLUMNS = ("text", "primary_reason", "other_reasons", "context")
_SEPARATOR = "|"
_FOLDS = 5


class CorpusError(ValueError):
    """A corpus file that cannot be used; says which file, row, column, and what was expected."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled answer: reason codes, the language's base code, and the kind of business.

    `context` keeps texts of one kind together in cross-validation; "" stands alone.
    """

    text: str
    primary: str
    others: tuple[str, ...] = ()
    language: str = "en"
    context: str = ""


def load_corpus(folder: Path) -> list[Example]:
    """All examples of the *.csv files in `folder`, by file name and row.

    A file is named after the base code of its language (en.csv). Raises CorpusError for a missing
    folder, no file, a missing column, an empty text or an unknown code.
    """
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise CorpusError(f"{folder}: no corpus here, expected files like en.csv")
    return [example for file in files for example in _read(file)]


def _read(file: Path) -> Iterator[Example]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(
                    f"{file.name}: column {missing[0]} is missing, expected {', '.join(COLUMNS)}"
                )
            for row in reader:
                yield _example(row, file, f"{file.name}, row ending in line {reader.line_num}")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file.name}: not UTF-8 at byte {error.start}") from error
    except csv.Error as error:
        raise CorpusError(f"{file.name}: not a CSV file ({error})") from error


def _example(row: dict[str, str | None], file: Path, place: str) -> Example:
    if any(row[name] is None for name in COLUMNS) or None in row:
        raise CorpusError(f"{place}: expected {len(COLUMNS)} cells")
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    if not cells["text"]:
        raise CorpusError(f"{place}, column text: empty")
    others = tuple(filter(None, (o.strip() for o in cells["other_reasons"].split(_SEPARATOR))))
    for column, code in (
        ("primary_reason", cells["primary_reason"]),
        *(("other_reasons", code) for code in others),
    ):
        if code not in CATEGORY_OF:
            raise CorpusError(f"{place}, column {column}: {code!r} is not a reason code")
    return Example(cells["text"], cells["primary_reason"], others, file.stem, cells["context"])


def grouped_folds(
    examples: Sequence[Example], seed: int, folds: int = _FOLDS
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training and held-out positions, int64 arrays, with no kind of business in both.

    Empty where there are fewer than two groups.
    An example without a context is a group by itself. Fold sizes differ by a group's size at most.
    """
    groups: dict[str, list[int]] = {}
    for position, example in enumerate(examples):
        groups.setdefault(example.context or f"\x00{position}", []).append(position)
    folds = min(folds, len(groups))
    if folds < 2:
        return []
    names = list(groups)
    np.random.default_rng(seed).shuffle(names)
    # Largest first into the emptiest fold keeps the folds even; the shuffle breaks ties.
    held_out: list[list[int]] = [[] for _ in range(folds)]
    for name in sorted(names, key=lambda name: -len(groups[name])):
        min(held_out, key=len).extend(groups[name])
    everything = np.arange(len(examples))
    return [
        (np.setdiff1d(everything, positions), np.array(sorted(positions))) for positions in held_out
    ]
