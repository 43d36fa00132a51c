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
    assert (one.value, one.low, one.high) == (1, 0, 1) and one.bound  # a single row says next to nothing
    assert found.estimate([0, 1]).low == 0  # which has something in every draw


@pytest.mark.parametrize(("first", "second"), [(1, 1), (0, 0), (1, 0)])
def test_rows_that_all_agree_leave_the_doubt_of_an_exact_test(first, second):
    """Where no row tells two runs apart: scipy's exact interval for a share of which none of n rows showed anything."""
    n = 300
    points = np.column_stack([np.full(n, first), np.full(n, second)]).astype(float)
    theirs = stats.binomtest(0, n).proportion_ci(confidence_level=0.90).high  # of which each side leaves 5 %
    for groups, sources in ((["en"] * n, range(n)), (["de", "fr"] * (n // 2), range(n))):
        found = bootstrapped(points, np.ones_like(points), groups, list(sources)).estimate([-1, 1])
        assert found.bound and found.value == second - first
        assert (found.low, found.high) == pytest.approx((second - first - theirs * (1 + second - first),
                                                         second - first + theirs * (1 - second + first)))  # fmt: skip
    pairs = bootstrapped(points, np.ones_like(points), ["de", "fr"] * (n // 2), [i // 2 for i in range(n)])
    fewer = stats.binomtest(0, n // 2).proportion_ci(confidence_level=0.90).high
    assert pairs.estimate([-1, 1]).high - (second - first) == pytest.approx(fewer * (1 - second + first))
    lost = bootstrapped(np.tile(points, 2), np.ones((n, 4)), ["en"] * n, list(range(n))).estimate([1, -1, -1, 1])
    assert (lost.value, lost.high) == (0, pytest.approx(2 * theirs))  # a difference of differences goes twice as far


def test_the_bound_keeps_its_level():
    """Of draws of rows that differ now and then, it holds the true difference as often as it says, where the bootstrap has no width."""
    draw = np.random.default_rng(5)
    true, n = 0.01, 250
    differs = draw.random((4000, n)) < true
    silent = ~differs.any(1)
    held = bootstrapped(np.ones((n, 2)), np.ones((n, 2)), ["en"] * n, list(range(n))).estimate([-1, 1]).high
    assert silent.mean() == pytest.approx((1 - true) ** n, abs=0.02) and held > true  # these are told that it may be so
    assert (1 - held) ** n == pytest.approx(0.05)  # a true difference beyond it would be silent once in twenty


def test_uneven_rows_are_bounded_by_the_heaviest():
    points = np.ones((4, 2))
    of = points.copy()
    points[0], of[0] = 7, 7
    found = bootstrapped(points, of, ["en"] * 4, list("abcd")).estimate([-1, 1])
    assert found.bound and found.high == 1  # one row that weighs 7 of 10 might have gone the other way
