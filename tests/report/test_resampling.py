"""The bootstrap over source examples against the exact standard error where one is known."""

import numpy as np
import pandas as pd
import pytest

from adaptstilts.report.frame import read_frame
from adaptstilts.statistics.estimands import probit_cost
from adaptstilts.statistics.resampling import resampled_costs, resampled_slope
from tests.report.stores import World, make_store


def parallel(sources=400, languages=4, alike=True, seed=0):
    """Rows of parallel languages whose outcome goes with the source example entirely, or not at all."""
    rng = np.random.default_rng(seed)
    shape = (sources, 1) if alike else (sources, languages)
    clean = np.broadcast_to(rng.random(shape) < 0.8, (sources, languages))
    attacked = clean & np.broadcast_to(rng.random(shape) < 0.7, (sources, languages))
    at = np.indices((sources, languages)).reshape(2, -1)
    return pd.DataFrame(
        {"source_id": at[0], "language": at[1], "s_clean": clean.ravel() * 1.0, "s_adv": attacked.ravel() * 1.0}
    )


def test_parallel_languages_count_as_one_example():
    spread = {}
    for alike in (True, False):
        rows = parallel(alike=alike).assign(k=1)
        groups, costs = resampled_costs(rows, ["k"], draws=1000)
        assert len(groups) == 1 and groups.n[0] == 1600
        spread[alike] = costs[:, 0].std()
    assert spread[True] / spread[False] == pytest.approx(2.0, rel=0.15)  # the root of four languages


def test_draws_are_those_of_whole_examples_and_shared_by_every_k():
    rows = pd.concat([parallel().assign(k=k) for k in (1, 2, 4)])
    _, costs = resampled_costs(rows, ["k"], draws=50)
    assert np.array_equal(costs[:, 0], costs[:, 1]) and costs[:, 0].std() > 0
    again = resampled_costs(rows, ["k"], draws=50)[1]
    assert np.array_equal(costs, again) and not np.array_equal(costs, resampled_costs(rows, ["k"], draws=50, seed=1)[1])


def test_the_standard_error_is_that_of_the_delta_method_for_independent_rows():
    n, rng = 3000, np.random.default_rng(1)
    right = rng.random(n) < 0.75
    rows = pd.DataFrame({"source_id": range(n), "k": 1, "s_clean": 1.0 * (rng.random(n) < 0.85), "s_adv": 1.0 * right})
    _, costs = resampled_costs(rows, ["k"], draws=3000)
    from scipy.stats import norm

    shares = [rows.s_clean.mean(), rows.s_adv.mean()]
    cov = np.cov(rows.s_clean, rows.s_adv) / n
    grad = np.array([1, -1]) / norm.pdf(norm.ppf(shares))
    assert costs.std() == pytest.approx(np.sqrt(grad @ cov @ grad), rel=0.05)
    assert costs.mean() == pytest.approx(float(probit_cost(*shares, n)), abs=0.01)


def test_the_slope_of_one_trajectory_has_the_interval_that_its_rows_leave(tmp_path):
    world = World(orderings=1, heads=("pawsx",), controls=(), references=0, n=400, rows=True, beta=0.1, model_sd=0.0)
    frame = read_frame(make_store(tmp_path, world))
    rows = frame.rows(attack="swap")
    found = resampled_slope(rows[(rows.role == "k") & (rows.language != "en")], draws=500)
    assert found["low"] < found["slope"] < found["high"] and found["low"] < 0.1 < found["high"]
    assert 0.005 < found["se"] < 0.05 and found["draws"] == 500
