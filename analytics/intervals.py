"""Confidence intervals of shares. Pure, vectorised; counts in, parts from 0 to 1 out.

Wilson's score interval: E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", JASA 22 (1927) 209-212. The interval of a difference: R. G. Newcombe, "Interval
estimation for the difference between independent proportions", Statistics in Medicine 17 (1998)
873-890, method 10 (from two Wilson intervals, without continuity correction).
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def wilson(count: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Low and high end of the interval of ``count`` / ``n``; NaN where n is 0."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    counts, totals = np.broadcast_arrays(
        np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        part = counts / totals
        spread = 1 + z**2 / totals
        centre = (part + z**2 / (2 * totals)) / spread
        half = z * np.sqrt(part * (1 - part) / totals + z**2 / (4 * totals**2)) / spread
        # Exactly 0 and 1 at the ends, where rounding would leave a trace of the other side.
        low = np.where(counts == 0, 0.0, np.maximum(centre - half, 0.0))
        high = np.where(counts == totals, 1.0, np.minimum(centre + half, 1.0))
    nothing = totals == 0
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)


def newcombe(
    count: ArrayLike,
    n: ArrayLike,
    previous_count: ArrayLike,
    previous_n: ArrayLike,
    confidence: float = 0.95,
) -> tuple[Array, Array]:
    """Low and high end of the interval of count / n - previous_count / previous_n.

    NaN where one of the two has no n.
    """
    low, high = wilson(count, n, confidence)
    previous_low, previous_high = wilson(previous_count, previous_n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.asarray(count, dtype=np.float64) / np.asarray(n, dtype=np.float64)
        previous = np.asarray(previous_count, dtype=np.float64) / np.asarray(
            previous_n, dtype=np.float64
        )
        change = part - previous
        return (
            change - np.sqrt((part - low) ** 2 + (previous_high - previous) ** 2),
            change + np.sqrt((high - part) ** 2 + (previous - previous_low) ** 2),
        )
