"""By how much answers beat others, held against SciPy: McNemar's exact test (binomtest) and its paired bootstrap."""

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from adaptstilts.statistics.paired_difference import difference


def told(won, lost, n):
    """Shares of rows of which one side alone gets `won` right, the other alone `lost`; of the rest both get one half."""
    mine = np.array([1.0] * won + [0.0] * lost + [1.0, 0.0] * ((n - won - lost) // 2))
    other = np.array([0.0] * won + [1.0] * lost + [1.0, 0.0] * ((n - won - lost) // 2))
    return (np.column_stack([side, np.ones(len(side))]) for side in (mine, other))


@pytest.mark.parametrize("n", [100, 400, 1000])
def test_the_interval_leaves_out_zero_where_the_exact_test_rejects(n):
    apart = []
    for won in range(41):
        for lost in range(min(won, 20)):
            total = (n - won - lost) // 2 * 2 + won + lost
            p = binomtest(won, won + lost).pvalue
            low = difference(*told(won, lost, total)).low
            if (low > 0) != (p < 0.05):
                apart.append(p)
    assert len(apart) < 20  # of 700 tables
    assert all(0.03 < p < 0.07 for p in apart)


def test_the_difference_is_that_of_the_shares_of_right_rows():
    found = difference(*told(30, 10, 200))
    assert (found.n, found.by) == (200, pytest.approx(0.1))
    assert found.low < 0.1 < found.high


def test_equal_answers_leave_doubt_and_no_more_than_that():
    found = difference(*told(0, 0, 1000))
    assert found.by == 0
    assert -0.005 < found.low < 0 < found.high < 0.005


def test_ratios_of_sums_have_the_bootstraps_interval():
    rng = np.random.default_rng(5)
    words = rng.integers(3, 30, 300)
    mine = np.column_stack([rng.binomial(words, 0.62), words]).astype(float)
    other = np.column_stack([rng.binomial(words, 0.55), words]).astype(float)

    def statistic(a, b, c, axis=-1):
        return a.sum(axis) / c.sum(axis) - b.sum(axis) / c.sum(axis)

    drawn = bootstrap(
        (mine[:, 0], other[:, 0], mine[:, 1]), statistic, paired=True, n_resamples=4000, method="percentile", random_state=1
    ).confidence_interval  # fmt: skip
    found = difference(mine, other)
    assert found.by == pytest.approx(statistic(mine[:, 0], other[:, 0], words))
    assert (found.low, found.high) == pytest.approx((drawn.low, drawn.high), abs=0.004)


def test_answers_that_know_nothing_are_seldom_taken_for_knowledge():
    """5 % two-sided leaves 2.5 % on this side; the other side's answer is chosen with the gold labels in sight, which is stricter."""
    rng, taken = np.random.default_rng(8), 0
    for _ in range(2000):
        gold = rng.integers(0, 3, 300)
        mine, common = rng.integers(0, 3, 300) == gold, gold == np.bincount(gold).argmax()
        taken += difference(*(np.column_stack([side, np.ones(300)]) for side in (mine, common))).low > 0
    assert taken / 2000 < 0.02


def test_rows_must_be_the_same():
    with pytest.raises(ValueError, match="answers of 2 and of 3 rows"):
        difference([(1, 1)] * 2, [(1, 1)] * 3)
    with pytest.raises(ValueError, match="0 rows"):
        difference([], [])
