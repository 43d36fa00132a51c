"""AdapterFusion as `adapters` runs it against ours, on the same parameters, over k adapters; and the plain encoder.

    python benchmarks/fusion.py                        # two layers of XLM-R Large's width, 16 rows of 128 tokens, CPU
    python benchmarks/fusion.py --threads 2
    python benchmarks/fusion.py --dtype held           # ours in bfloat16 as a CPU runs it, `adapters` in float32 and under autocast
    python benchmarks/fusion.py --parts                # where a training step spends its time
    python benchmarks/fusion.py --device cuda          # all of XLM-R Large in bf16

A training step is forward, backward, clipping and AdamW over fusion, target adapter and head, with fusion's penalty. Every layer
does the same work whatever the number of layers, but for the lowest, which passes no gradient to the encoder below its adapters: its
fusion weighs more against a cheaper encoder, so that two layers overstate what 24 cost over k=1. `--layers` says how many.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measuring
from measuring import Pass, Setting, Step, assembly, backbone, flops, fusion_over, goal, interleaved, ratio, uninstall

from adaptstilts.models.assembly import Assembly

COUNTS = (0, 1, 2, 3, 5, 9)


class TheirStep(Step):
    """The same step with the fusion of `adapters`, and its own way to count the penalty."""

    def __init__(self, made: Assembly, how: Setting) -> None:
        super().__init__(uninstall(made), how)
        self.made.penalty = self.made.model.base_model.get_fusion_regularization_loss  # type: ignore[method-assign]


def made_for(arm: str, bare: Mapping[bool, Any], how: Setting) -> Assembly:
    """The assembly of an arm "side k", "plain" for the encoder and head alone; `bare` is our backbone (True) and theirs."""
    side, _, count = arm.partition(" ")
    mine = side in ("ours", "plain")
    if side == "plain":
        return assembly(bare[mine], how, None)
    made = assembly(bare[mine], how, fusion_over(int(count)))
    return made if mine else uninstall(made)


def _backbones(how: Setting) -> dict[bool, Any]:
    mine = backbone(how, ours=True)
    return {True: mine, False: backbone(how) if how.dtype == "held" else mine}


def how_of(arm: str, how: Setting) -> Setting:
    """`autocast` is `adapters` under autocast in bfloat16."""
    return replace(how, dtype="bf16") if arm.startswith("autocast") else how


def step_of(arm: str, made: Assembly, how: Setting) -> Callable[[], None]:
    mine = arm.startswith(("ours", "plain")) or arm.endswith(" 0")
    return (Step if mine else TheirStep)(made, how_of(arm, how))


def arms(counts: tuple[int, ...], how: Setting) -> list[str]:
    sides = ("ours", "adapters", *(("autocast",) if how.dtype == "held" else ()))
    return ["plain", *(f"{side} {k}" for k in counts for side in sides)]


def times(how: Setting, counts: tuple[int, ...]) -> dict[str, dict[str, list[float]]]:
    """Seconds of a training step and of a pass without learning, by arm."""
    bare = _backbones(how)
    named = {arm: made_for(arm, bare, how) for arm in arms(counts, how)}
    passes = interleaved({arm: Pass(made, how_of(arm, how)) for arm, made in named.items()}, how)
    steps = interleaved({arm: step_of(arm, made, how) for arm, made in named.items()}, how)
    return {"inference": passes, "train": steps}


def peak(arm: str, how: Setting) -> dict[str, float]:
    """Memory of an arm "what side k"; what is "train" or "inference"."""
    what, _, side = arm.partition(" ")

    def prepare() -> Callable[[], None]:
        made = made_for(side, _backbones(how), how)
        return step_of(side, made, how) if what == "train" else Pass(made, how)

    return measuring.peak_of(prepare, how)


def weighed(counts: tuple[int, ...]) -> list[str]:
    """The arms whose memory is measured: the plain encoder, k=1 and the largest k."""
    sides = [f"{side} {k}" for k in (1, max(counts)) for side in ("ours", "adapters")]
    return ["inference plain", *(f"{what} {side}" for side in sides for what in ("train", "inference"))]


def parts(how: Setting, k: int) -> list[dict[str, Any]]:
    """Seconds of a training step's parts: passes, folding, penalty, clipping and AdamW. Folding lies inside both passes."""
    import torch

    found = []
    bare = backbone(how, ours=True)
    for count in (0, 1, k):
        made = assembly(bare, how, fusion_over(count))
        step = Step(made, how)
        folds = [folded for layer in made.model.modules() for folded in getattr(layer, "folded_fusions", {}).values()]

        def forward(made: Assembly = made, step: Step = step) -> torch.Tensor:
            return made.loss(made(step.batch), step.batch)

        def passes(forward: Callable[[], torch.Tensor] = forward) -> None:
            forward().backward()

        def fold(folds: list[Any] = folds) -> None:
            matrices = [matrix for folded in folds for matrix in folded.fold() if matrix is not None]
            opened = [matrix for matrix in matrices if matrix.requires_grad]
            if opened:
                torch.autograd.backward(opened, [torch.ones_like(matrix) for matrix in opened])

        def penalty(made: Assembly = made) -> None:
            found = made.penalty()
            if found is not None:
                found.backward()

        step()
        passes()  # AdamW below needs gradients
        gradients = [parameter.grad for parameter in step.optimizer.opened]

        def adamw(step: Step = step, gradients: list[Any] = gradients) -> None:
            for parameter, gradient in zip(step.optimizer.opened, gradients, strict=True):
                parameter.grad = gradient
            step.optimizer.step(0)

        measured = interleaved(
            {"forward": forward, "forward, backward": passes, "folding": fold, "penalty": penalty, "AdamW": adamw},
            how,
        )
        found.append({"k": count, **{name: statistics.median(seconds) for name, seconds in measured.items()}})
    return found


