"""Projected gradient descent in balls of word embeddings, many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

import torch

from adaptstilts.kinds.kind import Encoding, Prediction
from adaptstilts.models.whitebox.open_model import OpenModel, renumbered
from adaptstilts.rows import Row

if TYPE_CHECKING:
    import numpy as np

PACE = 2.5
"""A step is this times the radius over the number of steps (Madry et al. 2018), so that a path can cross the ball."""


class Descent:
    """Projected gradient descent on some rows at once, each in its own ball."""

    def __init__(
        self, box: OpenModel, rows: Sequence[Row], encodings: Sequence[Sequence[Encoding]], radius: float
    ) -> None:
        self.box, self.rows, self.radius = box, rows, radius
        self.inputs = renumbered(encodings)
        self.learns = not box.searches and "merge" not in box.facts.options
        self.batch = box.assembly.collate(self.inputs, targets=self.learns)
        self.owner = torch.tensor([e.row for e in self.inputs], device=self.batch.ids.device)
        free = torch.zeros(self.batch.ids.shape, dtype=torch.bool)
        for i, encoding in enumerate(self.inputs):
            free[i, : len(encoding.ids)] = torch.tensor(box.content(rows[encoding.row], encoding))
        self.free = free.to(self.batch.ids.device)[:, :, None]
        self.lowest = [float("inf")] * len(rows)
        self.best: list[list[np.ndarray]] = [[] for _ in rows]
        self.passes = [0] * len(rows)
        self.budget = 0

    def run(self, rngs: Sequence[Random], steps: int, restarts: int, budget: int) -> None:
        self.budget = budget
        for restart in range(restarts):
            shift = self._start(rngs, zero=restart == 0 and steps > 0)
            for step in range(steps + 1):
                if self._over():
                    return
                shift.requires_grad_(True)
                outputs = self.box.outputs(self.batch, self.inputs, shift)
                leads = self.box.leads(self.rows, self.inputs, outputs)
                self._keep(leads, outputs)
                if step < steps:
                    shift = self._moved(shift, leads, outputs, PACE * self.radius / steps, follow_loss=restart % 2 == 1)

    def results(self) -> list[tuple[Prediction, int]]:
        outputs = [array for found in self.best for array in found]
        said = self.box.decode(self.rows, self.inputs, outputs)
        return list(zip(said, self.passes, strict=True))

    def _active(self, i: int) -> bool:
        return self.lowest[i] >= 0 and self.passes[i] < self.budget

    def _over(self) -> bool:
        return not any(map(self._active, range(len(self.rows))))

    def _keep(self, leads: Sequence[torch.Tensor], outputs: Sequence[torch.Tensor]) -> None:
        for i, lead in enumerate(leads):
            if not self._active(i):
                continue
            self.passes[i] += 1
            if float(lead.detach()) < self.lowest[i]:
                self.lowest[i] = float(lead.detach())
                mine = zip(self.inputs, outputs, strict=True)
                self.best[i] = [o.detach().float().cpu().numpy() for e, o in mine if e.row == i]

    def _moved(
        self,
        shift: torch.Tensor,
        leads: Sequence[torch.Tensor],
        outputs: Sequence[torch.Tensor],
        pace: float,
        *,
        follow_loss: bool,
    ) -> torch.Tensor:
        aim = torch.stack(list(leads)).sum()
        if follow_loss and self.learns:
            whole = torch.nn.utils.rnn.pad_sequence(list(outputs), batch_first=True)
            aim = -self.box.assembly.loss(whole, self.batch)
        (slope,) = torch.autograd.grad(aim, shift)
        slope = torch.where(self.free, slope, 0.0)
        lengths = self._lengths(slope)
        moved = shift.detach() - pace * slope / torch.where(lengths > 0, lengths, 1.0)
        return moved * (self.radius / self._lengths(moved).clamp(min=self.radius))

    def _start(self, rngs: Sequence[Random], *, zero: bool) -> torch.Tensor:
        """No shift, or one in a random direction: a random point of a ball in so many dimensions lies on its surface."""
        shift = self.box.shift(self.batch).detach()
        if zero:
            return shift
        drawn = [torch.Generator().manual_seed(rng.getrandbits(63)) for rng in rngs]
        for i, encoding in enumerate(self.inputs):
            noise = torch.randn(len(encoding.ids), shift.shape[-1], generator=drawn[encoding.row])
            shift[i, : len(encoding.ids)] = noise.to(shift)
        shift = torch.where(self.free, shift, 0.0)
        lengths = self._lengths(shift)
        return shift * self.radius / torch.where(lengths > 0, lengths, 1.0)

    def _lengths(self, values: torch.Tensor) -> torch.Tensor:
        """The L2 norm over all inputs of the row that each input belongs to, [n, 1, 1]."""
        squares = values.new_zeros(len(self.rows)).index_add(0, self.owner, values.square().sum((1, 2)))
        return squares.sqrt()[self.owner][:, None, None]
