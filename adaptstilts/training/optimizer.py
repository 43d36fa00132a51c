"""The optimizer of a run, and the schedule of its rates."""

from __future__ import annotations

import torch

from adaptstilts.models.assembly import Assembly
from adaptstilts.settings import Recipe


class Optimizer:
    """AdamW (Loshchilov & Hutter 2019) over what an assembly leaves open, with rates that rise and fall.

    Fusion and learned merges have rates of their own; biases and norms do not decay. Gradients are clipped by their norm.
    """

    def __init__(self, assembly: Assembly, recipe: Recipe, total: int) -> None:
        self.opened = [parameter for _, parameter in assembly.named_trainable()]
        self._recipe, self._total = recipe, total
        own = {"fusion": recipe.fusion_rate, "merge": recipe.merge_rate}
        rates = {id(p): rate for part, rate in own.items() for p in assembly.part(part).values()}
        groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
        for parameter in self.opened:
            rate = rates.get(id(parameter), recipe.rate)
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
        described = [{"params": found, "lr": rate, "weight_decay": decay} for (rate, decay), found in groups.items()]
        self.adamw = torch.optim.AdamW(described, fused=True)
        self._peaks: list[float] = [group["lr"] for group in self.adamw.param_groups]

    def rate(self, step: int) -> float:
        """The highest rate of a step counted from 0."""
        return max(self._peaks) * schedule(step, self._total, self._recipe.warmup)

    def step(self, step: int) -> None:
        """Change the weights by their gradients as step number `step`, counted from 0, does; let the gradients go."""
        share = schedule(step, self._total, self._recipe.warmup)
        for group, peak in zip(self.adamw.param_groups, self._peaks, strict=True):
            group["lr"] = peak * share
        torch.nn.utils.clip_grad_norm_(self.opened, self._recipe.clip)
        self.adamw.step()
        self.adamw.zero_grad(set_to_none=True)


def schedule(step: int, total: int, warmup: float) -> float:
    """The share of the peak rate at a step counted from 0: up over `warmup` of all steps, then down to 0 at `total`."""
    rising = max(1, round(warmup * total)) if warmup > 0 else 0
    if step < rising:
        return (step + 1) / rising
    return (total - step) / max(1, total - rising)
