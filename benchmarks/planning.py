"""Planning ten thousand steps: expansion, keys, and the manifest, in a process of its own each time.

    python benchmarks/planning.py
    python benchmarks/planning.py --config pocket-k --repeats 3

The goal is less than 2 s for 10,000 steps, from a config's name to all keys.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
GOAL = 2.0

MEASURED = """
import json, sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from adaptstilts.store.store import Store
began, busy = time.perf_counter(), time.process_time()
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.store.manifest import write_manifest
imported = time.perf_counter()
sweep = expand(sys.argv[1], sys.argv[2:])
cells = time.perf_counter()
steps = len(sweep.steps)
keys, spent = time.perf_counter(), time.process_time()
with TemporaryDirectory() as folder:
    size = write_manifest(manifest(sweep), Store(Path(folder))).stat().st_size
written = time.perf_counter()
assert "torch" not in sys.modules
print(json.dumps({"cells": len(sweep.cells), "steps": steps, "import": imported - began, "expand": cells - imported,
                  "keys": keys - cells, "plan": keys - imported, "cpu": spent - busy, "manifest": written - keys, "bytes": size}))
"""


def measure(config: str, settings: list[str]) -> dict[str, float]:
    """One process: seconds by phase, cells and steps."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", MEASURED, config, *settings]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="robustness-k")
    parser.add_argument(
        "--set", "-s", action="append", metavar="KEY=VALUE", help="default: enough severities for 10,000 steps"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"), help="folder for the JSON file")
    given = parser.parse_args()
    settings = given.set or (["sweep.severities=[0.05, 0.2, 0.3]"] if given.config == "robustness-k" else [])
    runs = [measure(given.config, settings) for _ in range(given.repeats)]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(
        f"{given.config} {' '.join(settings)}: {middle['cells']:.0f} cells, {middle['steps']:.0f} steps, {platform.machine()}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    for phase in ("import", "expand", "keys", "plan", "manifest"):
        spread = f"{min(run[phase] for run in runs):.2f} to {max(run[phase] for run in runs):.2f}"
        print(f"{phase:9} {middle[phase]:6.2f} s  (median of {given.repeats}, {spread})")
    scaled = 10_000 * middle["plan"] / middle["steps"]
    print(f"10,000 steps: {scaled:.2f} s, goal {GOAL} s: {'met' if scaled < GOAL else 'MISSED'}")
    given.out.mkdir(parents=True, exist_ok=True)
    told = {"config": given.config, "settings": settings, "runs": runs, "seconds_for_10000": scaled, "goal": GOAL}
    (given.out / "planning.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
