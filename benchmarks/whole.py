"""Whole commands against an earlier build: a sweep's cell on human languages, hellaswag's memory, the pocket lab's main job.

    python benchmarks/whole.py --before DIR --data DIR            # DIR: a checkout of the earlier build; rows in the Hub's layout
    python benchmarks/whole.py --before DIR --case pocket         # one of cell, hellaswag, pocket

Both builds run the same command on the same config in processes of their own, in turns, each in a store of its own. `cell` is the
second seed of `random` with k = 3 under xnli on `e5-small`, six upper layers: 500 steps of 16 rows (4,000 rows, twice), then 200
rows in each of six languages, clean and under four static attacks; what the first seed left in the store (frozen lowest layers,
encodings) is there, as in a sweep from its second cell on. `hellaswag` trains all twelve layers for eight steps of
16 questions, four endings each, of at most 192 tokens.
`pocket` is the README's first command in an empty store. Seconds are the
wall's, from start to exit, and the processor's (beside other work the ratio of these is the one to read); memory is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent.parent
CONFIG = """
name: whole
summary: the benchmark's
backbone: {{name: {backbone}}}
data: {{source: hub}}
adapter: {{architecture: seq_bn, reduction: 16, drop: {drop}}}
limits: {{max_length: {length}}}
intermediate: {{recipe: {{steps: {steps}, rate: 2.0e-3, batch: 16}}}}
transfer: {{recipe: {{steps: {steps}, rate: 3.0e-3, fusion_rate: 1.0e-3, batch: 16}}}}
evaluation: {{rows: {rows}, attacks: [swap, drop, distract, case], severity: 0.1}}
"""
LANGUAGES = "en,de,hi,sw,th,zh"


@dataclass(frozen=True)
class Case:
    """A command (and one before it that is not measured), the config's sizes, and what is wanted: times faster, share of memory."""

    command: Sequence[str]
    warm: Sequence[str] = ()
    length: int = 128
    steps: int = 500
    rows: int = 200
    drop: int = 6
    faster: float | None = None
    memory: float | None = None


class Spent(NamedTuple):
    """What one command took: seconds by the wall and of the processor, bytes at the peak."""

    wall: float
    processor: float
    memory: int


def cell(seed: int) -> tuple[str, ...]:
    """The cell of that seed."""
    return ("random", "--target", "xnli", "--times", "3", "--langs", LANGUAGES, "--seed", str(seed))


CASES = {
    "cell": Case(cell(1), cell(0), faster=3.0),
    "hellaswag": Case(
        ("train", "hellaswag", "--retrain", "--limit", "128"), length=192, steps=8, rows=16, drop=0, memory=0.4
    ),
    "pocket": Case(("fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx"), faster=1.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="a checkout of an earlier build")
    parser.add_argument("--data", type=Path, help="rows in the Hub's layout (all but `pocket` need them)")
    parser.add_argument("--case", choices=tuple(CASES), action="append", help="may be repeated (default: all)")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the JSON file")
    given = parser.parse_args()
    found = {name: _measured(name, given) for name in given.case or CASES}
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "whole.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _measured(name: str, given: argparse.Namespace) -> dict[str, list[Spent]]:
    """Seconds and bytes of either build in each turn; prints them and their ratios."""
    case = CASES[name]
    spent: dict[str, list[Spent]] = {"before": [], "now": []}
    for turn in range(given.repeats):
        for arm in ("before", "now") if turn % 2 == 0 else ("now", "before"):
            with tempfile.TemporaryDirectory() as folder:
                run = _command(name, given, arm, Path(folder))
                if case.warm:
                    run(case.warm)
                spent[arm].append(run(case.command))
            wall, processor, memory = spent[arm][-1]
            print(f"{name:10} {arm:7} {wall:7.1f} s, processor {processor:7.1f} s {memory / 1e9:6.2f} GB", flush=True)
    turns = list(zip(spent["before"], spent["now"], strict=True))
    wall, processor = (statistics.median(before[i] / now[i] for before, now in turns) for i in (0, 1))
    share = statistics.median(now.memory / before.memory for before, now in turns)
    wanted = (f", goal {case.faster} x" if case.faster else "") + (
        f", memory's goal {case.memory} x" if case.memory else ""
    )
    print(
        f"{name:10} {wall:.2f} x as fast, by processor {processor:.2f} x, {share:.2f} x the memory{wanted}", flush=True
    )
    return spent


def _command(name: str, given: argparse.Namespace, arm: str, folder: Path) -> Callable[[Sequence[str]], Spent]:
    """What runs a command of that build in that folder, and tells its seconds and its peak memory in bytes."""
    case, root = CASES[name], given.before if arm == "before" else HERE
    settings: tuple[str, ...] = ()
    if name != "pocket":
        from adaptstilts.models.packaged.backbones import PACKAGED

        backbone = PACKAGED["e5-small"].make()  # an earlier build knows the folder only
        config = CONFIG.format(backbone=backbone, length=case.length, steps=case.steps, rows=case.rows, drop=case.drop)
        (folder / "whole.yaml").write_text(config, encoding="utf-8")
        settings = ("--config", str(folder / "whole.yaml"), "--data", str(given.data))
    alone = {**os.environ, "PYTHONPATH": str(root)}

    def run(command: Sequence[str]) -> Spent:
        whole = (sys.executable, "-m", "adaptstilts", *command, *settings, "--out", str(folder / "store"), "--quiet")
        began = time.perf_counter()
        process = subprocess.Popen(whole, env=alone, stdout=subprocess.DEVNULL, cwd=folder)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{arm}: {' '.join(whole)} ended with {os.waitstatus_to_exitcode(status)}")
        return Spent(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)

    return run


if __name__ == "__main__":
    main()
