"""Run: steps, a store and an engine; what is done is not done again, and failures do not stop the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptstilts.experiments.config import Config
from adaptstilts.experiments.plan import pending
from adaptstilts.experiments.planned import write_planned
from adaptstilts.experiments.steps import Step
from adaptstilts.experiments.store import Store
from adaptstilts.experiments.zoo import Zoo, shipped_zoo
from adaptstilts.launch.engines import engine_named
from adaptstilts.launch.front import Event, Events, Front, Outcome
from adaptstilts.launch.job import Job

if TYPE_CHECKING:
    from adaptstilts.training import Progress


def run(
    steps: Sequence[Step],
    store: Store,
    config: Config,
    *,
    engine: str = "inline",
    options: Mapping[str, Any] | None = None,
    events: Events | None = None,
    retry: bool = False,
    limit: int | None = None,
    zoo: Zoo | None = None,
    progress: Progress | None = None,
    apart: bool = False,
) -> Outcome:
    """Do what is left of `steps`, and of all that they need, on an engine; return how it went.

    Done steps are not done again, and steps that failed in an earlier run stay failed unless `retry`. A step that fails
    does not stop the others; those that build on it are skipped. Before anything starts, each step's `planned.json` is
    written, so that `adaptstilts work --store STORE --key KEY` can do it anywhere. Several runs may share a store: each step
    is done once.

        cell = plan.cell(config, Request("fuse", ("mnli", "squad"), "pawsx"), shipped_zoo())
        outcome = run(cell.steps, Store(Path("runs")), config, events=print)
        outcome.failed   # {} if all went well

    `engine` is `inline`, `processes`, `ray`, `slurm` or a YAML file of settings, `options` are laid over those settings;
    `events` is called with every Event, in the order in which things happen, possibly from another thread; `limit` bounds the number of steps; `zoo` holds the adapters
    that steps take by their digests (default: those that travel with the package). `progress` watches inside a step and
    `apart` has saved transfers read again in a fresh process, both with `inline` only.

    Raises Interrupted when stopped by SIGINT or SIGTERM (what was trained so far is kept as checkpoints), EnvironmentProblem
    when the machine is in the way, UnknownName and ConfigError for an engine or options that do not exist.
    """
    tell = events or (lambda event: None)
    module, settings = engine_named(engine, options)
    todo = pending(steps, store)
    earlier = {} if retry else {step.key: why for step in todo if (why := store.error(step.key))}
    front, left = _front(todo, earlier, limit, tell)
    before = len({step.key for step in steps} - {step.key for step in todo})
    tell(Event("planned", total=len(front.open), before=before))
    if front.open:
        open_steps = [front.steps[key] for key in front.open]
        if retry:
            for step in open_steps:
                store.forgive(step.key)
        write_planned(open_steps, store, config)
        module.launch(front, Job(store, config, zoo or shipped_zoo(), progress, apart), settings)
    found = front.outcome()
    return dataclasses.replace(found, before=before, left=(*found.left, *left))


def _front(
    todo: Sequence[Step], earlier: Mapping[str, str], limit: int | None, tell: Events
) -> tuple[Front, tuple[str, ...]]:
    """The steps to run, those that failed in an earlier run told as such, and the keys that the limit leaves for later."""
    blocked = set(earlier)
    for step in todo:  # each stands after what it needs
        if any(need.key in blocked for need in step.needs):
            blocked.add(step.key)
    can = [step for step in todo if step.key not in blocked]
    now = {step.key for step in can[:limit]}
    front = Front([step for step in todo if step.key in now | blocked], tell)
    for key, why in earlier.items():
        front.failed(key, f"{_last_line(why)} (in an earlier run; --retry tries again)")
    return front, tuple(step.key for step in can if step.key not in now)


def _last_line(text: str) -> str:
    """The last line of a traceback that says what was wrong."""
    lines = [line for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(" ")]
    return (told or lines or ["failed"])[-1].strip()