def goals(
    found: dict[str, dict[str, list[float]]], held: dict[str, dict[str, float]], most: int
) -> list[dict[str, Any]]:
    train, predict = found["train"], found["inference"]
    held_in_half = f"autocast {most}" in train
    made = [
        goal(f"train step, k={most} against k=1", ratio(train[f"ours {most}"], train["ours 1"]), most=1.25),
        goal(f"train step, k={most}, times faster than adapters",
             ratio(train[f"adapters {most}"], train[f"ours {most}"]), least=5.0 if held_in_half else 4.0),
        goal(f"inference, k={most}, times faster than adapters",
             ratio(predict[f"adapters {most}"], predict[f"ours {most}"]), least=5.0 if held_in_half else 2.0),
        goal(f"inference, k={most}, against the plain encoder",
             ratio(predict[f"ours {most}"], predict["plain"]), most=1.2),
    ]  # fmt: skip
    if held_in_half:
        against = ratio(train[f"autocast {most}"], train[f"ours {most}"])
        made.append(goal(f"train step, k={most}, times faster than adapters under autocast", against, least=3.0))
    if held:
        totals = {k: sum(held[f"train ours {k}"].values()) for k in (1, most)}
        made.append(goal(f"memory of training, k={most} against k=1", totals[most] / totals[1], most=1.3))
    return made


def show(how: Setting, counts: tuple[int, ...], found: dict[str, Any], held: dict[str, Any]) -> None:
    """One line an arm: milliseconds, ratio to the plain encoder and to the other side, memory."""
    print(f"{'arm':12} {'train ms':>9} {'of k=1':>7} {'pass ms':>9} {'of plain':>8} {'train MiB':>10} {'pass MiB':>9}")
    for arm in arms(counts, how):
        train, predict = found["train"][arm], found["inference"][arm]
        first = found["train"][arm if arm == "plain" else f"{arm.partition(' ')[0]} 1"]
        cells = (
            f"{1e3 * statistics.median(train):9.1f} {ratio(train, first):7.2f} {1e3 * statistics.median(predict):9.1f}"
        )
        kept = [held.get(f"{what} {arm}") for what in ("train", "inference")]
        sizes = [f"{sum(one.values()):,.0f}" if one else "" for one in kept]
        print(f"{arm:12} {cells} {ratio(predict, found['inference']['plain']):8.2f} {sizes[0]:>10} {sizes[1]:>9}")


def speed(how: Setting, counts: tuple[int, ...], found: dict[str, Any]) -> dict[str, Any]:
    """Tokens and model FLOPs a second of our training steps; hours an epoch where the model is whole."""
    speeds: dict[str, Any] = {}
    for k in counts:
        tokens = how.rows * how.length / statistics.median(found["train"][f"ours {k}"])
        width = measuring.SIZES[how.size].hidden // 16
        per_second = tokens * flops(how, adapters=(width,) * k, fused=k > 0, target=width).step
        hours = measuring.epochs(tokens) if how.whole and how.size != "tiny" else None
        speeds[str(k)] = {
            "tokens_per_second": tokens,
            "flops_per_second": per_second,
            "use": measuring.use(how, per_second),
            "epoch_hours": hours,
        }
        print(
            f"k={k}: {tokens:,.0f} tokens/s, {per_second / 1e9:,.0f} model GFLOP/s, use {speeds[str(k)]['use']}",
            hours or "",
        )
    return speeds


def main() -> None:
    parser = measuring.parser(__doc__, rows=16, length=128)
    parser.add_argument("--counts", default=",".join(map(str, COUNTS)))
    parser.add_argument("--parts", action="store_true", help="where a training step spends its time, for k in 0 1 9")
    given = parser.parse_args()
    if measuring.answered(given, peak):
        return
    how = measuring.setting(given)
    about = measuring.facts(how)
    counts = (0, 1, 2) if given.tiny else tuple(int(k) for k in given.counts.split(","))
    if given.parts:
        lines = parts(how, max(counts))
        for line in lines:
            cells = (f"{name} {1e3 * value:.1f}" for name, value in line.items() if name != "k")
            print(f"k={line['k']}, milliseconds: {', '.join(cells)}")
        measuring.finish("fusion_parts", given, about, {"parts": lines, "goals": []})
        return
    found = times(how, counts)
    asked = (
        [] if given.no_memory else weighed(counts) if not given.tiny else [f"train ours {k}" for k in (1, max(counts))]
    )
    held = {name: measuring.in_own_process(__file__, name, how) for name in asked}
    show(how, counts, found, held)
    speeds = speed(how, counts, found)
    measuring.finish(
        "fusion",
        given,
        about,
        {"seconds": found, "mib": held, "speed": speeds, "goals": goals(found, held, max(counts))},
    )


if __name__ == "__main__":
    main()
