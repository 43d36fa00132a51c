"""How a margin leans towards a variant of a row, to first order, from the gradient by its word embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from adaptstilts.attacks.attack import Lean
from adaptstilts.kinds.kind import Encoding

if TYPE_CHECKING:
    import numpy as np

Change = tuple[int, int, int, tuple[int, ...]]
"""An input of the row, the tokens from one place up to another, and what stands there instead."""


def changes(before: Sequence[Encoding], after: Sequence[Encoding]) -> list[Change]:
    """What sets the inputs of a variant apart from those of the row, as far as there was a token before."""
    found: list[Change] = []
    for number, (old, new) in enumerate(zip(before, after, strict=False)):
        if old.ids == new.ids:
            continue
        blocks = SequenceMatcher(None, old.ids, new.ids, autojunk=False).get_opcodes()
        found += [(number, a, b, new.ids[c:d]) for what, a, b, c, d in blocks if what != "equal" and a < b]
    return found


def lean(
    changes: Sequence[Change],
    before: Sequence[Encoding],
    slopes: Sequence[np.ndarray],
    vectors: np.ndarray,
    places: dict[int, int],
) -> Lean:
    """Of changes to a row's inputs, given gradients [length, hidden] by input and embedding `vectors` at the `places` of tokens."""
    import numpy as np

    total, slope = np.zeros(vectors.shape[1]), 0.0
    for number, start, end, fresh in changes:
        slant = slopes[number][start:end].astype(np.float64)
        old = vectors[[places[t] for t in before[number].ids[start:end]]]
        new = vectors[[places[t] for t in fresh]] if fresh else np.zeros((1, vectors.shape[1]))
        there = new if len(new) == len(old) else new.mean(0, keepdims=True)
        total += slant.sum(0)
        slope += float((slant * (there - old)).sum())
    return Lean(float(np.linalg.norm(total)), slope)
