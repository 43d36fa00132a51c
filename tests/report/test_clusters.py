"""Intervals of slopes with crossed clusters: the same variance as statsmodels', and what it comes to in special cases."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from adaptstilts.statistics.clustered_interval import clustered, detectable, equivalence, interval
from adaptstilts.statistics.slopes import slopes


def statsmodels_variance(table):
    """The two-way cluster variance of a mean over columns of means over rows: weighted least squares on a constant, clusters by
    row and by column."""
    there = np.isfinite(table)
    rows, columns = np.nonzero(there)
    y, weights = table[rows, columns], (there / there.sum(0))[rows, columns]
    groups = np.column_stack([rows, columns])
    fit = sm.WLS(y, np.ones(len(y)), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return float(fit.params[0]), float(fit.cov_params()[0, 0])


@pytest.mark.parametrize("missing", [0, 3])
@pytest.mark.parametrize(("r", "t"), [(8, 8), (5, 6), (4, 2)])
def test_the_summed_variance_is_that_of_statsmodels(r, t, missing):
    rng = np.random.default_rng(r * t + missing)
    table = rng.normal(0.03, 0.02, (r, t)) + rng.normal(0, 0.03, (r, 1)) + rng.normal(0, 0.01, t)
    table[np.arange(missing), np.arange(missing) % t] = np.nan
    mean, variance = statsmodels_variance(table)
    assert mean == pytest.approx(np.nanmean(np.nanmean(table, 0)), rel=1e-12)
    found = clustered(table)
    assert float(found.mean) == pytest.approx(mean, rel=1e-12)
    assert float(found.summed) == pytest.approx(variance, rel=1e-9)


def test_the_rest_is_the_interaction_of_a_two_way_analysis_of_variance():
    rng = np.random.default_rng(3)
    table = rng.normal(0, 1, (5, 4)) + 3 * rng.normal(0, 1, (5, 1))
    r, t = np.nonzero(np.ones((5, 4)))
    design = np.column_stack([np.ones(20), *(r == i for i in range(1, 5)), *(t == j for j in range(1, 4))]).astype(
        float
    )
    fit = sm.OLS(table[r, t], design).fit()
    assert float(clustered(table).rest) == pytest.approx(fit.mse_resid / 20)
    holed = table.copy()
    holed[1, 2] = np.nan
    left = np.isfinite(holed[r, t])
    fit = sm.OLS(holed[r, t][left], design[left]).fit()
    weights = (np.isfinite(holed) / np.isfinite(holed).sum(0))[r, t][left] / 4
    assert float(clustered(holed).rest) == pytest.approx(fit.mse_resid * (weights**2).sum())


def test_heads_count_alike_however_many_orderings_they_kept():
    """The case of the issue: one head kept one ordering of two."""
    table = np.array([[0.0, 0.6], [0.2, np.nan]])
    found = interval(table)
    assert float(found.mean) == pytest.approx((0.1 + 0.6) / 2)
    assert (found.orderings, found.heads, found.units) == (2, 2, 3)


def test_slopes_are_least_squares_and_need_enough_levels():
    x = np.log2([1, 2, 4, 8])
    y = np.array([[0.1, 0.3, 0.2, 0.6], [0.1, np.nan, 0.5, np.nan]])
    found = slopes(y, x)
    assert found[0] == pytest.approx(stats.linregress(x, y[0]).slope)
    assert found[1] == pytest.approx(0.2)
    assert np.isnan(slopes(y, x, least=3)[1])


def test_one_row_or_column_is_a_t_test_and_one_unit_has_no_interval():
    values = np.array([0.1, 0.2, 0.4, 0.1])
    theirs = stats.ttest_1samp(values, 0.0)
    low, high = theirs.confidence_interval(0.95)
    for table in (values[None, :], values[:, None]):
        found = interval(table)
        assert (float(found.p), float(found.low), float(found.high)) == pytest.approx((theirs.pvalue, low, high))
    alone = interval(np.array([[0.3]]))
    assert float(alone.mean) == 0.3 and np.isnan(alone.se)
    assert np.isnan(interval(np.full((3, 3), np.nan)).mean)


def test_the_floored_interval_has_the_larger_variance_and_the_fewer_degrees_of_freedom():
    rng = np.random.default_rng(5)
    tables = rng.normal(0, 1, (200, 6, 9))
    ours, plain = interval(tables), interval(tables, floored=True)
    assert (plain.df == 5) and (ours.df >= 5).all() and (ours.df <= 53).all()
    v = clustered(tables)
    assert (plain.se**2 >= np.maximum(v.ordering, v.head) * (1 - 1e-12)).all()
    assert ours.se.mean() < plain.se.mean()


def test_equivalence_is_the_narrower_interval_and_detectable_is_found_four_times_in_five():
    rng = np.random.default_rng(7)
    tables = rng.normal(0.02, 0.05, (300, 5, 5))
    found = interval(tables)
    low, high = found.at(0.90)
    inside = (low > -0.05) & (high < 0.05)
    assert np.array_equal(inside, equivalence(found, 0.05) < 0.05) and 0 < inside.mean() < 1
    known = interval(np.random.default_rng(8).normal(0, 1, (4000, 12, 12)), floored=True)
    se = 1 / 12
    needed = float(np.median(detectable(known)))
    assert needed == pytest.approx((stats.t.ppf(0.975, 11) + stats.t.ppf(0.8, 11)) * se, rel=0.35)
