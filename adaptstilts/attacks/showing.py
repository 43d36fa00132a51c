"""Before and after of an attack in plain text, the edit marked."""

from __future__ import annotations

import difflib

import regex

from adaptstilts.attacks.graphemes import clusters, runs
from adaptstilts.attacks.scripts import manner_of


def marked(before: str, after: str) -> str:
    """The text after an edit, each changed stretch as `[old→new]`, `[+new]` where some came, `[-old]` where it went.

    Stretches are whole words where words are spaced, so that joined and right-to-left scripts stay readable.
    """
    old, new = _tokens(before), _tokens(after)
    parts: list[str] = []
    done = 0
    for a, b, c, d in _stretches(old, new):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        parts += "".join(old[done:a]), f"[{gone}→{come}]" if gone and come else f"[-{gone}]" if gone else f"[+{come}]"
        done = b
    return "".join([*parts, *old[done:]])


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
