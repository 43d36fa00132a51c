"""Retrieval by vectors: similarities that tie as XTREME's do, and average precision; in [0, 1].

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


def average_precision(ranked: Sequence[Hashable], answers: Collection[Hashable], k: int | None = 20) -> float:
    """LAReQA's AP@k: the sum of hits / rank at each new hit among the first k, over min(answers, k).

    With one answer it is Mewsli-X's reciprocal rank. A repeated candidate scores nothing but keeps its rank; k None or 0
    means no cut. InputError for no answers.
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
