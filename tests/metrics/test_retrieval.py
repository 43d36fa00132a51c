"""Nearest neighbours, ratio margins and ranked retrieval, against plain loops and cases worked by hand."""

import math

import numpy as np
import pytest

from adaptstilts.errors import InputError
from adaptstilts.metrics import retrieval


def loop_nearest(queries, candidates):
    found = []
    for q in queries:
        q = q / np.linalg.norm(q)
        distances = [np.linalg.norm(q - c / (np.linalg.norm(c) or 1.0)) for c in candidates]
        found.append(int(np.argmin(np.round(distances, 9))))
    return found


def test_nearest_equals_a_plain_loop():
    rng = np.random.default_rng(0)
    queries, candidates = rng.normal(size=(40, 8)).astype(np.float32), rng.normal(size=(30, 8)).astype(np.float32)
    assert retrieval.nearest(queries, candidates) == loop_nearest(queries, candidates)


def test_ties_go_to_the_lowest_index():
    rng = np.random.default_rng(1)
    base = rng.normal(size=(7, 133)).astype(np.float32)
    pool = np.concatenate([base, base, 3 * base, base])  # thrice as long: equal but for rounding
    assert retrieval.nearest(base, pool) == list(range(7))
    assert retrieval.nearest(base, pool[::-1]) == list(range(7))[::-1]


def test_a_zero_vector_beats_every_cosine_below_a_half():
    query = np.array([[1.0, 0.0]])
    for cosine, winner in ((0.49, 1), (0.51, 0)):
        other = [cosine, math.sqrt(1 - cosine**2)]
        assert retrieval.nearest(query, np.array([other, [0.0, 0.0]])) == [winner]


def test_accuracy():
    eye = np.eye(4)
    assert retrieval.retrieval_accuracy(eye, eye[[1, 0, 2, 3]], [1, 0, 2, 0]) == 0.75


def test_ratio_margins_equal_a_plain_loop():
    rng = np.random.default_rng(2)
    left, right = rng.normal(size=(6, 5)) + 1, rng.normal(size=(3, 5)) + 1
    cos = np.array([[x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in right] for x in left])
    expected = np.empty_like(cos)
    for i in range(6):
        for j in range(3):
            around_x = sum(sorted(cos[i])[::-1][:4]) / 3  # three targets only
            around_y = sum(sorted(cos[:, j])[::-1][:4]) / 4
            expected[i, j] = cos[i, j] / ((around_x + around_y) / 2)
    assert retrieval.ratio_margins(left, right) == pytest.approx(expected, abs=1e-12)


def test_average_precision():
    assert retrieval.average_precision(["a", "x", "b"], {"a", "b"}) == pytest.approx((1 + 2 / 3) / 2)
    assert retrieval.average_precision(["a", "a", "b"], {"a", "b"}) == pytest.approx(
        (1 + 2 / 3) / 2
    )  # a repeat keeps its rank
    assert retrieval.average_precision(["x", "a", "b"], {"a", "b", "c"}, k=2) == pytest.approx(0.5 / 2)
    assert retrieval.average_precision(["x", "a"], {"a", "b", "c"}, k=None) == pytest.approx(0.5 / 3)
    assert retrieval.average_precision(["x", "a"], {"a", "b", "c"}, k=0) == pytest.approx(0.5 / 3)


def test_mean_average_precision_uses_plain_dot_products():
    candidates = np.array([[1.0, 0.0], [3.0, 3.0], [0.0, 1.0]])  # the long one wins by length, not by angle
    score = retrieval.mean_average_precision(np.array([[1.0, 0.0], [0.0, 1.0]]), candidates, [{0}, {1}])
    assert score == pytest.approx((0.5 + 1) / 2)


def test_reciprocal_rank():
    assert retrieval.reciprocal_rank(["x", "y", "y"], "y") == 0.5
    assert retrieval.reciprocal_rank(["x", "y"], "y", k=1) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: retrieval.nearest(np.eye(2), np.empty((0, 2))),
        lambda: retrieval.nearest(np.eye(2), np.eye(3)),
        lambda: retrieval.nearest(np.array([[np.nan, 1.0]]), np.eye(2)),
        lambda: retrieval.retrieval_accuracy(np.eye(2), np.eye(2), [0]),
        lambda: retrieval.average_precision(["a"], set()),
        lambda: retrieval.ratio_margins(np.eye(2), np.eye(2), k=0),
    ],
)
def test_what_cannot_be_scored_is_refused(call):
    with pytest.raises(InputError):
        call()
