"""How good readings are against labels: the report of the command `evaluate_classifier`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reasons.classify.combination import UNCLEAR
from reasons.classify.corpus import CorpusError, Example, grouped_folds
from reasons.classify.language import base_language, detect_language
from reasons.classify.model import TrainedModel
from reasons.classify.result import Reading
from reasons.taxonomy import CATEGORY_OF, UNRESOLVED_LEAVES, Category

_REQUIRED = ("text", "primary_reason", "category")
_BINS = 10
_CONFIDENT_SHARE = 0.6
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with what a person says it means. Unresolved leaves and "other" are "unclear"."""

    text: str
    primary: str
    category: str
    others: tuple[str, ...]
    language: str


def load_labelled(file: Path) -> list[Labelled]:
    """The rows of a CSV with columns text, primary_reason, category (optional lang, other_reasons).

    Without lang the language is detected. Raises CorpusError naming row and column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(
                    f"{file.name}: column {missing[0]} is missing, expected {', '.join(_REQUIRED)}"
                )
            found = [_labelled(row, f"{file.name}, line {reader.line_num}") for row in reader]
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file.name}: not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}") from error
    except csv.Error as error:
        raise CorpusError(f"{file.name}: not a CSV file ({error})") from error
    if not found:
        raise CorpusError(f"{file.name}: no rows")
    return found


def _labelled(row: dict[str, str | None], place: str) -> Labelled:
    cell = {name: (row.get(name) or "").strip() for name in (*_REQUIRED, "lang", "other_reasons")}
    primary = _class_of(cell["primary_reason"])
    if primary not in CATEGORY_OF:
        raise CorpusError(f"{place}, column primary_reason: {primary!r} is not a reason code")
    category = cell["category"].replace("other", Category.UNRESOLVED.value)
    if category not in set(Category):
        raise CorpusError(f"{place}, column category: {category!r} is not a category")
    others = tuple(_class_of(o.strip()) for o in cell["other_reasons"].split("|") if o.strip())
    language = base_language(cell["lang"]) or detect_language(cell["text"])
    return Labelled(row["text"] or "", primary, category, others, language)


def _class_of(code: str) -> str:
    """All unresolved leaves are one class, and so is the labelling guide's "other"."""
    return UNCLEAR if code == "other" or code in UNRESOLVED_LEAVES else code


def figures(labelled: Sequence[Labelled], readings: Sequence[Reading]) -> dict[str, Any]:
    """The JSON object of `evaluate_classifier`, as DESIGN.md has it; shares between 0 and 1.

    Raises ValueError when there is nothing to measure.
    """
    if not labelled:
        raise ValueError("no labelled texts")
    report = _scores(labelled, readings)
    languages = sorted({label.language for label in labelled})
    report["by_language"] = {
        language: _scores(*_in_language(labelled, readings, language)) for language in languages
    }
    report["by_reason"] = _by_reason(labelled, readings)
    return report


def _in_language(
    labelled: Sequence[Labelled], readings: Sequence[Reading], language: str
) -> tuple[list[Labelled], list[Reading]]:
    pairs = zip(labelled, readings, strict=True)
    kept = [pair for pair in pairs if pair[0].language == language]
    return [label for label, _ in kept], [reading for _, reading in kept]


def _scores(labelled: Sequence[Labelled], readings: Sequence[Reading]) -> dict[str, Any]:
    gold = [label.primary for label in labelled]
    said = [_class_of(reading.primary) for reading in readings]
    gold_category = [label.category for label in labelled]
    said_category = [reading.category for reading in readings]
    right = np.array([g == s for g, s in zip(gold_category, said_category, strict=True)], float)
    confidence = np.array([reading.confidence for reading in readings])
    most_confident = np.argsort(-confidence, kind="stable")
    confident = most_confident[: max(1, round(_CONFIDENT_SHARE * len(labelled)))]
    among_true = [
        s == label.primary or s in label.others for s, label in zip(said, labelled, strict=True)
    ]
    return {
        "n": len(labelled),
        "category": {
            "accuracy": _rounded(right.mean()),
            "macro_f1": _rounded(macro_f1(gold_category, said_category)),
        },
        "reason": {
            "accuracy": _rounded(np.mean([g == s for g, s in zip(gold, said, strict=True)])),
            "macro_f1": _rounded(macro_f1(gold, said)),
            "primary_among_true": _rounded(np.mean(among_true)),
        },
        "confident_60": {"category_accuracy": _rounded(right[confident].mean())},
        "calibration_error": _rounded(calibration_error(confidence, right)),
        "unresolved": _rounded(np.mean([s == UNCLEAR for s in said])),
    }


def _by_reason(
    labelled: Sequence[Labelled], readings: Sequence[Reading]
) -> dict[str, dict[str, float | int | None]]:
    gold = [label.primary for label in labelled]
    said = [_class_of(reading.primary) for reading in readings]
    report: dict[str, dict[str, float | int | None]] = {}
    for code in sorted(set(gold) | set(said)):
        hits = sum(g == s == code for g, s in zip(gold, said, strict=True))
        n, named = gold.count(code), said.count(code)
        report[code] = {
            "n": n,
            "precision": _rounded(hits / named) if named else None,
            "recall": _rounded(hits / n) if n else None,
        }
    return report


def macro_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """The mean F1 of all classes that occur on either side, as scikit-learn's f1_score has it."""
    scores = []
    for code in set(gold) | set(said):
        hits = sum(g == s == code for g, s in zip(gold, said, strict=True))
        scores.append(2 * hits / (list(gold).count(code) + list(said).count(code)))
    return float(np.mean(scores))


def calibration_error(
    confidence: np.ndarray[Any, np.dtype[np.float64]], right: np.ndarray[Any, np.dtype[np.float64]]
) -> float:
    """Expected calibration error: over ten bins of equal mass by confidence, the mean distance
    between mean confidence and the share that is right, weighted by bin size."""
    order = np.argsort(confidence, kind="stable")
    bins = [piece for piece in np.array_split(order, _BINS) if len(piece)]
    gaps = [abs(confidence[b].mean() - right[b].mean()) * len(b) for b in bins]
    return float(sum(gaps) / len(confidence))


def cross_validated(examples: Sequence[Example], seed: int = 0) -> dict[str, Any]:
    """`figures` of models that never saw the kind of business they are asked about.

    Five folds grouped by context; takes five times a training. Raises ValueError where the
    examples have fewer than two contexts.
    """
    folds = grouped_folds(examples, seed)
    if not folds:
        raise ValueError("cross-validation needs examples of at least two contexts")
    labelled: list[Labelled] = []
    readings: list[Reading] = []
    for train, held_out in folds:
        model = TrainedModel.train([examples[i] for i in train], seed)
        tested = [examples[i] for i in held_out]
        labelled += [_as_labelled(example) for example in tested]
        readings += model.read([e.text for e in tested], [e.language for e in tested])
    return figures(labelled, readings)


def _as_labelled(example: Example) -> Labelled:
    return Labelled(
        example.text,
        _class_of(example.primary),
        CATEGORY_OF[example.primary].value,
        tuple(_class_of(code) for code in example.others),
        base_language(example.language),
    )


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), _DIGITS)
