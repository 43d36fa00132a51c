"""Replay: texts found on one model are read by others, which tells a weaker model from one that is easier to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adaptstilts.attacks.attack import Attacked
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.kinds.kind import Prediction
from adaptstilts.rows import Row

RowKey = tuple[str, str]
"""Language and row id."""

Found = Mapping[RowKey, Attacked]
Said = Mapping[RowKey, Prediction]


def texts_of(attacked: Sequence[Attacked]) -> list[Row]:
    """The rows that another model is to predict, one per outcome; NotApplicable for attacks on embeddings."""
    if any(found.prediction is not None for found in attacked):
        raise NotApplicable("an attack on embeddings has no text to replay", do="Replay an attack on text.")
    return [found.row for found in attacked]


@dataclass(frozen=True)
class TransferMatrix:
    """Who falls for whose texts. Rows of the matrix are the models that texts were found on, columns those that read them.

    `success[s][t]` is the share of the `common` rows that model t gets wrong in the text found on s. Common rows are those
    that every model gets right when clean and that the attack could edit on every source, so that all cells have one
    denominator. The diagonal is the attack itself; in a column nothing should exceed it but by chance.
    """

    common: tuple[RowKey, ...]
    success: tuple[tuple[float, ...], ...]

    @property
    def excess(self) -> float:
        """By how much the worst cell exceeds the diagonal of its column; 0 where none does."""
        over = (line[t] - self.success[t][t] for line in self.success for t in range(len(line)))
        return max(over, default=0.0)


def transfer_matrix(
    clean: Sequence[Said], found: Sequence[Found], after: Sequence[Sequence[Said]], right: float = 0.5
) -> TransferMatrix:
    """The matrix of k models: their clean predictions, what was found on each, and `after[s][t]`, model t on the texts of s.

    A row counts as right from a score of `right` on. InputError if the shapes disagree or no row is common.
    """
    count = len(clean)
    if len(found) != count or len(after) != count or any(len(line) != count for line in after):
        raise InputError(f"a transfer matrix of {count} models needs {count} attacks, each read by {count} models")
    common = [key for key in (clean[0] if clean else {}) if _is_common(key, clean, found, right)]
    if not common:
        raise InputError("no row is right on every model and attacked on each", do="Take more rows.")
    success = tuple(
        tuple(sum(after[s][t][key].score < right for key in common) / len(common) for t in range(count))
        for s in range(count)
    )
    return TransferMatrix(tuple(common), success)


def _is_common(key: RowKey, clean: Sequence[Said], found: Sequence[Found], right: float) -> bool:
    known = all(key in said and said[key].score >= right for said in clean)
    return known and all(key in attacked and attacked[key].counts for attacked in found)
