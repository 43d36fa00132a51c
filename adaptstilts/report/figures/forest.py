"""Figure 3: the slope of the robustness cost, pooled, by head and by attack."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from adaptstilts.report.drawing.costs import question
from adaptstilts.report.drawing.figure import Drawn, Figure
from adaptstilts.report.drawing.sheet import BLUE, INK, LINE, QUIET, Sheet
from adaptstilts.report.verdict.sentence import p_value
from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.slopes import slope_table

MOST = 24
"""Lines of head and attack that are still drawn one by one."""
PANEL = "slope of cost per doubling of k"


@dataclass(frozen=True)
class Estimate:
    """One line of the plot; exploratory lines are hollow, a gap stands before the first of each group."""

    label: str
    told: Interval
    group: str
    holm: float | None = None
    level: float = 0.95


def draw(frame: Any, verdict: Any) -> Drawn:
    """Slopes with 95 % intervals; NotDrawn without two values of k."""
    lines = _lines(frame, verdict)
    sheet = Sheet([PANEL], size=(8.6, 1.0 + 0.27 * (len(lines) + 5)))
    ax = sheet.axes[PANEL]
    sesoi = float(verdict.plan.sesoi)
    ax.axvspan(-sesoi, sesoi, color=QUIET, alpha=0.16, linewidth=0, label="_span")
    ax.axvline(0, color=QUIET, linewidth=0.8)
    heights, y, before = [], 0.0, ""
    for line in lines:
        y -= 1.0 if line.group == before else 2.0
        if line.group != before:
            _beside(ax, y + 0.9, _intervals(line, len(verdict.heads)), style="italic")
        before = line.group
        heights.append(y)
        _one(sheet, line, y)
    ax.set_yticks(heights, [line.label for line in lines])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(y - 0.8, 0)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel("probit units per doubling of k; right is less robust")
    ax.grid(axis="x", color=LINE, linewidth=0.5)
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(lines))


def _one(sheet: Sheet, line: Estimate, y: float) -> None:
    look: dict[str, Any] = {"markersize": 6, "color": BLUE}
    if line.group == "pooled":
        look = {"marker": "D", "markersize": 9, "color": INK, "linewidth": 2.2}
    elif line.group != "head":
        look |= {"markerfacecolor": "none", "linewidth": 1.0, "markersize": 5}
    sheet.bar(PANEL, line.label, y, line.told.low, line.told.high, line.told.mean, **look)
    reach = f" [{line.told.low:+.3f}, {line.told.high:+.3f}]" if np.isfinite(line.told.low) else " [one ordering]"
    p = "" if line.holm is None or not np.isfinite(line.holm) else f"  p {_is(p_value(line.holm))}"
    _beside(sheet.axes[PANEL], y, f"{line.told.mean:+.3f}{reach}{p}")


def _is(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"


def _beside(ax: Any, y: float, text: str, **look: Any) -> None:
    """Text to the right of the plot at a height."""
    ax.annotate(
        text, (1.0, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8.5,
        color=QUIET, annotation_clip=False, **look,
    )  # fmt: skip


def _intervals(line: Estimate, heads: int) -> str:
    """What the intervals of a group are."""
    level = f"{100 * line.level:.4g} % intervals"
    if line.group == "pooled":
        return f"{100 * line.level:.4g} % interval"
    if line.group == "head":
        return f"{level} (Bonferroni over {heads} heads); p: Holm" if heads > 1 else level
    return f"{level}, one by one; exploratory"


def _lines(frame: Any, verdict: Any) -> list[Estimate]:
    question(verdict)  # or there is nothing to draw
    level = 1 - verdict.alpha / max(1, len(verdict.heads))
    lines = [Estimate("all heads", verdict.slope, "pooled", level=verdict.slope.level)]
    for head in verdict.heads:
        low, high = head.slope.at(level)
        own = dataclasses.replace(head.slope, low=low, high=high)
        lines.append(Estimate(str(head.head), own, "head", head.holm, level))
    series = verdict.trajectories.series
    mine = series[(series["role"] == "k") & (series["composition"] == verdict.plan.composition)]
    lines += [
        Estimate(str(name), interval(slope_table(group, "D")), "attack") for name, group in mine.groupby("attack")
    ]
    pairs = list(mine.groupby(["head", "attack"]))
    if mine["head"].nunique() > 1 and len(pairs) <= MOST:
        lines += [
            Estimate(f"{head} · {attack}", interval(slope_table(group, "D")), "head and attack")
            for (head, attack), group in pairs
        ]
    return [line for line in lines if np.isfinite(line.told.mean)]


CAPTION = (
    "Slopes of the probit robustness cost on log2 k. Diamond: the confirmatory slope over all orderings and heads, clustered both ways. "
    "Filled: heads, over orderings, at the confidence that Bonferroni's bound gives all of them together; p is Holm's. "
    "Hollow: attacks, over all heads and by head; exploratory, 95 % each. Grey: slopes too small to matter."
)


def _said(lines: list[Estimate]) -> str:
    parts = [f"{line.label} {line.told.mean:+.3f} ({_reach(line)})" for line in lines]
    return f"Slopes with intervals, the heads' at Bonferroni's level for all of them together: {'; '.join(parts)}."


def _reach(line: Estimate) -> str:
    """An interval in words, with its level; one ordering has none."""
    if not np.isfinite(line.told.low):
        return "one ordering, no interval"
    return f"{line.told.low:+.3f} to {line.told.high:+.3f}, {100 * line.level:.4g} %"


figure = Figure(
    number=3,
    name="forest",
    title="Slopes by head and attack",
    summary="slope of the robustness cost per doubling of k with intervals: pooled, by head, by attack",
    draw=draw,
    needs="a sweep over k, attacked",
)
