"""Accuracy by position, plain and balanced over classes; fractions in [0, 1]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from adaptstilts.errors import InputError


def accuracy(golds: Sequence[Hashable], predictions: Sequence[Hashable]) -> float:
    """The share of positions with equal labels, as XTREME counts XNLI, PAWS-X and XCOPA; types count: "1" is not 1.

    Raises InputError for unequal counts and for no labels at all.
    """
    _same_count(golds, predictions)
    return sum(g == p for g, p in zip(golds, predictions, strict=True)) / len(golds)


def balanced_accuracy(golds: Sequence[Hashable], predictions: Sequence[Hashable]) -> float:
    """The mean recall over the classes that occur among the golds, so that a constant answer scores 1 / classes.

    Equals scikit-learn's `balanced_accuracy_score`. Raises InputError as `accuracy` does.
    """
    _same_count(golds, predictions)
    right = Counter(g for g, p in zip(golds, predictions, strict=True) if g == p)
    totals = Counter(golds)
    return sum(right[label] / count for label, count in totals.items()) / len(totals)


def majority_rate(golds: Sequence[Hashable]) -> float:
    """The accuracy of always answering the commonest gold label; InputError for no labels at all."""
    _same_count(golds, golds)
    return max(Counter(golds).values()) / len(golds)


def _same_count(golds: Sequence[Hashable], predictions: Sequence[Hashable]) -> None:
    if len(golds) != len(predictions):
        raise InputError(f"{len(golds)} gold labels but {len(predictions)} predictions")
    if not golds:
        raise InputError("there is nothing to score: no gold labels")
