"""The training loop: one, visible, for adapters, fusion and heads alike."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator

from adaptstilts import ids
from adaptstilts.data.batching import pools
from adaptstilts.errors import EnvironmentProblem, InputError, Interrupted
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.checkpoint import Position, StopRequest, fingerprint, restore, save
from adaptstilts.settings import Recipe

CURVE_POINTS = 50
LOOK_EVERY = {"cpu": 1, "cuda": 20}
"""Steps between two looks at the loss; looking makes a GPU wait."""


class Progress(Protocol):
    """Who watches: `total` and `n` count steps or inputs, `note` is a few words such as the loss."""

    def start(self, total: int, what: str) -> None: ...
    def advance(self, n: int = 1, note: str = "") -> None: ...
    def stop(self) -> None: ...


class Silent:
    """Nobody watches."""

    def start(self, total: int, what: str) -> None: ...
    def advance(self, n: int = 1, note: str = "") -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class TrainingReport:
    """What a run did.

    Optimizer steps, examples and tokens seen (padding not counted), wall seconds over all its sittings, the loss as
    about 50 (step, mean since the last point) pairs, peak memory in bytes (of the GPU where one is used, else of the
    process), and the step it went on from.
    """

    steps: int
    rows: int
    tokens: int
    seconds: float
    loss: tuple[tuple[int, float], ...]
    peak_memory: int
    resumed_at: int = 0

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    def plain(self) -> dict[str, Any]:
        """The report as JSON."""
        return {**asdict(self), "tokens_per_second": round(self.tokens_per_second, 1)}


def train(
    assembly: Assembly,
    encodings: Sequence[Encoding],
    recipe: Recipe,
    *,
    seed: int,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
    save_seconds: float = 20.0,
) -> TrainingReport:
    """Train what the assembly leaves open; it ends in evaluation mode.

    An example is one encoding, or all encodings of a multiple-choice row. AdamW (Loshchilov & Hutter 2019) with a
    rate of its own for fusion, no decay on biases and norms; linear warm-up, then linear fall to zero; gradients
    clipped by their norm. With a `checkpoint` folder, open tensors, optimizer state and position are saved every
    `save_seconds` and when stopped; a later call with the same arguments goes on there and, on a CPU, ends in the
    same weights to the bit. The order of examples and dropout are functions of seed, epoch and step, so that there is
    no state of a generator to save.

    Raises InputError (nothing to learn from, a recipe that cannot be, a loss that is not finite), Interrupted,
    EnvironmentProblem.
    """
    run = _Run(assembly, encodings, recipe, seed, checkpoint, progress or Silent())
    assembly.train()
    run.watcher.start(run.total, f"training {assembly.head_name}")
    if run.began_at:
        run.watcher.advance(run.began_at, "resumed")
    try:
        with StopRequest() as stop, torch.random.fork_rng(devices=_gpus(assembly)):
            saved = time.monotonic()
            while run.position.step < run.total:
                run.step()
                due = time.monotonic() - saved >= save_seconds and run.position.step < run.total
                if stop.asked or due:
                    run.save()
                    saved = time.monotonic()
                if stop.asked:
                    kept = (
                        "Run the same command again; it goes on from there."
                        if checkpoint
                        else "Nothing of it was kept."
                    )
                    raise Interrupted(f"training stopped after step {run.position.step} of {run.total}", do=kept)
        run.look()
    finally:
        run.watcher.stop()
        assembly.eval()
    return run.report()


class _Run:
    """One training run: its examples, optimizer and position."""

    def __init__(
        self,
        assembly: Assembly,
        encodings: Sequence[Encoding],
        recipe: Recipe,
        seed: int,
        checkpoint: Path | None,
        watcher: Progress,
    ) -> None:
        self.assembly, self.recipe, self.seed, self.watcher, self.checkpoint = (
            assembly,
            recipe,
            seed,
            watcher,
            checkpoint,
        )
        self.examples = _examples(assembly, encodings)
        self.lengths = [max(len(e.ids) for e in example) for example in self.examples]
        self.order = pools(self.lengths, recipe.batch, seed, 0)
        self.total = _total_steps(recipe, len(self.order))
        self.opened = [parameter for _, parameter in assembly.named_trainable()]
        self.optimizer = _optimizer(assembly, recipe)
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.accelerator = Accelerator(cpu=assembly.device.type == "cpu")
        if self.accelerator.num_processes > 1:
            do = "Start it without `accelerate launch`; independent steps may run side by side."
            raise EnvironmentProblem("training runs in one process", do=do)
        self.mark = fingerprint(assembly, encodings, recipe, seed)
        found = restore(checkpoint, self.mark, assembly, self.optimizer) if checkpoint else None
        self.position = found or Position()
        self.began_at, self.spent, self.started = self.position.step, self.position.seconds, time.monotonic()
        if self.position.epoch:
            self.order = pools(self.lengths, recipe.batch, seed, self.position.epoch)
        self.look_every = LOOK_EVERY.get(assembly.device.type, 1)
        self.losses: list[torch.Tensor] = []
        if assembly.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()

    def step(self) -> None:
        """One optimizer step on the next batch."""
        at, assembly = self.position, self.assembly
        if at.index == len(self.order):
            at.epoch, at.index = at.epoch + 1, 0
            self.order = pools(self.lengths, self.recipe.batch, self.seed, at.epoch)
        indices = self.order[at.index]
        chosen = [encoding for index in indices for encoding in self.examples[index]]
        torch.manual_seed(ids.rng_for("dropout", self.seed, at.step).getrandbits(63))
        share = _schedule(at.step, self.total, self.recipe.warmup)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * share
        batch = assembly.collate(chosen, targets=True)
        loss = assembly.loss(assembly(batch), batch)
        penalty = assembly.penalty()
        self.accelerator.backward(loss if penalty is None else loss + penalty)
        torch.nn.utils.clip_grad_norm_(self.opened, self.recipe.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        at.step, at.index, at.rows = at.step + 1, at.index + 1, at.rows + len(indices)
        at.tokens += sum(len(encoding.ids) for encoding in chosen)
        at.seconds = self.spent + time.monotonic() - self.started
        self.losses.append(loss.detach())
        if len(self.losses) == self.look_every:
            self.look()

    def look(self) -> None:
        """Read the losses since the last look; InputError if one of them is not finite."""
        values = torch.stack(self.losses).tolist() if self.losses else []
        first = self.position.step - len(values) + 1
        for step, value in enumerate(values, start=first):
            if not math.isfinite(value):
                rate = max(self.peaks) * _schedule(step - 1, self.total, self.recipe.warmup)
                do = "Lower the rate in the recipe, or look for inputs without content."
                raise InputError(
                    f"the loss is {value} at step {step} of {self.total}, at rate {rate:.2e}", where="training", do=do
                )
            self.position.add(step, value, width=max(1, self.total // CURVE_POINTS))
        self.losses.clear()
        if values:
            self.watcher.advance(len(values), f"loss {values[-1]:.3f}")

    def save(self) -> None:
        """Write the checkpoint, where one is kept."""
        self.look()
        if self.checkpoint:
            save(self.checkpoint, self.mark, self.assembly, self.optimizer, self.position)

    def report(self) -> TrainingReport:
        at = self.position
        peak = peak_memory(self.assembly.device)
        return TrainingReport(at.step, at.rows, at.tokens, at.seconds, at.curve(), peak, resumed_at=self.began_at)


def _examples(assembly: Assembly, encodings: Sequence[Encoding]) -> list[list[Encoding]]:
    """What is drawn together: all inputs of a multiple-choice row, else single inputs."""
    if not encodings:
        raise InputError("no rows to train on", where=assembly.head_name, do="Check the task with `adaptstilts check`.")
    if assembly.head.loss == "none" or not assembly.named_trainable():
        raise InputError("nothing to train: the head does not learn, or every part is frozen", where=assembly.head_name)
    if assembly.head.loss == "choice":
        return [list(group) for _, group in groupby(encodings, key=lambda encoding: encoding.row)]
    return [[encoding] for encoding in encodings]


def _total_steps(recipe: Recipe, per_epoch: int) -> int:
    if (recipe.steps is None) == (recipe.epochs is None):
        raise InputError("a recipe sets exactly one of `steps` and `epochs`", where="recipe")
    total = recipe.steps if recipe.steps is not None else math.ceil((recipe.epochs or 0) * per_epoch)
    if total < 1 or recipe.batch < 1:
        raise InputError("a recipe needs at least one step and one row a step", where="recipe")
    return total


def _schedule(step: int, total: int, warmup: float) -> float:
    """The share of the peak rate at a step counted from 0: up over `warmup` of all steps, then down to 0 at `total`."""
    rising = max(1, round(warmup * total)) if warmup > 0 else 0
    if step < rising:
        return (step + 1) / rising
    return (total - step) / max(1, total - rising)


def _optimizer(assembly: Assembly, recipe: Recipe) -> torch.optim.AdamW:
    fusion = {id(parameter) for parameter in assembly.part("fusion").values()}
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for _, parameter in assembly.named_trainable():
        rate = recipe.fusion_rate if id(parameter) in fusion else recipe.rate
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    described = [{"params": found, "lr": rate, "weight_decay": decay} for (rate, decay), found in groups.items()]
    return torch.optim.AdamW(described, fused=True)


def _gpus(assembly: Assembly) -> list[int]:
    return [assembly.device.index or 0] if assembly.device.type == "cuda" else []


def peak_memory(device: torch.device) -> int:
    """The most bytes held at once: of the GPU where that is the device, else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
