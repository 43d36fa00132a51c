"""Specifications: what decides a step's numbers as JSON, as plans and records hold it, and the step read back from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact
from adaptstilts.settings import AdapterSettings, Limits, Recipe
from adaptstilts.steps.key import differences
from adaptstilts.steps.step import Lesson, Score, Shelved, Step, TrainAdapter, Transfer


def spec(step: Step) -> dict[str, Any]:
    """What decides the step's numbers, as JSON: its kind, its fields that differ from their defaults, upstream keys."""
    return {"step": step.kind, **differences(step)}


def described(step: Step) -> dict[str, Any]:
    """What its plan and its record both say of a step: key, kind, title, spec and the keys of what it needs."""
    needs = [need.key for need in step.needs]
    return {"key": step.key, "step": step.kind, "title": step.title, "spec": spec(step), "upstream": needs}


def rebuilt(spec: Mapping[str, Any], find: Callable[[str], Step], key: str | None) -> Step:
    """The step that a record's spec tells of; `find` gives the steps it names by key.

    CorruptArtefact if it is not the step with this key (None: whatever key it has): another version of the package spelt it
    otherwise.
    """
    shapes: dict[str, Callable[[Any], Any]] = {
        "shape": lambda value: AdapterSettings(**value),
        "recipe": lambda value: Recipe(**value),
        "limits": lambda value: Limits(**value),
        "more": lambda value: tuple(Lesson(**{**lesson, "data": ids.canonical(lesson["data"])}) for lesson in value),
        "adapters": lambda value: tuple(find(a) if isinstance(a, str) else Shelved(**a) for a in value),
        **dict.fromkeys(("transfer", "clean", "texts", "start"), find),
    }
    try:
        cls = next(cls for cls in (TrainAdapter, Transfer, Score) if cls.kind == spec["step"])
        given = {name: shapes.get(name, _plain)(value) for name, value in spec.items() if name != "step"}
        known = {f.name for f in dataclasses.fields(cls)}
        blank = {name: cls_() for name, cls_ in (("shape", AdapterSettings), ("limits", Limits)) if name in known}
        empty = {"adapters": ()} if cls is Transfer else {}
        step: Step = cls(**{**blank, **empty, **given})
        spelt = step.key
    except (TypeError, KeyError, ValueError, StopIteration) as error:
        where = f"step {key or spec.get('step')}"
        raise CorruptArtefact(f"no step can be made of this record ({error})", where=where) from error
    if key is not None and spelt != key:
        do = "Use the version of adaptstilts that made it, or run the transfer again."
        raise CorruptArtefact("the record was made by another version: its key reads otherwise", where=key, do=do)
    return step


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return ids.canonical(value)
    return tuple(value) if isinstance(value, list) else value
