"""What clean accuracy explains of a cost's slope, under every reading that the reference models leave open.

A line through k = 0 models says how attacked scores go with clean ones. Which clean score carries it, that of the source language or
those of the others, on which scale it is straight, and how much of the models' scatter is that of their test rows cannot be told
from the references where all of these move together. An effect is claimed only where it holds under each reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.estimands import Array
from adaptstilts.statistics.slopes import slopes

RELIABLE = 0.5
"""The least share of the references' scatter that has to be more than that of their test rows."""


@dataclass(frozen=True)
class ScoreTables:
    """Clean, attacked and source-language scores on one scale, and the variance of the covariates from test rows alone.

    Of trajectories [..., R, T, K], or of references [..., T, models]. `clean_error` and `source_error` [..., T] are variances.
    """

    clean: Array
    attacked: Array
    source: Array
    clean_error: Array | float = 0.0
    source_error: Array | float = 0.0


@dataclass(frozen=True)
class LineReading:
    """One way to take the references.

    `excess` is the slope of the attacked score beyond the line: below 0 the models lose more than their clean scores
    explain. `expected` is the slope of the cost on the line.
    """

    scale: str
    by: str
    corrected: bool
    excess: Interval
    expected: Interval

    @property
    def name(self) -> str:
        by = "the models' own margins" if self.by == "margins" else f"{self.by} accuracy"
        return f"{self.scale} scale, by {by}{', errors of rows taken out' if self.corrected else ''}"


def line_slopes(attacked: Any, covariate: Any, error: Any = 0.0) -> Array:
    """Least-squares slopes [...] of `attacked` on `covariate` [..., models], with `error` as the covariate's variance from rows.

    Without that variance a line is too flat (Fuller 1987, errors in variables). NaN where too little is left to tell.
    """
    x, y = np.asarray(covariate, float), np.asarray(attacked, float)
    there = np.isfinite(x) & np.isfinite(y)
    n = np.maximum(there.sum(-1), 1)[..., None]
    x = np.where(there, x - np.where(there, x, 0).sum(-1, keepdims=True) / n, 0.0)
    y = np.where(there, y - np.where(there, y, 0).sum(-1, keepdims=True) / n, 0.0)
    all_of, free = (x**2).sum(-1), np.maximum(there.sum(-1) - 1, 1)
    true = all_of - free * np.asarray(error, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(true >= RELIABLE * all_of, (x * y).sum(-1) / true, np.nan)


def plane_slopes(attacked: Any, first: Any, second: Any, errors: tuple[Any, Any] = (0.0, 0.0)) -> tuple[Array, Array]:
    """The same on two covariates at once; NaN where, errors taken out, the one does not move enough without the other."""
    there = np.isfinite(first) & np.isfinite(second) & np.isfinite(attacked)
    n, free = np.maximum(there.sum(-1, keepdims=True), 1), np.maximum(there.sum(-1) - 1, 1)

    def centred(values: Any) -> Array:
        kept = np.where(there, values, 0.0)
        return np.where(there, kept - kept.sum(-1, keepdims=True) / n, 0.0)

    x, z, y = centred(first), centred(second), centred(attacked)
    xx, zz, xz = (x**2).sum(-1), (z**2).sum(-1), (x * z).sum(-1)
    own = xx - free * errors[0], zz - free * errors[1]
    det, whole = own[0] * own[1] - xz**2, xx * zz - xz**2
    xy, zy = (x * y).sum(-1), (z * y).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        told = (det >= RELIABLE * whole) & (whole > 1e-9 * xx * zz)
        return np.where(told, (own[1] * xy - xz * zy) / det, np.nan), np.where(
            told, (own[0] * zy - xz * xy) / det, np.nan
        )


def readings(
    models: Mapping[str, ScoreTables],
    references: Mapping[str, ScoreTables],
    x: Any,
    *,
    level: float = 0.95,
    least: int = 2,
    margins: Array | None = None,
    folded: Callable[[Array], Array] = lambda table: table,
) -> tuple[LineReading, ...]:
    """Every reading by scale: lines by target and by source accuracy and by both, with and without the errors of test rows.

    `margins` [..., T] are slopes of the line that the models' own margins draw where all of them shift alike: one more reading
    on the probit scale. `folded` turns a table over targets into one over heads. Heads without a usable line are NaN.
    """
    found = list[LineReading]()
    for scale, mine in models.items():
        moved = _Moved(*(slopes(values, x, least) for values in (mine.clean, mine.attacked, mine.source)))
        ways = [
            (by, corrected, *steep)
            for corrected in (False, True)
            for by, steep in _lines(references[scale], corrected).items()
        ]
        if scale == "probit" and margins is not None:
            ways.append(("margins", False, margins, np.zeros_like(margins)))
        for by, corrected, along, across in ways:
            tables = (interval(folded(table), level) for table in moved.beyond(along, across))
            found.append(LineReading(scale, by, corrected, *tables))
    return tuple(found)


@dataclass(frozen=True)
class _Moved:
    """Slopes of scores over k, [..., R, T]."""

    clean: Array
    attacked: Array
    source: Array

    def beyond(self, along: Array, across: Array) -> tuple[Array, Array]:
        """What attacked scores do beyond lines along clean and across source-language scores [..., T]; the cost on those."""
        across = across[..., None, :]
        excess = self.attacked - along[..., None, :] * self.clean - np.where(across == 0, 0.0, across * self.source)
        return excess, self.clean - self.attacked + excess


def _lines(at: ScoreTables, corrected: bool) -> dict[str, tuple[Array, Array]]:
    """Slopes along target and along source accuracy [..., T] by reading; where both cannot be told apart, target accuracy's."""
    errors = (at.clean_error, at.source_error) if corrected else (0.0, 0.0)
    target, source = (
        line_slopes(at.attacked, covariate, error)
        for covariate, error in zip((at.clean, at.source), errors, strict=True)
    )
    along, across = plane_slopes(at.attacked, at.clean, at.source, errors)
    told, flat = np.isfinite(along), np.zeros_like(target)
    both = np.where(told, along, target), np.where(told, across, 0.0)
    return {"target": (target, flat), "source": (flat, source), "both": both}
