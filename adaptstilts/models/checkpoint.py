"""Half-done training on disk: open tensors, optimizer state and position in one safetensors file, replaced whole."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from adaptstilts import ids
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.kinds.kind import Encoding
from adaptstilts.models.assembly import Assembly
from adaptstilts.settings import Recipe

FILE = "training.safetensors"


@dataclass
class Position:
    """How far a run is.

    Steps done, the epoch and how many of its batches are used, examples, tokens and seconds so far, and the loss as
    [last step, sum, count] of each stretch of the curve.
    """

    step: int = 0
    epoch: int = 0
    index: int = 0
    rows: int = 0
    tokens: int = 0
    seconds: float = 0.0
    stretches: list[list[float]] = field(default_factory=list)

    def add(self, step: int, loss: float, *, width: int) -> None:
        """Add one step's loss to the stretch of `width` steps that it falls in."""
        if not self.stretches or self.stretches[-1][2] >= width:
            self.stretches.append([step, 0.0, 0])
        last = self.stretches[-1]
        last[0], last[1], last[2] = step, last[1] + loss, last[2] + 1

    def curve(self) -> tuple[tuple[int, float], ...]:
        """(last step, mean loss) of each stretch."""
        return tuple((int(step), total / count) for step, total, count in self.stretches)


def fingerprint(assembly: Assembly, encodings: Sequence[Encoding], recipe: Recipe, seed: int) -> str:
    """A digest of everything that decides how a run goes, so that another run's checkpoint is never used."""
    inputs = hashlib.blake2b(digest_size=16)
    for encoding in encodings:
        inputs.update(array("q", encoding.ids).tobytes())
        inputs.update(f"|{encoding.row}|{encoding.second}|{encoding.target!r}\n".encode())
    opened = {name: list(parameter.shape) for name, parameter in assembly.named_trainable()}
    told = [inputs.hexdigest(), recipe, seed, opened, assembly.digests, assembly.backbone.identity]
    return ids.digest(told)


def save(folder: Path, mark: str, assembly: Assembly, optimizer: torch.optim.Optimizer, position: Position) -> None:
    """Write the checkpoint beside the old one and put it in its place; EnvironmentProblem if it cannot be written."""
    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in assembly.named_trainable():
        tensors[f"weight/{name}"] = parameter.detach().contiguous()
        tensors |= {f"{key}/{name}": value.contiguous() for key, value in optimizer.state[parameter].items()}
    beside = folder / f".{FILE}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, beside, metadata={"mark": mark, "position": json.dumps(asdict(position))})
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.replace(folder / FILE)
    except (OSError, SafetensorError) as error:
        do = "Check that there is space and that the folder may be written."
        raise EnvironmentProblem(f"the checkpoint cannot be written ({error})", where=str(folder), do=do) from error
    finally:
        beside.unlink(missing_ok=True)


def restore(folder: Path, mark: str, assembly: Assembly, optimizer: torch.optim.Optimizer) -> Position | None:
    """Set weights and optimizer to the checkpoint's state; None, and nothing changed, if it is not of this run.

    A checkpoint that does not read back only costs time, so it counts as none.
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
    for name, parameter in assembly.named_trainable():
        with torch.no_grad():
            parameter.copy_(tensors[f"weight/{name}"])
        kept = [
            key.partition("/")[0] for key in tensors if key.partition("/")[2] == name and not key.startswith("weight/")
        ]
        if kept:  # a parameter that never had a gradient has no state
            optimizer.state[parameter] = {key: tensors[f"{key}/{name}"].to(parameter.device) for key in kept}
    return Position(**json.loads(notes["position"]))


class StopRequest:
    """While it is entered, the first SIGINT or SIGTERM only sets `asked`, so that a step is never cut in two.

    A second SIGINT stops at once. Outside the main thread, where signals never arrive, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
