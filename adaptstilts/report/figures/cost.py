"""Figure 9: what a composition costs to train against what it gains."""

from __future__ import annotations

from typing import Any

import pandas as pd

from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.labels import label_points
from adaptstilts.report.drawing.sheet import GREEN, ORANGE, PURPLE, QUIET, Sheet, dose, leftmost
from adaptstilts.report.frame.selection import fair

ROLES = {"k": "o", "control": "s", "baseline": "D"}
COLOURS = {"control": GREEN, "baseline": ORANGE, "reference": PURPLE}


def draw(frame: Any, verdict: Any) -> Drawn:
    """Seconds of training against points over `none`, a panel per target; NotDrawn without `none` or without seconds."""
    found = gains(frame)
    panels = sorted(found["target"].unique())
    sheet = Sheet(panels, size=(3.2, 3.5))
    most = float(found["k"].max())
    for panel in panels:
        ax = sheet.axes[panel]
        ax.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
        labels = []
        for (role, composition, k), group in found[found["target"] == panel].groupby(["role", "composition", "k"]):
            name = f"{composition} {k:g}" if k else str(composition)
            colour = dose(k, most) if role == "k" else COLOURS.get(role, QUIET)
            x, y = float(group["seconds"].mean()), float(group["gain"].mean())
            sheet.points(panel, f"{role} {name}", [x], [y], color=colour, marker=ROLES.get(role, "o"), markersize=6)
            labels.append((x, y, name, colour))
        ax.margins(x=0.3, y=0.18)
        label_points(ax, labels)
        ax.set_xlabel("seconds of training")
        if leftmost(ax):
            ax.set_ylabel("clean gain over none, points")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def gains(frame: Any) -> pd.DataFrame:
    """Mean clean score over languages of each transfer minus that of `none` on the same target, in points, with its seconds."""
    clean = fair(frame.clean)
    clean = clean[clean["value"].notna() & (clean["role"] != "reference")]
    keys = ["target", "role", "composition", "k", "transfer"]
    means = clean.groupby(keys, as_index=False, observed=True)["value"].mean()
    bare = means[(means["composition"] == "none") & (means["k"] == 0)].groupby("target")["value"].mean()
    if bare.empty:
        raise NotDrawn("no score of a target without intermediate tasks (none) to compare with")
    seconds = frame.transfers.drop_duplicates("transfer").set_index("transfer")["seconds"]
    found: pd.DataFrame = means.assign(
        gain=100 * (means["value"] - means["target"].map(bare)), seconds=means["transfer"].map(seconds)
    )
    found = found[found["gain"].notna() & found["seconds"].notna()]
    if found.empty:
        raise NotDrawn("no transfer says how long it took")
    return found.drop_duplicates(["transfer", "role", "k"])


CAPTION = (
    "Mean over models of one kind. Circles: the question's, coloured and named by k; squares: controls; "
    "diamonds: baselines. Seconds are those of the "
    "transfer step, when it was done; adapters are trained once and serve every composition, so their own "
    "cost is not in it. Devices may differ."
)


def _said(sheet: Sheet) -> str:
    parts = [f"{r.panel}, {r.series}: {r.x:.0f} s, {r.y:+.1f} points" for r in sheet.data.itertuples()]
    return f"Cost and gain. {'; '.join(parts)}."


figure = Figure(
    number=9,
    name="cost",
    title="Cost against gain",
    summary="seconds of training against the clean gain over none, by composition and k",
    draw=draw,
    needs="none and other compositions of the same targets",
)
