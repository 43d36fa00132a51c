"""The tokenizer of a backbone: what kinds ask of it, cheap to send to another process, and its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import tokenizers

from adaptstilts.data.encoding.rules import rules_of
from adaptstilts.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

_known: WeakKeyDictionary[Any, tuple[int, str]] = WeakKeyDictionary()


class Texts(dict[str, Any]):
    """What tokenising gave: `input_ids`, and `offset_mapping` if asked for."""

    def __init__(self, found: Sequence[tokenizers.Encoding]) -> None:
        super().__init__(input_ids=[one.ids for one in found])
        self._found = found

    @classmethod
    def plain(cls, ids: list[list[int]]) -> Texts:
        """Ids alone."""
        made = cls(())
        made["input_ids"] = ids
        return made

    def sequence_ids(self, place: int) -> list[int | None]:
        return list(self._found[place].sequence_ids)


class BareTokenizer:
    """The tokenizer of a backbone, called as kinds call it, which is as a fast one of `transformers` is.

    Ids equal SentencePiece's where the rules bring its table of characters, and those of the wrapper elsewhere; with
    `published` they are the wrapper's always. The wrapper takes seconds to import and, for short texts, a fifth of the time of
    encoding. Nothing is cut or padded: the rules' own settings for that are switched off. `specials` are special tokens by the
    wrapper's names for them (`cls_token`).
    """

    is_fast = True

    def __init__(self, rules: tokenizers.Tokenizer, specials: Mapping[str, str], *, published: bool = False) -> None:
        self.backend_tokenizer, self.special_tokens_map, self.published = rules, dict(specials), published
        self.mask_token = self.special_tokens_map.get("mask_token")
        if rules.truncation is not None:  # asked first: rules that another thread is using cannot be set
            rules.no_truncation()
        if rules.padding is not None:
            rules.no_padding()
        self._rules = rules_of(rules, self.mask_token, published=published)

    @classmethod
    def of(cls, tokenizer: Any, *, published: bool | None = None) -> Self:
        """The same tokenizer, be it wrapped or not, `published` as it is there unless said; InputError if it is not a fast one."""
        rules = getattr(tokenizer, "backend_tokenizer", None)
        if rules is None:
            do = "Load it with use_fast=True; tokenizer.json must exist."
            raise InputError("a fast tokenizer is needed", where=type(tokenizer).__name__, do=do)
        named = {name: token for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
        as_is = getattr(tokenizer, "published", False) if published is None else published
        return cls(rules, named, published=as_is)

    def __len__(self) -> int:
        return int(self.backend_tokenizer.get_vocab_size())

    @property
    def encoding(self) -> int:
        """The version of how texts become ids."""
        return self._rules.version

    @property
    def cls_token_id(self) -> int:
        return self._special("cls_token")

    @property
    def sep_token_id(self) -> int:
        return self._special("sep_token")

    @property
    def pad_token_id(self) -> int:
        return self._special("pad_token")

    @property
    def unk_token_id(self) -> int | None:
        return self._id("unk_token")

    @property
    def mask_token_id(self) -> int | None:
        return self._id("mask_token")

    @property
    def all_special_ids(self) -> list[int]:
        found = (self._id(name) for name in self.special_tokens_map)
        return list(dict.fromkeys(token for token in found if token is not None))

    def _id(self, name: str) -> int | None:
        token = self.special_tokens_map.get(name)
        return None if token is None else self.backend_tokenizer.token_to_id(token)

    def _special(self, name: str) -> int:
        found = self._id(name)
        if found is None:
            raise InputError(f"the tokenizer has no {name}", where="backbone", do="Choose another backbone.")
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return str(self.backend_tokenizer.decode(list(ids), skip_special_tokens=False))

    def __call__(
        self,
        texts: Sequence[str],
        others: Sequence[str] | None = None,
        *,
        add_special_tokens: bool = True,
        return_offsets_mapping: bool = False,
        **_: Any,
    ) -> Texts:
        """Tokens of texts, or of pairs with `others`; whatever else the wrapper could return is never returned.

        Offsets, which texts alone have, are those of the text as it was given.
        """
        inputs: list[Any] = list(texts) if others is None else list(zip(texts, others, strict=True))
        encodings = self._rules.encode(inputs, specials=add_special_tokens)
        found = Texts(encodings)
        if return_offsets_mapping:
            found["offset_mapping"] = [self._rules.offsets(t, e) for t, e in zip(inputs, encodings, strict=True)]
        return found


class KeptTokens(BareTokenizer):
    """The same rules, asked about the same texts over and over: ids without special tokens are remembered by text.

    What an attack changes is one word of one field: all else that it asks about is known.
    """

    KEPT = 1 << 16
    """Texts remembered; beyond that all are forgotten."""

    def __init__(self, rules: tokenizers.Tokenizer, specials: Mapping[str, str], *, published: bool = False) -> None:
        super().__init__(rules, specials, published=published)
        self._ids: dict[str, list[int]] = {}

    def __call__(self, texts: Sequence[str], others: Sequence[str] | None = None, **options: Any) -> Texts:
        """As BareTokenizer; plain ids from memory where they are there."""
        if others is not None or options.get("add_special_tokens", True) or options.get("return_offsets_mapping"):
            return super().__call__(texts, others, **options)
        if len(self._ids) + len(texts) > self.KEPT:
            self._ids.clear()
        missing = [text for text in dict.fromkeys(texts) if text not in self._ids]
        found = self._rules.encode(missing, specials=False)
        self._ids.update((text, one.ids) for text, one in zip(missing, found, strict=True))
        return Texts.plain([self._ids[text] for text in texts])


def tokenizer_identity(tokenizer: Any) -> list[Any]:
    """The version of the encoding, a digest of rules and vocabulary as `tokenizer.json` spells them, and the library's version.

    Equal wherever the files lie. The digest is made once for an object, and again when tokens were added to it.
    """
    bare, size = BareTokenizer.of(tokenizer), len(tokenizer)
    known = _known.get(tokenizer)
    if known is None or known[0] != size:
        spelt = bare.backend_tokenizer.to_str().encode()
        known = (size, hashlib.blake2b(spelt, digest_size=16).hexdigest())
        _known[tokenizer] = known
    return [bare.encoding, known[1], tokenizers.__version__]
