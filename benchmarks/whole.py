"""Whole commands against an earlier build: a sweep's cell on human languages, hellaswag's memory, the pocket lab's main job.

    python benchmarks/whole.py --before DIR --data ROWS           # a checkout of the earlier build; rows in the Hub's layout
    python benchmarks/whole.py --before DIR --case pocket         # one of cell, hellaswag, pocket

Both builds run the same command on the same config in processes of their own, each in a store of its own. `cell` is a cell of
`random` with k = 3 (what `fuse` costs, and no adapter is trained first) under xnli on `e5-small`, six upper layers, by what its
records say that its steps took: 500 steps of 16 rows (4,000 rows, twice), then 200 rows in each of six languages, clean and under
four static attacks. The earlier build keeps nothing between cells and makes it alone; this one makes it last of a sweep of four, with
what cells before it left in the store (frozen lowest layers, encodings). `hellaswag` trains all twelve layers for eight steps of 16
questions, four endings each, of at most 192 tokens. `pocket` is the README's first command in an empty store. Seconds are the wall's,
and of whole commands the processor's too (beside other work the ratio of these is the one to read); memory is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
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
evaluation: {{rows: 200, attacks: [swap, drop, distract, case], severity: 0.1, languages: [en, de, hi, sw, th, zh]}}
sweep: {{pool: [mnli], k: [0], controls: {{compositions: [random], k: [3]}}, seeds: [0, 1], targets: [xnli]}}
"""


ON_ROWS = ("--config", "whole.yaml", "--data", "{data}")


@dataclass(frozen=True)
class Case:
    """The commands of both builds, the config's sizes, and what is wanted: times faster, share of memory.

    Seconds of a `cell` are those of the last transfer and its scores, by their records.
    """

    before: Sequence[str]
    now: Sequence[str]
    length: int = 128
    steps: int = 500
    drop: int = 6
    cell: bool = False
    faster: float | None = None
    memory: float | None = None


RANDOM = ("random", "--target", "xnli", "--times", "3", *ON_ROWS)
HELLASWAG = ("train", "hellaswag", "--retrain", "--set", "intermediate.rows=128", *ON_ROWS)
POCKET = ("fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx")
CASES = {
    "cell": Case(RANDOM, ("sweep", "whole.yaml", *ON_ROWS[2:]), cell=True, faster=3.0),
    "hellaswag": Case(HELLASWAG, HELLASWAG, length=192, steps=8, drop=0, memory=0.4),
    "pocket": Case(POCKET, POCKET, faster=1.0),
}


class Spent(NamedTuple):
    """What one command took: seconds by the wall and of the processor, bytes at the peak."""

    wall: float
    processor: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="a checkout of an earlier build")
    parser.add_argument("--data", type=Path, help="rows in the Hub's layout (all but `pocket` need them)")
    parser.add_argument("--case", choices=tuple(CASES), action="append", help="may be repeated (default: all)")
    parser.add_argument("--out", type=Path, help="folder for the JSON file")
    given = parser.parse_args()
    found = {name: _measured(name, given) for name in given.case or CASES}
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "whole.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _measured(name: str, given: argparse.Namespace) -> dict[str, Spent]:
    """What either build took; prints it and the ratios."""
    case, spent = CASES[name], {}
    for arm, root, command in (("before", given.before, case.before), ("now", HERE, case.now)):
        with tempfile.TemporaryDirectory() as folder:
            spent[arm] = _run(case, command, given.data and given.data.resolve(), root, Path(folder))
        took = spent[arm]
        print(
            f"{name:10} {arm:7} {took.wall:7.1f} s, processor {took.processor:7.1f} s, {took.memory / 1e9:5.2f} GB",
            flush=True,
        )
    before, now = spent["before"], spent["now"]
    line = f"{name:10} {before.wall / now.wall:.2f} x as fast, {now.memory / before.memory:.2f} x the memory"
    line += "" if case.cell else f", by processor {before.processor / now.processor:.2f} x as fast"
    line += f"; goal {case.faster} x as fast" if case.faster else ""
    line += f"; goal {case.memory} x the memory" if case.memory else ""
    print(line, flush=True)
    return spent


def _run(case: Case, command: Sequence[str], data: Path, root: Path, folder: Path) -> Spent:
    """Run a command with the build at `root`, in an empty folder."""
    from adaptstilts.models.packaged.backbones import PACKAGED

    backbone = PACKAGED["e5-small"].make()  # an earlier build knows the folder only
    config = CONFIG.format(backbone=backbone, length=case.length, steps=case.steps, drop=case.drop)
    (folder / "whole.yaml").write_text(config, encoding="utf-8")
    told = [word.format(data=data) for word in command]
    whole = [sys.executable, "-m", "adaptstilts", *told, "--out", "store", "--quiet"]
    began = time.perf_counter()
    process = subprocess.Popen(
        whole, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL, cwd=folder
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{root}: {' '.join(whole)} ended with {os.waitstatus_to_exitcode(status)}")
    wall = _last_cell(folder / "store") if case.cell else time.perf_counter() - began
    return Spent(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def _last_cell(store: Path) -> float:
    """Seconds of the transfer that was finished last, and of its scores."""
    files = sorted(store.glob("steps/*/record.json"), key=lambda path: path.stat().st_mtime)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    last = [record["key"] for record in records if record["step"] == "transfer"][-1]
    mine = [record for record in records if last in (record["key"], *record["upstream"])]
    return float(sum(record["cost"]["seconds"] for record in mine))


if __name__ == "__main__":
    main()
