"""Looks before the end: a level shared out over them, so that all together err no more often than one test would.

Lan & DeMets (1983) spend the level with the information that is there; the function is their O'Brien-Fleming one, which keeps nearly
all of it for the end. Boundaries follow from recursive integration over the looks (Armitage, McPherson & Rowe 1969; Jennison &
Turnbull 2000, chapter 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson
from scipy.optimize import brentq
from scipy.stats import norm

Floats = NDArray[np.float64]
Held = tuple[float, Floats, Floats]
"""A time, places that the score process may have then, and its density there where no look has stopped it."""

REACH = 8.0
"""Standard deviations below 0 from which nothing comes back."""
CLOSE = 1e-3
"""Looks with less new information between them do not share what they spend: each takes its own part alone."""
LEAST = 1e-12
"""What every look may spend: nothing that anybody could see, and its interval has ends."""


def spent(time: float, alpha: float) -> float:
    """How much of a one-sided level may be spent by a share of the information: 2 - 2 Phi(z(alpha / 2) / sqrt(time))."""
    return float(2 * norm.sf(norm.isf(alpha / 2) / np.sqrt(time)))


def boundaries(times: Sequence[float], alpha: float) -> list[float]:
    """The z that each look has to exceed, of one-sided tests at rising shares of the information in (0, 1].

    Never more than `spent` of alpha is used by any look. ValueError for times that do not rise.
    """
    if any(not 0 < time <= 1 for time in times) or any(b <= a for a, b in pairwise(times)):
        raise ValueError(f"shares of information must rise within (0, 1], not {list(times)}")
    narrowest = min((gap for a, b in pairwise(times) if (gap := b - a) >= CLOSE), default=1.0) ** 0.5
    found: list[float] = []
    held: Held | None = None
    last = 0.0
    for time in times:
        part = max(spent(time, alpha) - last, LEAST)
        last += part
        if held is None or time - held[0] < CLOSE:
            found.append(float(norm.isf(part)))
        else:
            found.append(_boundary(held, time, part))
        if held is None or time - held[0] >= CLOSE:
            held = _density(held, time, found[-1], narrowest)
    return found


def nominal(times: Sequence[float], alpha: float) -> float:
    """The two-sided level at which the last of these looks is to be tested, so that all of them err at most at `alpha`.

    It serves one-sided tests at the same alpha as well (of equivalence): the smaller of the two is taken.
    """
    two_sided = 2 * norm.sf(boundaries(times, alpha / 2)[-1])
    return float(min(two_sided, norm.sf(boundaries(times, alpha)[-1])))


def _boundary(held: Held, time: float, part: float) -> float:
    before, places, density = held
    step, root = np.sqrt(time - before), np.sqrt(time)

    def beyond(z: float) -> float:
        return float(simpson(density * norm.sf((z * root - places) / step), x=places)) - part

    return float(brentq(beyond, -REACH, float(norm.isf(part)) + 1, xtol=1e-10))


def _density(held: Held | None, time: float, z: float, narrowest: float) -> Held:
    """The density of the score process at a time where it has stayed below every boundary up to now.

    Its places lie near enough to each other for the `narrowest` move from look to look.
    """
    root = np.sqrt(time)
    step = root if held is None else np.sqrt(time - held[0])
    count = int(np.clip(np.ceil((REACH + z) * root / narrowest * 5), 200, 4000)) // 2 * 2 + 1
    places = np.linspace(-REACH * root, z * root, count)
    if held is None:
        return time, places, norm.pdf(places / root) / root
    _, from_places, from_density = held
    moves = norm.pdf((places[:, None] - from_places[None, :]) / step) / step
    return time, places, simpson(moves * from_density[None, :], x=from_places, axis=1)
