"""What a model is given of a text: whether its tokenizer sees an edit, and whether an input is cut before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from adaptstilts.attacks.attack import Ending, Given
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


def endings(tokenizer: Tokenizer) -> Callable[[str, str], Ending]:
    """What an edit ends in; what `Scene.ending` wants. A blank is new text that the tokenizer reads as it reads one."""
    unknown, options = tokenizer.unk_token_id, {"add_special_tokens": False, "return_attention_mask": False}

    def ids(*texts: str) -> list[list[int]]:
        found: list[list[int]] = tokenizer(list(texts), **options)["input_ids"]
        return found

    @lru_cache(maxsize=1 << 14)
    def is_blank(text: str) -> bool:
        with_it, with_blank = ids(f"a{text}b", "a b")
        return with_it == with_blank

    def ending(before: str, after: str) -> Ending:
        new = _new_text(before, after)
        if new and is_blank(new):
            return "blank"
        old, now = ids(before, after)
        more = unknown is not None and now.count(unknown) > old.count(unknown)
        return "unknown" if more else "known"

    return ending


def _new_text(before: str, after: str) -> str:
    """What stands in the second text between the beginning and the end that both share."""
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end]


def _shared(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
