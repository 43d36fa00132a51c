"""What a tokenizer knows of each script and language, and what static attacks can do there: the tables of `docs/unknown-pieces.md`.

python benchmarks/unknown_pieces.py --data DIR > docs/unknown-pieces.md     DIR holds rows in the Hub's layout, and XLM-R's tokenizer

Texts are only counted. Those of a language are the first of its test rows in the tasks below; a language of XTREME-R without
rows there is counted by the two sentences of `tests/attacks/sentences.json`. By default the tokenizer is XLM-R's.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import regex

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.attack import Attacked, Ending
from adaptstilts.attacks.model_input import endings, told_apart
from adaptstilts.attacks.static.homoglyph import look_alikes
from adaptstilts.attacks.static.invisible import JOINERS, ignorables
from adaptstilts.attacks.text.graphemes import clusters, runs
from adaptstilts.attacks.text.inventory import inventory, known_words
from adaptstilts.attacks.text.languages import script_of_language
from adaptstilts.attacks.text.scripts import manner_of
from adaptstilts.data.encoding.tokenizer import KeptTokens, tokenizer_identity
from adaptstilts.data.load import load
from adaptstilts.data.sources import DataSource, facts_for, source_of
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind
from adaptstilts.models.door.tokenizer import tokenizer_at_hand
from adaptstilts.rows import ClassificationRow, Row, TaggingRow
from adaptstilts.settings import BackboneSettings
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.task import Task

_CODES = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru sw ta te th "
    "tl tr uk ur vi wo yo zh"
)
LANGUAGES = tuple(_CODES.split())
"""Those of XTREME-R (Ruder et al. 2021)."""
SOURCES = ("xnli", "pawsx", "xcopa", "tydiqa", "xquad", "tatoeba", "udpos", "panx")
NAMES = ("swap", "keyboard", "homoglyph", "homoglyph_known", "invisible", "invisible_known", "diacritics", "nfd")
TEXTS, ATTACKED, LONGEST, SEVERITY = 300, 60, 400, 0.1
SENTENCES = Path(__file__).parents[1] / "tests" / "attacks" / "sentences.json"
TASK = Task("text", "single", "target", "", "accuracy", labels=("any",))
_LETTERS = regex.compile(r"[\p{L}\p{M}\u200c\u200d]+")


@dataclass(frozen=True)
class Reader:
    """A tokenizer as the product reads by it, and as it is published, which `nfd` attacks."""

    name: str
    tokens: KeptTokens
    published: KeptTokens

    @classmethod
    def of(cls, name: str) -> Reader:
        found, why = tokenizer_at_hand(BackboneSettings(name))
        if found is None:
            sys.exit(why)
        return cls(Path(name).name, KeptTokens.of(found), KeptTokens.of(found, published=True))

    def ids(self, texts: Sequence[str], *, published: bool = False) -> list[list[int]]:
        tokens = self.published if published else self.tokens
        found: list[list[int]] = tokens(list(texts), add_special_tokens=False)["input_ids"]
        return found

    def unknown(self, texts: Sequence[str]) -> float:
        """The share of texts with an unknown piece."""
        return sum(self.tokens.unk_token_id in ids for ids in self.ids(texts)) / len(texts) if texts else 0.0

    @cached_property
    def ending(self) -> Callable[[str, str], Ending]:
        return endings(self.tokens)


def texts_of(language: str, source: DataSource) -> tuple[str, list[str]]:
    """Where the texts of a language are from, and they, each once."""
    for name in SOURCES:
        try:
            task = facts_for(TASKS.get(name), source)
            rows = load(task, "test", language, source, TEXTS).rows
        except AdaptstiltsError:
            continue
        kind = kind_of(task.kind)
        shown = ([" ".join(row.words)] if isinstance(row, TaggingRow) else _fields(row, kind, task) for row in rows)
        return name, list(dict.fromkeys(text for texts in shown for text in texts if len(text) <= LONGEST))[:TEXTS]
    return "own", json.loads(SENTENCES.read_text("utf-8"))[language]


def _fields(row: Row, kind: Kind, task: Task) -> list[str]:
    return [field.text for field in kind.fields(row, task)]


def words_of(texts: Sequence[str]) -> list[str]:
    """Words of spaced scripts, else stretches of letters, in the order of their first occurrence."""
    return list(dict.fromkeys(word for text in texts for word in _LETTERS.findall(text)))


def scripts(reader: Reader) -> Iterator[tuple[str, ...]]:
    """By script of these languages: its letters and marks in Unicode, joiners, look-alikes and decompositions."""
    names = dict.fromkeys(sorted(filter(None, map(script_of_language, LANGUAGES))))
    for script in names:
        kinds = ("Han", "Hiragana", "Katakana") if script == "Japanese" else (script,)
        within = regex.compile("[" + "".join(rf"\p{{Script={kind}}}" for kind in kinds) + r"]")
        letters = [chr(c) for c in range(0x20000) if within.match(chr(c)) and unicodedata.category(chr(c))[0] in "LM"]
        alike = [(a, b) for a, others in look_alikes().items() if within.match(a) for b in others]
        ends = Counter(reader.ending(f"x{a}y", f"x{b}y") for a, b in alike)
        apart = [c for c in letters if unicodedata.normalize("NFD", c) != c]
        before, after = reader.ids(apart), reader.ids([unicodedata.normalize("NFD", c) for c in apart], published=True)
        broken = sum(a != b for a, b in zip(before, after, strict=True))
        there = ", ".join(code for code in LANGUAGES if script_of_language(code) == script)
        yield (
            script, there, f"{len(letters):,}", _percent(reader.unknown(letters)), f"{len(alike)}",
            _percent(ends["unknown"] / len(alike) if alike else None), f"{len(apart):,}", _percent(broken / len(apart) if apart else None),
        )  # fmt: skip


def language(code: str, reader: Reader, source: DataSource) -> tuple[str, ...]:
    """What is counted of one language, and what attacks do there."""
    where, texts = texts_of(code, source)
    words, letters = words_of(texts), list(inventory(texts).counts)
    tokens = sum(map(len, reader.ids(words)))
    spaced = not manner_of(next(iter(runs(clusters(texts[0])))).script).window
    joined = _percent(sum(bool(set(word) & set(JOINERS)) for word in words) / len(words))
    counted = (_percent(reader.unknown(letters)), f"{len(words):,}", _percent(reader.unknown(words)), joined)
    per_word = f"{tokens / len(words):.2f}" if spaced else "not spaced"
    return (
        script_of_language(code),
        code,
        where,
        f"{len(letters)}",
        *counted,
        per_word,
        *(attacked(name, code, texts, reader) for name in NAMES),
    )


def attacked(name: str, code: str, texts: Sequence[str], reader: Reader) -> str:
    """`survival / unknown / tokens added by an edit`, or a dash."""
    attack, kind = ATTACKS.get(name), kind_of("single")
    if applies(attack, kind, code):
        return "–"
    tokens = reader.published if attack.published else reader.tokens
    rows = [ClassificationRow(str(i), code, str(i), text, None, 0) for i, text in enumerate(texts[:ATTACKED])]
    scene = Scene(
        TASK, kind, code, 0, SEVERITY, told_apart(tokens), words=known_words(texts), inventory=inventory(texts), ending=endings(tokens)
    )  # fmt: skip
    found = attack_rows(attack, rows, scene)
    tried = sum(row.tried for row in found)
    edited = [(row.first, after) for row, after in zip(rows, found, strict=True) if after.outcome == "edited"]
    if not tried or not edited:
        return "–"
    shares = (sum(row.survived for row in found) / tried, sum(row.unknown or 0 for row in found) / tried)
    return f"{' / '.join(map(_percent, shares))} / {_added(edited, reader, published=attack.published):+.1f}"


def _added(edited: Sequence[tuple[str, Attacked]], reader: Reader, *, published: bool) -> float:
    before = reader.ids([text for text, _ in edited], published=published)
    after = reader.ids([found.row.first for _, found in edited], published=published)
    return (sum(map(len, after)) - sum(map(len, before))) / sum(found.edits for _, found in edited)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}" if share in (0, 1) or share >= 0.1 else f"{100 * share:.1f}"


def invisibles(reader: Reader) -> str:
    """What becomes of the characters without width."""
    ends = {
        char: reader.ending("ab", f"a{char}b") for char in ignorables() if told_apart(reader.tokens)("ab", f"a{char}b")
    }
    counts = Counter(ends.values())
    joiners = {f"U+{ord(char):04X}": ends.get(char, "dropped") for char in JOINERS}
    return (
        f"Of the {len(ends)} characters without width that change ids {counts['known']} are known, {counts['blank']} a blank and "
        f"{counts['unknown']} unknown; the joiners: {', '.join(f'{name} {end}' for name, end in joiners.items())}."
    )


SCRIPTS = (
    "script",
    "languages",
    "letters and marks",
    "unknown, %",
    "look-alikes",
    "unknown, %",
    "letters that decompose",
    "other ids as published, %",
)
COLUMNS = (
    "script",
    "language",
    "texts of",
    "letters",
    "unknown, %",
    "words",
    "with unknown, %",
    "with a joiner, %",
    "tokens a word",
    *NAMES,
)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(map(line, [headings, ["---"] * len(headings), *rows]))


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def versions(reader: Reader) -> str:
    encoding, digest, library = tokenizer_identity(reader.tokens)
    return (
        f"Tokenizer: `{reader.name}`, digest `{digest[:16]}`, read in version {encoding} of the encoding; `tokenizers` {library}, `regex` "
        f"{importlib.metadata.version('regex')}, Unicode {unicodedata.unidata_version} (Python's)."
    )


def page(reader: Reader, source: DataSource) -> str:
    """The whole document."""
    rows = sorted(language(code, reader, source) for code in LANGUAGES)
    return PAGE.format(
        versions=versions(reader),
        invisibles=invisibles(reader),
        scripts=table(SCRIPTS, list(scripts(reader))),
        languages=table(COLUMNS, rows),
        texts=TEXTS,
        attacked=ATTACKED,
        severity=SEVERITY,
    )


PAGE = """<!-- python benchmarks/unknown_pieces.py --data DIR > docs/unknown-pieces.md -->
# What the tokenizer knows, by script and language

{versions}

Made by `python benchmarks/unknown_pieces.py --data DIR`; texts are only counted. What it means for attacks: [text.md](text.md).

{invisibles}

## Scripts

All letters and marks that Unicode has in a script, each alone; the pairs that `homoglyph` has for its letters; the letters that decompose
canonically, and how many of them the fast tokenizer as published gives other ids when they do (`nfd`).

{scripts}

## Languages of XTREME-R

Letters (clusters, in small letters) and words are the different ones in at most {texts} texts of the task named, or in two sentences of
our own (own: too few for more than a hint). Of each attack: the share of edits tried that change the ids, of all tried the share that end
in an unknown piece, both in per cent, and the tokens that an edit adds; on at most {attacked} texts at severity {severity}, one draw.
`diacritics` counts a word as one edit; `nfd` is read by the fast tokenizer as published. A dash: not for it, or nothing to change.

{languages}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--backbone", default="", help="a folder with tokenizer.json; XLM-R's below DIR if left out")
    given = parser.parse_args()
    name = given.backbone or str(given.data / "models" / "FacebookAI" / "xlm-roberta-large")
    print(page(Reader.of(name), source_of(str(given.data))), end="")


if __name__ == "__main__":
    main()
