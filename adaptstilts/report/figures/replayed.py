"""Figure 5: who falls for whose texts, by the k of the model they were found on and of the one that reads them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from adaptstilts.numerals import percent
from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.sheet import INK, RISING, Sheet
from adaptstilts.report.frame.selection import records

SAME = ["target", "attack", "severity", "budget", "language", "n"]
"""What the attack itself has in common with the replays of its texts."""


def draw(frame: Any, verdict: Any) -> Drawn:
    """Mean success rates in a k by k matrix for each attack; NotDrawn without replayed scores."""
    found = _pairs(frame)
    panels = sorted(found["attack"].unique())
    sheet = Sheet(panels, columns=3, size=(3.6, 3.1))
    for panel in panels:
        table = found[found["attack"] == panel].pivot_table(index="found_on", columns="k", values="success_rate")
        table.index, table.columns = ([f"k = {k:g}" for k in names] for names in (table.index, table.columns))
        texts = table.map(lambda value: "" if pd.isna(value) else percent(value, 0))
        most = max(float(found["success_rate"].max()), 0.01)
        sheet.cells(panel, table, cmap=RISING, norm=Normalize(0, most), texts=texts)
        ax = sheet.axes[panel]
        for i, name in enumerate(table.index):
            if name in table.columns:
                j = list(table.columns).index(name)
                ax.add_patch(Rectangle((j - 0.47, i - 0.47), 0.94, 0.94, fill=False, edgecolor=INK, linewidth=1.6))
        ax.set_xlabel("read by")
        ax.set_ylabel("found on")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def _pairs(frame: Any) -> pd.DataFrame:
    """Replayed cells with the k that their texts were found at, and the attacks themselves on as many rows of the same models.

    Replays are compared with each other alone, so that it does not matter whether other scores took more rows.
    """
    cells = frame.cells[frame.cells["success_rate"].notna() & ~frame.cells["source"].astype(bool)]
    replayed = cells[cells["texts_from"].fillna("") != ""]
    if replayed.empty:
        raise NotDrawn("no replayed scores in this store")
    doses = frame.transfers.drop_duplicates("transfer").set_index("transfer")["k"]
    replayed = replayed.assign(found_on=replayed["texts_from"].map(doses))
    models = set(replayed["transfer"]) | set(replayed["texts_from"])
    own = cells[(cells["texts_from"].fillna("") == "") & cells["transfer"].isin(models)]
    own = own.merge(replayed[SAME].drop_duplicates(), on=SAME)
    found: pd.DataFrame = pd.concat([replayed, own.assign(found_on=own["k"])], ignore_index=True)
    return found[found["found_on"].notna()]


CAPTION = (
    "Success rate in per cent: of the rows that the reading model gets right when clean, the share that texts found on another model turn "
    "wrong; mean over languages (the source left out), orderings and targets. Boxed: the attack itself. Off the box, a model that is only "
    "harder to search falls for others' texts as well; one that is more robust does not."
)


def _said(sheet: Sheet) -> str:
    rows = sheet.data[sheet.data["y"].notna()]
    parts = [f"{r.panel}: found on {r.row}, read by {r.column}: {percent(r.y)} %" for r in records(rows)]
    return f"Success rates. {'; '.join(parts)}."


figure = Figure(
    number=5,
    name="replayed",
    title="Who falls for whose texts",
    summary="success rate of texts found at one k and read at another, a k by k matrix for each attack",
    draw=draw,
    needs="texts of one model read by others (adaptstilts replay)",
)
