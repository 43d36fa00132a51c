"""Boundaries of planned looks, against published tables and an integral that was not written here."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, ttest_1samp

from adaptstilts.statistics.spending import CLOSE, boundaries, nominal, spent

PUBLISHED = {  # Lan & DeMets' O'Brien-Fleming, two-sided 0.05 at equal steps: Reboussin et al. 2000, R's ldbounds and gsDesign
    2: (2.9626, 1.9686),
    3: (3.7103, 2.5114, 1.9930),
    5: (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
}


@pytest.mark.parametrize("looks", PUBLISHED)
def test_boundaries_equal_the_published_ones(looks):
    found = boundaries([(number + 1) / looks for number in range(looks)], 0.025)
    assert found == pytest.approx(PUBLISHED[looks], abs=2e-4)


@pytest.mark.parametrize(
    ("times", "alpha"), [((0.3, 1.0), 0.025), ((0.13, 0.4, 0.55, 1.0), 0.05), ((0.5, 0.52, 1.0), 0.01)]
)
def test_all_looks_together_cross_as_often_as_alpha_says(times, alpha):
    bound, t = np.array(boundaries(times, alpha)), np.array(times)
    cov = np.minimum.outer(t, t) / np.sqrt(np.outer(t, t))  # of the z of a growing sample
    stays = multivariate_normal(cov=cov, abseps=1e-8, releps=1e-8, maxpts=2_000_000, seed=0).cdf(bound)
    assert 1 - float(stays) == pytest.approx(alpha, rel=1e-4)


def test_a_single_look_at_the_end_spends_all_and_looks_that_add_nothing_do_no_harm():
    assert boundaries([1.0], 0.025) == pytest.approx([norm.isf(0.025)]) and nominal([1.0], 0.05) == pytest.approx(0.05)
    close = [0.5, 0.5 + CLOSE / 4, 0.5 + CLOSE / 2, 1.0]
    assert boundaries(close, 0.025)[-1] == pytest.approx(boundaries([0.5, 1.0], 0.025)[-1], abs=2e-3)
    parts = norm.sf(boundaries(close, 0.025)[:3])
    assert parts.sum() <= spent(close[2], 0.025) + 1e-12


def test_the_level_of_a_look_serves_equivalence_too():
    times = [0.2, 0.4, 0.6, 0.8, 1.0]
    z = norm.isf(nominal(times, 0.05))
    assert (
        z >= boundaries(times, 0.05)[-1] - 1e-9 and norm.isf(nominal(times, 0.05) / 2) >= boundaries(times, 0.025)[-1]
    )
    assert 0 < nominal([0.01], 0.05) < 1e-11 and 0 < nominal([0.001 * n for n in range(2, 40)], 0.05) < 1e-11


def test_t_tests_at_spent_levels_err_no_more_often_than_one_test():
    values = np.random.default_rng(7).normal(size=(20_000, 16))
    counts = (4, 8, 12, 16)
    p = [ttest_1samp(values[:, :count], 0, axis=1).pvalue for count in counts]
    levels = [nominal([count / 16 for count in counts[: number + 1]], 0.05) for number in range(len(counts))]
    freely = np.mean(np.any([one < 0.05 for one in p], axis=0))
    spent_ = np.mean(np.any([one < level for one, level in zip(p, levels, strict=True)], axis=0))
    assert freely > 0.11 and 0.043 < spent_ < 0.0535  # 20,000 sweeps: ± 0.003


@pytest.mark.parametrize("times", [[0.0, 1.0], [0.5, 0.5], [0.6, 0.3], [1.1]])
def test_times_that_are_none_are_refused(times):
    with pytest.raises(ValueError, match="must rise"):
        boundaries(times, 0.025)
