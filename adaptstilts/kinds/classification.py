"""What single texts and pairs have in common: one label per row, from one output per label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Encoding, Facts, Head, Prediction, Share
from adaptstilts.metrics.accuracy import accuracy, balanced_accuracy, majority_rate
from adaptstilts.rows import ClassificationRow, Row

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from adaptstilts.kinds.kind import Frozen, Tensors


class Classification:
    """Head, chance, decoding and scoring of labelled rows.

    Option of a task: `merge`, for labels coarser than the head's: the head's outputs that make up each label, as in
    ((0,), (1, 2)) for HANS under a three-way head. Their probabilities are added before the largest is taken.
    """

    __slots__ = ()

    def head(self, facts: Facts) -> Head:
        groups = facts.options.get("merge") or [(i,) for i in range(len(facts.labels))]
        return Head("sequence", sum(map(len, groups)), "label")

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        golds = _golds(rows)
        return 1 / len(set(golds)) if golds and facts.metric == "balanced_accuracy" else majority_rate(golds)

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The label with the largest logit, the lowest index at a tie."""
        groups = facts.options.get("merge")
        logits = {e.row: _merged(output, groups) for e, output in zip(encodings, outputs, strict=True)}
        return [_prediction(logits[i], gold) for i, gold in enumerate(_golds(rows))]

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """Gold logit minus the best other; merged labels by the log-sum-exp of their outputs."""
        groups = facts.options.get("merge")
        found = {e.row: output for e, output in zip(encodings, outputs, strict=True)}
        return [lead(_added(found[i], groups), gold) for i, gold in enumerate(_golds(rows))]

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        return []

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        return label_scores(_golds(rows), predictions)

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        return prediction.share

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        """Rows alike for accuracy; for any other metric each label's rows together as much as another's (balanced accuracy)."""
        if facts.metric == "accuracy":
            return [prediction.share for prediction in predictions]
        golds = _golds(rows)
        counts = Counter(golds)
        return [(p.score / counts[gold], 1 / counts[gold]) for gold, p in zip(golds, predictions, strict=True)]

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """The commonest gold label of these rows."""
        golds = _golds(rows)
        if not golds:
            raise InputError("there is no best answer without rows")
        ((common, _),) = Counter(golds).most_common(1)
        return constant(golds, common)

    def gold(self, row: Row) -> int:
        return cast("ClassificationRow", row).label

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        return [facts.labels[cast("ClassificationRow", row).label]]


def constant(golds: Sequence[int], answer: int) -> list[Prediction]:
    """The same answer to every row."""
    return [Prediction(answer, float(gold == answer), 0.0) for gold in golds]


def label_scores(golds: Sequence[int], predictions: Sequence[Prediction]) -> dict[str, float]:
    """`accuracy` and `balanced_accuracy` in [0, 1]; InputError for unequal counts or no rows."""
    said = [p.value for p in predictions]
    return {"accuracy": accuracy(golds, said), "balanced_accuracy": balanced_accuracy(golds, said)}


def margin(logits: np.ndarray, gold: int) -> float:
    """Gold logit minus the best other one, in float32; the logit itself where there is no other."""
    import numpy as np

    values = np.asarray(logits, dtype=np.float32)
    rivals = np.delete(values, gold)
    return float(values[gold] - rivals.max()) if rivals.size else float(values[gold])


def lead(logits: Tensor, gold: int) -> Tensor:
    """As `margin`, and differentiable."""
    import torch

    rivals = torch.cat([logits[:gold], logits[gold + 1 :]])
    return logits[gold] - rivals.max() if len(rivals) else logits[gold]


def _added(logits: Tensor, groups: Sequence[Sequence[int]] | None) -> Tensor:
    import torch

    return logits if groups is None else torch.stack([torch.logsumexp(logits[list(group)], 0) for group in groups])


def _merged(output: np.ndarray, groups: Sequence[Sequence[int]] | None) -> np.ndarray:
    """One log-sum-exp per group: log-probabilities of the merged labels, up to one constant for all."""
    import numpy as np

    if groups is None:
        return output
    values = np.asarray(output, dtype=np.float32)
    return np.array([np.logaddexp.reduce(values[list(group)]) for group in groups], dtype=np.float32)


def _prediction(logits: np.ndarray, gold: int) -> Prediction:
    if logits.ndim != 1 or gold >= len(logits):
        raise InputError(f"an output of shape {logits.shape} cannot be compared with label {gold}")
    value = int(logits.argmax())
    return Prediction(value, float(value == gold), margin(logits, gold))


def _golds(rows: Sequence[Row]) -> list[int]:
    return [row.label for row in cast("Sequence[ClassificationRow]", rows)]
