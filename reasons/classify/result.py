"""What a classifier is, and what it says about one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read.

    `primary` is a reason code, `category` that reason's own category (also where `needs_probe`),
    `others` further reason codes, most probable first. `confidence` (0..1) is the calibrated
    probability that `category` is right; it says nothing about the leaf inside the category.
    `needs_probe`: the text says no more than a word that straddles the two kinds of reason, so it
    is counted as unresolved (`UNPROBED_LEAF`) until somebody asks. `evidence` is a start and end
    offset in characters of the text as given, end exclusive. `abstained`: no reason could be
    read; then `primary` is "unclear", `category` "unresolved" and there is no evidence.
    """

    primary: str
    category: str
    others: tuple[str, ...]
    confidence: float
    needs_probe: bool
    evidence: tuple[int, int] | None
    abstained: bool


class Classifier(Protocol):
    """Whatever reads answers: the built-in model, an embedding model, a language model."""

    def read(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[Reading]:
        """A reading for each text, in order; None for a language has it detected."""
        ...
