"""Tables for a paper: a grid as LaTeX with booktabs' rules, every letter of data escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from adaptstilts.files import write_whole
from adaptstilts.report.overview.grids import Grid

ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "→": r"$\rightarrow$", "×": r"$\times$", "±": r"$\pm$", "·": r"$\cdot$", "…": r"\dots{}", "−": "$-$",
    "\n": " ", "\r": " ",
}  # fmt: skip
"""LaTeX's own letters (`\\textquotedbl` needs fontenc T1), and the few beyond ASCII that these tables use."""

_NUMBER = re.compile(r"^[-+]\d")


def escape(text: str) -> str:
    """Text that LaTeX sets as it stands."""
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def tabular(grid: Grid, without: Sequence[str] = ()) -> str:
    """The grid as a `table` float; columns headed by one of `without` are left out, and signed numbers are set in maths."""
    kept = [place for place, heading in enumerate(grid.headings) if heading not in without]
    columns = "".join("l" if place in grid.words else "r" for place in kept)
    head = " & ".join(escape(grid.headings[place]) for place in kept)
    body = [" & ".join(_cell(line.cells[place].text) for place in kept) + r" \\" for line in grid.lines]
    return "\n".join([
        f"% {grid.title}; needs \\usepackage{{booktabs}}",
        r"\begin{table}",
        r"\centering",
        f"\\caption{{{escape(grid.caption)}}}",
        f"\\label{{tab:{grid.name}}}",
        f"\\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        f"{head} \\\\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ])  # fmt: skip


def save_tabular(grid: Grid, folder: Path, without: Sequence[str] = ()) -> Path:
    """Write `NAME.tex` into `folder`, whole or not at all, and return its path."""
    return write_whole(folder / f"{grid.name}.tex", tabular(grid, without))


def _cell(text: str) -> str:
    return f"${escape(text)}$" if _NUMBER.match(text) else escape(text)
