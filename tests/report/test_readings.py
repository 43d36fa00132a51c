"""Lines with errors in variables, and what models that share tasks share: independent formulas and brute force."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import linregress

from adaptstilts.plan.sweeps.orderings import orderings
from adaptstilts.statistics.clustered_interval import interval
from adaptstilts.statistics.membership import held, repeats, set_numbers, shared
from adaptstilts.statistics.readings import line_slopes, plane_slopes
from adaptstilts.statistics.slopes import slopes

RNG = np.random.default_rng(17)


def test_a_line_is_scipys_and_a_plane_statsmodels():
    x, z = RNG.normal(0, 1, 30), RNG.normal(0, 1, 30)
    y = 0.3 + 0.8 * x - 0.2 * z + RNG.normal(0, 0.1, 30)
    assert float(line_slopes(y, x)) == pytest.approx(linregress(x, y).slope)
    holed = np.where(np.arange(30) == 4, np.nan, x)
    kept = np.arange(30) != 4
    assert float(line_slopes(y, holed)) == pytest.approx(linregress(x[kept], y[kept]).slope)
    fit = sm.OLS(y, sm.add_constant(np.column_stack([x, z]))).fit().params
    assert [float(slope) for slope in plane_slopes(y, x, z)] == pytest.approx(fit[1:])


def test_errors_in_variables_are_taken_out():
    """Fuller (1987): least squares on a covariate with error variance s is too flat by s over the whole variance."""
    true = RNG.normal(0, 1, (100, 2000))
    seen = true + RNG.normal(0, 0.5, true.shape)
    y = 0.8 * true + RNG.normal(0, 0.2, true.shape)
    assert line_slopes(y, seen).mean() == pytest.approx(0.8 / 1.25, abs=0.01)
    assert line_slopes(y, seen, 0.25).mean() == pytest.approx(0.8, abs=0.01)
    other = 0.5 * true + RNG.normal(0, 1, true.shape)
    along, across = plane_slopes(y, seen, other, (0.25, 0.0))
    assert (along.mean(), across.mean()) == pytest.approx((0.8, 0.0), abs=0.02)


def test_what_cannot_be_told_apart_is_not():
    x = RNG.normal(0, 1, 40)
    assert np.isnan(plane_slopes(x, x, x + 1e-9)[0])
    assert np.isnan(plane_slopes(x, x, x + RNG.normal(0, 0.05, 40), (0.01, 0.01))[0])
    assert np.isnan(line_slopes(x, x, 0.9))


def test_repeats_are_what_brute_force_finds():
    """Sets with effects of their own: the mean slope's true variance over what orderings show of it, simulated."""
    for orders, k in (
        (orderings([f"t{n}" for n in range(5)], 5), (1, 2, 4, 5)),
        (orderings([f"t{n}" for n in range(4)], 8), (1, 2, 3, 4)),
    ):
        holds, x = held(orders, k), np.log2(k)
        sets = set_numbers(holds)
        found = slopes(RNG.normal(0, 1, (40_000, sets.max() + 1))[:, sets], x)
        shown = found.var(1, ddof=1).mean() / len(orders)
        assert repeats(holds, x) == pytest.approx(found.mean(1).var() / shown, rel=0.05)


def test_sets_that_never_come_again_raise_nothing():
    holds = held(orderings([f"t{n}" for n in range(9)], 4), (1, 2, 3, 4))
    assert repeats(holds, np.log2([1, 2, 3, 4])) == pytest.approx(1.0)


def test_what_tasks_add_is_as_uncertain_as_many_pools_show():
    """Every task adds an effect to the models that hold it: the mean slope over pools scatters as much as the estimate says."""
    k = (1, 2, 4, 6, 9)
    holds, x = held(orderings([f"t{n:02}" for n in range(18)], 18), k), np.log2(k)
    costs = np.einsum("rki,si->srk", holds, RNG.normal(0, 1, (3000, 18)))[:, :, None, :]
    found = shared(costs, holds, x)
    assert found.df == 17
    assert found.tasks.mean() == pytest.approx(slopes(costs, x).mean((1, 2)).var(), rel=0.1)
    wide = interval(slopes(costs[:5], x)[..., [0, 0]], shared=shared(costs[:5], holds, x))
    narrow = interval(slopes(costs[:5], x)[..., [0, 0]])
    assert (wide.se > narrow.se).all()
