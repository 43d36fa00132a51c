"""Figure 2: robust against clean score, beside the line that models without adapters follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from adaptstilts.numerals import percent
from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.sheet import INK, QUIET, Sheet, dose, key_of_doses, leftmost
from adaptstilts.report.frame.selection import records, static

LEAST = 3
"""Reference models that a line takes."""
EVERY = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Steps between ticks, as shares: the first that gives an axis enough of them is taken."""
ENOUGH, MOST = 3, 6


def draw(frame: Any, verdict: Any) -> Drawn:
    """A point per model on logit axes; NotDrawn where nothing was attacked."""
    found = _points(frame.cells)
    if not (found["k"] >= 1).any():
        raise NotDrawn("no model with adapters was scored under static attacks")
    panels = sorted(found["target"].unique())
    sheet = Sheet(panels, size=(3.0, 3.0))
    most = float(found["k"].max())
    for panel in panels:
        _panel(sheet, panel, found[found["target"] == panel], most)
    for ax in sheet.axes.values():
        ax.set_xlabel("clean score, % (logit scale)")
        if leftmost(ax):
            ax.set_ylabel("under static attacks, % (logit scale)")
    key_of_doses(sheet.canvas, found["k"].unique(), most)
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def _points(cells: pd.DataFrame) -> pd.DataFrame:
    found = static(cells)
    found = found[found["role"].isin(["k", "reference"])]
    if found.empty:
        raise NotDrawn("nothing was scored under static attacks")
    keys = ["target", "role", "k", "transfer"]
    means = found.groupby(keys, as_index=False, observed=True)[["clean", "attacked"]].mean()
    for name in ("clean", "attacked"):
        means[name] = logit(means[name].astype(float).clip(0.005, 0.995))
    return means


def _panel(sheet: Sheet, panel: str, found: pd.DataFrame, most: float) -> None:
    ax = sheet.axes[panel]
    scores = found[["clean", "attacked"]]
    span = [float(scores.min().min()) - 0.15, float(scores.max().max()) + 0.15]
    sheet.line(panel, "no loss", span, span, color=QUIET, linestyle=(0, (2, 2)), linewidth=0.9)
    bare = found[found["k"] == 0]
    sheet.points(panel, "k = 0", bare["clean"], bare["attacked"], color=dose(0, most), markersize=4, alpha=0.8)
    _line(sheet, panel, bare)
    for k in sorted(k for k in found["k"].unique() if k >= 1):
        own = found[found["k"] == k]
        look = {"color": dose(k, most), "markersize": 5, "markeredgecolor": QUIET, "markeredgewidth": 0.4}
        sheet.points(panel, f"k = {k:g}", own["clean"], own["attacked"], **look)
    _axes(ax, found)


def _line(sheet: Sheet, panel: str, bare: pd.DataFrame) -> None:
    ax, different = sheet.axes[panel], bare["clean"].nunique()
    if different < LEAST:
        why = f"no line: {different} different clean scores at k = 0"
        ax.text(0.02, 0.98, why, transform=ax.transAxes, va="top", fontsize=8, color=QUIET)
        return
    x, y = bare["clean"].to_numpy(float), bare["attacked"].to_numpy(float)
    steep, base = np.polyfit(x, y, 1)
    ends = np.array([x.min(), x.max()])
    sheet.line(panel, "line of k = 0", ends, base + steep * ends, color=INK, linewidth=1.2)


def _axes(ax: Any, found: pd.DataFrame) -> None:
    for axis, name in ((ax.xaxis, "clean"), (ax.yaxis, "attacked")):
        low, high = float(found[name].min()), float(found[name].max())
        room = max(high - low, 0.4)
        limits = (low - 0.15 * room, high + 0.15 * room)
        (ax.set_xlim if axis is ax.xaxis else ax.set_ylim)(limits)
        shares = ticks(*(float(expit(limit)) for limit in limits))
        axis.set_ticks([float(logit(t)) for t in shares], [f"{round(100 * t, 1):g}" for t in shares])


def ticks(low: float, high: float) -> list[float]:
    """Round shares within these limits, three or more wherever the limits are apart at all, and no more than fit an axis."""
    found: list[float] = []
    for step in EVERY:
        places = range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)
        found = [place * step for place in places if 0 < place * step < 1]
        if len(found) >= ENOUGH:
            break
    return found[:: -(-len(found) // MOST)] if found else []


CAPTION = (
    "Each point is one model: its mean score over languages (the source left out) under static attacks, against the same rows clean, on "
    "logit axes. Colours are k; grey is k = 0. Solid: the line through the models at k = 0. Dashed: no loss. A model below the "
    "solid line is less robust than its clean score alone would make it. The verdict's test also takes the clean score in the source "
    "language into account (Taori et al. 2020; Shi et al. 2023)."
)


def _said(sheet: Sheet) -> str:
    points = sheet.data[sheet.data["kind"] == "points"]
    means = points.groupby(["panel", "series"], sort=False)[["x", "y"]].mean()
    parts = [
        f"{panel}, {series}: {percent(expit(x))} % clean, {percent(expit(y))} % attacked"
        for panel, series, x, y in records(means)
    ]
    return f"Mean scores of models by k. {'; '.join(parts)}."


figure = Figure(
    number=2,
    name="effective",
    title="Effective robustness",
    summary="robust against clean score of every model on logit axes, beside the line of models at k = 0",
    draw=draw,
    needs="attacked models; for the line, three or more at k = 0 with spread clean scores",
)
