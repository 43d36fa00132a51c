"""Running text as inputs for masked-language modelling: which tokens are hidden, and behind what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from adaptstilts.errors import InputError
from adaptstilts.ids import rng_for
from adaptstilts.kinds.kind import IGNORED, Encoding
from adaptstilts.settings import Limits

SHARE, BEHIND_MASK, BEHIND_RANDOM = 0.15, 0.8, 0.1
"""Devlin et al. 2019, section 3.1: 15 % of the tokens; 80 % of these become the mask, 10 % any token, 10 % stay."""

BLOCK = 1000
"""Texts that are tokenized at once."""


def masked_encodings(texts: Sequence[str], tokenizer: Any, limits: Limits, *, seed: int) -> list[Encoding]:
    """Texts with 15 % of their tokens hidden; targets are the hidden tokens, -100 elsewhere.

    A text longer than the limit makes several inputs, all of the same `row`; one without tokens makes none. At least
    one token of an input is hidden. What is hidden is a function of `seed` and the place of the text. Raises InputError
    if the tokenizer has no mask, or no text has any token.
    """
    mask = tokenizer.mask_token_id
    if mask is None:
        do = "Choose a backbone that was pretrained with masked-language modelling."
        raise InputError("the tokenizer has no mask token", where="backbone", do=do)
    specials = set(tokenizer.all_special_ids)
    ordinary = [token for token in range(len(tokenizer)) if token not in specials]
    room = limits.max_length - 2
    made = []
    for row, ids in enumerate(_tokens(texts, tokenizer)):
        rng = rng_for("masked", seed, row)
        for start in range(0, len(ids), room):
            hidden, targets = _hide(ids[start : start + room], mask, ordinary, rng)
            whole = (tokenizer.cls_token_id, *hidden, tokenizer.sep_token_id)
            made.append(Encoding(row, whole, (IGNORED, *targets, IGNORED)))
    if not made:
        raise InputError("there is no text to model", where="text", do="Give a file with one passage a line.")
    return made


def _tokens(texts: Sequence[str], tokenizer: Any) -> Iterator[list[int]]:
    for start in range(0, len(texts), BLOCK):
        yield from tokenizer(list(texts[start : start + BLOCK]), add_special_tokens=False)["input_ids"]


def _hide(ids: list[int], mask: int, ordinary: Sequence[int], rng: Random) -> tuple[list[int], list[int]]:
    """Tokens with some of them hidden, and the targets."""
    hidden, targets = list(ids), [IGNORED] * len(ids)
    for place in rng.sample(range(len(ids)), max(1, round(SHARE * len(ids)))):
        targets[place] = ids[place]
        drawn = rng.random()
        if drawn < BEHIND_MASK:
            hidden[place] = mask
        elif drawn < BEHIND_MASK + BEHIND_RANDOM:
            hidden[place] = rng.choice(ordinary)
    return hidden, targets
