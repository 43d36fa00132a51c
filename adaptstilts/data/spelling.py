"""How rows are spelt: which hold decomposed letters, and which a character that a tokenizer does not know."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from adaptstilts.attacks.text.graphemes import clusters
from adaptstilts.kinds.kind import Facts, Kind, Tokenizer
from adaptstilts.rows import Row

ROWS = 512
"""Rows that are tokenised together."""


def is_decomposed(text: str) -> bool:
    """Whether a letter stands apart from a mark that Unicode composes with it (NFC makes it shorter)."""
    if unicodedata.is_normalized("NFC", text):
        return False
    return any(len(unicodedata.normalize("NFC", piece)) < len(piece) for piece in clusters(text))


def decomposed_rows(rows: Sequence[Row], kind: Kind, facts: Facts) -> int:
    """How many rows have a decomposed letter in any of their texts."""
    return sum(any(map(is_decomposed, kind.shown(row, facts).values())) for row in rows)


def unknown_rows(rows: Sequence[Row], kind: Kind, facts: Facts, tokenizer: Tokenizer) -> int:
    """How many rows have a piece in any of their texts that the tokenizer does not know."""
    unknown, found = tokenizer.unk_token_id, set[int]()
    for start in range(0, len(rows), ROWS):
        part = enumerate(rows[start : start + ROWS], start)
        texts = [(place, text) for place, row in part for text in kind.shown(row, facts).values()]
        ids = tokenizer([text for _, text in texts], add_special_tokens=False)["input_ids"]
        found.update(place for (place, _), pieces in zip(texts, ids, strict=True) if unknown in pieces)
    return len(found)
