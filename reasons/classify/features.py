"""Numbers for a parsed text: TF-IDF of words and characters, and what the cues say per leaf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reasons.classify.normalise import CJK_RUN
from reasons.classify.parsing import ParsedClause, ParsedText

FloatArray = NDArray[np.float64]

_WORD_GRAMS = (1, 2)
_LETTER_GRAMS = (3, 4, 5)
_CHARACTER_GRAMS = (1, 2, 3)
_LEAST_DOCUMENTS = 2

# What the cues say about a leaf in a text, one column each; see `cue_features`.
CUE_FEATURES = (
    "strong",
    "count",
    "weak",
    "tied",
    "first",
    "turn",
    "dismissed",
    "share",
)
_DECISIVE = (
    "reason", "final straw", "last straw", "deciding", "decisive", "that is why", "main thing",
    "主要", "最后一根", "根本", "关键", "直接原因", "导致",
)  # fmt: skip


Terms = tuple[list[str], list[str]]


def clause_terms(clause: ParsedClause) -> Terms:
    """The word terms and the character terms of a clause, repeated as often as they occur.

    Words: one and two in a row. Characters: three to five inside a word with its borders, and one
    to three in a row of Chinese or Japanese.
    """
    texts = [word.text for word in clause.words]
    word_terms = [
        " ".join(texts[i : i + size]) for size in _WORD_GRAMS for i in range(len(texts) - size + 1)
    ]
    character_terms: list[str] = []
    for text in texts:
        # A "word" of hundreds of letters is noise or an attack; its start is enough.
        padded = f" {text[:40]} "
        for size in _LETTER_GRAMS:
            character_terms += [padded[i : i + size] for i in range(len(padded) - size + 1)]
    for run in CJK_RUN.findall(clause.folded):
        for size in _CHARACTER_GRAMS:
            grams = [run[i : i + size] for i in range(len(run) - size + 1)]
            character_terms += grams
            if size == 2:  # two characters are what a word is to languages with blanks
                word_terms += grams
    seen: set[str] = set()
    for hit in clause.hits:
        mark = "~" if hit.dismissed else "=" if hit.strong else "?"
        if (term := f"{mark}{hit.leaf}") not in seen:
            seen.add(term)
            word_terms.append(term)
    return word_terms, character_terms


def joined_terms(of_clauses: Sequence[Terms]) -> Terms:
    """The terms of a text: those of its clauses, so that no word pair reaches over a boundary."""
    return (
        [term for of_words, _ in of_clauses for term in of_words],
        [term for _, of_characters in of_clauses for term in of_characters],
    )


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of one block with their inverse document frequencies, in column order."""

    columns: Mapping[str, int]
    idf: FloatArray

    @classmethod
    def fitted(cls, documents: Sequence[Sequence[str]]) -> Vocabulary:
        """Terms of at least two documents; idf smoothed as in scikit-learn's TfidfVectorizer."""
        frequency: Counter[str] = Counter()
        for terms in documents:
            frequency.update(set(terms))
        kept = sorted(term for term, n in frequency.items() if n >= _LEAST_DOCUMENTS)
        counts = np.array([frequency[term] for term in kept], dtype=np.float64)
        idf = np.log((1 + len(documents)) / (1 + counts)) + 1
        return cls({term: column for column, term in enumerate(kept)}, idf)

    def weighted(self, documents: Iterable[Sequence[str]]) -> sparse.csr_matrix:
        """A row a document: (1 + log count) * idf, of length one; float64 [documents, terms]."""
        columns = self.columns
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for terms in documents:
            counts = Counter(columns[term] for term in terms if term in columns)
            indices += counts.keys()
            values += counts.values()
            starts.append(len(indices))
        matrix = sparse.csr_matrix(
            (np.array(values, dtype=np.float64), np.array(indices, dtype=np.int32), starts),
            shape=(len(starts) - 1, len(columns)),
        )
        matrix.data = (1 + np.log(matrix.data)) * self.idf[matrix.indices]
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(matrix.indptr))
        matrix.sort_indices()
        return matrix


def is_tied(parsed: ParsedText, position: int) -> bool:
    """Whether the clause at `position` is given as the cause of leaving in so many words."""
    clause = parsed.clauses[position]
    behind = parsed.clauses[position + 1 : position + 2]
    return (
        clause.span.link == "cause"
        or any(after.span.link == "result" for after in behind)
        or any(word in clause.folded for word in _DECISIVE)
    )


def cue_features(parsed: ParsedText, leaves: Sequence[str]) -> FloatArray:
    """What the cues say, float64 [leaves, len(CUE_FEATURES)], all values 0 to about 2.

    strong, weak: a cue that counts, or only one that hints. count: log of the strong cues. tied:
    one in a clause given as the cause. first: in the first clause with a strong cue. turn: in a
    clause that begins with "but". dismissed: a cue that the clause sets aside. share: of the
    clauses with a strong cue, those with one of this leaf.
    """
    row_of = {leaf: row for row, leaf in enumerate(leaves)}
    found = np.zeros((len(leaves), len(CUE_FEATURES)))
    cued_clauses = 0
    for position, clause in enumerate(parsed.clauses):
        strong = {h.leaf for h in clause.hits if h.strong and not h.dismissed and h.leaf in row_of}
        for hit in clause.hits:
            row = row_of.get(hit.leaf)
            if row is None:
                continue
            if hit.dismissed:
                found[row, 6] = 1
            elif hit.strong:
                found[row, 1] += 1
            else:
                found[row, 2] = 1
        if not strong:
            continue
        tied = is_tied(parsed, position)
        for leaf in strong:
            row = row_of[leaf]
            found[row, 0] = 1
            found[row, 3] = max(found[row, 3], tied)
            found[row, 4] = max(found[row, 4], cued_clauses == 0)
            found[row, 5] = max(found[row, 5], clause.span.link == "contrast")
            found[row, 7] += 1
        cued_clauses += 1
    found[:, 2] *= found[:, 0] == 0
    found[:, 1] = np.log1p(found[:, 1])
    found[:, 7] /= max(cued_clauses, 1)
    return found
