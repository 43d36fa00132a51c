"""Retrieval by vectors: nearest neighbours, the ratio margin, mean average precision and reciprocal rank; in [0, 1].

Vectors are rows of float arrays. Distances are computed in float64, so that equal vectors tie exactly enough to be
seen.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

TIE = 1e-12
"""Similarities closer than this are one value: far above float64 rounding, far below a float32 step."""

_BLOCK = 1024


def normalised(vectors: Floats) -> NDArray[np.float64]:
    """Each row at L2 length 1; an all-zero row stays zero."""
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InputError(f"vectors must be finite and of shape [rows, width], not {rows.shape}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def similarities(queries: Floats, candidates: Floats) -> NDArray[np.float64]:
    """1 - d²/2 for the L2 distance d of normalised rows, [queries, candidates]: the cosine, except for zero vectors.

    An all-zero row lies at distance 1 from every unit vector, so it counts 0.5, as in XTREME's exact L2 search.
    """

    left, right = normalised(queries), normalised(candidates)
    if left.shape[1] != right.shape[1]:
        raise InputError(f"queries have width {left.shape[1]}, candidates {right.shape[1]}")
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :]
    result: NDArray[np.float64] = 1.0 - (squares - 2.0 * left @ right.T) / 2.0
    return result


def nearest(queries: Floats, candidates: Floats) -> list[int]:
    """Per query the index of the nearest candidate by L2 over normalised rows, ties to the lowest index (Tatoeba).

    Raises InputError for no candidates, unequal widths and values that are not finite.
    """
    import numpy as np

    if not len(candidates):
        raise InputError("there is nothing to retrieve: no candidates")
    found: list[int] = []
    for start in range(0, len(queries), _BLOCK):
        block = similarities(queries[start : start + _BLOCK], candidates)
        top = block.max(axis=1, keepdims=True)
        found += np.argmax(block >= top - TIE, axis=1).tolist()
    return found


def retrieval_accuracy(queries: Floats, candidates: Floats, golds: Sequence[int]) -> float:
    """The share of queries whose nearest candidate is the gold one (Tatoeba: the row of the translation)."""
    if len(golds) != len(queries):
        raise InputError(f"{len(queries)} queries but {len(golds)} gold indices")
    if not len(golds):
        raise InputError("there is nothing to score: no queries")
    return sum(a == b for a, b in zip(nearest(queries, candidates), golds, strict=True)) / len(golds)


def ratio_margins(sources: Floats, targets: Floats, k: int = 4) -> NDArray[np.float64]:
    """Cosine over the mean cosine of both sides' k nearest neighbours, [sources, targets] (Artetxe & Schwenk 2019).

    BUCC's score in XTREME (k = 4); a side with fewer rows than k uses all of them. A ratio says nothing where the mean
    is near or below zero.
    """
    import numpy as np

    if not len(sources) or not len(targets):
        raise InputError("margins need at least one vector on each side")
    if k < 1:
        raise InputError(f"k must be at least 1, not {k}")
    cosines = normalised(sources) @ normalised(targets).T
    forward = np.sort(cosines, axis=1)[:, -k:].mean(axis=1, keepdims=True)
    backward = np.sort(cosines, axis=0)[-k:, :].mean(axis=0, keepdims=True)
    result: NDArray[np.float64] = cosines / ((forward + backward) / 2.0)
    return result


def average_precision(ranked: Sequence[Hashable], answers: Collection[Hashable], k: int | None = 20) -> float:
    """LAReQA's AP@k: the sum of hits / rank at each new hit among the first k, over min(answers, k).

    A repeated candidate scores nothing but keeps its rank; k None or 0 means no cut. InputError for no answers.
    """
    wanted = set(answers)
    if not wanted:
        raise InputError("a question without answers has no average precision")
    seen: set[Hashable] = set()
    total = 0.0
    for rank, candidate in enumerate(ranked[: k or None], start=1):
        if candidate in wanted and candidate not in seen:
            seen.add(candidate)
            total += len(seen) / rank
    return total / min(len(wanted), k or len(wanted))


def mean_average_precision(
    questions: Floats, candidates: Floats, answers: Sequence[Collection[int]], k: int | None = 20
) -> float:
    """The mean of `average_precision` over all questions, candidates of all languages in one pool (LAReQA, XTREME-R).

    Scores are plain dot products, so the encoder decides whether vectors are normalised; exact ties go to the lowest
    index.
    """
    import numpy as np

    if len(questions) != len(answers):
        raise InputError(f"{len(questions)} questions but {len(answers)} sets of answers")
    if not len(answers):
        raise InputError("there is nothing to score: no questions")
    total = 0.0
    for start in range(0, len(questions), _BLOCK):
        scores = np.asarray(questions[start : start + _BLOCK]) @ np.asarray(candidates).T
        order = np.argsort(-scores, axis=1, kind="stable")[:, : k or None]
        total += sum(average_precision(row.tolist(), answers[start + i], k) for i, row in enumerate(order))
    return total / len(answers)


def reciprocal_rank(ranked: Sequence[Hashable], gold: Hashable, k: int = 20) -> float:
    """1 / rank of the gold among the first k, else 0 (Mewsli-X)."""
    return next((1.0 / rank for rank, found in enumerate(ranked[:k], start=1) if found == gold), 0.0)
