"""Figure 3: the slope of the robustness cost, pooled, by head and by attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.report.drawing import BLUE, INK, LINE, QUIET, Sheet
from adaptstilts.report.figure import Drawn, Figure
from adaptstilts.report.costs import Estimate, estimate, slopes, trajectories, two_way

MOST = 24
"""Lines of head and attack that are still drawn one by one."""
PANEL = "slope of cost per doubling of k"


@dataclass(frozen=True)
class Line:
    """One line of the plot; exploratory lines are hollow, a gap stands before the first of each group."""

    label: str
    told: Estimate
    group: str


def draw(frame: Any, verdict: Any) -> Drawn:
    """Slopes with 95 % intervals; NotDrawn without two values of k."""
    lines = _lines(frame, verdict)
    sheet = Sheet([PANEL], size=(7.0, 1.0 + 0.27 * (len(lines) + 3)))
    ax = sheet.axes[PANEL]
    sesoi = float(getattr(verdict, "sesoi", None) or 0.05)
    ax.axvspan(-sesoi, sesoi, color=QUIET, alpha=0.16, linewidth=0, label="_span")
    ax.axvline(0, color=QUIET, linewidth=0.8)
    heights, y, before = [], 0.0, lines[0].group
    for line in lines:
        y -= 1.0 if line.group == before else 1.6
        before = line.group
        heights.append(y)
        _one(sheet, line, y)
    ax.set_yticks(heights, [line.label for line in lines])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(y - 0.8, 0)
    ax.set_xlabel("probit units per doubling of k; right is less robust")
    ax.grid(axis="x", color=LINE, linewidth=0.5)
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(lines))


def _one(sheet: Sheet, line: Line, y: float) -> None:
    look: dict[str, Any] = {"markersize": 6, "color": BLUE}
    if line.group == "pooled":
        look = {"marker": "D", "markersize": 9, "color": INK, "linewidth": 2.2}
    elif line.group != "head":
        look |= {"markerfacecolor": "none", "linewidth": 1.0, "markersize": 5}
    sheet.bar(PANEL, line.label, y, line.told.low, line.told.high, line.told.mean, **look)
    number = f"{line.told.mean:+.3f}" + (f" [{line.told.low:+.3f}, {line.told.high:+.3f}]" if line.told.df else " [one ordering]")
    sheet.axes[PANEL].annotate(
        number, (1.0, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8.5,
        color=QUIET, annotation_clip=False,
    )  # fmt: skip


def _lines(frame: Any, verdict: Any) -> list[Line]:
    table = slopes(trajectories(frame.cells)).pivot_table(index="ordering", columns="head", values="slope")
    pooled = two_way(table)
    if verdict is not None and np.isfinite(verdict.beta):
        pooled = Estimate(float(verdict.beta), float(verdict.ci[0]), float(verdict.ci[1]), int(verdict.df))
    lines = [Line("all heads", pooled, "pooled")]
    level = 1 - 0.05 / max(1, table.shape[1])
    lines += [Line(str(head), estimate(table[head].to_numpy(float), level), "head") for head in table]
    by_attack = slopes(trajectories(frame.cells, by=["attack"]), by=["attack"])
    lines += [_attack(str(name), group) for name, group in by_attack.groupby("attack")]
    if 1 < by_attack["head"].nunique() and by_attack.groupby(["head", "attack"]).ngroups <= MOST:
        lines += [
            Line(f"{head} · {attack}", estimate(group["slope"].to_numpy(float)), "head and attack")
            for (head, attack), group in by_attack.groupby(["head", "attack"])
        ]
    return lines


def _attack(name: str, group: pd.DataFrame) -> Line:
    return Line(f"{name} (all heads)", two_way(group.pivot_table(index="ordering", columns="head", values="slope")), "attack")


CAPTION = (
    "Slopes of the probit robustness cost on log2 k. Diamond: the confirmatory slope over all orderings and heads, 95 % interval clustered "
    "both ways. Filled: heads, over orderings, at the confidence that Bonferroni's bound gives all of them together (never narrower than Holm's). "
    "Hollow: attacks, exploratory, 95 % each, and not corrected. Grey: slopes too small to matter."
)


def _said(lines: list[Line]) -> str:
    parts = [f"{line.label} {line.told.mean:+.3f} ({line.told.low:+.3f} to {line.told.high:+.3f})" for line in lines]
    return f"Slopes with intervals: {'; '.join(parts)}."


figure = Figure(
    number=3,
    name="forest",
    title="Slopes by head and attack",
    summary="slope of the robustness cost per doubling of k with intervals: pooled, by head, by attack",
    draw=draw,
    needs="a sweep over k, attacked",
)
