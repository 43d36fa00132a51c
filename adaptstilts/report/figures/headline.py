"""Figure 1: the robustness cost along k, head by head and pooled, with what would be too small to matter."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from adaptstilts.report.drawing.costs import controls, question
from adaptstilts.report.drawing.figure import Drawn, Figure
from adaptstilts.report.drawing.labels import label_points
from adaptstilts.report.drawing.sheet import (
    BLUE,
    GREEN,
    INK,
    LINE,
    ORANGE,
    PURPLE,
    QUIET,
    SKY,
    YELLOW,
    Sheet,
    leftmost,
    subtitle,
)
from adaptstilts.statistics.clustered_interval import interval

COLOURS = {"random": GREEN, "copies": PURPLE, "wide": YELLOW}
OTHERS = (ORANGE, SKY)
POOLED = "all heads"
NOTHING = -1.0
"""Where k = 0 stands: apart, for a model without fusion is another architecture."""
ORDERING: dict[str, Any] = {"color": BLUE, "alpha": 0.75, "linewidth": 0.9}
"""How one ordering is drawn: thin, and to be seen on the band."""
BESIDE: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 1.5, "marker": "s", "markersize": 3.5}
"""How what stands beside the question is drawn: dashed, with squares, so that one k alone is seen too."""


def draw(frame: Any, verdict: Any) -> Drawn:
    """Cost above that at k = 1, in probit units; NotDrawn without two values of k."""
    found = question(verdict)
    found = found[found["rise"].notna()]
    others = controls(verdict, found)
    heads = sorted(found["head"].unique())
    sheet = Sheet([POOLED, *heads] if len(heads) > 1 else heads, size=(2.45, 3.7), sharey=True, sharex=True)
    sesoi = float(verdict.plan.sesoi)
    for panel in sheet.axes:
        _panel(sheet, panel, found if panel == POOLED else found[found["head"] == panel], sesoi)
    sheet.axes[next(iter(sheet.axes))].set_ylim(*_reach(sheet, others))
    for panel in sheet.axes:
        _others(sheet, panel, others if panel == POOLED else others[others["head"] == panel])
        _axis(sheet.axes[panel], sorted(found["k"].unique()))
        subtitle(sheet.axes[panel], _told(panel, verdict))
    _frame(sheet, verdict, sesoi, bool(len(others)))
    return Drawn(sheet.canvas, sheet.data, _caption(sesoi), _said(sheet, verdict))


def _panel(sheet: Sheet, panel: str, found: pd.DataFrame, sesoi: float) -> None:
    doses = sorted(k for k in found["k"].unique() if k >= 1)
    x = np.log2(doses)
    sheet.band(panel, "too small to matter", x, -sesoi * x, sesoi * x, color=QUIET, alpha=0.16)
    for ordering, group in found[found["k"] >= 1].groupby("ordering"):
        line = group.groupby("x")["rise"].mean()
        sheet.line(panel, f"ordering {ordering}", line.index, line.to_numpy(), **ORDERING)
    tables = [found[found["k"] == k].pivot_table(index="ordering", columns="head", values="rise") for k in doses]
    means = [interval(table) for table in tables]
    sheet.band(panel, "95 % band", x, [m.low for m in means], [m.high for m in means], color=BLUE, alpha=0.14)
    look = {"color": BLUE, "linewidth": 2.4, "marker": "o", "markersize": 4, "zorder": 3}
    sheet.line(panel, "mean", x, [m.mean for m in means], **look)
    nothing = found[found["k"] == 0]["rise"]
    if len(nothing):
        sheet.points(panel, "k = 0", [NOTHING], [nothing.mean()], color=QUIET, markerfacecolor="none", markersize=6)


def _reach(sheet: Sheet, others: pd.DataFrame) -> tuple[float, float]:
    """What all panels show of the cost: every line, the wedge and the first panel's band; wide bands of single heads are cut."""
    data = sheet.data
    shown = (data["kind"] != "band") | (data["series"] != "95 % band") | (data["panel"] == next(iter(sheet.axes)))
    values = np.concatenate(
        [data.loc[shown, ["y", "low", "high"]].to_numpy(float).ravel(), others["rise"].to_numpy(float)]
    )
    low, high = np.nanmin(values), np.nanmax(values)
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def _others(sheet: Sheet, panel: str, others: pd.DataFrame) -> None:
    """Controls and other compositions as dashed lines with their names at the ends."""
    ends = []
    strangers = sorted(set(others["composition"]) - set(COLOURS))
    colours = COLOURS | dict(zip(strangers, OTHERS * len(strangers), strict=False))
    for name, colour in colours.items():
        line = others[others["composition"] == name].groupby("x")["rise"].mean()
        if len(line):
            sheet.line(panel, name, line.index, line.to_numpy(), color=colour, **BESIDE)
            ends.append((float(line.index[-1]), float(line.iloc[-1]), name, colour))
    label_points(sheet.axes[panel], ends, dx=5, fontsize=8.5)


