"""How the n-gram model and the cues are weighed against each other.

A conditional logit over leaves: the score of a leaf is its log probability by n-grams, plus what
the cues say about it times weights that all leaves share, plus a small bias of its own. Shared
weights are what carries over from one kind of business to another; a weight for each leaf's cues,
and a free weight for the n-grams, fitted the corpus better and real reviews worse. All is fitted
on predictions for texts that the n-gram model had not seen; a last factor is for calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from reasons.classify.features import CUE_FEATURES, FloatArray, cue_features
from reasons.classify.parsing import ParsedText

UNCLEAR = "unclear"

# Said of the leaf "unclear" alone: no strong cue at all, and that in four words or fewer, and how
# much is said; and of the leaf that the probe rules name for a bare text.
_EXTRA_FEATURES = ("cueless", "cueless_short", "length", "bare")
FEATURES = CUE_FEATURES + _EXTRA_FEATURES
_SHORT = 4

_STRONG = CUE_FEATURES.index("strong")
_CUELESS = len(CUE_FEATURES)
_BARE = FEATURES.index("bare")

_RIDGE = 1.0
# How often a reason occurs in the corpus says little about how often it occurs elsewhere.
_RIDGE_BIAS = 20.0
_MOST_STEPS = 300
_SHARPNESS = (0.2, 3.0)


def evidence_features(
    parsed: Sequence[ParsedText], bare: Sequence[Sequence[str]], leaves: Sequence[str]
) -> FloatArray:
    """What is known of each text and leaf beside n-grams: float64 [texts, leaves, FEATURES]."""
    found = np.zeros((len(parsed), len(leaves), len(FEATURES)))
    row_of = {leaf: row for row, leaf in enumerate(leaves)}
    unclear = row_of.get(UNCLEAR)
    for position, text in enumerate(parsed):
        found[position, :, :_CUELESS] = cue_features(text, leaves)
        for leaf in bare[position][:1]:
            if leaf in row_of:
                found[position, row_of[leaf], _BARE] = 1
        if unclear is not None:
            cueless = not found[position, :, _STRONG].any() and not bare[position]
            size = text.size
            found[position, unclear, _CUELESS] = cueless
            found[position, unclear, _CUELESS + 1] = cueless and size <= _SHORT
            found[position, unclear, _CUELESS + 2] = np.log1p(size) / 4
    return found


def softmax(scores: FloatArray) -> FloatArray:
    """Probabilities by row, safe for large scores."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Combination:
    """The fitted weights: shared ones of length FEATURES, a bias a leaf, and the sharpness."""

    weights: FloatArray
    biases: FloatArray
    sharpness: float

    @classmethod
    def untrained(cls, leaves: int) -> Combination:
        """Cues count, nothing is calibrated; for example sets too small to hold any out."""
        weights = np.zeros(len(FEATURES))
        weights[_STRONG] = weights[_BARE] = 1.0
        return cls(weights, np.zeros(leaves), 1.0)

    @classmethod
    def fitted(
        cls, log_probabilities: FloatArray, features: FloatArray, gold: NDArray[np.int64]
    ) -> Combination:
        """Maximise the penalised likelihood of `gold`, leaf indices [texts], given log
        probabilities [texts, leaves] made without those texts and features
        [texts, leaves, FEATURES]; then the likelihood alone by the sharpness."""
        texts, leaves, shared = features.shape
        rows = np.arange(texts)

        def loss(vector: FloatArray) -> tuple[float, FloatArray]:
            weights, biases = np.split(vector, [shared])
            residual = softmax(log_probabilities + features @ weights + biases)
            value = -np.log(residual[rows, gold] + 1e-12).sum()
            value += (_RIDGE * weights @ weights + _RIDGE_BIAS * biases @ biases) / 2
            residual[rows, gold] -= 1
            gradient = np.concatenate(
                [
                    np.tensordot(residual, features, axes=2) + _RIDGE * weights,
                    residual.sum(axis=0) + _RIDGE_BIAS * biases,
                ]
            )
            return float(value), gradient

        found = optimize.minimize(
            loss,
            np.zeros(shared + leaves),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _MOST_STEPS},
        ).x
        weights, biases = np.split(found, [shared])
        scores = log_probabilities + features @ weights + biases

        def surprise(sharpness: float) -> float:
            return float(-np.log(softmax(sharpness * scores)[rows, gold] + 1e-12).sum())

        sharpness = optimize.minimize_scalar(surprise, bounds=_SHARPNESS, method="bounded").x
        return cls(weights, biases, float(sharpness))

    def probabilities(self, log_probabilities: FloatArray, features: FloatArray) -> FloatArray:
        """Probability of each leaf, float64 [texts, leaves]; rows sum to one."""
        scores = log_probabilities + features @ self.weights + self.biases
        return softmax(self.sharpness * scores)
