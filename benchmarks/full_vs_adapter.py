"""A training step of the whole encoder, of one adapter, and of AdapterFusion over nine, at the same batch: time and memory.

    python benchmarks/full_vs_adapter.py                   # two layers of XLM-R Large's width, 16 rows of 128 tokens, CPU
    python benchmarks/full_vs_adapter.py --threads 2
    python benchmarks/full_vs_adapter.py --device cuda     # all of XLM-R Large in bf16, with hours an epoch of nine tasks

"A Comprehensive Analysis of Adapter Efficiency" (2305.07491) says that adapters cost more than full fine-tuning. All arms train
the same random encoder and head with AdamW; a model with fewer layers has as much fewer embeddings. The lowest layer passes no
gradient to anything below its adapters, so that two layers flatter adapters in time against what 24 show; `--layers` says how many.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measuring
from measuring import Setting, Step, assembly, backbone, flops, fusion_over, goal, interleaved, ratio

ARMS = ("full", "adapter", "fusion k=9")


def step_of(arm: str, bare: Any, how: Setting) -> Step:
    """The step of an arm; "adapter" trains one adapter and the head, "fusion k=9" fusion and target adapter too."""
    block = {"full": None, "adapter": fusion_over(0), "fusion k=9": fusion_over(9)}[arm]
    return Step(assembly(bare, how, block, full=arm == "full"), how)


def peak(arm: str, how: Setting) -> dict[str, float]:
    def prepare() -> Callable[[], None]:
        return step_of(arm, backbone(how), how)

    return measuring.peak_of(prepare, how)


def counted(arm: str, how: Setting) -> float:
    """Model FLOPs of a token's training step."""
    width = measuring.SIZES[how.size].hidden // 16
    told: dict[str, dict[str, Any]] = {
        "full": {"trains_encoder": True},
        "adapter": {"target": width},
        "fusion k=9": {"adapters": (width,) * 9, "fused": True, "target": width},
    }
    return flops(how, **told[arm]).step


def speeds(how: Setting, seconds: dict[str, list[float]]) -> dict[str, Any]:
    """Tokens and model FLOPs a second by arm, and hours for an epoch of each task where the model is whole."""
    found = {}
    for arm in ARMS:
        tokens = how.rows * how.length / statistics.median(seconds[arm])
        per_second = tokens * counted(arm, how)
        hours = measuring.epochs(tokens) if how.whole and how.size != "tiny" else None
        found[arm] = {
            "tokens_per_second": tokens,
            "flops_per_second": per_second,
            "use": measuring.use(how, per_second),
            "epoch_hours": hours,
        }
    return found


def show(seconds: dict[str, list[float]], held: dict[str, dict[str, float]], found: dict[str, Any]) -> None:
    print(
        f"{'arm':12} {'step ms':>9} {'of full':>8} {'MiB':>7} {'of full':>8} {'tokens/s':>9} {'GFLOP/s':>8} {'of peak':>8}"
    )
    whole = sum(held["full"].values()) if held else math.nan
    for arm in ARMS:
        size, speed = sum(held[arm].values()) if held else math.nan, found[arm]
        share = f"{speed['use']:.1%}" if speed["use"] is not None else "-"
        times = f"{1e3 * statistics.median(seconds[arm]):9.1f} {ratio(seconds[arm], seconds['full']):8.2f}"
        rates = f"{speed['tokens_per_second']:9,.0f} {speed['flops_per_second'] / 1e9:8,.0f} {share:>8}"
        print(f"{arm:12} {times} {size:7,.0f} {size / whole:8.2f} {rates}")
    for arm in ARMS:
        if found[arm]["epoch_hours"]:
            print(f"{arm}, hours an epoch: {', '.join(f'{t} {h:.2f}' for t, h in found[arm]['epoch_hours'].items())}")


def main() -> None:
    parser = measuring.parser(__doc__, rows=16, length=128)
    given = parser.parse_args()
    if measuring.answered(given, peak):
        return
    how = measuring.setting(given)
    about = measuring.facts(how)
    held = {} if given.no_memory else {arm: measuring.in_own_process(__file__, arm, how) for arm in ARMS}
    bare = backbone(how)
    seconds = interleaved({arm: step_of(arm, bare, how) for arm in ARMS}, how)
    found = speeds(how, seconds)
    show(seconds, held, found)
    goals = [goal("train step, one adapter against full", ratio(seconds["adapter"], seconds["full"]), most=0.7)]
    if held:
        memory = sum(held["adapter"].values()) / sum(held["full"].values())
        goals.append(goal("memory, one adapter against full", memory, most=0.6))
    measuring.finish("full_vs_adapter", given, about, {"seconds": seconds, "mib": held, "speed": found, "goals": goals})


if __name__ == "__main__":
    main()
