"""A fast tokenizer without its wrapper: what kinds ask of it, cheap to send to another process, and its identity."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import tokenizers

from adaptstilts.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

_known: WeakKeyDictionary[Any, tuple[int, str]] = WeakKeyDictionary()


class Texts(dict[str, Any]):
    """What tokenising gave: `input_ids`, and `offset_mapping` if asked for."""

    def __init__(self, found: Sequence[tokenizers.Encoding], *, offsets: bool) -> None:
        super().__init__(input_ids=[one.ids for one in found])
        self._found = found
        if offsets:
            self["offset_mapping"] = [one.offsets for one in found]

    @classmethod
    def plain(cls, ids: list[list[int]]) -> Texts:
        """Ids alone."""
        made = cls((), offsets=False)
        made["input_ids"] = ids
        return made

    def sequence_ids(self, place: int) -> list[int | None]:
        return list(self._found[place].sequence_ids)


class BareTokenizer:
    """The rules behind a `PreTrainedTokenizerFast`, called as kinds call it, with equal results.

    The wrapper takes seconds to import and, for short texts, a fifth of the time of encoding. Nothing is cut or padded:
    the rules' own settings for that are switched off, as the wrapper does in every call of a kind.
    """

    is_fast = True

    def __init__(self, rules: tokenizers.Tokenizer, cls_token_id: int, sep_token_id: int) -> None:
        self.rules, self.cls_token_id, self.sep_token_id = rules, cls_token_id, sep_token_id

    @classmethod
    def of(cls, tokenizer: Any) -> Self:
        """InputError if the tokenizer is not a fast one."""
        rules = getattr(tokenizer, "backend_tokenizer", None)
        if rules is None:
            do = "Load it with use_fast=True; tokenizer.json must exist."
            raise InputError("a fast tokenizer is needed", where=type(tokenizer).__name__, do=do)
        if rules.truncation is not None:  # asked first: rules that another thread is using cannot be set
            rules.no_truncation()
        if rules.padding is not None:
            rules.no_padding()
        return cls(rules, tokenizer.cls_token_id, tokenizer.sep_token_id)

    def __call__(
        self,
        texts: Sequence[str],
        others: Sequence[str] | None = None,
        *,
        add_special_tokens: bool = True,
        return_offsets_mapping: bool = False,
        **_: Any,
    ) -> Texts:
        """Tokens of texts, or of pairs with `others`; whatever else the wrapper could return is never returned."""
        inputs: Any = list(texts) if others is None else list(zip(texts, others, strict=True))
        # `encode_batch_fast` saves an eighth of the time on one thread, but uses only one (tokenizers 0.22)
        found = self.rules.encode_batch(inputs, add_special_tokens=add_special_tokens)
        return Texts(found, offsets=return_offsets_mapping)


class KeptTokens(BareTokenizer):
    """The same rules, asked about the same texts over and over: ids without special tokens are remembered by text.

    What an attack changes is one word of one field: all else that it asks about is known. A few texts are tokenised one by
    one, which spares the thread pool that a batch wakes.
    """

    KEPT = 1 << 16
    """Texts remembered; beyond that all are forgotten."""
    FEW = 32

    def __init__(self, rules: tokenizers.Tokenizer, cls_token_id: int, sep_token_id: int) -> None:
        super().__init__(rules, cls_token_id, sep_token_id)
        self._ids: dict[str, list[int]] = {}

    def __call__(self, texts: Sequence[str], others: Sequence[str] | None = None, **options: Any) -> Texts:
        """As BareTokenizer; plain ids from memory where they are there."""
        if others is not None or options.get("add_special_tokens", True) or options.get("return_offsets_mapping"):
            return super().__call__(texts, others, **options)
        if len(self._ids) + len(texts) > self.KEPT:
            self._ids.clear()
        missing = [text for text in dict.fromkeys(texts) if text not in self._ids]
        if len(missing) <= self.FEW:
            found = [self.rules.encode(text, add_special_tokens=False) for text in missing]
        else:
            found = self.rules.encode_batch(missing, add_special_tokens=False)
        self._ids.update((text, one.ids) for text, one in zip(missing, found, strict=True))
        return Texts.plain([self._ids[text] for text in texts])


def tokenizer_identity(tokenizer: Any) -> list[str]:
    """Class, a digest of all rules and vocabulary as `tokenizer.json` spells them, and the library's version.

    Equal wherever the files lie. The digest is made once for an object, and again when tokens were added to it.
    """
    rules, size = BareTokenizer.of(tokenizer).rules, len(tokenizer)
    known = _known.get(tokenizer)
    if known is None or known[0] != size:
        known = (size, hashlib.blake2b(rules.to_str().encode(), digest_size=16).hexdigest())
        _known[tokenizer] = known
    return [type(tokenizer).__name__, known[1], tokenizers.__version__]
