import numpy as np
import pytest

from analytics.intervals import newcombe, wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_equals_published_intervals(count, n, low, high):
    assert [float(each) for each in wilson(count, n)] == pytest.approx([low, high], abs=6e-5)


def test_wilson_is_vectorised_and_says_nothing_about_nothing():
    low, high = wilson([0, 5, 0], [10, 10, 0])
    assert low[0] == 0
    assert high[0] > 0
    assert low[1] < 0.5 < high[1]
    assert np.isnan([low[2], high[2]]).all()


def test_wilson_covers_the_truth_about_as_often_as_it_says():
    counts = np.random.default_rng(1).binomial(60, 0.15, size=4000)
    low, high = wilson(counts, 60)
    assert 0.93 < ((low <= 0.15) & (high >= 0.15)).mean() < 0.97


@pytest.mark.parametrize(
    ("numbers", "low", "high"),
    [
        # Newcombe 1998, "Interval estimation for the difference", table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_equals_published_intervals(numbers, low, high):
    assert [float(each) for each in newcombe(*numbers)] == pytest.approx([low, high], abs=6e-5)


def test_newcombe_without_one_of_the_periods():
    assert np.isnan(newcombe(1, 2, 0, 0)).all()
