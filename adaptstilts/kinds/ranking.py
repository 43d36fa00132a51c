"""Retrieval as ranking: the candidates of one pool, in many languages, in order for queries with any number of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Facts, Prediction
from adaptstilts.kinds.mining import lead
from adaptstilts.metrics.retrieval import average_precision, normalised
from adaptstilts.rows import RetrievalRow

if TYPE_CHECKING:
    import numpy as np

    Vectors = Mapping[str, np.ndarray[Any, Any]]

CUT = 20
"""How many candidates of a ranking count, in XTREME-R."""

_CELLS = 2**24


def chance(rows: Sequence[RetrievalRow], facts: Facts) -> float:
    """The expected mAP@20 of a random order: the mean over what asks of the sum of P(hit) E(precision | hit) by rank."""
    pool = {row.key for row in rows if row.key}
    wanted = answers_by_source(rows)
    asking = [len(wanted[row.source] & pool) for row in rows if row.asks]
    if not asking:
        raise InputError("there is no chance level without queries")
    return sum(_expected(count, len(pool)) for count in asking) / len(asking)


def decode(rows: Sequence[RetrievalRow], vectors: Sequence[Vectors], facts: Facts) -> list[Prediction]:
    """The keys of the 20 candidates nearest by cosine, nearest first, ties to the lowest index.

    What answers a query answers all queries of its `source`, its translations: LAReQA counts every language's answers. Rows
    of one key hold one candidate. `score` is the average precision of the 20 (with one answer its reciprocal rank, as
    Mewsli-X has it), 0 where the pool holds no answer; `margin` the best answer's cosine minus the best other's.
    """
    import numpy as np

    pool: dict[str, int] = {}
    for i, sides in enumerate(vectors):
        if "candidate" in sides:
            pool.setdefault(rows[i].key, i)
    asking = [i for i, row in enumerate(rows) if row.asks and "query" in vectors[i]]
    found = [Prediction(None, 0.0, 0.0)] * len(rows)
    if not asking or not pool:
        return found
    keys, wanted = np.array(list(pool)), answers_by_source(rows)
    place = {key: i for i, key in enumerate(pool)}
    candidates = normalised(np.stack([vectors[i]["candidate"] for i in pool.values()]))
    step = max(1, _CELLS // len(pool))
    for start in range(0, len(asking), step):
        block = asking[start : start + step]
        table = normalised(np.stack([vectors[i]["query"] for i in block])) @ candidates.T
        for i, line in zip(block, table, strict=True):
            golds = sorted(place[key] for key in wanted[rows[i].source] if key in place)
            best = _best(line, CUT)
            precision = average_precision(best.tolist(), golds, CUT) if golds else 0.0
            found[i] = Prediction(keys[best].tolist(), precision, lead(line, golds))
    return found


def score(rows: Sequence[RetrievalRow], predictions: Sequence[Prediction], facts: Facts) -> dict[str, float]:
    """`map_at_20` over the rows that ask; InputError if none does."""
    scores = [p.score for row, p in zip(rows, predictions, strict=True) if row.asks]
    if not scores:
        raise InputError("there is nothing to score: no row asks for anything")
    return {f"map_at_{CUT}": sum(scores) / len(scores)}


def answers_by_source(rows: Sequence[RetrievalRow]) -> dict[str, set[str]]:
    """The keys that answer the queries of one source, in all their languages."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.answers:
            found.setdefault(row.source, set()).update(row.answers)
    return found


def _best(line: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    """Indices of the largest values, largest first, ties to the lowest index; without sorting the whole line."""
    import numpy as np

    if count >= len(line):
        return np.argsort(-line, kind="stable")
    least = np.partition(line, len(line) - count)[len(line) - count]
    above = np.flatnonzero(line > least)
    chosen = np.concatenate([above, np.flatnonzero(line == least)[: count - len(above)]])
    return chosen[np.lexsort((chosen, -line[chosen]))]


def _expected(answers: int, pool: int) -> float:
    """E[AP@20] with `answers` among `pool` candidates in random order.

    A rank holds an answer with probability a/p; given that, each rank above it holds one with (a - 1)/(p - 1).
    """
    if not answers:
        return 0.0
    above = (answers - 1) / (pool - 1) if pool > 1 else 0.0
    total = sum((1 + (rank - 1) * above) / rank for rank in range(1, min(CUT, pool) + 1))
    return answers / pool * total / min(answers, CUT)
