"""Retrieval of translations: each query has one candidate, the one in its own row (Tatoeba)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Facts, Prediction
from adaptstilts.metrics.retrieval import TIE, similarities
from adaptstilts.rows import RetrievalRow

if TYPE_CHECKING:
    import numpy as np

    Vectors = Mapping[str, np.ndarray[Any, Any]]


def chance(rows: Sequence[RetrievalRow], facts: Facts) -> float:
    """1 / the number of candidates."""
    return 1 / len(rows)


def decode(rows: Sequence[RetrievalRow], vectors: Sequence[Vectors], facts: Facts) -> list[Prediction]:
    """The id of the row whose candidate is nearest by cosine, ties to the lowest index; `margin` in cosines."""
    import numpy as np

    asking = [i for i, sides in enumerate(vectors) if "query" in sides]
    found = [Prediction(None, 0.0, 0.0)] * len(rows)
    if asking:
        table = similarities(
            np.stack([vectors[i]["query"] for i in asking]), np.stack([sides["candidate"] for sides in vectors])
        )
        ids = np.array([row.id for row in rows])
        for i, line in zip(asking, table, strict=True):
            found[i] = _prediction(ids, i, line)
    return found


def score(rows: Sequence[RetrievalRow], predictions: Sequence[Prediction], facts: Facts) -> dict[str, float]:
    """`retrieval_accuracy` over the rows that have a query; InputError if none has."""
    right = [p.value == row.id for row, p in zip(rows, predictions, strict=True) if row.query]
    if not right:
        raise InputError("there is nothing to score: no row has a query")
    return {"retrieval_accuracy": sum(right) / len(right)}


def _prediction(ids: np.ndarray[Any, Any], gold: int, line: np.ndarray[Any, Any]) -> Prediction:
    """One query's answer from its similarities to all candidates; without a rival the lowest cosine, -1, stands in."""
    import numpy as np

    said = str(ids[(line >= line.max() - TIE).argmax()])
    rivals = line[ids != ids[gold]]
    rival = rivals.max() if rivals.size else -1.0
    return Prediction(said, float(said == ids[gold]), float(np.float32(line[gold] - rival)))
