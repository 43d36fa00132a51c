"""The paired bootstrap against scipy's own where rows are alone, and against the exact standard error where they are not."""

import numpy as np
import pytest
from scipy import stats

from adaptstilts.statistics.paired_bootstrap import bootstrapped


@pytest.fixture(scope="module")
def answers():
    draw = np.random.default_rng(7)
    first = (draw.random(400) < 0.6).astype(float)
    second = np.where(draw.random(400) < 0.8, first, (draw.random(400) < 0.75).astype(float))
    return np.column_stack([first, second])


def test_it_is_scipys_paired_bootstrap(answers):
    """scipy.stats.bootstrap with paired=True and method="percentile"."""
    rows = [str(i) for i in range(len(answers))]
    found = bootstrapped(answers, np.ones_like(answers), ["en"] * len(rows), rows, draws=6000).estimate([-1, 1])
    theirs = stats.bootstrap(
        (answers[:, 0], answers[:, 1]), lambda a, b, axis: b.mean(axis) - a.mean(axis), paired=True, vectorized=True,
        n_resamples=6000, method="percentile", rng=np.random.default_rng(1),
    )  # fmt: skip
    assert found.value == pytest.approx(answers[:, 1].mean() - answers[:, 0].mean())
    reach = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * reach)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * reach)


def test_a_ratio_of_sums_is_scipys_too():
    """Chunk F1 and its like: every row gives so many points out of so many."""
    draw = np.random.default_rng(3)
    of = draw.integers(1, 9, 300).astype(float)
    points = np.column_stack([draw.binomial(of.astype(int), share) for share in (0.5, 0.6)]).astype(float)
    both = np.column_stack([of, of])
    found = bootstrapped(points, both, ["en"] * 300, [str(i) for i in range(300)], draws=6000).estimate([-1, 1])
    theirs = stats.bootstrap(
        (points[:, 0], points[:, 1], of), lambda a, b, n, axis: (b.sum(axis) - a.sum(axis)) / n.sum(axis), paired=True,
        vectorized=True, n_resamples=6000, method="percentile", rng=np.random.default_rng(1),
    )  # fmt: skip
    reach = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.value == pytest.approx((points[:, 1].sum() - points[:, 0].sum()) / of.sum())
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.06 * reach)


def test_translations_of_one_row_are_one_row(answers):
    """The same rows in three languages tell no more than in one."""
    n = len(answers)
    one = bootstrapped(answers, np.ones_like(answers), ["en"] * n, list(range(n))).estimate([-1, 1])
    thrice, sources = np.tile(answers, (3, 1)), list(range(n)) * 3
    languages = [code for code in ("en", "de", "fr") for _ in range(n)]
    found = bootstrapped(thrice, np.ones_like(thrice), languages, sources).estimate([-1, 1])
    assert found.value == pytest.approx(one.value) and found.high - found.low == pytest.approx(
        one.high - one.low, rel=0.1
    )
    alone = bootstrapped(thrice, np.ones_like(thrice), languages, list(range(3 * n))).estimate([-1, 1])
    assert alone.high - alone.low == pytest.approx((one.high - one.low) / 3**0.5, rel=0.1)


def test_languages_count_alike_and_draws_are_always_the_same():
    points = np.array([[1.0]] * 10 + [[0.0]] * 90)
    found = bootstrapped(points, np.ones_like(points), ["en"] * 10 + ["de"] * 90, list(range(100)))
    assert found.observed.tolist() == [0.5]
    again = bootstrapped(points, np.ones_like(points), ["en"] * 10 + ["de"] * 90, list(range(100)))
    assert (found.drawn == again.drawn).all()
    with pytest.raises(ValueError, match="0 rows"):
        bootstrapped([], [], [], [])


def test_a_draw_in_which_there_is_nothing_is_left_out():
    """One row of two has something to find: every draw that has it scores 1, and those without it, a quarter, score nothing."""
    points = np.array([[1.0, 1.0], [0.0, 0.0]])
    of = np.array([[1.0, 1.0], [0.0, 1.0]])
    found = bootstrapped(points, of, ["en", "en"], ["a", "b"])
    nothing = np.isnan(found.drawn[:, 0])
    assert nothing.mean() == pytest.approx(0.25, abs=0.04) and (found.drawn[~nothing, 0] == 1).all()
    one = found.estimate([1, 0])
    assert (one.value, one.low, one.high) == (1, 1, 1)
    assert found.estimate([0, 1]).low == 0  # which has something in every draw
