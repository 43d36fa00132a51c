"""SentencePiece's table of characters, exactly: the longest rule at each place from left to right, and where each character came from.

SentencePiece (Kudo & Richardson 2018, arXiv 1808.06226) is what XLM-R was pretrained with; `tokenizers` applies the same table
letter by letter and takes the first rule that a letter begins with, so that decomposed letters lose marks or are unknown (its
issue 2116).
"""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from adaptstilts.errors import Refused

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

ENCODING = 2
"""Of tokenizers with a table: goes up when some text would get other ids."""

LONGEST = 64
"""Characters that a rule may write; those of the published tables write up to 18."""

_TABLE = b'"precompiled_charsmap"'
_NOT_A_TABLE = "the tokenizer's table of characters is damaged"


def has_characters(path: Path) -> bool:
    """Whether a `tokenizer.json` holds SentencePiece's table of characters (XLM-R and its like do, byte-pair ones do not)."""
    return _TABLE in path.read_bytes()


class Stretch(NamedTuple):
    """A stretch of a text, and what it becomes."""

    source: str
    text: str


class CharacterMap:
    """Rules from strings to strings, in a double array (Darts) over UTF-8 bytes.

    `size` bytes of units come first, little endian, then the texts that rules write, each ended by a zero byte. Refused for a
    table that is not such a tree, or has a rule that writes more than LONGEST characters.
    """

    def __init__(self, blob: bytes) -> None:
        try:
            (size,) = struct.unpack_from("<I", blob)
            self._units = struct.unpack_from(f"<{size // 4}I", blob, 4)
            self._written = blob[4 + size :]
            if any(len(text.decode("utf-8")) > LONGEST for text in self._written.split(b"\0")):
                raise Refused(f"a rule of the tokenizer's table writes more than {LONGEST} characters")
            alone, first, later = self._characters()
        except (struct.error, IndexError, ValueError) as error:
            raise Refused(f"{_NOT_A_TABLE} ({error})") from error
        longer = [f"{_class(first)}{_class(later)}+"] if later else []
        self._touched = re.compile("|".join([*longer, _class(alone)]) if alone else "|".join(longer) or "(?!)")
        self._pieces = lru_cache(1 << 16)(self._walked)

    def pieces(self, text: str) -> Iterator[Stretch]:
        """The text from left to right, in stretches that become another text and those that stay."""
        done = 0
        for match in self._touched.finditer(text):
            if done < match.start():
                yield Stretch(text[done : match.start()], text[done : match.start()])
            yield from self._pieces(match.group())
            done = match.end()
        if done < len(text):
            yield Stretch(text[done:], text[done:])

    def composed(self, text: str) -> str:
        """The text as SentencePiece reads it, blanks aside."""
        return self._touched.sub(lambda match: "".join(piece.text for piece in self._pieces(match.group())), text)

    def origins(self, text: str) -> tuple[list[int], list[int]]:
        """For each character of `composed` the start and the end of the characters that it stands for."""
        starts, ends, at = list[int](), list[int](), 0
        for source, fresh in self.pieces(text):
            after = at + len(source)
            same = source == fresh
            starts += range(at, after) if same else [at] * len(fresh)
            ends += range(at + 1, after + 1) if same else [after] * len(fresh)
            at = after
        return starts, ends

    def _walked(self, span: str) -> tuple[Stretch, ...]:
        text, at, found = span.encode("utf-8", "surrogatepass"), 0, list[Stretch]()
        while at < len(text):
            width, written = self._longest(text, at)
            source = text[at : at + width].decode("utf-8", "surrogatepass")
            found.append(Stretch(source, source if written is None else written))
            at += width
        return tuple(found)

    def _longest(self, text: bytes, start: int) -> tuple[int, str | None]:
        """Bytes of the longest rule that fits at `start` and what it writes; one character and None where none fits."""
        place, width, value = _below(self._units[0]), _width(text[start]), -1
        for at in range(start, len(text)):
            place ^= text[at]
            if place >= len(self._units) or self._units[place] & _LABEL != text[at]:
                break
            unit = self._units[place]
            place ^= _below(unit)
            if unit & _ENDS and place < len(self._units):
                width, value = at + 1 - start, self._units[place] & _VALUE
        return width, None if value < 0 else self._text(value)

    def _text(self, start: int) -> str:
        return self._written[start:].partition(b"\0")[0].decode("utf-8", "replace")

    def _characters(self) -> tuple[set[str], set[str], set[str]]:
        """Characters that are a rule's whole text, those that begin a longer one, and those behind the first."""
        import numpy as np

        units = np.array(self._units, np.int64)
        _, alone, places, ends = _next_characters(units, np.array([_below(self._units[0])]))
        begun, new = np.zeros(0, np.int64), np.unique(places)
        later, first = np.zeros(0, np.int64), np.zeros(0, np.int64)
        while len(new):
            begun = np.union1d(begun, new)
            if len(begun) > len(units):
                raise Refused(f"{_NOT_A_TABLE} (it goes round in circles)")
            sources, characters, below, _ = _next_characters(units, new)
            if not len(first):
                first = alone[np.isin(places, new[np.unique(sources)])]
            later = np.union1d(later, characters)
            new = np.setdiff1d(below, begun)
        return _texts(alone[ends]), _texts(first), _texts(later)


