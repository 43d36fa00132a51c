"""The processes that share one training run: who takes which rows, how gradients add up, who writes and logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, PartialState
from accelerate.tracking import GeneralTracker, filter_trackers
from accelerate.utils import broadcast_object_list

from adaptstilts.errors import EnvironmentProblem, InputError

BUCKET = 1 << 24
"""Numbers that one exchange of gradients holds: enough that it pays, few enough that the copy is small."""


class Processes:
    """One process, or those that `accelerate launch` started; every method must be called by all of them alike.

    Each optimizer batch is dealt out by rows. Every process knows the whole batch, so each weighs its own rows' loss by
    their share of the batch's terms, and gradients are summed: uneven shares come out right, and a process without rows
    only takes part in the sum. Weights start equal and change by equal gradients, so they stay equal.
    """

    def __init__(self, device: torch.device, trackers: Sequence[str | GeneralTracker] = (), logs: Path | None = None):
        _check_trackers(trackers, logs)
        self._accelerator = Accelerator(
            cpu=device.type == "cpu", mixed_precision="no", log_with=list(trackers) or None, project_dir=logs
        )
        self._accelerator.gradient_accumulation_steps = 1  # else the environment's; passes are weighed by their terms
        self.count: int = self._accelerator.num_processes
        self.number: int = self._accelerator.process_index
        self.main: bool = self._accelerator.is_main_process
        self._tracked, self._device = bool(trackers), device

    def share(self, indices: Sequence[int], *, uncut: bool = False) -> list[int]:
        """This process's part of a batch; sizes differ by one at most, and the main process has the longest.

        A batch that must stay `uncut` is the main process's alone.
        """
        if uncut:
            return list(indices) if self.main else []
        return list(indices[self.number :: self.count])

    def backward(self, loss: torch.Tensor) -> None:
        self._accelerator.backward(loss)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes, element by element."""
        total: torch.Tensor = self._accelerator.reduce(values, "sum") if self.count > 1 else values
        return total

    def sum_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Give every process the sum of all processes' gradients; what has one nowhere stays without."""
        if self.count == 1:
            return
        here = torch.tensor([float(p.grad is not None) for p in parameters], device=self._device)
        held = [p for p, found in zip(parameters, self.sum(here).tolist(), strict=True) if found]
        bucket: list[torch.nn.Parameter] = []
        for parameter in held:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            bucket.append(parameter)
            if sum(p.numel() for p in bucket) >= BUCKET:
                self._sum_bucket(bucket)
                bucket = []
        if bucket:
            self._sum_bucket(bucket)

    def _sum_bucket(self, bucket: Sequence[torch.nn.Parameter]) -> None:
        gradients = [p.grad for p in bucket if p.grad is not None]
        total = self.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, torch.split(total, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """For each flag, whether it is up in some process."""
        if self.count == 1:
            return flags
        return tuple(bool(up) for up in self.sum(torch.tensor(flags, dtype=torch.float, device=self._device)).tolist())

    def broadcast(self, value: Any) -> Any:
        """What the main process says."""
        return broadcast_object_list([value])[0] if self.count > 1 else value

    def start_logs(self, facts: dict[str, Any]) -> None:
        """Open the trackers with the run's settings."""
        if self._tracked:
            self._accelerator.init_trackers("adaptstilts", config=facts)

    def log(self, values: dict[str, float], step: int) -> None:
        if self._tracked:
            self._accelerator.log(values, step=step)

    def close_logs(self) -> None:
        for tracker in self._accelerator.trackers:  # `end_training` would also take the process group down
            tracker.finish()


def _check_trackers(trackers: Sequence[str | GeneralTracker], logs: Path | None) -> None:
    """Raise InputError for a name that `accelerate` does not know, EnvironmentProblem for one that cannot work here."""
    for tracker in trackers:
        try:
            found = filter_trackers([tracker], logs)
        except ValueError as error:
            if logs is None and "logging_dir" in str(error):
                do = "Keep a checkpoint folder; logs lie beside it."
                raise InputError(f"the tracker {tracker!r} needs a folder for its logs", do=do) from error
            do = "See the documentation of accelerate for its names, such as tensorboard, wandb, mlflow."
            raise InputError(f"there is no tracker called {tracker!r}", where="trackers", do=do) from error
        if not found:
            do = f"Install it (`pip install {tracker}`), or leave it out."
            raise EnvironmentProblem(f"the tracker {tracker!r} is not installed", where="trackers", do=do)


def crew() -> PartialState:
    """The processes of this launch, whoever asks first: which one this is, and a place to wait for the others."""
    return PartialState(cpu=not torch.cuda.is_available())


def agree(said: Any) -> Any:
    """What the main process says, in every process; all of them make this call, the others' `said` is not looked at."""
    return said if crew().num_processes == 1 else broadcast_object_list([said])[0]
