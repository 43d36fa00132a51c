"""The training loop: one, visible, for adapters, fusion, heads, several tasks at once and whole encoders alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from adaptstilts import ids
from adaptstilts.errors import InputError, Interrupted, UnknownName
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.devices import peak_memory as peak_memory
from adaptstilts.models.losses import LOSSES, terms
from adaptstilts.progress import Progress, Silent
from adaptstilts.settings import DeviceSettings, Recipe
from adaptstilts.store.records.numbers import TrainingReport
from adaptstilts.training.checkpoint import Position, StopRequest, fingerprint, restore, save, set_weights, weights_of
from adaptstilts.training.engine import Engine
from adaptstilts.training.optimizer import Optimizer
from adaptstilts.training.processes import Processes
from adaptstilts.training.sampler import ExamplePool, Sampler

CURVE_POINTS = 50
LOOK_EVERY = {"cpu": 1, "cuda": 20}
"""Steps between two looks at the loss; looking makes a GPU wait."""

SAVE_SECONDS = 20.0
"""Between two checkpoints; what is quick to save is saved as often as asked."""

SLOW, SAVING_SHARE = 1.0, 0.05
"""A checkpoint that takes longer than so many seconds (a whole encoder and its optimizer) takes this share of the time."""


def train(
    assembly: Assembly,
    encodings: Sequence[Encoding] | Mapping[str, Sequence[Encoding]],
    recipe: Recipe,
    *,
    seed: int,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
    held_out: Callable[[], float] | None = None,
    device: DeviceSettings | None = None,
    logs: Path | None = None,
    save_seconds: float = SAVE_SECONDS,
) -> TrainingReport:
    """Train what the assembly leaves open; it ends in evaluation mode.

    `encodings` are the first head's, or by the name of their head: then each step trains one of them (`task_at`), and
    an epoch is as many steps as hold all examples once. An example is one encoding, or all encodings of a
    multiple-choice row. AdamW with linear warm-up, then linear fall to zero; gradients clipped by their norm
    (`optimizing`). With a `checkpoint` folder, open tensors, optimizer state and position are saved every
    `save_seconds` and when stopped; a later call with the same arguments goes on there and, on a CPU, ends in the same
    weights to the bit. The order of examples and dropout are functions of seed and step, so that there is no state of
    a generator to save.

    With `recipe.patience`, `held_out` is asked for a score (higher is better) every `recipe.evaluate_every` steps and
    at the end; the weights with the highest score are kept. `device` says how the device does it, `logs` where trackers
    that write files put them. Under `accelerate launch` every process makes this call (see `Processes`); the main one
    alone scores, saves, logs and reports progress.

    Raises InputError (nothing to learn from, a recipe that cannot be, a loss that is not finite), UnknownName (no such
    head), Interrupted, EnvironmentProblem.
    """
    settings = device or DeviceSettings()
    advice = "Run the same command again; it goes on from there." if checkpoint else "Nothing of it was kept."
    processes = Processes(assembly.device, settings.trackers, logs)
    engine = Engine(assembly, settings)
    run = _TrainingRun(assembly, encodings, recipe, seed, checkpoint, progress or Silent(), held_out, processes, engine)
    assembly.train()
    run.watcher.start(run.total, f"training {' + '.join(run.examples)}")
    if run.began_at:
        run.watcher.advance(run.began_at, "resumed")
    try:
        with StopRequest() as stop, torch.random.fork_rng(devices=_gpus(assembly)), engine:
            saved, wait = time.monotonic(), save_seconds
            while not run.over:
                run.step()
                run.score()
                late = time.monotonic() - saved >= wait
                asked, due = processes.any(stop.asked, processes.main and late)
                if asked or (due and not run.over):
                    began = time.monotonic()
                    run.save()
                    saved = time.monotonic()
                    wait = max(save_seconds, (saved - began) / SAVING_SHARE if saved - began > SLOW else 0.0)
                if asked:
                    raise Interrupted(f"training stopped after step {run.position.step} of {run.total}", do=advice)
        run.look()
    finally:
        run.watcher.stop()
        processes.close_logs()
        assembly.eval()
    return run.report()


class _TrainingRun:
    """One training run: its examples, optimizer and position."""

    def __init__(
        self,
        assembly: Assembly,
        encodings: Sequence[Encoding] | Mapping[str, Sequence[Encoding]],
        recipe: Recipe,
        seed: int,
        checkpoint: Path | None,
        watcher: Progress,
        held_out: Callable[[], float] | None,
        processes: Processes,
        engine: Engine,
    ) -> None:
        self.assembly, self.recipe, self.seed, self.checkpoint = assembly, recipe, seed, checkpoint
        self.processes, self.engine, self.held_out = processes, engine, held_out
        self.watcher = watcher if processes.main else Silent()
        tasks = encodings if isinstance(encodings, Mapping) else {assembly.head_name: encodings}
        self.examples = _examples(assembly, tasks)
        _check_recipe(recipe, held_out)
        sampler = Sampler(self.examples, recipe.batch, recipe.alpha, seed)
        self.total = recipe.steps if recipe.steps is not None else math.ceil((recipe.epochs or 0) * sampler.per_epoch)
        if self.total < 1:
            raise InputError("a recipe needs at least one step and one row a step", where="recipe")
        self.optimizer = Optimizer(assembly, recipe, self.total)
        self.mark = fingerprint(assembly, tasks, recipe, seed)
        found = restore(checkpoint, self.mark, assembly, self.optimizer.adamw) if checkpoint else None
        self.position, self.best = found or (Position(), None)
        self.sampler = sampler.at(self.position.step)
        self.began, self.began_at, self.started = self.position.tokens, self.position.step, time.monotonic()
        self.spent = self.position.seconds
        self.look_every = LOOK_EVERY.get(assembly.device.type, 1)
        self.losses: list[torch.Tensor] = []
        if assembly.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        processes.start_logs({**asdict(recipe), "seed": seed, "total_steps": self.total})

    @property
    def over(self) -> bool:
        return self.position.step >= self.total or self.position.lost(self.recipe.patience)

    def step(self) -> None:
        """One optimizer step on the next batch."""
        at = self.position
        head, indices = self.sampler.next()
        try:
            loss = self.gradients(head, indices)
        except RuntimeError as error:
            if not self.engine.falls_back(error):
                raise
            self.optimizer.adamw.zero_grad(set_to_none=True)
            loss = self.gradients(head, indices)
        self.processes.sum_gradients(self.optimizer.opened)
        self.optimizer.step(at.step)
        at.step, at.rows = at.step + 1, at.rows + len(indices)
        at.tokens += self.examples[head].tokens(indices)
        at.seconds = self.spent + time.monotonic() - self.started
        self.losses.append(loss)
        if len(self.losses) == self.look_every:
            self.look()

    def gradients(self, head: str, indices: Sequence[int]) -> torch.Tensor:
        """Add up this process's gradients of a batch's mean loss, pass by pass; its share of that loss.

        A pass counts by its share of the batch's terms (tagged tokens differ from row to row), the penalty once.
        """
        self.seed_dropout()
        examples, assembly = self.examples[head], self.assembly
        uncut = assembly.heads[head].uncut
        budget = None if uncut else self.engine.tokens_per_pass
        passes = examples.passes(self.processes.share(indices, uncut=uncut), budget)
        whole = self.processes.count == 1 and len(passes) == 1
        every = 1 if whole else max(1, terms(examples.take(indices), assembly.heads[head]))
        total = torch.zeros((), device=assembly.device)
        for number, chosen in enumerate(passes):
            found = examples.take(chosen)
            batch = assembly.collate(found, targets=True, head=head)
            loss = assembly.loss(assembly(batch), batch)
            if not whole:
                loss = loss * (terms(found, assembly.heads[head]) / every)
            penalty = assembly.penalty() if number == 0 and self.processes.main else None
            self.processes.backward(loss if penalty is None else loss + penalty)
            total = total + loss.detach()
        return total

    def seed_dropout(self) -> None:
        """Dropout is a function of seed, step and process."""
        process = (self.processes.number,) if self.processes.number else ()
        torch.manual_seed(ids.rng_for("dropout", self.seed, self.position.step, *process).getrandbits(63))

    def score(self) -> None:
        """Where one is due, ask for the score on held-out rows, and keep the weights if it is the best so far."""
        at, recipe = self.position, self.recipe
        if recipe.patience is None or self.held_out is None:
            return
        if at.step % recipe.evaluate_every and at.step < self.total:
            return
        self.look()
        score = float(self.processes.broadcast(self.held_out() if self.processes.main else None))
        self.assembly.train()
        if not math.isfinite(score):
            raise InputError(f"the score on held-out rows is {score} after step {at.step}", where="training")
        at.scores.append((at.step, score))
        if at.best == len(at.scores) - 1:
            self.best = weights_of(self.assembly)
        self.processes.log({"held_out": score}, at.step)
        if self.over and self.best is not None:
            set_weights(self.assembly, self.best)

    def look(self) -> None:
        """Read the losses since the last look; InputError if one of them is not finite."""
        values = self.processes.sum(torch.stack(self.losses)).tolist() if self.losses else []
        first = self.position.step - len(values) + 1
        for step, value in enumerate(values, start=first):
            if not math.isfinite(value):
                rate = self.optimizer.rate(step - 1)
                what = f"the loss is {value} at step {step} of {self.total}, at rate {rate:.2e}"
                do = "Lower the rate in the recipe, or look for inputs without content."
                raise InputError(what, where="training", do=do)
            self.position.add(step, value, width=max(1, self.total // CURVE_POINTS))
        self.losses.clear()
        if values:
            self.tell(len(values), values[-1])

    def tell(self, steps: int, loss: float) -> None:
        """Let those who watch know: loss and tokens a second; how long it will take they see for themselves."""
        at, elapsed = self.position, max(1e-9, time.monotonic() - self.started)
        speed = (at.tokens - self.began) / elapsed
        self.watcher.advance(steps, f"loss {loss:.3f}, {speed:,.0f} tokens/s")
        values = {"loss": loss, "rate": self.optimizer.rate(at.step - 1), "tokens_per_second": speed}
        self.processes.log(values, at.step)

    def save(self) -> None:
        """Write the checkpoint, where one is kept."""
        self.look()
        if self.checkpoint and self.processes.main:
            save(self.checkpoint, self.mark, self.assembly, self.optimizer.adamw, self.position, self.best)

    def report(self) -> TrainingReport:
        at = self.position
        looks: dict[str, Any] = {} if at.best is None else {"held_out": at.scores, "kept": at.scores[at.best][0]}
        return TrainingReport(
            steps=at.step,
            rows=at.rows,
            tokens=at.tokens,
            seconds=at.seconds,
            loss=at.curve(),
            peak_memory=peak_memory(self.assembly.device),
            resumed_at=self.began_at,
            tokens_per_second=round(at.tokens / at.seconds, 1) if at.seconds else 0.0,
            **looks,
        )


def _examples(assembly: Assembly, tasks: Mapping[str, Sequence[Encoding]]) -> dict[str, ExamplePool]:
    """What is drawn together, by head: all inputs of a multiple-choice row, else single inputs."""
    for name, encodings in tasks.items():
        if name not in assembly.heads:
            raise UnknownName("head", name, assembly.heads, where="training")
        if not encodings:
            raise InputError("no rows to train on", where=name, do="Check the task with `adaptstilts check`.")
        if assembly.heads[name].loss not in LOSSES or not assembly.named_trainable():
            raise InputError("nothing to train: the head does not learn, or every part is frozen", where=name)
    if not tasks:
        raise InputError("no rows to train on", where=assembly.head_name)
    return {name: ExamplePool(found, by_row=assembly.heads[name].per == "row") for name, found in tasks.items()}


def _check_recipe(recipe: Recipe, held_out: Callable[[], float] | None) -> None:
    if (recipe.steps is None) == (recipe.epochs is None):
        raise InputError("a recipe sets exactly one of `steps` and `epochs`", where="recipe")
    if recipe.batch < 1:
        raise InputError("a recipe needs at least one step and one row a step", where="recipe")
    if recipe.patience is not None and (held_out is None or recipe.patience < 1 or recipe.evaluate_every < 1):
        do = "Hold rows out, and set `patience` and `evaluate_every` to 1 or more; or leave `patience` out."
        raise InputError("training cannot stop early: there is nothing to score", where="recipe.patience", do=do)


def _gpus(assembly: Assembly) -> list[int]:
    return [assembly.device.index or 0] if assembly.device.type == "cuda" else []
