"""Figure 4: what is left of the score as an attack is given more: queries, edits, radius."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.numerals import percent
from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.labels import label_points
from adaptstilts.report.drawing.sheet import Sheet, dose
from adaptstilts.report.frame.selection import fair, groups
from adaptstilts.statistics.estimands import RIGHT

ROLES = ("k", "baseline")
FLOOR, BALL, NOISE = "random", "pgd", "gaussian"
QUERIES, RADIUS = "queries a row", "radius, mean embedding norms"
EDITS, GRADED = "letters edited, %", "static, letters edited, %"
POINTS = 80
"""Steps of a curve that are drawn at most."""


def draw(frame: Any, verdict: Any) -> Drawn:
    """Robust score against strength; NotDrawn where no search and no attack on embeddings was run."""
    cells = fair(frame.cells)
    cells = cells[cells["role"].isin(ROLES) & (cells["texts_from"].fillna("") == "")]
    found = _searched(frame, cells)
    static = cells[(cells["family"] == "static") & (cells["severity"] > 0) & cells["attacked"].notna()]
    graded = static.groupby("attack").filter(lambda group: group["severity"].nunique() >= 2) if len(static) else static
    ball = cells[cells["attack"].isin([BALL, NOISE]) & cells["attacked"].notna()]
    panels = [QUERIES, EDITS] * (len(found) > 0) + [GRADED] * (len(graded) > 0) + [RADIUS] * (len(ball) > 0)
    if not panels:
        raise NotDrawn("no search, no second severity and no attack on embeddings in this store")
    sheet = Sheet(panels, columns=2, size=(4.3, 3.0), sharey=True)
    most = float(cells["k"].max())
    if len(found):
        _curves(sheet, QUERIES, found, "queries", most)
        _curves(sheet, EDITS, found[found["attack"] != FLOOR], "percent", most)
        sheet.axes[QUERIES].set_xscale("symlog", linthresh=1)
        sheet.axes[QUERIES].xaxis.set_major_formatter("{x:g}")
    if len(graded):
        for k, group in groups(graded, "k"):
            means = group.groupby("severity")[["edit_rate", "attacked"]].mean()
            x = np.append(0.0, 100 * means["edit_rate"].to_numpy(float))
            y = np.append(float(group["clean"].mean()), means["attacked"].to_numpy(float))
            _labelled(sheet, GRADED, f"k = {k:g}", x, y, dose(k, most))
    if len(ball):
        _radii(sheet, ball, most)
    for panel, ax in sheet.axes.items():
        ax.set_xlabel(panel)
        ax.set_ylim(-0.03, 1.03)
        ax.set_title(_title(panel, found))
        _names(ax)
    sheet.canvas.supylabel("share of rows still right", fontsize=9.5)
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def _searched(frame: Any, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of the commonest search and of the random one, in the languages that the target was not trained in."""
    names = cells[cells["family"] == "search"]["attack"].value_counts()
    main = [name for name in names.index if name != FLOOR][:1]
    parts = [frame.rows(attack=name, roles=ROLES) for name in [*main, *([FLOOR] if FLOOR in names.index else [])]]
    if not parts:
        return pd.DataFrame()
    found = pd.concat(parts, ignore_index=True)
    kept: pd.DataFrame = found.merge(cells[["score", "language"]].drop_duplicates(), on=["score", "language"])
    kept = kept[kept["texts_from"].fillna("") == ""]
    return kept.assign(percent=100 * kept["rate"].astype(float))


def left(found: pd.DataFrame, strength: str) -> tuple[np.ndarray, np.ndarray]:
    """Strengths at which rows fell, from 0, and the share of all rows that are right until then (a step function)."""
    right = (found["s_clean"] >= RIGHT).to_numpy()
    fell = right & (found["s_adv"] < RIGHT).to_numpy()
    values, counts = np.unique(found[strength].to_numpy(float)[fell], return_counts=True)
    share = (right.sum() - np.concatenate([[0], counts.cumsum()])) / max(1, len(found))
    x = np.concatenate([[0.0], values])
    if len(x) <= POINTS:
        return x, share
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return x[kept], share[kept]


def _curves(sheet: Sheet, panel: str, found: pd.DataFrame, strength: str, most: float) -> None:
    for (attack, k), group in groups(found, ["attack", "k"]):
        x, y = left(group, strength)
        end = float(found["budget" if strength == "queries" else strength].max())
        if end > x[-1]:
            x, y = np.append(x, end), np.append(y, y[-1])
        name = f"k = {k:g}" if attack != FLOOR else f"k = {k:g}, random"
        _labelled(sheet, panel, name, x, y, dose(k, most), floor=attack == FLOOR, drawstyle="steps-post")


def _radii(sheet: Sheet, ball: pd.DataFrame, most: float) -> None:
    for (attack, k), group in groups(ball, ["attack", "k"]):
        line = group.groupby("severity")["attacked"].mean()
        clean = float(group["clean"].mean())
        x, y = np.append(0.0, line.index.to_numpy(float)), np.append(clean, line.to_numpy(float))
        name = f"k = {k:g}" if attack == BALL else f"k = {k:g}, Gaussian"
        _labelled(sheet, RADIUS, name, x, y, dose(k, most), floor=attack == NOISE)


def _labelled(
    sheet: Sheet, panel: str, name: str, x: Any, y: Any, colour: Any, *, floor: bool = False, **look: Any
) -> None:
    dashes: dict[str, Any] = {"linestyle": (0, (3, 2)), "linewidth": 1.0} if floor else {"linewidth": 1.7}
    sheet.line(panel, name, x, y, color=colour, **dashes, **look)


def _names(ax: Any) -> None:
    """Names of the solid lines beside the panel's edge."""
    edge = ax.get_xlim()[1]
    solid = [line for line in ax.get_lines() if line.get_linestyle() == "-"]
    ends = [
        (edge, float(line.get_ydata()[-1]), line.get_label().removeprefix("_line:"), line.get_color()) for line in solid
    ]
    label_points(ax, ends, dx=3, fontsize=8.5)


def _title(panel: str, found: pd.DataFrame) -> str:
    names = [name for name in (found["attack"].unique() if len(found) else ()) if name != FLOOR]
    if panel == QUERIES:
        floor = " (dashed: random)" if FLOOR in set(found["attack"]) else ""
        return f"{', '.join(names) or FLOOR}: budget{floor}"
    if panel == EDITS:
        return f"{', '.join(names)}: size of the edit"
    return "static: severity" if panel == GRADED else "PGD (dashed: Gaussian noise)"


CAPTION = (
    "Share of the rows reached that are answered right, as the attack may spend more; colours and names are k, languages other than the "
    "source together. Queries and edits: a row counts as lost from the query, or the share of letters, at "
    "which the search succeeded on it. "
    "Dashed: random choices at the same budget, and Gaussian noise of the same norm beside PGD: an attack that is no better than these "
    "says little. A line that does not fall with the budget is a search that fails, not a model that holds."
)


def _said(sheet: Sheet) -> str:
    lines = sheet.data[sheet.data["kind"] == "line"].groupby(["panel", "series"], sort=False)["y"]
    parts = [f"{panel}, {series}: {percent(y.iloc[0])} % to {percent(y.iloc[-1])} %" for (panel, series), y in lines]
    return f"From no attack to the strongest. {'; '.join(parts)}."


figure = Figure(
    number=4,
    name="security",
    title="Security curves",
    summary="share of rows still right against queries, edits and radius, a line for each k, with random and Gaussian floors",
    draw=draw,
    needs="a search (greedy, charmer, …), several severities, or pgd; random and gaussian for the floors",
)