_LABEL, _VALUE, _ENDS = 0x800000FF, 0x7FFFFFFF, 0x100


def _below(unit: Any) -> Any:
    """By how much a unit's children lie from it, as darts-clone packs it; of an array of units, of each."""
    return (unit >> 10) << ((unit & 0x200) >> 6)


def _next_characters(units: Numbers, places: Numbers) -> tuple[Numbers, Numbers, Numbers, NDArray[np.bool_]]:
    """Every character that may follow at some of the places: the place's index, the character, where it leads, if a rule ends."""
    import numpy as np

    labels = np.arange(1, 256)
    found: list[tuple[Numbers, ...]] = []
    sources, codes, missing = np.arange(len(places)), np.zeros_like(places), np.zeros_like(places)
    for _ in range(4):
        at = places[:, None] ^ labels
        held = units[np.minimum(at, len(units) - 1)]
        rows, columns = np.nonzero((at < len(units)) & (held & _LABEL == labels))
        unit, byte = held[rows, columns], labels[columns]
        places = at[rows, columns] ^ _below(unit)
        sources, codes, missing = sources[rows], codes[rows], missing[rows]
        more = np.select([byte < 0x80, byte < 0xC0, byte < 0xE0, byte < 0xF0], [0, -1, 1, 2], 3)
        codes = np.where(more < 0, codes << 6 | byte & 0x3F, byte & np.array([0x7F, 0x1F, 0x0F, 0x07])[more])
        missing = np.where(more < 0, missing - 1, more)
        done = missing == 0
        found.append((sources[done], codes[done], places[done], unit[done] & _ENDS != 0))
        sources, codes, missing, places = (each[~done] for each in (sources, codes, missing, places))
    if len(places):
        raise Refused(f"{_NOT_A_TABLE} (a rule's text is not UTF-8)")
    all_sources, characters, below, ends = (np.concatenate(each) for each in zip(*found, strict=True))
    return all_sources, characters, below, ends


def _texts(codes: Numbers) -> set[str]:
    return set(map(chr, codes.tolist()))


def _width(first: int) -> int:
    """Bytes of a character in UTF-8, by its first."""
    return 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _class(characters: Iterable[str]) -> str:
    """A class of a regular expression, as ranges."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    spelt = (re.escape(chr(low)) + (f"-{re.escape(chr(high))}" if high > low else "") for low, high in runs)
    return f"[{''.join(spelt)}]"


@lru_cache(maxsize=4)
def _map_of(blob: bytes) -> CharacterMap:
    return CharacterMap(blob)


def characters_of(rules: tokenizers.Tokenizer) -> tuple[CharacterMap, list[dict[str, Any]]] | None:
    """The table that a tokenizer's normalisation begins with, and what comes behind it; None for one that begins otherwise.

    DeBERTa's strips blanks before the table; SentencePiece does that behind it, and so do these rules.
    """
    if rules.normalizer is None:
        return None
    told = json.loads(rules.normalizer.__getstate__())
    stages = told["normalizers"] if told["type"] == "Sequence" else [told]
    stripped = [stage for stage in stages[:1] if stage["type"] == "Strip"]
    table, *rest = stages[len(stripped) :] or [{"type": ""}]
    if table["type"] != "Precompiled":
        return None
    return _map_of(base64.b64decode(table["precompiled_charsmap"])), [*stripped, *rest]
