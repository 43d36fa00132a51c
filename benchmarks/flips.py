"""How far predictions move between float32 and bfloat16: every score of a store is made again in both, and compared row by row.

    adaptstilts fuse --config small --tasks squad,mnli,hellaswag --target xnli --data DIR --attacks swap,drop,distract
    python benchmarks/flips.py runs

Clean scores and those under static attacks, over all languages: rows, predictions that differ per 1,000, the mean of the score in
either precision, and the seconds that scoring took. Weights are those of the store's transfers, whatever they were trained in.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from adaptstilts.attacks import ATTACKS
from adaptstilts.steps.step import Score
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.runs import config_of, step_of
from adaptstilts.store.store import Store
from adaptstilts.work.score import score
from adaptstilts.work.session import Session
from adaptstilts.zoo.zoo import zoos

PRECISIONS = ("float32", "bfloat16")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("store", type=Path, help="a store with scored transfers")
    given.add_argument("--out", type=Path, help="folder for the JSON file")
    asked = given.parse_args()
    store = Store(asked.store)
    found = [_compared(store, step) for step in _scores(store)]
    print(
        f"{'target':10} {'attack':10} {'rows':>6} {'flips/1,000':>12} {'float32':>8} {'bfloat16':>8} {'moved':>7} {'seconds':>15}"
    )
    for each in found:
        exact, half = (each["mean"][precision] for precision in PRECISIONS)
        seconds = " / ".join(f"{each['seconds'][precision]:.1f}" for precision in PRECISIONS)
        flips = 1000 * each["flips"] / each["rows"]
        print(
            f"{each['target']:10} {each['attack'] or 'clean':10} {each['rows']:6} {flips:12.1f} {100 * exact:8.2f} {100 * half:8.2f}"
            f" {100 * (half - exact):+7.2f} {seconds:>15}"
        )
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "flips.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _scores(store: Store) -> list[Score]:
    """Those without a search: it would ask other questions of another model."""
    steps = [step_of(store, record.key) for record in store.records() if record.step == "score"]
    static = [step for step in steps if not step.attack or ATTACKS.get(step.attack).family == "static"]
    return sorted(static, key=lambda step: (step.transfer.target, step.attack))


def _compared(store: Store, step: Score) -> dict[str, Any]:
    made, predictions, seconds = {}, {}, {}
    for precision in PRECISIONS:
        config = config_of(store, step.transfer, {}, [f"device.precision={precision}"])
        session = Session(config, store, zoos(store.root))
        assert session.backbone.precision == precision
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            made[precision] = score(step, session, Path(folder))
            seconds[precision] = time.process_time() - began
            predictions[precision] = read_predictions(Path(folder))
        session.release()
    exact, half = (predictions[precision] for precision in PRECISIONS)
    return {
        "target": step.transfer.target, "attack": step.attack, "rows": len(exact),
        "flips": sum(exact[row].value != half[row].value for row in exact),
        "mean": {precision: made[precision].summary.mean for precision in PRECISIONS}, "seconds": seconds,
    }  # fmt: skip


if __name__ == "__main__":
    main()
