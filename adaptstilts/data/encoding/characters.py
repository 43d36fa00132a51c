"""Which tokenizers bring SentencePiece's table of characters, and the version of how texts become ids with it."""

from __future__ import annotations

from pathlib import Path

ENCODING = 2
"""Of tokenizers with a table: goes up when some text would get other ids."""

_TABLE = b'"precompiled_charsmap"'


def has_characters(path: Path) -> bool:
    """Whether a `tokenizer.json` holds SentencePiece's table of characters (XLM-R and its like do, byte-pair ones do not)."""
    return _TABLE in path.read_bytes()
