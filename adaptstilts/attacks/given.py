"""What a model is given for a row, as its kind encodes it: the place where edits behind a cut show as none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from adaptstilts.attacks.attack import Given
from adaptstilts.kinds.kind import Facts, Kind, Limits, Tokenizer
from adaptstilts.rows import Row


def given_to_model(rows: Sequence[Row], kind: Kind, facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Given]:
    """The token ids of each row's inputs and the number of tokens that did not fit; what `Scene.given` wants."""
    ids: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
    cut: defaultdict[int, int] = defaultdict(int)
    for encoding in kind.encode(rows, facts, tokenizer, limits):
        ids[encoding.row].append(encoding.ids)
        cut[encoding.row] += encoding.truncated
    return [Given(tuple(ids[i]), cut[i]) for i in range(len(rows))]
