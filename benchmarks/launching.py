"""What launching costs beside the work: a step on `inline`, a finished sweep run again, planning many steps.

    python benchmarks/launching.py                 # about two minutes on two cores
    python benchmarks/launching.py --tiny          # shows that it works

overhead    a sweep's steps through `run` on `inline`, wall-clock seconds, less the seconds that the records say the steps took
            (`cost.seconds`: the work of the step), over the number of steps; the first step, which imports torch and opens
            the backbone, apart
finished    the command `adaptstilts sweep` on a sweep that is done, from the start of its process to its end
planned     writing `planned.json` for so many steps
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from adaptstilts.launch import Event, run
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.steps.step import Step, Transfer
from adaptstilts.store.planned import write_planned
from adaptstilts.store.store import Store

OVERHEAD, FINISHED = 0.5, 3.0
"""Goals, in seconds."""

SMALL = (
    *("intermediate.tasks={}", "intermediate.recipe.steps=2", "intermediate.rows=16"),
    *("transfer.tasks={}", "transfer.recipe.steps=2", "transfer.rows=16"),
    *("evaluation.rows=8", "evaluation.languages=[en]", "evaluation.attacks=[swap]", "sweep.replays=[]"),
)


def overhead(store: Path, limit: int) -> dict[str, Any]:
    """Seconds of a step beyond its own work."""
    stamps: list[tuple[str, float]] = []

    def note(event: Event) -> None:
        if event.what in ("planned", "done"):
            stamps.append((event.key, time.perf_counter()))

    run(expand("pocket-k", SMALL), store, limit=limit, events=note)
    found = Store(store)
    beyond = [now - before - found.record(key).cost.seconds for (_, before), (key, now) in itertools.pairwise(stamps)]
    return {"steps": len(beyond), "first": beyond[0], "median": statistics.median(beyond[1:]), "most": max(beyond[1:])}


def finished(store: Path, repeats: int) -> dict[str, Any]:
    """Seconds of the command on a sweep of which every step is done; records stand in for the work."""
    sweep = expand("pocket-k")
    where = Store(store)
    write_planned(sweep.steps, where, sweep.config)
    for step in sweep.steps:
        (where.folder(step.key) / "record.json").write_text("{}")
    command = [sys.executable, "-m", "adaptstilts", "sweep", "pocket-k", "--out", str(store)]
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
        if f"{len(sweep.steps)} before" not in done.stderr:
            raise SystemExit(f"the sweep was not finished: {done.stderr}")
    return {"steps": len(sweep.steps), "seconds": seconds}


def planned(store: Path, count: int) -> dict[str, Any]:
    """Seconds to write the plans of so many steps."""
    sweep = expand("pocket-k", SMALL)
    transfer = next(step for step in sweep.steps if isinstance(step, Transfer) and step.recipe.steps)
    steps: Sequence[Step] = [dataclasses.replace(transfer, seed=seed) for seed in range(count)]
    began = time.perf_counter()
    write_planned(steps, Store(store), sweep.config)
    return {"steps": count, "seconds": time.perf_counter() - began}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="few steps, once")
    parser.add_argument("--steps", type=int, default=60, help="steps that the overhead is measured over (default 60)")
    parser.add_argument("--planned", type=int, default=10_000, help="steps whose plans are written (default 10000)")
    parser.add_argument("--repeats", type=int, default=5, help="times that the finished sweep is run (default 5)")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for launching.json (default: this one)")
    given = parser.parse_args()
    steps, plans, repeats = (4, 50, 1) if given.tiny else (given.steps, given.planned, given.repeats)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found = {
            "setting": {"cores": os.cpu_count(), "load": os.getloadavg()[0], "torch": version("torch")},
            "planned": planned(root / "plans", plans),
            "finished": finished(root / "finished", repeats),
            "overhead": overhead(root / "overhead", steps),
        }
    _print(found)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "launching.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _print(found: dict[str, Any]) -> None:
    beyond, again, plans = found["overhead"], found["finished"], found["planned"]
    print(f"cores {found['setting']['cores']}, load {found['setting']['load']:.1f}, torch {found['setting']['torch']}")
    print(f"planned   {plans['steps']} plans written in {plans['seconds']:.2f} s")
    slowest = max(again["seconds"])
    print(
        f"finished  {again['steps']} steps: median {statistics.median(again['seconds']):.2f} s, most {slowest:.2f} s (goal: {FINISHED} s)"
    )
    said = f"median {beyond['median']:.3f} s, most {beyond['most']:.3f} s (goal: {OVERHEAD} s); the first {beyond['first']:.1f} s"
    print(f"overhead  of {beyond['steps']} steps: {said}")


if __name__ == "__main__":
    main()
