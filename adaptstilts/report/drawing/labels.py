"""Names to the right of points and of lines' ends, moved up or down where one would stand over another (adjustText)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

BESIDE = "_beside"
"""What these texts are labelled, apart from all others of a panel."""
STEPS = 500
GROUND = "#fffffe"
"""What pages have for their ground: a rim of it keeps a name readable where a line runs behind it."""


def label_points(ax: Axes, labels: Sequence[tuple[float, float, str, Any]], *, dx: float = 6, **look: Any) -> None:
    """Names `dx` points to the right of (x, y, name, colour); they are moved apart when the sheet is laid out."""
    right = ax.transData + ScaledTranslation(dx / 72, 0, ax.figure.dpi_scale_trans)
    for x, y, name, colour in labels:
        rim = [withStroke(linewidth=2.5, foreground=GROUND)]
        ax.text(
            x, y, name, color=colour, transform=right, va="center", label=BESIDE, path_effects=rim,
            **{"fontsize": 8, "zorder": 5, **look},
        )  # fmt: skip


def label_ends(ax: Axes) -> None:
    """The names of all lines of a sheet's panel at their ends."""
    ends = [(*np.asarray(line.get_xydata())[-1], str(line.get_label()), line.get_color()) for line in ax.get_lines()]
    label_points(ax, [(float(x), float(y), name.removeprefix("_line:"), colour) for x, y, name, colour in ends])


def names_beside(ax: Axes) -> list[Text]:
    """The names that `label_points` gave to a panel."""
    return [text for text in ax.texts if text.get_label() == BESIDE]


def move_apart(ax: Axes) -> None:
    """Move a panel's names up or down until none stands over another, or over a point; the panel must have its final place.

    Names of one column keep the order of what they name, and none sinks below the panel.
    """
    texts = names_beside(ax)
    if len(texts) < 2:
        return
    places = [text.get_position() for text in texts]
    points = [line.get_xydata() for line in ax.get_lines() if str(line.get_label()).startswith("_points:")]
    if points:
        known = np.concatenate([np.asarray(several, float) for several in points])
        _adjust(ax, texts, x=known[:, 0], y=known[:, 1])
    _adjust(ax, texts)  # that names are apart matters more than that no point is behind one
    upward = sorted(zip(places, texts, strict=True), key=lambda pair: pair[0][1])
    for column in {x for x, _ in places}:
        rising = [text for (x, _), text in upward if x == column]
        heights = sorted(text.get_position()[1] for text in rising)
        lift = max(0.0, min(ax.get_ylim()) - heights[0])
        for text, height in zip(rising, heights, strict=True):
            text.set_y(height + lift)


def _adjust(ax: Axes, texts: list[Text], **points: Any) -> None:
    adjust_text(
        texts, ax=ax, only_move="y", avoid_self=False, ensure_inside_axes=False, prevent_crossings=False, force_explode=(0, 0),
        force_pull=(0, 0), expand=(1.0, 1.1), iter_lim=STEPS, **points,
    )  # fmt: skip
