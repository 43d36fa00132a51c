"""How sure a model is of its answers, and how far that is from how often they are right."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from adaptstilts.statistics.estimands import Array

BINS = 15


def confidence(margins: ArrayLike) -> Array:
    """The probability of the answer given, between it and its nearest rival, from margins of raw logits."""
    return np.asarray(expit(np.abs(np.asarray(margins))))


def calibration_error(margins: ArrayLike, bins: int = BINS) -> float:
    """The expected calibration error over equal bins of confidence (Guo et al. 2017); right is a margin above zero."""
    sure, right = confidence(margins), np.asarray(margins) > 0
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in np.unique(place)]
    return float(np.sum(gaps))
