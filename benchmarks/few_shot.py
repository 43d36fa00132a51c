"""What intermediate adapters give when English target data are scarce: `none` against `single`, `stack` and `fuse`, over seeds.

    python benchmarks/few_shot.py                       # paraphrase, 500 English examples, five seeds
    python benchmarks/few_shot.py --target xnli --tasks mnli,squad,hellaswag

Prints a table (mean over seeds, in per cent, with the standard deviation) and writes the same as JSON. Finished cells are kept in the
store, so that a second run only prints.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.report.cell.table import table
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo


def arms(tasks: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The compositions compared: no adapter, each task alone, all stacked, all fused."""
    return [("none", ()), *(("single", (task,)) for task in tasks), ("stack", tasks), ("fuse", tasks)]


def measure(
    target: str, tasks: tuple[str, ...], rows: int, steps: int, rate: float, seeds: int, store: Store
) -> list[dict[str, object]]:
    """Clean accuracy in English and abroad for every arm and seed."""
    training = f"transfer.tasks.{target}={{rows: {rows}, steps: {steps}, rate: {rate}}}"
    config = load_config("pocket", [training, "evaluation.attacks=[]"])
    zoo = shipped_zoo()
    session = Session(config, store, zoo)
    lines: list[dict[str, object]] = []
    for composition, chosen in arms(tasks):
        scores = []
        for seed in range(seeds):
            todo = cell(config, Request(composition, chosen, target, seed=seed), zoo)
            for step in pending(todo.steps, store):
                work(step, session)
            shown = table(store.transfer(todo.transfer.key), [store.score(step.key) for step in todo.scores])
            scores.append((shown.scores[shown.source]["clean"], shown.mean["clean"]))
            print(
                f"{composition}({','.join(chosen)}) seed {seed}: en {scores[-1][0]:.3f}, abroad {scores[-1][1]:.3f}",
                file=sys.stderr,
            )
        english, abroad = ([100 * s[i] for s in scores] for i in (0, 1))
        lines.append({"composition": composition, "tasks": list(chosen), "english": english, "abroad": abroad})
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="pawsx")
    parser.add_argument("--tasks", default="squad,mnli,hellaswag")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("runs/few_shot"))
    given = parser.parse_args()
    lines = measure(
        given.target, tuple(given.tasks.split(",")), given.rows, given.steps, given.rate, given.seeds, Store(given.out)
    )
    print(f"{given.target}, {given.rows} English examples, {given.steps} steps, {given.seeds} seeds; mean (sd), %")
    print(f"{'arm':34} {'English':>14} {'other languages':>18}")
    for line in lines:
        name = f"{line['composition']}({', '.join(line['tasks'])})"
        cells = [
            f"{statistics.fmean(line[k]):.1f} ({statistics.stdev(line[k]) if given.seeds > 1 else 0:.1f})"
            for k in ("english", "abroad")
        ]
        print(f"{name:34} {cells[0]:>14} {cells[1]:>18}")
    (given.out / f"{given.target}_{given.rows}.json").write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
