"""Figure 8: what each intermediate task alone does to each target, laid out as in Phang et al. 2020."""

from __future__ import annotations

from typing import Any

import pandas as pd

from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.sheet import DIVERGING, Sheet, around_zero, scale_beside
from adaptstilts.report.frame.selection import fair

PANEL = "points over no intermediate task"
NONE = "none"
BASES = ("full", "multitask", "sequential", "mlm")


def draw(frame: Any, verdict: Any) -> Drawn:
    """Gains over `none` in points with scores in per cent; NotDrawn without a model of one task and one of none."""
    found = by_task(fair(frame.clean))
    if NONE not in found.index:
        raise NotDrawn("no score of a target without intermediate tasks (none) to compare with")
    if len(found) < 2:
        raise NotDrawn("no model of a single intermediate task (single, or fusion at k = 1)")
    bare = found.loc[NONE]
    gains = 100 * (found - bare)
    marks = 100 * found
    texts = pd.DataFrame(
        [[_text(row, gains.loc[row, target], marks.loc[row, target]) for target in found.columns] for row in found.index],
        index=found.index, columns=found.columns,
    )  # fmt: skip
    shown = gains.copy()
    shown.loc[NONE] = 0.0
    shown = shown.where(found.notna())
    sheet = Sheet([PANEL], size=(2.0 + 0.95 * len(found.columns), 1.3 + 0.34 * len(found)))
    image = sheet.cells(PANEL, shown, cmap=DIVERGING.reversed(), norm=around_zero(shown.to_numpy(float)), texts=texts)
    scale_beside(sheet.canvas, sheet.axes[PANEL], image, "points")
    sheet.axes[PANEL].set_ylabel("intermediate task")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def by_task(clean: pd.DataFrame) -> pd.DataFrame:
    """Mean clean scores, a row per intermediate task (`none` first, baselines last), a column per target."""
    clean = clean[clean["value"].notna()].copy()
    clean["tasks"] = [tuple(tasks) for tasks in clean["tasks"]]
    alone = clean["composition"].isin(["single", "fuse"]) & (clean["tasks"].map(len) == 1)
    name = clean["tasks"].map(lambda tasks: tasks[0] if tasks else NONE)
    name = name.where(alone | (clean["composition"] == NONE), clean["composition"])
    kept = clean[(alone | clean["composition"].isin([NONE, *BASES])) & clean["role"].isin(["k", "baseline", "control"])]
    table = kept.assign(row=name).pivot_table(index="row", columns="target", values="value", observed=True)
    order = [NONE, *sorted(set(table.index) - {NONE, *BASES}), *(name for name in BASES if name in table.index)]
    return table.reindex([name for name in order if name in table.index])


def _text(row: str, gain: float, mark: float) -> str:
    if pd.isna(mark):
        return ""
    return f"{mark:.1f}" if row == NONE else f"{round(gain, 1) + 0.0:+.1f}"


CAPTION = (
    "Rows: the intermediate task (alone; baselines last). Columns: targets. The first row is the clean score "
    "without any, in per cent, mean "
    "over languages (the source left out); the others are points above or below it. Layout after Phang et al. 2020."
)


def _said(sheet: Sheet) -> str:
    rows = sheet.data[(sheet.data["row"] != NONE) & sheet.data["y"].notna()]
    told = zip(rows["row"], rows["column"], rows["y"].round(1) + 0.0, strict=True)
    return "Points over none. " + "; ".join(f"{task} on {target} {gain:+.1f}" for task, target, gain in told) + "."


figure = Figure(
    number=8,
    name="transfer",
    title="Intermediate task by target",
    summary="gain of each intermediate task alone on each target, as in the paper's table",
    draw=draw,
    needs="none, and single or fusion at k = 1",
)
