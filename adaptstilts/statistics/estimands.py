"""What robustness is measured by: pure functions of scores in [0, 1], arrays in and arrays out.

Clean C and attacked A are means over the same n rows. The primary one is the probit cost: where margins are Gaussian and nothing
is right by chance it does not move with clean accuracy, while the raw gap, the relative drop and the success rate do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit, ndtr, ndtri

Array = np.ndarray[Any, np.dtype[np.float64]]
RIGHT = 0.5
"""From this score on a row counts as right."""


def smoothed(score: ArrayLike, n: ArrayLike) -> Array:
    """(n score + 1/2) / (n + 1): never 0 or 1, so that probits and logits are finite."""
    n = np.asarray(n, float)
    return np.asarray((n * np.asarray(score, float) + 0.5) / (n + 1))


def probit_cost(clean: ArrayLike, attacked: ArrayLike, n: ArrayLike) -> Array:
    """D = probit(C~) - probit(A~) with smoothed scores; above 0 where the attack costs something."""
    return np.asarray(ndtri(smoothed(clean, n)) - ndtri(smoothed(attacked, n)))


SCALES = ("probit", "logit", "corrected")
"""Where scores are compared: probits, logits, and probits of what lies above chance."""


def scaled(score: ArrayLike, n: ArrayLike, chance: ArrayLike, scale: str) -> Array:
    """A smoothed score on one of SCALES; a score at chance or below is taken for half a row above it where chance is taken out."""
    if scale == "corrected":
        n, chance = np.asarray(n, float), np.asarray(chance, float)
        above = (np.asarray(score, float) - chance) / np.maximum(1 - chance, 1e-9)
        return np.asarray(ndtri(np.maximum(smoothed(above, n), 0.5 / (n + 1))))
    return np.asarray((ndtri if scale == "probit" else logit)(smoothed(score, n)))


def scaled_variance(score: ArrayLike, n: ArrayLike, chance: ArrayLike, scale: str) -> Array:
    """The variance that n test rows leave a score on a scale, by the delta method."""
    step = 1e-4
    up, down = (scaled(np.clip(np.asarray(score, float) + by, 0, 1), n, chance, scale) for by in (step, -step))
    return np.asarray(((up - down) / (2 * step)) ** 2 * standard_error(score, n) ** 2)


def standard_error(score: ArrayLike, n: ArrayLike) -> Array:
    """Of a share of n rows, from the smoothed score so that it is never 0."""
    share = smoothed(score, n)
    return np.asarray(np.sqrt(share * (1 - share) / np.asarray(n, float)))


def at_bounds(score: ArrayLike, n: ArrayLike, chance: ArrayLike) -> Any:
    """Whether a score is within two standard errors of chance or of 1, where no scale tells costs apart."""
    score, reach = np.asarray(score, float), 2 * standard_error(score, n)
    return (np.abs(score - np.asarray(chance, float)) <= reach) | (1 - score <= reach)


def gap(clean: ArrayLike, attacked: ArrayLike) -> Array:
    """C - A."""
    return np.asarray(np.asarray(clean, float) - np.asarray(attacked, float))


def relative_drop(clean: ArrayLike, attacked: ArrayLike, chance: ArrayLike = 0.0) -> Array:
    """(C - A) / (C - chance); NaN where the clean score is not above chance."""
    above = np.asarray(clean, float) - np.asarray(chance, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above > 0, gap(clean, attacked) / above, np.nan)


def success_rate(clean: ArrayLike, attacked: ArrayLike, among: ArrayLike | None = None, right: float = RIGHT) -> float:
    """Share of rows that were right and are no more, from scores by row; NaN where none was right.

    `among` (bool by row) narrows it down, for instance to `commonly_right`.
    """
    chosen = np.asarray(clean, float) >= right
    if among is not None:
        chosen &= np.asarray(among, bool)
    return float(np.mean(np.asarray(attacked, float)[chosen] < right)) if chosen.any() else float("nan")


def commonly_right(clean: ArrayLike, right: float = RIGHT) -> Any:
    """Rows [n] that are right under every k, from clean scores [k, n]: the same denominator for all."""
    return (np.asarray(clean, float) >= right).all(axis=0)


def zero_shot_gap(source: ArrayLike, abroad: ArrayLike) -> float:
    """The source language's score minus the mean of the others (Hu et al. 2020, arXiv 2003.11080)."""
    return float(np.asarray(source, float) - np.nanmean(np.asarray(abroad, float)))


def gain(score: ArrayLike, without: ArrayLike) -> Array:
    """A composition's score minus that of `none` with the same ordering and head."""
    return np.asarray(np.asarray(score, float) - np.asarray(without, float))


def forgetting(history: ArrayLike) -> Array:
    """Best earlier score minus the last, by row of [tasks, steps] with NaN before a task is met (Chaudhry et al. 2018).

    NaN for a task that was met in the last step only.
    """
    scores = np.asarray(history, float)
    best = np.where(np.isnan(scores[:, :-1]), -np.inf, scores[:, :-1]).max(axis=1)
    return np.where(np.isfinite(best), best - scores[:, -1], np.nan)


def macro_mean(scores: ArrayLike, source: ArrayLike) -> float:
    """Mean over languages without the source language (`source` is True there); NaN where no other was scored."""
    kept = np.asarray(scores, float)[~np.asarray(source, bool)]
    return float(np.nanmean(kept)) if np.isfinite(kept).any() else float("nan")


def points_of(cost: float, clean: float) -> float:
    """What a probit cost takes from a score, in points: 100 (C - Phi(Phi^-1(C) - cost)); nothing from 0 and from 1."""
    return float(100 * (clean - ndtr(ndtri(clean) - cost)))
