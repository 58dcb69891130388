"""The built-in model: trained from examples, it reads answers.

A text is taken apart, n-grams and cues are scored and combined into a probability for each leaf.
The category is the sum of its leaves: a head of its own was worse in grouped cross-validation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from reasons.classify.combination import UNCLEAR, Combination, evidence_features
from reasons.classify.corpus import Example, grouped_folds
from reasons.classify.features import FloatArray, Terms, clause_terms, joined_terms
from reasons.classify.language import base_language, detect_language
from reasons.classify.ngrams import NgramModel
from reasons.classify.parsing import ParsedText, parse
from reasons.classify.probes import UNPROBED_LEAF, bare_leaves
from reasons.classify.result import Reading
from reasons.classify.storage import pack, unpack
from reasons.taxonomy import CATEGORY_OF, UNRESOLVED_LEAVES, Category

# Below this probability of the category the honest answer is that none could be read.
_LEAST_CONFIDENCE = 0.35
# A leaf beside the primary is named when the whole text, or one of its clauses read alone, gives
# it this probability. Chosen by the F1 of other reasons in grouped cross-validation.
_LEAST_OTHER = 0.25
_LEAST_OTHER_IN_CLAUSE = 0.8
_MOST_OTHERS = 3
# Evidence is looked for among the first clauses only, so that cost is bounded.
_MOST_CLAUSES = 100

# Fewer examples do not teach a language; its answers are then left unresolved, not guessed.
_LEAST_EXAMPLES_OF_LANGUAGE = 10
_BATCH = 1_000
# Languages whose Latin words, if any, are most likely English.
_ENGLISH_BESIDE = frozenset(("en", "zh", "ja", "ko", "ru", "ar"))

_NOTHING_SAID = Reading(
    primary=UNCLEAR,
    category=Category.UNRESOLVED.value,
    others=(),
    confidence=1.0,
    needs_probe=False,
    evidence=None,
    abstained=True,
)

# A bare "too expensive" teaches the leaf that it is read as.
_LEAF_OF_UNPROBED = {unprobed: leaf for leaf, unprobed in UNPROBED_LEAF.items()}


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained model; see `train`, `read`, `to_bytes` and `from_bytes`.

    `leaves` are the reason codes it can name, `languages` the base codes it has learnt,
    `examples` how many it has learnt from.
    """

    leaves: tuple[str, ...]
    languages: tuple[str, ...]
    examples: int
    seed: int
    ngrams: NgramModel
    combination: Combination

    @classmethod
    def train(cls, examples: Sequence[Example], seed: int = 0) -> TrainedModel:
        """Learn from `examples`; the same examples in the same order and seed give the same model.

        Takes about 3 s of one core for 1,000 examples. Raises ValueError for fewer than two
        different reasons or a code that the taxonomy does not have.
        """
        coded = [_LEAF_OF_UNPROBED.get(example.primary, example.primary) for example in examples]
        unknown = sorted(set(coded) - CATEGORY_OF.keys())
        if unknown:
            raise ValueError(f"unknown reason code {unknown[0]!r} among the examples")
        leaves = tuple(sorted(set(coded)))
        if len(leaves) < 2:
            raise ValueError(f"examples of at least two reasons are needed, found {len(leaves)}")
        index = {leaf: position for position, leaf in enumerate(leaves)}
        gold = np.array([index[code] for code in coded], dtype=np.int64)
        parsed = [_parsed(example.text, example.language) for example in examples]
        terms = [joined_terms([clause_terms(c) for c in text.clauses]) for text in parsed]
        features = evidence_features(parsed, [bare_leaves(e.text) for e in examples], leaves)
        with _threads().limit(limits=1):
            return cls(
                leaves=leaves,
                languages=_taught(examples),
                examples=len(examples),
                seed=seed,
                ngrams=NgramModel.trained(terms, gold, len(leaves)),
                combination=_combination(examples, terms, features, gold, len(leaves), seed),
            )

    def read(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[Reading]:
        """A reading for each text, in order.

        `languages`: codes of the languages the texts are written in ("zh-hans" and "zh" are the
        same); None, for all or for one, has it detected. Reading in batches is several times
        faster than one at a time. Never raises for a string, whatever is in it.
        """
        if languages is None:
            languages = [None] * len(texts)
        readings: list[Reading] = []
        for start in range(0, len(texts), _BATCH):
            stop = start + _BATCH
            with _threads().limit(limits=1):
                readings += self._read_batch(texts[start:stop], languages[start:stop])
        return readings

    def _read_batch(
        self, texts: Sequence[str], languages: Sequence[str | None]
    ) -> Iterator[Reading]:
        spoken = [
            base_language(given) if given else detect_language(text)
            for text, given in zip(texts, languages, strict=True)
        ]
        parsed = [_parsed(text, language) for text, language in zip(texts, spoken, strict=True)]
        bare = [bare_leaves(text) for text in texts]
        terms = [[clause_terms(clause) for clause in text.clauses] for text in parsed]
        probabilities = self._probabilities(
            parsed, [joined_terms(of_clauses) for of_clauses in terms], bare
        )
        pieces = [
            [ParsedText([clause]) for clause in text.clauses[:_MOST_CLAUSES]] for text in parsed
        ]
        flat = [piece for of_text in pieces for piece in of_text]
        by_clause = self._probabilities(
            flat, [one for of_text in terms for one in of_text[:_MOST_CLAUSES]], [()] * len(flat)
        )
        behind = 0
        for row, text in enumerate(parsed):
            start, behind = behind, behind + len(pieces[row])
            if not text.says_something and not bare[row]:
                yield _NOTHING_SAID
            elif spoken[row] not in self.languages and not bare[row]:
                yield _abstained(0.0)
            else:
                yield self._reading(text, bare[row], probabilities[row], by_clause[start:behind])

    def _probabilities(
        self,
        parsed: Sequence[ParsedText],
        terms: Sequence[Terms],
        bare: Sequence[Sequence[str]],
    ) -> FloatArray:
        if not parsed:
            return np.zeros((0, len(self.leaves)))
        return self.combination.probabilities(
            self.ngrams.log_probabilities(terms), evidence_features(parsed, bare, self.leaves)
        )

    def _reading(
        self,
        text: ParsedText,
        bare: Sequence[str],
        probabilities: FloatArray,
        by_clause: FloatArray,
    ) -> Reading:
        categories: dict[Category, float] = {}
        for leaf, probability in zip(self.leaves, probabilities, strict=True):
            category = CATEGORY_OF[leaf]
            categories[category] = categories.get(category, 0.0) + float(probability)
        if bare:
            primary = bare[0]
            category = CATEGORY_OF[primary]
            others: tuple[str, ...] = tuple(bare[1:])
        else:
            category = max(categories, key=lambda code: categories[code])
            if category is Category.UNRESOLVED or categories[category] < _LEAST_CONFIDENCE:
                return _abstained(categories.get(Category.UNRESOLVED, 0.0))
            primary = self._best_leaf(category, probabilities)
            others = self._others(primary, probabilities, by_clause)
        span = text.clauses[0].span
        if primary in self.leaves and len(by_clause) > 1:
            span = text.clauses[int(by_clause[:, self.leaves.index(primary)].argmax())].span
        return Reading(
            primary=primary,
            category=category.value,
            others=others,
            confidence=min(1.0, categories.get(category, 0.0)),
            needs_probe=bool(bare),
            evidence=(span.start, span.end),
            abstained=False,
        )

    def _best_leaf(self, category: Category, probabilities: FloatArray) -> str:
        rows = [row for row, leaf in enumerate(self.leaves) if CATEGORY_OF[leaf] is category]
        return self.leaves[max(rows, key=lambda row: probabilities[row])]

    def _others(
        self, primary: str, probabilities: FloatArray, by_clause: FloatArray
    ) -> tuple[str, ...]:
        in_clause = by_clause.max(axis=0)
        found = [
            (float(probabilities[row]), leaf)
            for row, leaf in enumerate(self.leaves)
            if leaf != primary
            and leaf not in UNRESOLVED_LEAVES
            and (
                probabilities[row] >= _LEAST_OTHER
                or (len(by_clause) > 1 and in_clause[row] >= _LEAST_OTHER_IN_CLAUSE)
            )
        ]
        return tuple(leaf for _, leaf in sorted(found, reverse=True)[:_MOST_OTHERS])

    def to_bytes(self) -> bytes:
        """The model as a NumPy archive with JSON inside; the same model gives the same bytes."""
        return pack(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> TrainedModel:
        """The model that `to_bytes` wrote. Runs no code from `data`.

        Raises ValueError where `data` is no such archive, of another format version, or names a
        reason that the taxonomy does not have.
        """
        return unpack(data, cls)


@cache
def _threads() -> ThreadpoolController:
    # The matrices are small: more threads than one only wait for each other, and training took
    # four times the processor time.
    return ThreadpoolController()


def _parsed(text: str, language: str) -> ParsedText:
    return parse(text, english_cues=base_language(language) in _ENGLISH_BESIDE)


def _abstained(confidence: float) -> Reading:
    return Reading(
        primary=UNCLEAR,
        category=Category.UNRESOLVED.value,
        others=(),
        confidence=min(1.0, confidence),
        needs_probe=False,
        evidence=None,
        abstained=True,
    )


def _taught(examples: Sequence[Example]) -> tuple[str, ...]:
    counts = Counter(base_language(example.language) for example in examples)
    most = max(counts.values())
    enough = min(_LEAST_EXAMPLES_OF_LANGUAGE, most)
    return tuple(sorted(language for language, n in counts.items() if n >= enough))


def _combination(
    examples: Sequence[Example],
    terms: Sequence[Terms],
    features: FloatArray,
    gold: NDArray[np.int64],
    leaves: int,
    seed: int,
) -> Combination:
    """Weigh n-grams against cues on predictions for kinds of business held out."""
    unseen = np.zeros((len(examples), leaves))
    folds = grouped_folds(examples, seed)
    if not folds:
        return Combination.untrained(leaves)
    for train, held_out in folds:
        model = NgramModel.trained([terms[i] for i in train], gold[train], leaves)
        unseen[held_out] = model.log_probabilities([terms[i] for i in held_out])
    return Combination.fitted(unseen, features, gold)
