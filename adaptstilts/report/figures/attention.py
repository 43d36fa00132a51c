"""Figure 10: what fusion attends to, by layer and intermediate task."""

from __future__ import annotations

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.colors import Normalize

from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.sheet import Sheet, scale_beside
from adaptstilts.report.frame.selection import records


def draw(frame: Any, verdict: Any) -> Drawn:
    """Mean weight times k by layer and member, a panel per target; NotDrawn where no fusion tells its weights."""
    found = weights(frame.transfers)
    panels = sorted(found["target"].unique())
    width = 1.5 + 0.52 * found["member"].nunique()
    sheet = Sheet(panels, size=(width, 1.4 + 0.3 * found["layer"].nunique()))
    for panel in panels:
        own = found[found["target"] == panel]
        table = own.pivot_table(index="layer", columns="member", values="even")
        table.index = pd.Index([f"layer {number}" for number in table.index])
        texts = table.map(lambda value: "" if pd.isna(value) else f"{value:.2f}")
        cmap = matplotlib.colormaps["PuOr"]
        image = sheet.cells(panel, table, cmap=cmap, norm=Normalize(0, 2), texts=texts)
    scale_beside(sheet.canvas, list(sheet.axes.values()), image, "weight, in even shares")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def weights(transfers: pd.DataFrame) -> pd.DataFrame:
    """A row per transfer, layer and member: its weight, and `even`, the weight times the number of members."""
    lines: list[tuple[Any, ...]] = []
    for row in transfers.drop_duplicates("transfer").itertuples():
        if not isinstance(row.attention, (list, tuple)) or not len(row.members) or len(row.members) < 2:
            continue
        for layer, given in enumerate(row.attention):
            known = {m: w for m, w in zip(row.members, given or (), strict=False) if w is not None and w == w}
            lines += [(row.target, layer + 1, member, weight, weight * len(known)) for member, weight in known.items()]
    if not lines:
        raise NotDrawn("no fusion of two or more adapters tells its weights")
    return pd.DataFrame(lines, columns=["target", "layer", "member", "weight", "even"])


CAPTION = (
    "Mean weight that fusion (or a gate) gives to each intermediate task's adapter over the tokens of clean "
    "rows, times the number of adapters: "
    "1 is an even share, 2 is twice that. Mean over all models of the target in which the task takes part."
)


def _said(sheet: Sheet) -> str:
    means = sheet.data.groupby(["panel", "column"], sort=False)["y"].mean()
    parts = [f"{panel}, {member}: {value:.2f}" for panel, member, value in records(means)]
    return f"Weight against an even share of 1, mean over layers. {'; '.join(parts)}."


figure = Figure(
    number=10,
    name="attention",
    title="What fusion attends to",
    summary="weight of each intermediate task's adapter by layer, against an even share",
    draw=draw,
    needs="fuse or parallel with two adapters or more, scored clean",
)
