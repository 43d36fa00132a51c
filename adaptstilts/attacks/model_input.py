"""What a model is given of a text: whether its tokenizer sees an edit, and whether an input is cut before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

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


def told_apart(tokenizer: Tokenizer) -> Callable[[str, str], bool]:
    """Whether two texts have different token ids; what `Scene.survives` wants. Give it a tokenizer that remembers."""
    options = {"add_special_tokens": False, "return_attention_mask": False}

    def differ(before: str, after: str) -> bool:
        old, new = tokenizer([before, after], **options)["input_ids"]
        return bool(old != new)

    return differ
