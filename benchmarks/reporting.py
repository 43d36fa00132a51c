"""How long ten thousand records take from disk to verdict, and to the page.

    python benchmarks/reporting.py                 # 8 orderings, 8 heads, 18 attacks
    python benchmarks/reporting.py --orderings 4 --store DIR
    python benchmarks/reporting.py --command html  # the whole report command, with prediction files of 50 rows a language
    python benchmarks/reporting.py --command html,pdf,latex,csv

Writes a made-up sweep (`tests/report/stores.py`) into a folder, reads it with a cold program cache, judges it, and prints the seconds of
each part; with `--command` the seconds of `adaptstilts report` in a process of its own beside them. The goal is 20 s in all.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.report.stores import World, make_store

REPOSITORY = Path(__file__).resolve().parent.parent
HEADS = ("pawsx", "xnli", "xcopa", "panx", "udpos", "xquad", "tydiqa", "sib200")
ATTACKS = (
    *("swap", "drop", "insert", "sub", "keyboard", "homoglyph", "diacritics", "segment", "invisible", "nfd", "case"),
    *("punct", "distract", "mix_fields", "codemix", "greedy", "beam", "random"),
)
LANGUAGES = ("en", "de", "es", "fr", "hi", "ja", "zh")
GOAL = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orderings", type=int, default=8)
    parser.add_argument(
        "--store", type=Path, help="write the sweep here and keep it (default: a folder that goes away)"
    )
    parser.add_argument("--command", metavar="A,B", help="measure the report command too, with these formats")
    parser.add_argument("--out", type=Path, default=Path())
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = given.store or Path(scratch)
        world = World(
            orderings=given.orderings, heads=HEADS, ks=(0, 1, 2, 4, 6, 9), attacks=ATTACKS, languages=LANGUAGES
        )
        if given.command:
            world = replace(world, rows=True, n=50)
        make_store(store, world)
        told = timed(store)
        if given.command:
            told |= commanded(store, given.command)
    for name, value in told.items():
        print(f"{name:<28}{value:>10,.2f}" if isinstance(value, float) else f"{name:<28}{value:>10,}")
    asked = told["seconds, the command" if given.command else "seconds, all"]
    print(f"goal: {GOAL:g} s, {'met' if asked < GOAL else 'missed'}")
    (given.out / "reporting.json").write_text(json.dumps(told, indent=1))


def timed(store: Path) -> dict[str, float | int]:
    """Seconds of importing, reading, judging, the language map and the text; and how much there was."""
    marks, started = [time.perf_counter()], time.process_time()
    from adaptstilts.report.frame import read_frame
    from adaptstilts.report.verdict import language_map, verdict
    from adaptstilts.report.wording import text

    marks.append(time.perf_counter())
    frame = read_frame(store)
    marks.append(time.perf_counter())
    found = verdict(frame)
    marks.append(time.perf_counter())
    table = language_map(frame, found.plan, found.trajectories)
    marks.append(time.perf_counter())
    said = text(found)
    records = sum(1 for _ in (store / "steps").iterdir())
    steps = {
        name: marks[n + 1] - marks[n] for n, name in enumerate(("imports", "reading", "the verdict", "language map"))
    }
    sizes = {"records": records, "rows of the table of cells": len(frame.cells), "cells of the map": len(table)}
    seconds = {f"seconds, {name}": value for name, value in steps.items()}
    whole = {"seconds, all": marks[-1] - marks[0], "CPU seconds, all": time.process_time() - started}
    return {**sizes, **seconds, **whole, "letters of the text": len(said)}


def commanded(store: Path, formats: str) -> dict[str, float | int]:
    """Wall and CPU seconds of the report command in a process of its own, start-up and all, and the size of its page."""
    command = [sys.executable, "-m", "adaptstilts", "report", str(store), "--format", formats, "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=store, env=environment)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    page = store / "report" / "index.html"
    size = page.stat().st_size if page.is_file() else 0
    return {"seconds, the command": seconds, "CPU seconds, the command": cpu, "bytes of the page": size}


if __name__ == "__main__":
    main()
