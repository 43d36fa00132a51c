"""What there is, as rows; and tables of it: `python -m adaptstilts.report.catalogue docs/*.md` renews them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from adaptstilts.attacks import ATTACKS, Attack
from adaptstilts.attacks.text.languages import coded, script_of_language
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.declared import Setting, settings_of
from adaptstilts.config.sections import Config
from adaptstilts.ids import plain
from adaptstilts.kinds import KINDS
from adaptstilts.rows import ID
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.tasks.naming import groups_of

Rows = list[dict[str, Any]]


def tasks(role: str) -> Rows:
    """The tasks of one role: "intermediate", "target" or "challenge"; challenge sets say whose heads they use."""
    return [
        {
            "name": task.name,
            **({"of": ", ".join(task.of)} if role == "challenge" else {}),
            **({"groups": ", ".join(groups_of(task.name))} if role == "intermediate" else {}),
            "kind": task.kind,
            "languages": len(task.languages),
            **_fields(task, "metric", "summary", "licence"),
        }
        for task in TASKS
        if task.role == role
    ]


def groups() -> Rows:
    """The groups of tasks, with the tasks in their order."""
    return [{**_fields(group, "name", "summary", "citation"), "tasks": ", ".join(group.tasks)} for group in GROUPS]


def kinds() -> Rows:
    """The kinds of task, with what a row of each is."""
    return [
        {
            "name": kind.name,
            "summary": kind.summary,
            "columns": ", ".join(column.name for column in kind.described if column.needed),
            "metrics": ", ".join(kind.metrics),
        }
        for kind in KINDS.values()
    ]


def columns(kind: str = "") -> Rows:
    """The columns of a kind's rows, or of every kind's, what all have once: what each holds, and whether it is needed."""
    found = [(each.name, column) for each in KINDS.values() for column in each.described]
    wanted = [(name, column) for name, column in found if kind == name or (not kind and column != ID)]
    return [
        {
            "kind": name,
            "name": column.name,
            "needed": "yes" if column.needed else "no",
            "holds": column.holds,
            "also": ", ".join(column.also),
        }
        for name, column in [*wanted, *([] if kind else [("all", ID)])]
    ]


def attacks() -> Rows:
    """The attacks with the kinds of task and the languages that each is for."""
    return [
        {
            **_fields(attack, "name", "family"),
            "kinds": ", ".join(kinds_of(attack)),
            "languages": languages_of(attack),
            **_fields(attack, "summary", "citation"),
        }
        for attack in ATTACKS
    ]


def compositions(group: str = "") -> Rows:
    """The compositions, or those of one group: "combination", "control" or "baseline"."""
    return [
        {
            **_fields(composition, "name", "group"),
            "tasks": composition.takes,
            "ordered": "yes" if composition.ordered else "no",
            "methods": ", ".join(composition.methods),
            **_fields(composition, "summary", "citation"),
        }
        for composition in COMPOSITIONS
        if group in ("", composition.group)
    ]


def figures() -> Rows:
    """The figures of a report, in order, and what each one takes."""
    from adaptstilts.report.figures import in_order  # figures import what draws them

    return [_fields(figure, "name", "number", "title", "summary", "needs") for figure in in_order()]


def settings() -> Rows:
    """The settings of a config, in order: type, bounds (of a list: of its items), default and meaning of each."""
    return [
        {
            "name": setting.key,
            "type": _type(setting),
            "bounds": str((setting.inner if get_origin(setting.kind) is tuple else setting).bounds),
            "default": "" if setting.default is MISSING or setting.is_section else json.dumps(plain(setting.default)),
            "summary": setting.doc,
        }
        for setting in settings_of(Config)
    ]


def _fields(declared: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(declared, name) for name in names}


def _type(setting: Setting) -> str:
    """A setting's type in words."""
    origin = get_origin(setting.kind)
    if origin is Literal:
        return " or ".join(map(json.dumps, get_args(setting.kind)))
    if origin is tuple:
        return f"list of {_type(setting.inner)}s"
    return {int: "integer", float: "number", bool: "true or false", str: "text"}.get(setting.kind, "section")


def kinds_of(attack: Attack) -> list[str]:
    """The kinds of task that the attack may edit."""
    return [name for name, kind in KINDS.items() if attack.needs & kind.edits]


def languages_of(attack: Attack) -> str:
    """The languages an attack is for, in words: all, all but a few, or those of some scripts."""
    codes = coded()
    without = [code for code in codes if not attack.languages(code)]
    if not without:
        return "all"
    scripts = sorted({script_of_language(code) for code in codes if code not in without})
    return f"all but {', '.join(without)}" if len(without) <= len(scripts) else ", ".join(scripts)


_TASK = {
    "name": "task", "kind": "kind", "languages": "languages", "metric": "metric", "summary": "what it is",
    "licence": "licence",
}  # fmt: skip
_INTERMEDIATE = {
    "name": "task",
    "groups": "groups",
    **{k: v for k, v in _TASK.items() if k not in ("name", "languages")},
}
_GROUP = {"name": "group", "tasks": "tasks", "summary": "what it is", "citation": "source"}
_CHALLENGE = {"name": "set", "of": "through the head of", **{k: v for k, v in _TASK.items() if k != "name"}}
_ATTACK = {
    "name": "attack", "family": "family", "kinds": "kinds of task", "languages": "languages", "summary": "what it does",
    "citation": "source",
}  # fmt: skip
_SETTING = {"name": "setting", "type": "type", "bounds": "bounds", "default": "default", "summary": "what it is"}
_FIGURE = {"name": "figure", "number": "no.", "summary": "what it shows", "needs": "what must have been run"}
_KIND = {
    "name": "kind",
    "summary": "what a row is",
    "columns": "columns that it needs",
    "metrics": "metrics, the usual one first",
}
_COLUMN = {"kind": "kind", "name": "column", "needed": "needed", "holds": "what it holds", "also": "also found under"}
_COMPOSITION = {"name": "composition", "tasks": "tasks", "summary": "what it does", "citation": "source"}


def tables() -> dict[str, str]:
    """Each table in Markdown, by the name that marks its place."""
    return {
        "intermediate tasks": _markdown(_INTERMEDIATE, tasks("intermediate")),
        "groups": _markdown(_GROUP, groups()),
        "targets": _markdown(_TASK, tasks("target")),
        "challenge sets": _markdown(_CHALLENGE, tasks("challenge")),
        "compositions": _markdown(_COMPOSITION, compositions("combination")),
        "controls": _markdown(_COMPOSITION, compositions("control")),
        "baselines": _markdown(_COMPOSITION, compositions("baseline")),
        "kinds": _markdown(_KIND, kinds()),
        "columns": _markdown(_COLUMN, columns()),
        "attacks": _markdown(_ATTACK, attacks()),
        "figures": _markdown(_FIGURE, figures()),
        "settings": _markdown(_SETTING, settings()),
    }


def renew(text: str) -> str:
    """The text with what stands between `<!-- table: NAME -->` and `<!-- end -->` written anew; KeyError for unknown names."""
    made = tables()
    return re.sub(
        r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{made[m[2]]}{m[3]}", text, flags=re.DOTALL
    )


def _markdown(headings: Mapping[str, str], rows: Rows) -> str:
    """The columns named by `headings`, the first as code."""
    first, *others = headings
    cells = [[f"`{row[first]}`", *(str(row[column]) for column in others)] for row in rows]
    lines: list[Sequence[str]] = [list(headings.values()), ["---"] * len(headings), *cells]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    for document in map(Path, sys.argv[1:]):
        document.write_text(renew(document.read_text(encoding="utf-8")), encoding="utf-8")
