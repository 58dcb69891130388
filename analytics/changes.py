"""Whether a reason's share changed by more than chance. Pure: frames in, frames out.

Each reason is tested by itself, then the whole table is held to one false discovery rate: of 25
reasons one would "change" each month by chance alone. Figures are customers, also where shares
are shown by MRR: one large customer is one decision.
"""

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import fisher_exact

from analytics.intervals import newcombe

FALSE_DISCOVERY_RATE = 0.05
# Fewer than this in both periods together: no share worth testing.
SMALL = 5


def two_proportions(
    count: ArrayLike, n: ArrayLike, previous_count: ArrayLike, previous_n: ArrayLike
) -> NDArray[np.float64]:
    """Two-sided p values that both parts are the same; 1 where one of the periods has no n.

    The (N - 1) chi-squared test where every expected count is at least 1, else Fisher's exact
    test (two-sided by Irwin's rule), as I. Campbell recommends: "Chi-squared and Fisher-Irwin
    tests of two-by-two tables with small sample recommendations", Statistics in Medicine 26
    (2007) 3661-3675.
    """
    a, n1, b, n2 = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (count, n, previous_count, previous_n))
    )
    whole = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (a + b) / whole
        chi_squared = (
            (whole - 1) * (a * (n2 - b) - b * (n1 - a)) ** 2
            / (n1 * n2 * (a + b) * (whole - a - b))
        )  # fmt: skip
        smallest = np.minimum(n1, n2) * np.minimum(part, 1 - part)
    p = np.ones(a.shape)
    tested = (n1 > 0) & (n2 > 0) & (a + b > 0) & (a + b < whole)
    for at in np.ndindex(a.shape):
        if not tested[at]:
            continue
        if smallest[at] >= 1:
            p[at] = 2 * NormalDist().cdf(-float(np.sqrt(chi_squared[at])))
        else:
            table = [[a[at], n1[at] - a[at]], [b[at], n2[at] - b[at]]]
            p[at] = fisher_exact(np.array(table, dtype=np.int64))[1]
    return p


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Each p value as the smallest false discovery rate at which it would be reported.

    Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995) 289-300.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    ranked = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.minimum.accumulate(ranked[::-1])[::-1]
    result = np.empty_like(values)
    result[order] = np.minimum(adjusted, 1.0)
    return result


def change_of_shares(table: pd.DataFrame, *, n: int, previous_n: int) -> pd.DataFrame:
    """Compare each row's share of ``n`` with its share of ``previous_n``.

    Parameters
    ----------
    table
        columns ``count`` and ``previous`` (customers), a row a reason.
    n, previous_n
        the classified of each period: what the shares are of.

    Returns
    -------
    The same index with ``change`` (difference of shares, -1 to 1), ``low`` and ``high`` (its 95 %
    interval), ``p``, ``q`` (p adjusted over the table) and ``significant``. Without a period to
    compare with, all but p and q are NaN and nothing is significant.
    """
    count, previous = table["count"].to_numpy(float), table["previous"].to_numpy(float)
    low, high = newcombe(count, n, previous, previous_n)
    p = two_proportions(count, n, previous, previous_n)
    enough = count + previous >= SMALL
    q = np.ones(len(table))
    q[enough] = benjamini_hochberg(p[enough])
    with np.errstate(divide="ignore", invalid="ignore"):
        change = count / np.float64(n) - previous / np.float64(previous_n)
    return pd.DataFrame(
        {
            "change": change,
            "low": low,
            "high": high,
            "p": p,
            "q": q,
            "significant": q < FALSE_DISCOVERY_RATE,
        },
        index=table.index,
    )
