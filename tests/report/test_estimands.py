"""Estimands against numbers worked out by hand, and the reason why the probit cost is the primary one."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import linregress

from adaptstilts.statistics import estimands


def test_probit_cost_is_finite_at_the_ends_and_right_between():
    assert estimands.smoothed([0.0, 1.0, 0.5], 9) == pytest.approx([0.05, 0.95, 0.5])
    assert estimands.probit_cost(1.0, 0.0, 9) == pytest.approx(2 * 1.6448536)
    assert estimands.probit_cost(0.8, 0.5, 10**9) == pytest.approx(0.8416212)
    assert estimands.logit_cost(0.8, 0.5, 10**9) == pytest.approx(np.log(4))
    assert estimands.points_of(ndtri(0.8), 0.8) == pytest.approx(30.0)


def test_only_the_probit_cost_stays_when_clean_accuracy_alone_moves():
    mu, n = np.array([0.4, 0.9, 1.4]), 10**7
    clean, attacked = ndtr(mu), ndtr(mu - 0.6)
    assert np.ptp(estimands.probit_cost(clean, attacked, n)) < 1e-4
    assert np.ptp(estimands.gap(clean, attacked)) > 0.05
    assert np.ptp(estimands.relative_drop(clean, attacked)) > 0.1
    assert np.ptp(estimands.relative_drop(clean, attacked, 0.5)) > 0.3


@pytest.mark.parametrize(
    ("score", "chance", "bound"),
    [(0.5, 0.5, True), (0.62, 0.5, False), (0.3, 0.5, False), (0.99, 0.5, True), (0.9, 0.25, False)],
)
def test_bounds_are_two_standard_errors_wide(score, chance, bound):
    assert bool(estimands.at_bounds(score, 100, chance)) is bound


def test_success_on_the_rows_that_are_right_under_every_k():
    clean = np.array([[1, 1, 0, 1], [1, 0, 1, 1]])
    attacked = np.array([0, 1, 1, 1])
    common = estimands.commonly_right(clean)
    assert common.tolist() == [True, False, False, True]
    assert estimands.success_rate(clean[0], attacked) == pytest.approx(1 / 3)
    assert estimands.success_rate(clean[0], attacked, common) == 0.5
    assert np.isnan(estimands.success_rate([0, 0], [0, 1]))


def test_gaps_gains_forgetting_and_means_leave_out_what_they_say():
    assert estimands.zero_shot_gap(0.9, [0.6, 0.8, np.nan]) == pytest.approx(0.2)
    assert estimands.macro_mean([0.9, 0.5, 0.7], [True, False, False]) == pytest.approx(0.6)
    assert np.isnan(estimands.macro_mean([0.9], [True]))
    assert estimands.gain([0.7, 0.8], [0.6, 0.9]) == pytest.approx([0.1, -0.1])
    told = estimands.forgetting([[0.8, 0.9, 0.7], [np.nan, 0.6, 0.65], [np.nan, np.nan, 0.5]])
    assert told[:2] == pytest.approx([0.2, -0.05]) and np.isnan(told[2])


def test_the_reference_line_is_scipys_where_one_covariate_varies():
    rng = np.random.default_rng(0)
    x, n = rng.normal(0.5, 0.4, 20), 10**6
    attacked = ndtr(0.2 + 0.9 * x + rng.normal(0, 0.05, 20))
    line = estimands.reference_line(attacked, n, np.column_stack([np.full(20, 0.3), x]))
    theirs = linregress(x, np.log(attacked / (1 - attacked)))
    assert line == pytest.approx([theirs.intercept, 0.0, theirs.slope], abs=1e-5)
    on_line = 1 / (1 + np.exp(-(theirs.intercept + theirs.slope * 0.4)))
    rho = estimands.effective_robustness([on_line - 0.05], n, [[9.0, 0.4]], line)
    assert rho == pytest.approx([-0.05], abs=1e-5)
    with pytest.raises(ValueError, match="2 models for 3"):
        estimands.reference_line([0.1, 0.2], 10, [[0.0, 1.0], [1.0, 0.0]])
