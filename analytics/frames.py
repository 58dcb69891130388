"""Counts as tables. Pure: DataFrame -> DataFrame, nothing known of a database."""

from collections.abc import Sequence

import pandas as pd

from analytics.intervals import wilson


def pivot_periods(
    counts: pd.DataFrame, *, periods: int, categories: Sequence[str], value: str = "count"
) -> pd.DataFrame:
    """One row a period, one column a category, 0 where nothing was counted.

    Parameters
    ----------
    counts
        columns ``period`` (0-based number), ``category`` and ``value``; a pair may stand in
        several rows, which are added up.
    periods
        how many rows the result has, counted or not.
    categories
        the result's columns, in this order; any other category is an error (KeyError).
    """
    unexpected = set(counts["category"]) - set(categories)
    if unexpected:
        raise KeyError(f"categories not asked for: {sorted(unexpected)}")
    table = counts.pivot_table(
        index="period", columns="category", values=value, aggfunc="sum", fill_value=0
    )
    return table.reindex(index=range(periods), columns=list(categories), fill_value=0)


def with_shares(table: pd.DataFrame, *, n: int) -> pd.DataFrame:
    """Adds ``share`` of ``count`` in ``n`` and its 95 % interval, ``share_low`` and ``share_high``.

    Parts from 0 to 1 by Wilson's formula; NaN where n is 0.
    """
    counts = table["count"].to_numpy(float)
    low, high = wilson(counts, n)
    part = counts / n if n else low
    return table.assign(share=part, share_low=low, share_high=high)


def beside_previous(current: pd.Series, previous: pd.Series) -> pd.DataFrame:
    """Columns ``count`` and ``previous`` over everything that stands in either; 0 where absent."""
    both = pd.DataFrame({"count": current, "previous": previous})
    return both.fillna(0).astype("int64").sort_index()
