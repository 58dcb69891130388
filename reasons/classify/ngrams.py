"""Logistic regression on TF-IDF of words and characters: the part that learns from examples alone.

Only training needs scikit-learn; reading needs a matrix product, so a stored model loads fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reasons.classify.features import FloatArray, Terms, Vocabulary

# Chosen by cross-validation grouped by context among 3, 10 and 30; flat around its best.
_INVERSE_PENALTY = 5.0
_MOST_STEPS = 200
_TOLERANCE = 1e-3
# A leaf that a fold had no example of is improbable there, not impossible.
_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class NgramModel:
    """Weights float32 [leaves, terms of both blocks] and intercepts float32 [leaves]."""

    by_word: Vocabulary
    by_character: Vocabulary
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    @classmethod
    def trained(cls, terms: Sequence[Terms], gold: NDArray[np.int64], leaves: int) -> NgramModel:
        """Learn `gold`, leaf indices below `leaves`, from the terms of as many texts."""
        from sklearn.linear_model import LogisticRegression  # slow to import, needed only here

        by_word = Vocabulary.fitted([of_words for of_words, _ in terms])
        by_character = Vocabulary.fitted([of_characters for _, of_characters in terms])
        matrix = _matrix(by_word, by_character, terms)
        present = np.unique(gold)
        weights = np.zeros((leaves, matrix.shape[1]), dtype=np.float32)
        intercepts = np.full(leaves, np.log(_LEAST_PROBABILITY), dtype=np.float32)
        if len(present) == 1 or matrix.shape[1] == 0:
            intercepts[present] = 0
            return cls(by_word, by_character, weights, intercepts)
        fitted = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_MOST_STEPS, tol=_TOLERANCE).fit(
            matrix, gold
        )
        if len(present) == 2:  # scikit-learn keeps one row for two classes
            weights[present[1]] = fitted.coef_[0]
            intercepts[present] = (0, fitted.intercept_[0])
        else:
            weights[present] = fitted.coef_
            intercepts[present] = fitted.intercept_
        return cls(by_word, by_character, weights, intercepts)

    def log_probabilities(self, terms: Sequence[Terms]) -> FloatArray:
        """Natural logarithms of the leaves' probabilities, float64 [texts, leaves]."""
        matrix = _matrix(self.by_word, self.by_character, terms)
        # Only the columns that occur: a single answer should not pay for the whole vocabulary.
        columns = np.unique(matrix.indices)
        weights = self.weights[:, columns].T.astype(np.float64)
        scores = np.asarray(matrix[:, columns] @ weights) + self.intercepts
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        return np.asarray(np.log(powers / powers.sum(axis=1, keepdims=True) + _LEAST_PROBABILITY))


def _matrix(
    by_word: Vocabulary, by_character: Vocabulary, terms: Sequence[Terms]
) -> sparse.csr_matrix:
    return sparse.hstack(
        [
            by_word.weighted([of_words for of_words, _ in terms]),
            by_character.weighted([of_characters for _, of_characters in terms]),
        ],
        format="csr",
    )
