"""Planned steps on disk: `planned.json` in a step's folder says all that is needed to do it alone, on any machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts import ids
from adaptstilts.bounds import read_bytes
from adaptstilts.config.build import build
from adaptstilts.config.sections import Config
from adaptstilts.errors import CorruptArtefact, UnknownName
from adaptstilts.files import writing
from adaptstilts.ids import is_key
from adaptstilts.steps.spec import described, rebuilt
from adaptstilts.steps.step import Step
from adaptstilts.store.runs import step_of
from adaptstilts.store.store import PLANNED, Store

if TYPE_CHECKING:
    from adaptstilts.store.records.outline import PlannedStep

SCHEMA = 1


def write_planned(steps: Iterable[Step], store: Store, config: Config) -> None:
    """Write `steps/<key>/planned.json` for each step: spec, title, upstream keys and the config's settings.

    A reader sees the old file or the whole new one. Nothing waits for the disk: what a crash of the machine loses, the
    next run of the same command writes again. Raises EnvironmentProblem where the disk says no.
    """
    settings = _json(ids.plain(config)).replace("\n", "\n ")  # the same in every file, so it is spelt once
    scratch = store.steps / f".planned.{os.getpid()}"
    with writing(store.steps):
        store.steps.mkdir(parents=True, exist_ok=True)
        for step in steps:
            head = _json({"schema": SCHEMA, **described(step)})[:-2]
            text = f'{head},\n "settings": {settings}\n}}\n'
            folder = store.folder(step.key)
            folder.mkdir(exist_ok=True)
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(folder / PLANNED)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def read_planned(store: Store, key: str) -> tuple[Step, Config]:
    """The step with this key, with everything it needs, and the config it was planned with.

    Raises UnknownName for a key that nothing planned, CorruptArtefact for a file that does not read back or was made by
    another version.
    """
    plan = _read(store.folder(key) / PLANNED)
    if plan is None:
        known = [path.parent.name for path in store.steps.glob(f"*/{PLANNED}")] if store.steps.is_dir() else []
        do = "`adaptstilts sweep` plans steps before it does them."
        raise UnknownName("planned step", key, known, where=str(store.root), do=do)
    return _step(store, key, {}), build(Config, plan.settings, f"step {key}")


def _step(store: Store, key: str, found: dict[str, Step]) -> Step:
    """The step behind a plan, or behind a record where a done step was planned by no run."""
    if key not in found:
        if not is_key(key):
            raise CorruptArtefact(f"{key[:40]!r} is no key of a step", where=str(store.root), do="Run the sweep again.")
        plan = _read(store.folder(key) / PLANNED)
        if plan is None:
            found[key] = step_of(store, key)
        else:
            found[key] = rebuilt(plan.spec, lambda need: _step(store, need, found), key)
    return found[key]


def _read(path: Path) -> PlannedStep | None:
    from adaptstilts.store.records.outline import read_planned_step

    try:
        plan = read_planned_step(read_bytes(path))
        if plan.key != path.parent.name:
            raise ValueError("it is another step's")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        do = "Run the sweep again: it writes the file anew."
        raise CorruptArtefact(f"not a readable plan of a step ({error})", where=str(path), do=do) from error
    return plan
