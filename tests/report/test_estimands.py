"""Estimands against numbers worked out by hand, and the reason why the probit cost is the primary one."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from adaptstilts.statistics import estimands


def test_probit_cost_is_finite_at_the_ends_and_right_between():
    assert estimands.smoothed([0.0, 1.0, 0.5], 9) == pytest.approx([0.05, 0.95, 0.5])
    assert estimands.probit_cost(1.0, 0.0, 9) == pytest.approx(2 * 1.6448536)
    assert estimands.probit_cost(0.8, 0.5, 10**9) == pytest.approx(0.8416212)
    logits = estimands.scaled([0.8, 0.5], 10**9, 0.0, "logit")
    assert logits[0] - logits[1] == pytest.approx(np.log(4))
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


def test_scales_are_scipys_and_chance_is_taken_out():
    assert estimands.scaled(0.7, 99, 0.3, "probit") == pytest.approx(norm.ppf((99 * 0.7 + 0.5) / 100))
    assert estimands.scaled(0.7, 99, 0.3, "logit") == pytest.approx(np.log(69.8 / 30.2))
    above = (0.7 - 0.3) / 0.7
    assert estimands.scaled(0.7, 99, 0.3, "corrected") == pytest.approx(norm.ppf((99 * above + 0.5) / 100))
    assert estimands.scaled(0.2, 99, 0.3, "corrected") == pytest.approx(norm.ppf(0.005))


@pytest.mark.parametrize("scale", estimands.SCALES)
def test_the_variance_of_test_rows_is_that_of_many_draws(scale):
    drawn = np.random.default_rng(0).binomial(400, 0.7, 20_000) / 400
    found = float(estimands.scaled_variance(0.7, 400, 0.25, scale))
    assert found == pytest.approx(float(estimands.scaled(drawn, 400, 0.25, scale).var()), rel=0.06)
