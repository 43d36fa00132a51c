"""What a training run did, as it goes into a record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingReport:
    """Steps, cost and curve of a run.

    Optimizer steps, examples and tokens seen (padding not counted), wall seconds over all its sittings, the loss as
    about 50 (step, mean since the last point) pairs, peak memory in bytes (of the GPU where one is used, else of the
    process), the step it went on from, and, where held-out rows were scored, (step, score) pairs and the step whose
    weights were kept.
    """

    steps: int
    rows: int
    tokens: int
    seconds: float
    loss: tuple[tuple[int, float], ...]
    peak_memory: int
    resumed_at: int = 0
    held_out: tuple[tuple[int, float], ...] = ()
    kept: int | None = None

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    def plain(self) -> dict[str, Any]:
        """The report as JSON; what was held out is there only if something was."""
        told = {**asdict(self), "tokens_per_second": round(self.tokens_per_second, 1)}
        return told if self.held_out else {key: told[key] for key in told if key not in ("held_out", "kept")}
