"""Run: a sweep or any steps, a store and an engine; what is done is not done again, failures do not stop the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts.config.load import Config
from adaptstilts.errors import InputError
from adaptstilts.launch.engines import engine_named
from adaptstilts.launch.front import Event, Events, Front, Outcome
from adaptstilts.launch.job import Job
from adaptstilts.plan.cell import pending
from adaptstilts.plan.sweeps.expansion import Sweep
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.plan.sweeps.selection import select
from adaptstilts.steps.step import Step
from adaptstilts.store.manifest import write_manifest
from adaptstilts.store.planned import write_planned
from adaptstilts.store.store import Store, last_line
from adaptstilts.work.encoder_check import check_encoder
from adaptstilts.zoo.zoo import Zoo, Zoos, open_zoos, zoos

if TYPE_CHECKING:
    from adaptstilts.progress import Progress


def run(
    steps: Sweep | Sequence[Step],
    store: Store | Path | str = "runs",
    config: Config | None = None,
    *,
    engine: str = "inline",
    options: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    limit: int | None = None,
    retry: bool = False,
    events: Events | None = None,
    zoo: Zoo | Zoos | None = None,
    progress: Progress | None = None,
    apart: bool = False,
) -> Outcome:
    """Do what is left of a sweep, or of `steps` of one `config`, and of all that they need; return how it went.

        from adaptstilts import expand, load_records, run

        outcome = run(expand("pocket-k"), "runs", limit=20, events=print)
        outcome.failed            # {} if all went well
        load_records("runs")

    Done steps are not done again, and steps that failed in an earlier run stay failed unless `retry`. A step that fails does
    not stop the others; those that build on it are skipped. Before anything starts, the sweep's manifest is written, and
    the `planned.json` of each step, chosen now or not, so that `adaptstilts work --store STORE --key KEY` can do it anywhere.
    Several runs may share a store: each step is done once.

    `engine` is `inline`, `processes`, `ray`, `slurm` or a YAML file of settings; `options` are laid over those settings.
    `only` chooses steps as in `select`, `limit` bounds how many are done. `events` is called with every Event in the order in
    which things happen, by one thread at a time. `zoo` holds the adapters that steps take by their digests (None: the zoo that
    travels with the package, then the user's own). `progress` watches inside a step, and `apart` has saved transfers read again
    in a fresh process, both with `inline` only.

    Raises Interrupted when stopped by SIGINT or SIGTERM (checkpoints are kept), EnvironmentProblem when the machine is in the
    way, UnknownName, InputError and ConfigError for an engine, options or a choice that do not exist; what `check_encoder` raises.
    """
    where = store if isinstance(store, Store) else Store(Path(store))
    tell = events or (lambda event: None)
    module, settings = engine_named(engine, options)
    asked, found_config = _asked(steps, config)
    wanted = select(asked, only)
    todo = pending(wanted, where)
    earlier = {} if retry else {step.key: why for step in todo if (why := where.error(step.key))}
    front, left = _front(todo, earlier, limit, tell)
    before = len({step.key for step in wanted} - {step.key for step in todo})
    tell(Event("planned", total=len(front.steps), before=before))
    for key, why in earlier.items():
        front.failed(key, f"{last_line(why)} (in an earlier run; --retry tries again)")
    if front.open:
        check_encoder(list(front.steps.values()), found_config)
    if isinstance(steps, Sweep):
        write_manifest(manifest(steps), where)
    write_planned((step for step in asked if not where.described(step.key)), where, found_config)
    if now := [front.steps[key] for key in front.open]:
        write_planned(now, where, found_config)
        for step in now:
            where.forgive(step.key)
        job = Job(where, found_config, open_zoos(zoo.roots) if zoo is not None else zoos(where.root), progress, apart)
        module.launch(front, job, settings)
    found = front.outcome()
    tell(Event("ended"))
    return dataclasses.replace(found, before=before, left=(*found.left, *left))


def _asked(steps: Sweep | Sequence[Step], config: Config | None) -> tuple[tuple[Step, ...], Config]:
    if isinstance(steps, Sweep):
        return steps.steps, steps.config
    if config is None:
        raise InputError("steps are run with the config that they were planned with", where="config")
    return tuple(steps), config


def _front(
    todo: Sequence[Step], earlier: Mapping[str, str], limit: int | None, tell: Events
) -> tuple[Front, tuple[str, ...]]:
    """The steps of this run, with those that cannot be for an earlier failure, and the keys that the limit leaves for later."""
    blocked = set(earlier)
    for step in todo:  # each stands after what it needs
        if any(need.key in blocked for need in step.needs):
            blocked.add(step.key)
    can = [step.key for step in todo if step.key not in blocked]
    here = {*can[:limit], *blocked}
    front = Front([step for step in todo if step.key in here], tell)
    return front, tuple(key for key in can if key not in here)
