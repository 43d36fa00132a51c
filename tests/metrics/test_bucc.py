"""Bitext mining against the rule written out in plain loops, thresholds and F1 by hand."""

import numpy as np
import pytest

from adaptstilts.errors import InputError
from adaptstilts.metrics.bucc import best_threshold, kept, mine, pair_scores


def plainly(left, right, k):
    """The mining rule for distinct sentences, with nothing but sorting and loops."""
    cos = [[float(x @ y / np.linalg.norm(x) / np.linalg.norm(y)) for y in right] for x in left]
    n, m = len(left), len(right)
    near_x = [sorted(range(m), key=lambda j: -cos[i][j])[:k] for i in range(n)]
    near_y = [sorted(range(n), key=lambda i: -cos[i][j])[:k] for j in range(m)]
    mean_x = [sum(cos[i][j] for j in near_x[i]) / len(near_x[i]) for i in range(n)]
    mean_y = [sum(cos[i][j] for i in near_y[j]) / len(near_y[j]) for j in range(m)]

    def ratio(i, j):
        return cos[i][j] / ((mean_x[i] + mean_y[j]) / 2)

    pool = [max((ratio(i, j), i, j) for j in near_x[i]) for i in range(n)]
    pool += [max((ratio(i, j), i, j) for i in near_y[j]) for j in range(m)]
    used_x, used_y, found = set(), set(), []
    for score, i, j in sorted(pool, key=lambda p: -p[0]):
        if score > 0 and i not in used_x and j not in used_y:
            used_x.add(i)
            used_y.add(j)
            found.append((score, i, j))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n", "m"), [(12, 9), (3, 20), (1, 1)])
def test_mining_equals_plain_loops(seed, n, m):
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(n, 6)) + 0.8, rng.normal(size=(m, 6)) + 0.8
    found = mine([f"x{i}" for i in range(n)], [f"y{i}" for i in range(m)], left, right)
    expected = plainly(left, right, 4)
    assert [pair[1:] for pair in found] == [pair[1:] for pair in expected]
    assert [pair[0] for pair in found] == pytest.approx([pair[0] for pair in expected])


def test_equal_lines_are_one_item_and_twins_are_left_out():
    lines = ["a", "b", "a", "c", "c "]
    left = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1], [0.6, 0.8, 0], [0.6, 0.8, 0.1]])
    right = np.eye(3) + 0.1
    pairs = {pair[1:] for pair in mine(lines, ["x", "y", "z"], left, right)}
    assert (1, 0) in pairs
    assert not {i for i, _ in pairs} & {0, 2, 3, 4}  # "a" twice, "c" twice but for a blank


def test_the_threshold_lies_between_the_best_cut_and_the_next():
    candidates = [(0.9, 0, 0), (0.5, 5, 5), (0.8, 1, 1), (0.7, 2, 9)]
    gold = {(0, 0), (1, 1), (3, 3)}
    assert best_threshold(candidates, gold) == pytest.approx(0.75)  # two of two right: F1 = 4/5
    found = kept(candidates, 0.75)
    assert pair_scores(found, gold) == pytest.approx({"precision": 1.0, "recall": 2 / 3, "f1": 0.8})


def test_thresholds_at_the_edges():
    assert best_threshold([(0.9, 0, 1)], {(0, 0)}) == 0.0
    assert best_threshold([(0.9, 0, 1), (0.4, 0, 0)], {(0, 0)}) == 0.4  # the last one: its own score
    assert best_threshold([(0.9, 0, 0), (0.8, 1, 1), (0.7, 2, 2)], {(0, 0)}) == pytest.approx(0.85)
    assert kept([(0.4, 0, 0), (0.4, 1, 1)], 0.4) == {(0, 0), (1, 1)}
    assert pair_scores(set(), {(0, 0)})["f1"] == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: mine(["a"], [], np.eye(1), np.empty((0, 1))),
        lambda: mine(["a", "b"], ["x"], np.eye(1), np.eye(1)),
        lambda: mine(["a"], ["x"], np.eye(1), np.ones((1, 2))),
        lambda: best_threshold([], set()),
        lambda: pair_scores([], set()),
    ],
)
def test_what_cannot_be_mined_is_refused(call):
    with pytest.raises(InputError):
        call()
