"""The README's tables, written from the registries: `python -m adaptstilts.report.catalogue README.md` renews them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from adaptstilts.attacks import ATTACKS
from adaptstilts.attacks.running import applies
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.kinds import KINDS
from adaptstilts.tasks import TASKS


def tables() -> dict[str, str]:
    """Each table in Markdown, by the name that marks its place."""
    return {
        "intermediate tasks": _tasks("intermediate"),
        "targets": _tasks("target"),
        "compositions": _markdown(
            ("composition", "tasks", "what it does", "source"),
            [(f"`{c.name}`", c.takes, c.summary, c.citation) for c in COMPOSITIONS],
        ),
        "attacks": _markdown(
            ("attack", "family", "kinds of task", "what it does", "source"),
            [
                (
                    f"`{a.name}`",
                    a.family,
                    ", ".join(k for k, kind in KINDS.items() if not applies(a, kind, "en")),
                    a.summary,
                    a.citation,
                )
                for a in ATTACKS
            ],
        ),
    }


def renew(text: str) -> str:
    """The text with what stands between `<!-- table: NAME -->` and `<!-- end -->` written anew; KeyError for unknown names."""
    made = tables()
    return re.sub(
        r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{made[m[2]]}{m[3]}", text, flags=re.DOTALL
    )


def _tasks(role: str) -> str:
    return _markdown(
        ("task", "kind", "languages", "metric", "what it is", "licence"),
        [
            (f"`{t.name}`", t.kind, str(len(t.languages)), t.metric, t.summary, t.licence)
            for t in TASKS
            if t.role == role
        ],
    )


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(renew(readme.read_text(encoding="utf-8")), encoding="utf-8")
