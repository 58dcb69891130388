import numpy as np
import pandas as pd
import pytest

from analytics.frames import beside_previous, pivot_periods, with_shares

COUNTS = pd.DataFrame(
    [
        (0, "outcome", 3),
        (0, "outcome", 2),
        (2, "outcome", 1),
        (2, "unresolved", 4),
        (0, "other", 7),
    ],
    columns=["period", "category", "count"],
)


def test_pivot_has_a_row_a_period_and_zeros_where_nothing_was_counted():
    table = pivot_periods(COUNTS, periods=4, categories=["unresolved", "outcome", "other", "none"])
    assert table.to_numpy().tolist() == [[0, 5, 7, 0], [0, 0, 0, 0], [4, 1, 0, 0], [0, 0, 0, 0]]
    assert list(table.columns) == ["unresolved", "outcome", "other", "none"]
    assert table.to_numpy().sum() == COUNTS["count"].sum()


def test_pivot_of_nothing_is_all_zeros():
    table = pivot_periods(COUNTS.iloc[:0], periods=2, categories=["a", "b"])
    assert table.to_numpy().tolist() == [[0, 0], [0, 0]]


def test_pivot_loses_no_category():
    with pytest.raises(KeyError, match="other"):
        pivot_periods(COUNTS, periods=3, categories=["outcome", "unresolved"])


def test_shares_with_their_interval():
    table = with_shares(pd.DataFrame({"count": [26, 0]}, index=["a", "b"]), n=152)
    assert table["share"].tolist() == pytest.approx([26 / 152, 0])
    assert table["share_low"].tolist() == pytest.approx([0.1195, 0], abs=1e-4)
    assert table["share_high"].tolist() == pytest.approx([0.2388, 0.0246], abs=1e-4)


def test_shares_of_nothing_are_unknown():
    table = with_shares(pd.DataFrame({"count": [0]}), n=0)
    assert np.isnan(table[["share", "share_low", "share_high"]].to_numpy()).all()


def test_beside_previous_holds_what_stands_in_either():
    table = beside_previous(pd.Series({"b": 2, "a": 1}), pd.Series({"c": 3, "b": 4}))
    assert table.to_dict("index") == {
        "a": {"count": 1, "previous": 0},
        "b": {"count": 2, "previous": 4},
        "c": {"count": 0, "previous": 3},
    }
    nothing = pd.Series(dtype="int64")
    assert beside_previous(nothing, nothing).empty
