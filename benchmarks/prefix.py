"""What it saves to run the lowest layers once: training from the second epoch on, scoring from the second cell on.

    python benchmarks/prefix.py
    python benchmarks/prefix.py --before DIR     # against the build in a checkout at DIR, in the same run

Inputs are of MNLI's lengths (45 tokens in the mean) and mean nothing; the encoder is the small lab's (extra `small`), or with
`--backbone DIR` that in a folder. Arms are measured in turn, in processes of their own, in the process's CPU seconds with one thread.
`first` is what the first epoch or cell pays: making the states, on top of which it trains or scores like the others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

ARMS = ("before", "plain", "kept")
WORK = ("train", "score")


def main() -> None:
    given = _given()
    if given.arm:
        _serve(given)
        return
    arms = [arm for arm in ARMS if arm != "before" or given.before]
    running = {arm: _start(arm, given) for arm in arms}
    facts = {arm: json.loads(_line(process)) for arm, process in running.items()}
    spent: dict[str, dict[str, list[float]]] = {work: {arm: [] for arm in arms} for work in WORK}
    for turn in range(given.repeats + 1):  # the first does not count
        for work in WORK:
            for arm in arms if turn % 2 == 0 else reversed(arms):
                seconds = _ask(running[arm], work)
                spent[work][arm] += [seconds] if turn else []
    for process in running.values():
        _ask(process, "")
    found: dict[str, Any] = {"drop": given.drop, "threads": given.threads, "facts": facts, "seconds": spent}
    found["ratios"] = {
        f"{work}, kept against {arm}": round(_ratio(spent[work][arm], spent[work]["kept"]), 2)
        for work in WORK
        for arm in arms
        if arm != "kept"
    }
    for name, value in found["ratios"].items():
        print(f"{name:34} {value:5.2f} x")
    first = facts["kept"]
    print(
        f"first: {first['made_seconds']:.1f} s to make {first['bytes'] / 1e6:.0f} MB of {first['tokens']:,} tokens, {first['precision']}"
    )
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "prefix.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _given() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--backbone", default="e5-small", help="a name or a folder (default e5-small)")
    made.add_argument("--before", type=Path, help="a checkout of an earlier build")
    made.add_argument("--drop", type=int, default=6)
    made.add_argument("--rows", type=int, default=128, help="rows that are scored, and trained on 16 at a time")
    made.add_argument("--repeats", type=int, default=5)
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--precision", default="auto", help="of the build at hand: auto, float32 or bfloat16")
    made.add_argument("--out", type=Path, help="folder for the JSON file")
    made.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    return made.parse_args()


def _start(arm: str, given: argparse.Namespace) -> subprocess.Popen[str]:
    """A process for one arm, with the package of the checkout that it is about."""
    from adaptstilts.models.packaged.backbones import PACKAGED

    packaged = PACKAGED.get(given.backbone)
    folder = str(packaged.make()) if packaged else given.backbone  # an earlier build knows the folder only
    root = given.before if arm == "before" else Path(__file__).resolve().parent.parent
    command = [sys.executable, __file__, "--arm", arm, "--backbone", folder, "--drop", str(given.drop)]
    command += ["--rows", str(given.rows), "--threads", str(given.threads), "--precision", given.precision]
    alone = {
        **os.environ,
        "PYTHONPATH": str(root),
        "OMP_NUM_THREADS": str(given.threads),
        "TRANSFORMERS_VERBOSITY": "error",
    }
    return subprocess.Popen(command, env=alone, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline() or sys.exit("an arm ended early")


def _ask(process: subprocess.Popen[str], work: str) -> float:
    assert process.stdin is not None
    process.stdin.write(work + "\n")
    process.stdin.flush()
    return float(_line(process)) if work else 0.0


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def _found(name: str, *modules: str) -> Any:
    """A function by the first of these modules that has it: builds have moved them."""
    for module in modules:
        with suppress(ImportError, AttributeError):
            return getattr(importlib.import_module(module), name)
    raise SystemExit(f"no {name} in {', '.join(modules)}")


def _serve(given: argparse.Namespace) -> None:
    """One arm: says what it is, then answers each kind of work with the seconds that it took."""
    import torch

    from adaptstilts.compositions.blocks import TARGET
    from adaptstilts.kinds.kind import Encoding, Head
    from adaptstilts.models.assembly import assemble
    from adaptstilts.settings import AdapterSettings, BackboneSettings, Recipe

    open_backbone = _found("open_backbone", "adaptstilts.models.door.open", "adaptstilts.models.loading")
    train = _found("train", "adaptstilts.training.loop", "adaptstilts.training")
    predict = _found("predict", "adaptstilts.training.prediction", "adaptstilts.prediction")
    torch.set_num_threads(given.threads)
    chosen = [given.precision] if given.arm != "before" else []
    backbone = open_backbone(BackboneSettings(given.backbone), *chosen)
    made = assemble(
        backbone, block=TARGET, adapters={}, trains=("target_adapter", "head"), head=Head("sequence", 3, "label"),
        shape=AdapterSettings("seq_bn", 16, drop=given.drop), head_name="benchmark", seed=0,
    )  # fmt: skip
    draw = random.Random(0)
    lengths = [min(128, max(12, round(draw.lognormvariate(3.7, 0.45)))) for _ in range(given.rows)]
    encodings = [
        Encoding(i, tuple(draw.randrange(10, 200_000) for _ in range(n)), i % 3) for i, n in enumerate(lengths)
    ]
    facts: dict[str, Any] = {"arm": given.arm, "tokens": sum(lengths)}
    with tempfile.TemporaryDirectory() as folder:
        knowing: Any = nullcontext()
        if given.arm == "kept":
            from adaptstilts.training.lower import distinct, states_of

            began = time.process_time()
            knowing = made.knowing(states_of(made, [distinct(encodings)], Path(folder), 1 << 40))
            held = sum(path.stat().st_size for path in Path(folder).iterdir())
            facts |= {"made_seconds": time.process_time() - began, "bytes": held, "precision": made.precision}
        with knowing:
            print(json.dumps(facts), flush=True)
            for line in sys.stdin:
                if not line.strip():
                    break
                began = time.process_time() if given.threads == 1 else time.perf_counter()
                if line.strip() == "train":
                    train(made, encodings, Recipe(epochs=1, batch=16), seed=0)
                else:
                    predict(made, encodings)
                now = time.process_time() if given.threads == 1 else time.perf_counter()
                print(now - began, flush=True)


if __name__ == "__main__":
    main()
