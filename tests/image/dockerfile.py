"""A Dockerfile read as instructions, and the files that a build's context holds under a .dockerignore."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals and what follows it, line ends taken out."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The exec form's words; those between blanks otherwise."""
        return json.loads(self.text) if self.text.startswith("[") else self.text.split()


def read(path: Path) -> list[Instruction]:
    """The instructions of a file in order (docs.docker.com, Dockerfile reference: comments, continuation lines)."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n", " ", "\n".join(lines))
    found = [line.strip().split(None, 1) for line in joined.splitlines() if line.strip()]
    return [Instruction(parts[0].upper(), parts[1].strip()) for parts in found]


def filled(text: str, values: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` filled in, as in FROM, COPY, ENV, USER and WORKDIR."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values.get(found[1] or found[2], ""), text)


def assignments(text: str) -> dict[str, str]:
    """What ENV and ARG set: `A=1 B=2`; a name without a value is given the empty one."""
    return dict(part.partition("=")[::2] for part in text.split())


def context(root: Path) -> list[Path]:
    """The files below `root` that a build may copy: the last fitting line of .dockerignore decides, `!` lets in again."""
    lines = [line.strip() for line in (root / ".dockerignore").read_text().splitlines()]
    rules = [(line.lstrip("!").strip("/"), line.startswith("!")) for line in lines if line and not line.startswith("#")]
    tops = [path for path in sorted(root.iterdir()) if path.name not in (".git", ".venv")]
    files = [file for top in tops for file in ([top] if top.is_file() else sorted(top.rglob("*"))) if file.is_file()]
    return [file for file in files if _let_in(file.relative_to(root).as_posix(), rules)]


def _let_in(path: str, rules: list[tuple[str, bool]]) -> bool:
    parts = path.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    kept = True
    for pattern, again in rules:
        anywhere = pattern.removeprefix("**/")
        names = above + (parts if anywhere != pattern else [])
        if pattern == "**" or any(fnmatchcase(name, anywhere) for name in names):
            kept = again
    return kept
