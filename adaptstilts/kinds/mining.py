"""Retrieval as mining: which sentences of two piles are translations of one another, when most have none (BUCC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.kinds.kind import Facts, Prediction
from adaptstilts.metrics.bucc import best_threshold, kept, mine, pair_scores
from adaptstilts.metrics.retrieval import similarities
from adaptstilts.rows import RetrievalRow

if TYPE_CHECKING:
    import numpy as np

    Vectors = Mapping[str, np.ndarray[Any, Any]]

_BLOCK = 256


def chance(rows: Sequence[RetrievalRow], facts: Facts) -> float:
    """The F1 of pairing at random, as many pairs as the smaller pile has sentences."""
    gold = sum(len(row.answers) for row in rows)
    small, large = sorted((sum(bool(row.query) for row in rows), len({row.key for row in rows if row.key})))
    return 2 * gold / large / (small + gold) if gold and large else 0.0


def decode(rows: Sequence[RetrievalRow], vectors: Sequence[Vectors], facts: Facts) -> list[Prediction]:
    """[key, score] of the candidate that a query is paired with, None where with none; see `bucc.mine`.

    `score` is 1 for a gold pair, whatever threshold cuts it off later; `margin` is in plain cosines, gold minus best rival.
    Of several versions of one row the last takes part in the mining: what neighbours a sentence has is a fact of the piles.
    """
    import numpy as np

    last = {(row.language, row.id): i for i, row in enumerate(rows)}
    asked = [i for i in last.values() if "query" in vectors[i]]
    pool = {rows[i].key: i for i, sides in enumerate(vectors) if "candidate" in sides}
    found = [Prediction(None, 0.0, 0.0)] * len(rows)
    if not asked or not pool:
        return found
    targets = np.stack([vectors[i]["candidate"] for i in pool.values()])
    pairs = mine(
        [rows[i].query for i in asked],
        [rows[i].candidate for i in pool.values()],
        np.stack([vectors[i]["query"] for i in asked]),
        targets,
        int(facts.options.get("neighbours", 4)),
        facts.options.get("margin", "ratio"),
    )
    keys = list(pool)
    said = {asked[source]: [keys[target], score] for score, source, target in pairs}
    margins = _margins(rows, vectors, keys, targets)
    for i, row in enumerate(rows):
        value = said.get(i)
        right = value is not None and value[0] in row.answers
        found[i] = Prediction(value, float(right), margins.get(i, 0.0))
    return found


def score(rows: Sequence[RetrievalRow], predictions: Sequence[Prediction], facts: Facts) -> dict[str, float]:
    """`bucc_f1`, `bucc_precision` and `bucc_recall` of the pairs above the threshold that is best on the gold pairs.

    The threshold is set on the pairs that are scored, as XTREME's scorer and jiant do with a gold file: the data has no part
    set aside for it. InputError if there is no gold pair.
    """
    numbers: dict[str, int] = {}
    gold = {(i, numbers.setdefault(key, len(numbers))) for i, row in enumerate(rows) for key in row.answers}
    pairs = [
        (float(p.value[1]), i, numbers.setdefault(p.value[0], len(numbers)))
        for i, p in enumerate(predictions)
        if p.value is not None
    ]
    found = pair_scores(kept(pairs, best_threshold(pairs, gold)), gold)
    return {f"bucc_{name}": value for name, value in found.items()}


def _margins(
    rows: Sequence[RetrievalRow], vectors: Sequence[Vectors], keys: Sequence[str], targets: np.ndarray[Any, Any]
) -> dict[int, float]:
    """Per row that asks: the cosine of its best answer minus that of the best other candidate."""
    import numpy as np

    place = {key: i for i, key in enumerate(keys)}
    asking = [i for i, row in enumerate(rows) if row.asks and "query" in vectors[i]]
    found: dict[int, float] = {}
    for start in range(0, len(asking), _BLOCK):
        block = asking[start : start + _BLOCK]
        table = similarities(np.stack([vectors[i]["query"] for i in block]), targets)
        for i, line in zip(block, table, strict=True):
            golds = [place[key] for key in rows[i].answers if key in place]
            found[i] = lead(line, golds)
    return found


def lead(line: np.ndarray[Any, Any], golds: Sequence[int]) -> float:
    """The best gold similarity minus the best other one, in float32; -1, the lowest cosine, stands in for either."""
    import numpy as np

    right = line[list(golds)].max() if golds else -1.0
    others = np.delete(line, list(golds))
    return float(np.float32(right - (others.max() if others.size else -1.0)))
