"""BUCC's bitext mining as XTREME does it: ratio margins, greedy pairing, a threshold from gold pairs, F1; in [0, 1].

Sentences are named by their line's index, from 0. Pairs are (source, target).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from adaptstilts.errors import InputError
from adaptstilts.metrics.retrieval import normalised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adaptstilts.metrics.retrieval import Floats

Pair = tuple[int, int]
Scored = tuple[float, int, int]
"""Margin, source, target."""

Margin = Literal["ratio", "distance", "absolute"]

_CELLS = 2**24


def mine(
    sources: Sequence[str],
    targets: Sequence[str],
    source_vectors: Floats,
    target_vectors: Floats,
    k: int = 4,
    margin: Margin = "ratio",
) -> list[Scored]:
    """Candidate pairs by falling score, each sentence in one pair at most.

    A pair's score holds its cosine against the mean cosine of both sides to their k nearest: their "ratio" (XTREME's), their
    "distance" (difference), or the cosine alone ("absolute"; all three are Artetxe & Schwenk's, 2019).

    Equal lines are one item with the last copy's vector. Each side's items choose, among their k nearest by cosine, the one
    with the best score; the pooled choices are taken greedily while their score is above 0. Sentences that occur
    twice, white space around them aside, are left out of the result. Raises InputError for unequal counts or an empty side.
    """
    import numpy as np

    left, left_lines = _items(sources, source_vectors)
    right, right_lines = _items(targets, target_vectors)
    if left.shape[1] != right.shape[1]:
        raise InputError(f"source vectors have width {left.shape[1]}, target vectors {right.shape[1]}")
    forward, forward_cosines = _neighbours(left, right, k)
    backward, backward_cosines = _neighbours(right, left, k)
    near_left, near_right = forward_cosines.mean(1), backward_cosines.mean(1)
    forward_margins = _held_against(forward_cosines, (near_left[:, None] + near_right[forward]) / 2, margin)
    backward_margins = _held_against(backward_cosines, (near_left[backward] + near_right[:, None]) / 2, margin)
    pool = [(m.max(), i, int(n[m.argmax()])) for i, (m, n) in enumerate(zip(forward_margins, forward, strict=True))]
    pool += [(m.max(), int(n[m.argmax()]), j) for j, (m, n) in enumerate(zip(backward_margins, backward, strict=True))]
    once = [_once(sources), _once(targets)]
    taken: tuple[set[int], set[int]] = (set(), set())
    found: list[Scored] = []
    for position in np.argsort([-score for score, _, _ in pool], kind="stable"):
        score, i, j = pool[position]
        if score > 0 and i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            if left_lines[i] in once[0] and right_lines[j] in once[1]:
                found.append((float(score), left_lines[i], right_lines[j]))
    return found


def best_threshold(candidates: Sequence[Scored], gold: Collection[Pair]) -> float:
    """The threshold between the candidates of the best F1 and the next one; 0.0 if no candidate is right.

    The first strictly best cut wins. After the last candidate the threshold is its own score, where the reference reads
    past its list. InputError for no gold pairs.
    """
    wanted = _gold(gold)
    ranked = sorted(candidates, key=lambda candidate: -candidate[0])
    right, best, threshold = 0, 0.0, 0.0
    for taken, (score, *pair) in enumerate(ranked, start=1):
        right += tuple(pair) in wanted
        f1 = 2 * right / (taken + len(wanted))
        if f1 > best:
            following = ranked[taken][0] if taken < len(ranked) else score
            best, threshold = f1, (score + following) / 2
    return threshold


def kept(candidates: Sequence[Scored], threshold: float) -> set[Pair]:
    """The pairs that score at least `threshold`."""
    return {(source, target) for score, source, target in candidates if score >= threshold}


def pair_scores(found: Collection[Pair], gold: Collection[Pair]) -> dict[str, float]:
    """`{"precision", "recall", "f1"}` of the set overlap, all 0.0 if there is none; InputError for no gold pairs."""
    wanted, said = _gold(gold), set(found)
    right = len(wanted & said)
    if not right:
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    precision, recall = right / len(said), right / len(wanted)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


def _gold(gold: Collection[Pair]) -> set[Pair]:
    if not gold:
        raise InputError("there is nothing to score: no gold pairs")
    return set(gold)


def _held_against(cosines: NDArray[np.float64], means: NDArray[np.float64], margin: Margin) -> NDArray[np.float64]:
    if margin not in ("ratio", "distance", "absolute"):
        raise InputError(f"there is no margin {margin!r}", do="Choose ratio, distance or absolute.")
    if margin == "absolute":
        return cosines
    return cosines / means if margin == "ratio" else cosines - means


def _items(lines: Sequence[str], vectors: Floats) -> tuple[NDArray[np.float64], list[int]]:
    """Vectors of the distinct lines (the last copy's), and each one's line."""
    if len(lines) != len(vectors) or not len(lines):
        raise InputError(f"{len(lines)} sentences but {len(vectors)} vectors; both sides need at least one")
    last = {line: i for i, line in enumerate(lines)}
    return normalised(vectors)[list(last.values())], list(last.values())


def _once(lines: Sequence[str]) -> set[int]:
    counts = Counter(line.strip() for line in lines)
    return {i for i, line in enumerate(lines) if counts[line.strip()] == 1}


def _neighbours(
    queries: NDArray[np.float64], pool: NDArray[np.float64], k: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Indices and cosines of each query's k nearest, nearest first, [queries, k]; fewer if the pool is smaller."""
    import numpy as np

    if k < 1:
        raise InputError(f"k must be at least 1, not {k}")
    count, step = min(k, len(pool)), max(1, _CELLS // len(pool))
    places, cosines = [], []
    for start in range(0, len(queries), step):
        block = queries[start : start + step] @ pool.T
        top = np.argpartition(-block, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(block, top, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        places.append(np.take_along_axis(top, order, axis=1))
        cosines.append(np.take_along_axis(values, order, axis=1))
    return np.concatenate(places), np.concatenate(cosines)
