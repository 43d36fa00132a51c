"""Nearest neighbours and ranked retrieval as the kind makes them, against plain loops and cases worked by hand."""

import math

import numpy as np
import pytest

from adaptstilts.errors import InputError
from adaptstilts.kinds import matching
from adaptstilts.metrics import bucc, retrieval
from tests.metrics.searching import found_by_matching, row


def loop_nearest(queries, candidates):
    found = []
    for q in queries:
        q = q / np.linalg.norm(q)
        distances = [np.linalg.norm(q - c / (np.linalg.norm(c) or 1.0)) for c in candidates]
        found.append(int(np.argmin(np.round(distances, 9))))
    return found


def test_matching_equals_a_plain_loop():
    rng = np.random.default_rng(0)
    queries, candidates = rng.normal(size=(30, 8)).astype(np.float32), rng.normal(size=(40, 8)).astype(np.float32)
    assert found_by_matching(queries, candidates) == loop_nearest(queries, candidates)


def test_ties_go_to_the_lowest_index():
    rng = np.random.default_rng(1)
    base = rng.normal(size=(7, 133)).astype(np.float32)
    pool = np.concatenate([base, base, 3 * base, base])  # thrice as long: equal but for rounding
    assert found_by_matching(base, pool) == list(range(7))
    assert found_by_matching(base, pool[::-1]) == list(range(7))[::-1]


def test_a_zero_vector_beats_every_cosine_below_a_half():
    query = np.array([[1.0, 0.0]])
    for cosine, winner in ((0.49, 1), (0.51, 0)):
        other = [cosine, math.sqrt(1 - cosine**2)]
        assert found_by_matching(query, np.array([other, [0.0, 0.0]])) == [winner]


def test_accuracy():
    eye, rows = np.eye(4), [row(i) for i in range(4)]
    vectors = [{"query": eye[i], "candidate": eye[j]} for i, j in enumerate([3, 1, 2, 0])]
    assert matching.score(rows, matching.decode(rows, vectors, None), None) == {"retrieval_accuracy": 0.5}


def test_average_precision():
    assert retrieval.average_precision(["a", "x", "b"], {"a", "b"}) == pytest.approx((1 + 2 / 3) / 2)
    assert retrieval.average_precision(["a", "a", "b"], {"a", "b"}) == pytest.approx(
        (1 + 2 / 3) / 2
    )  # a repeat keeps its rank
    assert retrieval.average_precision(["x", "a", "b"], {"a", "b", "c"}, k=2) == pytest.approx(0.5 / 2)
    assert retrieval.average_precision(["x", "a"], {"a", "b", "c"}, k=None) == pytest.approx(0.5 / 3)
    assert retrieval.average_precision(["x", "a"], {"a", "b", "c"}, k=0) == pytest.approx(0.5 / 3)


def test_one_answer_gives_its_reciprocal_rank():
    assert retrieval.average_precision(["x", "y", "y"], {"y"}) == 0.5
    assert retrieval.average_precision(["x", "y"], {"y"}, k=1) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: retrieval.similarities(np.eye(2), np.eye(3)),
        lambda: retrieval.similarities(np.array([[np.nan, 1.0]]), np.eye(2)),
        lambda: matching.score([row(0, asks=False)], [None], None),
        lambda: retrieval.average_precision(["a"], set()),
        lambda: bucc.mine(["a"], ["b"], np.eye(1), np.eye(1), k=0),
    ],
)
def test_what_cannot_be_scored_is_refused(call):
    with pytest.raises(InputError):
        call()
