import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, chi2_contingency, false_discovery_control, fisher_exact

from analytics.changes import benjamini_hochberg, change_of_shares, two_proportions


@pytest.mark.parametrize(
    "numbers", [(26, 152, 8, 148), (12, 152, 30, 148), (40, 100, 44, 110), (5, 50, 12, 60)]
)
def test_large_tables_are_tested_by_chi_squared(numbers):
    a, n, b, m = numbers
    statistic = chi2_contingency([[a, n - a], [b, m - b]], correction=False)[0]
    expected = chi2.sf(statistic * (n + m - 1) / (n + m), 1)
    assert float(two_proportions(a, n, b, m)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("numbers", [(1, 3, 0, 4), (3, 4, 0, 30), (1, 40, 0, 5)])
def test_small_tables_are_tested_exactly(numbers):
    a, n, b, m = numbers
    expected = fisher_exact([[a, n - a], [b, m - b]])[1]
    assert float(two_proportions(a, n, b, m)) == pytest.approx(expected)


@pytest.mark.parametrize("numbers", [(0, 10, 0, 10), (10, 10, 10, 10), (3, 10, 0, 0), (0, 0, 3, 9)])
def test_what_cannot_be_compared_has_not_changed(numbers):
    assert two_proportions(*numbers) == 1


def test_benjamini_hochberg_equals_scipy():
    p = np.array([0.001, 0.2, 0.013, 0.9, 0.04, 0.04])
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    assert benjamini_hochberg([]).size == 0


def table(**counts):
    return pd.DataFrame.from_dict(counts, orient="index", columns=["count", "previous"])


def test_what_changed_by_more_than_chance():
    reasons = table(missing=(26, 8), onboarding=(12, 30), price=(13, 14), rare=(2, 1))
    result = change_of_shares(reasons, n=152, previous_n=148)
    assert result["significant"].to_dict() == {
        "missing": True,
        "onboarding": True,
        "price": False,
        "rare": False,
    }
    assert result.loc["missing", "change"] == pytest.approx(26 / 152 - 8 / 148)
    assert 0 < result.loc["missing", "low"] < result.loc["missing", "change"]
    assert result.loc["onboarding", "high"] < 0
    assert (result["q"] >= result["p"]).all()


def test_fewer_than_five_are_not_tested():
    reasons = table(rare=(4, 0), common=(100, 100))
    assert not change_of_shares(reasons, n=104, previous_n=100).loc["rare", "significant"]
    assert change_of_shares(table(rare=(9, 0), common=(95, 100)), n=104, previous_n=100).loc[
        "rare", "significant"
    ]


def test_without_a_period_before_nothing_is_known_to_have_changed():
    result = change_of_shares(table(a=(5, 0), b=(6, 0)), n=11, previous_n=0)
    assert result[["change", "low", "high"]].isna().all().all()
    assert not result["significant"].any()


def test_of_a_thousand_tables_of_noise_about_one_in_twenty_shows_a_change():
    draw = np.random.default_rng(7)
    shares = draw.dirichlet(np.ones(25))
    alarms = 0
    for _ in range(1000):
        now, before = draw.multinomial(150, shares), draw.multinomial(150, shares)
        frame = pd.DataFrame({"count": now, "previous": before})
        alarms += change_of_shares(frame, n=150, previous_n=150)["significant"].any()
    assert alarms <= 60


def test_a_share_that_tripled_is_found():
    draw = np.random.default_rng(7)
    before_shares = np.array([0.05] + [0.95 / 24] * 24)
    now_shares = np.array([0.20] + [0.80 / 24] * 24)
    found = 0
    for _ in range(300):
        now, before = draw.multinomial(150, now_shares), draw.multinomial(150, before_shares)
        frame = pd.DataFrame({"count": now, "previous": before})
        found += change_of_shares(frame, n=150, previous_n=150)["significant"].iloc[0]
    assert found / 300 > 0.7
