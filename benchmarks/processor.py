"""What was tried to make a pass on a processor faster: torch's own attention, rows packed without padding, torch.compile.

    OMP_NUM_THREADS=1 python benchmarks/processor.py                # e5-small (extra `small`), inputs of MNLI's lengths

All arms push the same hidden states through the same frozen layers, held in bfloat16 where the processor has it, and take turns;
seconds are the process's own. `ours` is what the toolkit runs: batches of rows alike in length, padded to the longest, attention of
its own (`models/held.py`). `torch` has the encoder's own attention over the same batches. `packed` lays the rows of a batch end to end in
one, behind a block-diagonal mask, so that nothing is padding. `compiled` is `ours` through `torch.compile` with lengths that
vary; what compiling took is told apart, and after how many tokens it is earned back. `step` is forward and
backward with dropout, and was not compiled: half an hour on a busy core did not end it.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

import torch

from adaptstilts.models.backbone import Backbone
from adaptstilts.models.door.open import open_backbone
from adaptstilts.settings import BackboneSettings

Batch = list[int]
"""Lengths of the rows of a batch, in tokens."""


def batches(rows: int, size: int) -> list[Batch]:
    """Lengths of MNLI's inputs, `size` alike in length at a time."""
    draw = random.Random(0)
    lengths = sorted(min(128, max(12, round(draw.lognormvariate(3.7, 0.45)))) for _ in range(rows))
    return [lengths[start : start + size] for start in range(0, rows, size)]


def padded(batch: Batch, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden states [n, longest, H] and an additive mask [n, 1, 1, longest]."""
    mask = torch.zeros(len(batch), 1, 1, max(batch))
    for i, length in enumerate(batch):
        mask[i, :, :, length:] = torch.finfo(torch.float32).min
    return torch.randn(len(batch), max(batch), width), mask


def packed(batch: Batch, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Hidden states [1, tokens, H] and a block-diagonal mask [1, 1, tokens, tokens]."""
    mask = torch.full((1, 1, sum(batch), sum(batch)), torch.finfo(torch.float32).min)
    start = 0
    for length in batch:
        mask[..., start : start + length, start : start + length] = 0
        start += length
    return torch.randn(1, sum(batch), width), mask


def layers_of(backbone: Backbone) -> Any:
    return backbone.model.base_model.encoder


def own_attention(encoder: Any) -> None:
    """Give the layers back the attention that their classes have."""
    for layer in encoder.layer:
        module = layer.attention.self
        module.forward = MethodType(type(module).forward, module)


def passing(encoder: Any, inputs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], None]:
    def run() -> None:
        encoder.eval()
        with torch.inference_mode():
            for states, mask in inputs:
                encoder(states, attention_mask=mask)

    return run


def stepping(encoder: Any, inputs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], None]:
    def run() -> None:
        encoder.train()
        for states, mask in inputs:
            found = encoder(states.requires_grad_(), attention_mask=mask)
            found[0].float().square().mean().backward()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="e5-small", help="a name or a folder (default e5-small)")
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip", choices=("torch", "packed", "compiled"), action="append", default=[])
    given = parser.parse_args()
    drawn = batches(given.rows, given.batch)
    tokens, with_padding = sum(map(sum, drawn)), sum(len(batch) * max(batch) for batch in drawn)
    print(f"{tokens:,} tokens in batches of {given.batch}; with padding {with_padding / tokens:.3f} times as many")

    mine = open_backbone(BackboneSettings(given.backbone), "auto")
    encoder, width = layers_of(mine), mine.model.config.hidden_size
    theirs = layers_of(open_backbone(BackboneSettings(given.backbone), "auto"))
    own_attention(theirs)
    compiled = torch.compile(encoder, dynamic=True)
    rows = {form.__name__: [form(batch, width) for batch in drawn] for form in (padded, packed)}
    arms = {
        "ours": (encoder, "padded"),
        "torch": (theirs, "padded"),
        "packed": (encoder, "packed"),
        "compiled": (compiled, "padded"),
    }
    arms = {name: arm for name, arm in arms.items() if name not in given.skip}
    for work in (passing, stepping):
        calls = {name: work(which, rows[form]) for name, (which, form) in arms.items()}
        if work is stepping:
            calls.pop("compiled", None)
        report("pass" if work is passing else "step", calls, tokens, given.repeats)


def report(work: str, calls: dict[str, Callable[[], None]], tokens: int, repeats: int) -> None:
    """Time the arms in turns, the first turn apart, and print what each took and how it stands beside `ours`."""
    first = {name: seconds(call) for name, call in calls.items()}
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats):
        for name in calls if turn % 2 == 0 else reversed(calls):
            spent[name].append(seconds(calls[name]))
    for name, values in spent.items():
        took = statistics.median(values)
        ratio = statistics.median(a / b for a, b in zip(spent["ours"], values, strict=True))
        line = f"{work} {name:9} {tokens / took:8,.0f} tokens/s  {ratio:.2f} x ours"
        if name == "compiled":
            saved = statistics.median(spent["ours"]) - took
            cost = first[name] - took
            earned = f"{cost / saved * tokens:,.0f} tokens" if saved > 0 else "never"
            line += f"; compiling {cost:.0f} s, earned back after {earned}"
        print(line, flush=True)


def seconds(call: Callable[[], None]) -> float:
    """Of the process and of the compilers that it ran."""
    began = sum(os.times()[:4])
    call()
    return sum(os.times()[:4]) - began


if __name__ == "__main__":
    main()
