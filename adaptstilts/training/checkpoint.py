"""Half-done training on disk: open tensors, best ones, optimizer and position in one safetensors file, replaced whole."""

from __future__ import annotations

import hashlib
import json
import signal
import threading
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from adaptstilts import ids
from adaptstilts.compositions.blocks import spell
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.files import replacing
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.assembly import Assembly
from adaptstilts.settings import Recipe
from adaptstilts.stops import STOPS, Stopped

FILE = "training.safetensors"
SCHEMA = 2


@dataclass
class Position:
    """How far a run is.

    Steps done (which batch comes next and all random numbers follow from it), examples, tokens and seconds so far, the
    loss as [last step, sum, count] of each stretch of the curve, and (step, score) of each look at held-out rows.
    """

    step: int = 0
    rows: int = 0
    tokens: int = 0
    seconds: float = 0.0
    stretches: list[list[float]] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)

    def add(self, step: int, loss: float, *, width: int) -> None:
        """Add one step's loss to the stretch of `width` steps that it falls in."""
        if not self.stretches or self.stretches[-1][2] >= width:
            self.stretches.append([step, 0.0, 0])
        last = self.stretches[-1]
        last[0], last[1], last[2] = step, last[1] + loss, last[2] + 1

    def curve(self) -> tuple[tuple[int, float], ...]:
        """(last step, mean loss) of each stretch."""
        return tuple((int(step), total / count) for step, total, count in self.stretches)

    @property
    def best(self) -> int | None:
        """Which look at held-out rows found the highest score, the first of equals."""
        return max(range(len(self.scores)), key=lambda i: self.scores[i][1]) if self.scores else None

    def lost(self, patience: int | None) -> bool:
        """Whether the last `patience` scores were no better than one before them."""
        return patience is not None and self.best is not None and len(self.scores) - 1 - self.best >= patience


def fingerprint(assembly: Assembly, tasks: Mapping[str, Sequence[Encoding]], recipe: Recipe, seed: int) -> str:
    """A digest of everything that decides how a run goes, so that another run's checkpoint is never used.

    `tasks` are the encodings by head. A sequence that offers the digest of what it holds as `key` is not read.
    """
    inputs = {name: getattr(encodings, "key", None) or _digest(encodings) for name, encodings in tasks.items()}
    opened = {name: list(parameter.shape) for name, parameter in assembly.named_trainable()}
    start = (assembly.digests, assembly.weights, assembly.backbone.identity, assembly.languages, assembly.language)
    built = (spell(assembly.block), assembly.heads, assembly.shape)
    return ids.digest([SCHEMA, inputs, recipe, seed, opened, *start, *built])


def _digest(encodings: Sequence[Encoding]) -> str:
    inputs = hashlib.blake2b(digest_size=16)
    for encoding in encodings:
        inputs.update(array("q", encoding.ids).tobytes())
        inputs.update(f"|{encoding.row}|{encoding.second}|{encoding.target!r}\n".encode())
    return inputs.hexdigest()


Weights = dict[str, torch.Tensor]
"""Copies of what an assembly leaves open, by name."""


def weights_of(assembly: Assembly) -> Weights:
    """Copies of the open tensors, on the CPU."""
    return {name: parameter.detach().cpu().clone() for name, parameter in assembly.named_trainable()}


def set_weights(assembly: Assembly, weights: Weights) -> None:
    """Set the open tensors to copies made earlier."""
    for name, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter.copy_(weights[name])


def save(
    folder: Path,
    mark: str,
    assembly: Assembly,
    optimizer: torch.optim.Optimizer,
    position: Position,
    best: Weights | None = None,
) -> None:
    """Write the checkpoint beside the old one and put it in its place; EnvironmentProblem if it cannot be written.

    `best` are the weights with the highest score on held-out rows so far.
    """
    tensors = {f"best/{name}": tensor for name, tensor in (best or {}).items()}
    for name, parameter in assembly.named_trainable():
        tensors[f"weight/{name}"] = parameter.detach().contiguous()
        tensors |= {f"{key}/{name}": value.contiguous() for key, value in optimizer.state[parameter].items()}
    try:
        with replacing(folder / FILE, lasting=True) as beside:
            save_file(tensors, beside, metadata={"mark": mark, "position": json.dumps(asdict(position))})
    except (OSError, SafetensorError) as error:
        do = "Check that there is space and that the folder may be written."
        raise EnvironmentProblem(f"the checkpoint cannot be written ({error})", where=str(folder), do=do) from error


def restore(
    folder: Path, mark: str, assembly: Assembly, optimizer: torch.optim.Optimizer
) -> tuple[Position, Weights | None] | None:
    """Set weights and optimizer to the checkpoint's state, and give its position and the best weights so far.

    None, and nothing changed, if it is not of this run. One that does not read back only costs time, so it counts as
    none.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as stream:
            notes = stream.metadata() or {}
            if notes.get("mark") != mark:
                return None
            tensors = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118 - safe_open is no mapping
    except (SafetensorError, OSError):
        return None
    kinds: dict[str, Weights] = {"best": {}, "weight": {}}
    for key, tensor in tensors.items():
        kind, _, name = key.partition("/")
        kinds.setdefault(kind, {})[name] = tensor
    best, weights = kinds.pop("best"), kinds.pop("weight")
    set_weights(assembly, weights)
    for name, parameter in assembly.named_trainable():
        state = {kind: found[name].to(parameter.device) for kind, found in kinds.items() if name in found}
        if state:  # a parameter that never had a gradient has none
            optimizer.state[parameter] = state
    position = json.loads(notes["position"])
    position["scores"] = [(step, score) for step, score in position["scores"]]
    return Position(**position), best or None


class StopRequest:
    """While it is entered, the first signal that asks to end only sets `asked`, so that a step is never cut in two.

    A second SIGINT stops at once. Outside the main thread, where signals never arrive, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._ask) for number in heeded}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise Stopped
        self.asked = True

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
