"""Before and after of an attack in plain text, the edit marked."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import ne
from typing import Any

import regex

from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.attack import Attack, Ending, Scene
from adaptstilts.attacks.text.graphemes import clusters, runs
from adaptstilts.attacks.text.inventory import inventory
from adaptstilts.attacks.text.lexicon import Lexicon
from adaptstilts.attacks.text.scripts import manner_of
from adaptstilts.errors import NotApplicable
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow

Change = tuple[str, str, str]
"""A stretch that both texts have, and after it what went and what came; characters that nobody sees are spelt in what came."""


def marked(before: str, after: str) -> str:
    """The text after an edit, each changed stretch as `[old→new]`, `[+new]` where some came, `[-old]` where it went."""
    parts: list[str] = []
    for kept, gone, come in changes(before, after):
        told = f"[{gone}→{come}]" if gone and come else f"[-{gone}]" if gone else f"[+{come}]" if come else ""
        parts += kept, told
    return "".join(parts)


def changes(before: str, after: str) -> Iterator[Change]:
    """How one text became the other, from its beginning to its end.

    Stretches are whole words where words are spaced, so that joined and right-to-left scripts stay readable. Characters
    that nobody sees are shown by their code, as `⟨U+2060⟩`, and new marks of the same text decomposed as well.
    """
    old, new = _tokens(before), _tokens(after)
    done = 0
    for a, b, c, d in _stretches(old, new):
        gone = "".join(old[a:b])
        yield "".join(old[done:a]), gone, _seen("".join(new[c:d]), gone)
        done = b
    if rest := "".join(old[done:]):
        yield rest, "", ""


def _seen(new: str, old: str) -> str:
    """A stretch with codes for what cannot be told from the old one by eye."""
    same = unicodedata.normalize("NFC", new) == unicodedata.normalize("NFC", old)
    hidden = regex.compile(r"\p{M}|[\u1161-\u11ff]" if same else r"\p{Default_Ignorable_Code_Point}")
    return str(hidden.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", new))


def _stretches(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Where the two differ, as ranges of both; differences one cluster apart are one: a transposition is."""
    found: list[tuple[int, int, int, int]] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        if found and a - found[-1][1] == 1 and not old[a - 1].isspace():
            a, c = found[-1][0], found[-1][2]
            found.pop()
        found.append((a, b, c, d))
    return found


def _tokens(text: str) -> list[str]:
    """Words of spaced scripts whole, other stretches without blanks whole, everything else cluster by cluster."""
    pieces = clusters(text)
    tokens: list[str] = []
    done = 0
    for run in runs(pieces):
        tokens += _between("".join(pieces[done : run.start]))
        word = pieces[run.start : run.end]
        tokens += word if manner_of(run.script).window else ["".join(word)]
        done = run.end
    return tokens + _between("".join(pieces[done:]))


def _between(text: str) -> list[str]:
    return list(regex.findall(r"\s|[^\s]+", text))


def perturbed(
    attack: Attack,
    text: str,
    language: str,
    *,
    severity: float,
    seed: int,
    lexicon: Lexicon | None = None,
    ending: Callable[[str, str], Ending] | None = None,
) -> str:
    """One text after a static attack, with no model about: every edit survives. `ending` is the scene's, where there is a tokenizer.

    Letters are drawn from the text's own. Raises NotApplicable, saying why, for searches, for attacks that need more than
    one text or tagged words, and for what lacks a `lexicon`.
    """
    kind = kind_of("single")
    if attack.perturb is None:
        raise NotApplicable(f"{attack.name} is a search: it needs a model to query", do="Run it inside a transfer.")
    letters = inventory([text])
    scene = Scene(
        _ANY_TEXT, kind, language, seed, severity, ne, inventory=letters, lexicon=lexicon or {}, ending=ending
    )
    row = ClassificationRow(id="text", language=language, source="text", first=text, second=None, label=0)
    (attacked,) = attack_rows(attack, [row], scene)
    return kind.fields(attacked.row, _ANY_TEXT)[0].text


@dataclass(frozen=True)
class _Facts:
    """The facts of no task in particular."""

    name: str = "text"
    labels: tuple[str, ...] = ("any",)
    metric: str = "accuracy"
    options: Mapping[str, Any] = field(default_factory=dict)


_ANY_TEXT = _Facts()