def _axis(ax: Any, doses: Sequence[float]) -> None:
    ax.axhline(0, color=LINE, linewidth=0.8, zorder=0)
    ax.set_xticks([NOTHING if k == 0 else float(np.log2(k)) for k in doses], [f"{k:g}" for k in doses])
    ax.tick_params(axis="x", labelbottom=True)  # also where no panel stands below
    ax.margins(x=0.12)


def _told(panel: str, verdict: Any) -> str:
    """A panel's slope with its interval, as the verdict has it."""
    slopes = {head.head: head.slope for head in verdict.heads}
    found = verdict.slope if panel == POOLED else slopes.get(panel)
    if found is None or not np.isfinite(found.mean):
        return ""
    reach = f" [{found.low:+.3f}, {found.high:+.3f}]" if np.isfinite(found.low) else ""
    return f"slope {found.mean:+.3f}{reach}"


def _frame(sheet: Sheet, verdict: Any, sesoi: float, controlled: bool) -> None:
    for ax in sheet.axes.values():
        ax.set_xlabel("k, tasks (log scale)")
        if leftmost(ax):
            ax.set_ylabel("cost above k = 1, probit")
    width = int(sheet.canvas.get_figwidth() * 13)
    text = textwrap.fill(verdict.sentence, width)
    sheet.canvas.suptitle(text, x=0.01, ha="left", fontsize=9.5, color=INK)
    handles: list[Any] = [
        Line2D([], [], label="one ordering", **ORDERING),
        Line2D([], [], color=BLUE, linewidth=2.4, marker="o", markersize=4, label="mean, 95 % band"),
        Patch(color=QUIET, alpha=0.16, label=f"slope within ±{sesoi:g}"),
    ]
    if controlled:
        handles.append(Line2D([], [], **{**BESIDE, "color": GREEN, "label": "controls (named)"}))
    columns = max(1, min(len(handles), int(sheet.canvas.get_figwidth() / 1.9)))
    sheet.canvas.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5)


def _caption(sesoi: float) -> str:
    return (
        "Probit robustness cost D, mean over languages (the source left out) and the plan's attacks, minus D at k = 1, along k on a "
        "log scale. Thin: one ordering of the tasks. Bold: their mean with a 95 % band (over orderings for one head, clustered by ordering "
        "and head for all; a head's band is cut where it leaves the panel). "
        f"Grey wedge: slopes within ±{sesoi:g} per doubling, too small to matter. Dashed, or a square for one k: controls and other "
        "compositions, against the same k = 1. Hollow: no adapter (k = 0), another architecture and no part of "
        "the slope. Up is less robust."
    )


def _said(sheet: Sheet, verdict: Any) -> str:
    lines = sheet.data[(sheet.data["kind"] == "line") & (sheet.data["series"] == "mean")]
    parts = []
    for panel, group in lines.groupby("panel", sort=False):
        (x, y), (last_x, last_y) = group[["x", "y"]].iloc[0], group[["x", "y"]].iloc[-1]
        parts.append(f"{panel}: from {y:+.3f} at k = {2**x:g} to {last_y:+.3f} at k = {2**last_x:g}")
    return f"Robustness cost above k = 1. {'; '.join(parts)}. {verdict.sentence}"


figure = Figure(
    number=1,
    name="headline",
    title="Robustness cost along k",
    summary="probit robustness cost above k = 1 along k, a line per ordering, a panel per head and one pooled, with controls",
    draw=draw,
    needs="a sweep over k, attacked",
)
