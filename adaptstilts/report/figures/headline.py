"""Figure 1: the robustness cost along k, head by head and pooled, with what would be too small to matter."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from adaptstilts.report.drawing import BLUE, GREEN, INK, LINE, PURPLE, QUIET, YELLOW, Sheet, apart, at_end, subtitle
from adaptstilts.report.figure import Drawn, Figure
from adaptstilts.report.costs import Estimate, controls, estimate, slopes, trajectories, two_way

CONTROLS = {"random": GREEN, "copies": PURPLE, "wide": YELLOW}
POOLED = "all heads"
NOTHING = -1.0
"""Where k = 0 stands: apart, for a model without fusion is another architecture."""


def draw(frame: Any, verdict: Any) -> Drawn:
    """Cost above that at k = 1, in probit units; NotDrawn without two values of k."""
    found = trajectories(frame.cells)
    found = found[found["rise"].notna()]
    beside = controls(frame.cells, found)
    heads = sorted(found["head"].unique())
    sheet = Sheet([*heads, POOLED] if len(heads) > 1 else heads, size=(3.0, 3.1), sharey=True, sharex=True)
    sesoi = float(getattr(verdict, "sesoi", None) or 0.05)
    for panel in sheet.axes:
        own = found if panel == POOLED else found[found["head"] == panel]
        control = beside if panel == POOLED else beside[beside["head"] == panel]
        _panel(sheet, panel, own, control, sesoi)
        _axis(sheet.axes[panel], sorted(found["k"].unique()))
        subtitle(sheet.axes[panel], _told(panel, found, verdict))
    _frame(sheet, verdict, sesoi, bool(len(beside)))
    return Drawn(sheet.canvas, sheet.data, _caption(sesoi), _said(sheet, verdict))


def _panel(sheet: Sheet, panel: str, found: pd.DataFrame, beside: pd.DataFrame, sesoi: float) -> None:
    doses = sorted(k for k in found["k"].unique() if k >= 1)
    x = np.log2(doses)
    sheet.band(panel, "too small to matter", x, -sesoi * x, sesoi * x, color=QUIET, alpha=0.16)
    for ordering, group in found[found["k"] >= 1].groupby("ordering"):
        line = group.groupby("x")["rise"].mean()
        sheet.line(panel, f"ordering {ordering}", line.index, line.to_numpy(), color=BLUE, alpha=0.35, linewidth=0.9)
    means = [_at(found[found["k"] == k], panel) for k in doses]
    sheet.band(panel, "95 % band", x, [m.low for m in means], [m.high for m in means], color=BLUE)
    look = {"color": BLUE, "linewidth": 2.4, "marker": "o", "markersize": 4}
    sheet.line(panel, "mean", x, [m.mean for m in means], **look)
    nothing = found[found["k"] == 0]["rise"]
    if len(nothing):
        sheet.points(panel, "k = 0", [NOTHING], [nothing.mean()], color=QUIET, markerfacecolor="none", markersize=6)
    _beside(sheet, panel, beside)


def _beside(sheet: Sheet, panel: str, beside: pd.DataFrame) -> None:
    """Controls as dashed lines with their names at the ends."""
    ends = []
    for name, colour in CONTROLS.items():
        line = beside[beside["composition"] == name].groupby("x")["rise"].mean()
        if len(line):
            look = {"color": colour, "linestyle": (0, (4, 2)), "linewidth": 1.5, "marker": "s", "markersize": 3.5}
            sheet.line(panel, name, line.index, line.to_numpy(), **look)
            ends.append((float(line.index[-1]), float(line.iloc[-1]), name, colour))
    low, high = sheet.axes[panel].get_ylim()
    for height, (x, _, name, colour) in zip(apart([end[1] for end in ends], (high - low) * 0.07), ends, strict=True):
        at_end(sheet.axes[panel], x, height, name, colour, fontsize=8.5)


def _at(found: pd.DataFrame, panel: str) -> Estimate:
    """The mean at one k: over orderings in a panel of one head, clustered both ways in the pooled one."""
    table = found.pivot_table(index="ordering", columns="head", values="rise")
    return two_way(table) if panel == POOLED else estimate(table.to_numpy(float).ravel())


def _axis(ax: Any, doses: Sequence[float]) -> None:
    ax.axhline(0, color=LINE, linewidth=0.8, zorder=0)
    ax.set_xticks([NOTHING if k == 0 else float(np.log2(k)) for k in doses], [f"{k:g}" for k in doses])
    ax.margins(x=0.12)


def _told(panel: str, found: pd.DataFrame, verdict: Any) -> str:
    table = slopes(found).pivot_table(index="ordering", columns="head", values="slope")
    if panel == POOLED and verdict is not None and np.isfinite(verdict.beta):
        return f"slope {verdict.beta:+.3f} [{verdict.ci[0]:+.3f}, {verdict.ci[1]:+.3f}]"
    if panel == POOLED:
        told = two_way(table)
    elif panel in table:
        told = estimate(table[panel].to_numpy(float))
    else:
        return ""
    return f"slope {told.mean:+.3f} [{told.low:+.3f}, {told.high:+.3f}]"


def _frame(sheet: Sheet, verdict: Any, sesoi: float, controlled: bool) -> None:
    for ax in sheet.axes.values():
        ax.set_xlabel("k, tasks fused (log scale)")
        if ax.get_subplotspec().is_first_col():
            ax.set_ylabel("cost above k = 1, probit")
    width = int(sheet.canvas.get_figwidth() * 13)
    if verdict is not None:
        text = textwrap.fill(f"Verdict: {verdict.sentence}", width)
        sheet.canvas.suptitle(text, x=0.01, ha="left", fontsize=9.5, color=INK)
    handles: list[Any] = [
        Line2D([], [], color=BLUE, alpha=0.35, linewidth=0.9, label="one ordering"),
        Line2D([], [], color=BLUE, linewidth=2.4, marker="o", markersize=4, label="mean, 95 % band"),
        Patch(color=QUIET, alpha=0.16, label=f"slope within ±{sesoi:g}"),
    ]
    if controlled:
        handles.append(Line2D([], [], color=GREEN, linestyle=(0, (4, 2)), linewidth=1.5, label="controls (named)"))
    columns = max(1, min(len(handles), int(sheet.canvas.get_figwidth() / 1.9)))
    sheet.canvas.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5)


def _caption(sesoi: float) -> str:
    return (
        "Mean probit robustness cost over languages (the source left out) and static attacks, minus that at k = 1, along k on a log scale. "
        "Thin: one ordering of the tasks. Bold: their mean, with a 95 % band (over orderings in a panel of one head; clustered by "
        f"ordering and head in the pooled one). Grey wedge: slopes within ±{sesoi:g} per doubling, too small to matter. "
        "Dashed: controls at the k they are sized to, against the same k = 1. Hollow: no adapter at all (k = 0), another architecture "
        "and no part of the slope. Above zero is less robust."
    )


def _said(sheet: Sheet, verdict: Any) -> str:
    lines = sheet.data[(sheet.data["kind"] == "line") & (sheet.data["series"] == "mean")]
    parts = [
        f"{panel}: from {group['y'].iloc[0]:+.3f} at k = {2 ** group['x'].iloc[0]:g} to {group['y'].iloc[-1]:+.3f} at k = {2 ** group['x'].iloc[-1]:g}"
        for panel, group in lines.groupby("panel", sort=False)
    ]
    told = f" {verdict.sentence}" if verdict is not None else ""
    return f"Robustness cost above k = 1. {'; '.join(parts)}.{told}"


figure = Figure(
    number=1,
    name="headline",
    title="Robustness cost along k",
    summary="probit robustness cost above k = 1 along k, a line per ordering, a panel per head and one pooled, with controls",
    draw=draw,
    needs="a sweep over k, attacked",
)
