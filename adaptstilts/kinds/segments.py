"""Turning texts into model inputs: tokenising in batches, then assembly by the tokenizer's own template.

Tokenising once and assembling ourselves lets equal texts be tokenised once (a SQuAD context serves five questions, a
premise four choices) and lets truncation be counted. The result equals the tokenizer's own for single texts and pairs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Encoding, Tokenizer

Ids = tuple[int, ...]
if TYPE_CHECKING:
    Offsets = array[int]
else:
    Offsets = array  # no array can be subscripted before Python 3.12

_BATCH = 4096
_PROBES = ("a", "1", "и", "一")


@dataclass(frozen=True)
class Template:
    """The special tokens around one segment, and around and between two."""

    before: Ids
    after: Ids
    pair_before: Ids
    between: Ids
    pair_after: Ids

    def room(self, max_length: int, *, pair: bool) -> int:
        """Tokens left for text; InputError if there is not one for each segment."""
        specials = self.pair_before + self.between + self.pair_after if pair else self.before + self.after
        left = max_length - len(specials)
        if left < (2 if pair else 1):
            raise InputError(
                f"max_length {max_length} leaves {left} tokens for text beside {len(specials)} special tokens",
                do="Raise max_length.",
            )
        return left

    def single(self, ids: Ids) -> Ids:
        return self.before + ids + self.after

    def pair(self, first: Ids, second: Ids) -> tuple[Ids, int]:
        """The whole input, and the position of the second segment's first token."""
        head = self.pair_before + first + self.between
        return head + second + self.pair_after, len(head)


@dataclass(frozen=True)
class Placed:
    """A text's tokens, each with the character range of the original text that it stands for."""

    ids: Ids
    starts: Offsets
    ends: Offsets


def template(tokenizer: Tokenizer) -> Template:
    """Read where the tokenizer puts its special tokens; InputError if it is not a fast one."""
    if not getattr(tokenizer, "is_fast", True):
        raise InputError("a fast tokenizer is needed", do="Load it with use_fast=True; tokenizer.json must exist.")
    for probe in _PROBES:
        one, two = tokenizer([probe]), tokenizer([probe], [probe])
        alone, both = one.sequence_ids(0), two.sequence_ids(0)
        if 0 in alone and 0 in both and 1 in both:
            before, after = _around(one["input_ids"][0], alone, 0)
            pair_before, rest = _around(two["input_ids"][0], both, 0)
            end = len(two["input_ids"][0]) - len(rest)
            between = tuple(rest[: both.index(1) - end])
            return Template(before, after, pair_before, between, _around(two["input_ids"][0], both, 1)[1])
    raise InputError("the tokenizer knows no letter, digit, Cyrillic or Chinese character")


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """Token ids of each text without special tokens, in order; equal texts are tokenised once."""
    known: dict[str, Ids] = {}
    for part in _batches(texts):
        out = tokenizer(
            part, add_special_tokens=False, return_attention_mask=False, return_token_type_ids=False, verbose=False
        )
        known.update(zip(part, map(tuple, out["input_ids"]), strict=True))
    return [known[text] for text in texts]


def placed_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Placed]:
    """As `token_ids`, with character offsets; equal texts share one value."""
    known: dict[str, Placed] = {}
    for part in _batches(texts):
        out = tokenizer(
            part,
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=True,
            verbose=False,
        )
        for text, ids, offsets in zip(part, out["input_ids"], out["offset_mapping"], strict=True):
            starts, ends = array("i", [a for a, _ in offsets]), array("i", [b for _, b in offsets])
            known[text] = Placed(tuple(ids), starts, ends)
    return [known[text] for text in texts]


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each segment to keep, as the `tokenizers` library's LongestFirst does.

    The longer one gives way; if both are longer than half, each keeps half and the longer one an odd token (the second
    segment if they are equal).
    """
    if first + second <= room:
        return first, second
    short, long = min(first, second), max(first, second)
    long = short if short > room else max(short, room - short)
    if short + long > room:
        short, long = room // 2, room // 2 + room % 2
    return (long, short) if first > second else (short, long)


def encode_pairs(
    tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], targets: Sequence[int], max_length: int
) -> list[Encoding]:
    """One input per pair of texts, cut longest first."""
    shape = template(tokenizer)
    room = shape.room(max_length, pair=True)
    ids = token_ids(tokenizer, [text for pair in pairs for text in pair])
    encodings = []
    for row, target in enumerate(targets):
        first, second = ids[2 * row], ids[2 * row + 1]
        keep_first, keep_second = longest_first(len(first), len(second), room)
        whole, position = shape.pair(first[:keep_first], second[:keep_second])
        cut = len(first) + len(second) - keep_first - keep_second
        encodings.append(Encoding(row, whole, target, truncated=cut, second=position))
    return encodings


def encode_singles(
    tokenizer: Tokenizer, texts: Sequence[str], targets: Sequence[int], max_length: int
) -> list[Encoding]:
    """One input per text, cut at its end."""
    shape = template(tokenizer)
    room = shape.room(max_length, pair=False)
    return [
        Encoding(row, shape.single(ids[:room]), target, truncated=max(0, len(ids) - room))
        for row, (ids, target) in enumerate(zip(token_ids(tokenizer, texts), targets, strict=True))
    ]


def of_rows(count: int, encodings: Sequence[Encoding]) -> list[list[int]]:
    """For each of `count` rows the positions of its encodings, in order; InputError for a row without any."""
    places: list[list[int]] = [[] for _ in range(count)]
    for position, encoding in enumerate(encodings):
        places[encoding.row].append(position)
    empty = [row for row, found in enumerate(places) if not found]
    if empty:
        raise InputError(f"{len(empty)} rows have no encoding, the first is row {empty[0]}")
    return places


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(texts))
    return (unique[start : start + _BATCH] for start in range(0, len(unique), _BATCH))


def _around(ids: Sequence[int], sequence_ids: Sequence[int | None], segment: int) -> tuple[Ids, Ids]:
    first = sequence_ids.index(segment)
    last = len(sequence_ids) - 1 - sequence_ids[::-1].index(segment)
    return tuple(ids[:first]), tuple(ids[last + 1 :])
