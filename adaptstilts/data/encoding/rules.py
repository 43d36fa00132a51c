"""How texts become ids: by a tokenizer's rules as published, or as SentencePiece does where they bring its table of characters."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import tokenizers
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from adaptstilts.data.encoding.characters import ENCODING, CharacterMap, characters_of

Offsets = list[tuple[int, int]]


class TextRules(Protocol):
    """Texts, or pairs of them, become ids; `version` is that of the encoding."""

    version: int

    def encode(self, inputs: Sequence[Any], *, specials: bool) -> list[tokenizers.Encoding]: ...

    def offsets(self, text: str, found: tokenizers.Encoding) -> Offsets:
        """The range of the text's own characters that each token stands for."""
        ...


class PublishedRules:
    """The rules as the tokenizer's file has them, as transformers would use them."""

    version = 1

    def __init__(self, rules: Tokenizer) -> None:
        self._rules = rules

    def encode(self, inputs: Sequence[Any], *, specials: bool) -> list[tokenizers.Encoding]:
        return _encoded(self._rules, inputs, specials)

    def offsets(self, text: str, found: tokenizers.Encoding) -> Offsets:
        return list(found.offsets)


class ComposedRules:
    """The same rules, the table of characters applied before them as SentencePiece applies it: ids equal SentencePiece's.

    What stands behind the table in the published normalisation (`rest`) stays. A special token that a text spells out is text,
    as it is for SentencePiece; only the `mask` is itself, by which attacks rank words.
    """

    version = ENCODING

    def __init__(self, rules: Tokenizer, characters: CharacterMap, rest: Sequence[Any], mask: str | None) -> None:
        self._published, self._characters, self._rest, self._mask = rules, characters, list(rest), mask
        self._specials = [
            t.content for t in rules.get_added_tokens_decoder().values() if t.special and t.content != mask
        ]
        self._spelt = re.compile("|".join(map(re.escape, [*self._specials, *([mask] if mask else [])])) or "(?!)")
        self._plain = Tokenizer(rules.model)  # the vocabulary is shared
        self._plain.post_processor = rules.post_processor
        self._part(self._plain)
        for token in rules.get_added_tokens_decoder().values():
            if token.content not in self._specials:
                (self._plain.add_special_tokens if token.special else self._plain.add_tokens)([token])

    def encode(self, inputs: Sequence[Any], *, specials: bool) -> list[tokenizers.Encoding]:
        composed = [self._composed(given) for given in inputs]
        found = _encoded(self._plain, composed, specials)
        for place, (given, text) in enumerate(zip(inputs, composed, strict=True)):
            if self._spells(given, text):
                (found[place],) = _encoded(self._literal, [text], specials)
        return found

    def offsets(self, text: str, found: tokenizers.Encoding) -> Offsets:
        starts, ends = self._characters.origins(text)
        starts.append(len(text))
        return [(starts[start], ends[end - 1] if end > start else starts[start]) for start, end in found.offsets]

    def _composed(self, given: Any) -> Any:
        if isinstance(given, str):
            return self._characters.composed(given)
        return tuple(map(self._characters.composed, given))

    def _spells(self, given: Any, composed: Any) -> bool:
        """Whether a text comes to spell a special token, but for a mask that is meant."""
        whole, read = ("".join(each) for each in (given, composed))
        return self._spelt.search(read) is not None and not (self._mask and self._mask in whole)

    @cached_property
    def _literal(self) -> Tokenizer:
        """The rules with a vocabulary in which no special token can be spelt; made only where some text spells one."""
        told = json.loads(self._published.to_str())
        hidden = {*self._specials, self._mask}
        for entry in told["model"]["vocab"]:
            entry[0] = f" {entry[0]}" if entry[0] in hidden else entry[0]  # no piece of a text holds a blank
        told |= {"normalizer": None, "added_tokens": []}
        made = Tokenizer.from_str(json.dumps(told))
        self._part(made)
        return made

    def _part(self, rules: Tokenizer) -> None:
        """Normalise as published behind the table, and part at blanks alone, as SentencePiece does: U+0085 is a letter."""
        rules.normalizer = _restored(normalizers.Sequence, {"type": "Sequence", "normalizers": self._rest})
        parting = self._published.pre_tokenizer
        if parting is not None:
            told = json.loads(parting.__getstate__())
            stages = told["pretokenizers"] if told["type"] == "Sequence" else [told]
            stages = [_AT_BLANKS if stage["type"] == "WhitespaceSplit" else stage for stage in stages]
            rules.pre_tokenizer = _restored(pre_tokenizers.Sequence, {"type": "Sequence", "pretokenizers": stages})


_AT_BLANKS = {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed", "invert": False}


def _restored(kind: Any, told: dict[str, Any]) -> Any:
    """A normalizer or pre-tokenizer of what `tokenizer.json` says of it."""
    made = kind([])
    made.__setstate__(json.dumps(told).encode())
    return made


def rules_of(rules: Tokenizer, mask: str | None, *, published: bool = False) -> TextRules:
    """How texts become ids by a tokenizer's rules; `published` leaves them as its file has them. Refused for a damaged table."""
    table = None if published else characters_of(rules)
    return ComposedRules(rules, *table, mask) if table else PublishedRules(rules)


FEW = 32
"""So many inputs are encoded one by one, which spares the thread pool that a batch wakes."""


def _encoded(rules: Tokenizer, inputs: Sequence[Any], specials: bool) -> list[tokenizers.Encoding]:
    if len(inputs) <= FEW:
        apart = ((given,) if isinstance(given, str) else given for given in inputs)
        return [rules.encode(*texts, add_special_tokens=specials) for texts in apart]
    # `encode_batch_fast` saves an eighth of the time on one thread, but uses only one (tokenizers 0.22)
    return list(rules.encode_batch(list(inputs), add_special_tokens=specials))
