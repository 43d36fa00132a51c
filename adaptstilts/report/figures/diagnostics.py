"""Figure 7: signs that a model only looks robust: confidence, calibration, margins; and how many edits a tokenizer notices and knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.labels import label_ends
from adaptstilts.report.drawing.sheet import BLUE, ORANGE, QUIET, SERIES, Sheet, fitting
from adaptstilts.report.frame.selection import static
from adaptstilts.statistics.calibration import BINS, calibration_error, confidence

PARTS = frozenset({"survival", "unknown"})
"""Columns that are parts of something, and end at 100 %; letters can be added without end."""
WIDTH = 0.6
"""How much of a language's place its attacks stand side by side on."""
SHARES = frozenset({"accuracy"})
"""Metrics of rows that are right or wrong, whose margins are differences of logits."""
SURE, OFF, MARGIN = "confidence", "calibration error", "margin of raw logits"
LOOKS: dict[str, dict[str, Any]] = {
    "clean": {"marker": "o", "markersize": 6, "linewidth": 2.6},
    "attacked": {"marker": "s", "markersize": 3.5, "linewidth": 1.4, "linestyle": (0, (4, 2)), "zorder": 3},
}
"""A thin dashed line on a wide one, so that both are seen where they are the same."""
NOTICED, UNKNOWN, REACHED = "edits the tokenizer notices", "edits that end in an unknown piece", "edit rate"


def draw(frame: Any, verdict: Any) -> Drawn:
    """Confidence, calibration and margins along k, survival, unknown pieces and edits by language; NotDrawn where nothing was attacked."""
    cells = static(frame.cells)
    if cells.empty:
        raise NotDrawn("nothing was scored under static attacks")
    rows = _rows(frame, cells)
    shares = {NOTICED: "survival", UNKNOWN: "unknown", REACHED: "edit_rate"}
    shares = {name: column for name, column in shares.items() if name == REACHED or cells[column].notna().any()}
    panels = [SURE, OFF, MARGIN] * (len(rows) > 0) + list(shares)
    sheet = Sheet(panels, columns=3, size=(3.25, 2.7))
    if len(rows):
        _along_k(sheet, rows)
    for panel, column in shares.items():
        _by_language(sheet, panel, cells[cells[column].notna()], column)
    _key(sheet, list(shares))
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet))


def _rows(frame: Any, cells: pd.DataFrame) -> pd.DataFrame:
    """Clean and attacked margins of one static attack (the commonest), of the question's models, outside the source language."""
    own = cells[(cells["role"] == "k") & cells["metric"].isin(SHARES)]
    if own.empty:
        return own
    attack = own["attack"].value_counts().index[0]
    found: pd.DataFrame = frame.rows(attack=attack, roles=["k"]).merge(
        own[["score", "language"]].drop_duplicates(), on=["score", "language"]
    )
    return found[(found["role"] == "k") & np.isfinite(found["margin_clean"].astype(float))]


def _along_k(sheet: Sheet, rows: pd.DataFrame) -> None:
    doses = sorted(rows["k"].unique())
    places = {k: i for i, k in enumerate(doses)}
    for name, column, colour in (("clean", "margin_clean", BLUE), ("attacked", "margin_adv", ORANGE)):
        found = {k: group[column].astype(float).dropna().to_numpy() for k, group in rows.groupby("k")}
        x = [places[k] for k in found]
        look = LOOKS[name] | {"color": colour}
        sheet.line(SURE, name, x, [confidence(m).mean() for m in found.values()], **look)
        sheet.line(OFF, name, x, [calibration_error(m) for m in found.values()], **look)
        quarters = [np.quantile(m, [0.25, 0.5, 0.75]) for m in found.values()]
        sheet.band(MARGIN, name, x, [q[0] for q in quarters], [q[2] for q in quarters], color=colour)
        sheet.line(MARGIN, name, x, [q[1] for q in quarters], **look)
    for panel in (SURE, OFF, MARGIN):
        sheet.axes[panel].set_xticks(range(len(doses)), [f"{k:g}" for k in doses])
        sheet.axes[panel].set_xlabel("k")
        label_ends(sheet.axes[panel])
    sheet.axes[SURE].set_ylim(0.5, 1.0)
    sheet.axes[OFF].set_ylim(0.0, max(0.3, sheet.axes[OFF].get_ylim()[1]))
    sheet.axes[MARGIN].axhline(0, color=QUIET, linewidth=0.7)


def _by_language(sheet: Sheet, panel: str, cells: pd.DataFrame, column: str) -> None:
    """A point for each language and attack, in per cent; the commonest attacks are named."""
    languages = sorted(cells["language"].unique())
    names = list(cells["attack"].value_counts().index[: len(SERIES)])
    ax = sheet.axes[panel]
    for name, colour in zip(sorted(names), SERIES, strict=False):
        means = cells[cells["attack"] == name].groupby("language")[column].mean()
        aside = WIDTH * (sorted(names).index(name) - (len(names) - 1) / 2) / len(names)
        x = [languages.index(code) + aside for code in means.index]
        sheet.points(panel, name, x, 100 * means.to_numpy(float), color=colour, markersize=4.5, clip_on=False)
    turned = 60 if len(languages) > 7 else 0
    ax.set_xticks(range(len(languages)), [fitting(code) for code in languages], rotation=turned, fontsize=8)
    ax.set_ylabel("%")
    ax.set_xlim(-0.6, len(languages) - 0.4)
    if column in PARTS:
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, 0.0), min(high, 100.0))


def _key(sheet: Sheet, panels: Sequence[str]) -> None:
    """The attacks' colours below all panels, each once."""
    lines = [line for panel in panels for line in sheet.axes[panel].get_lines()]
    named = {str(line.get_label()).removeprefix("_points:"): line for line in lines}
    sheet.canvas.legend(
        list(named.values()), list(named), loc="outside lower center", ncols=len(named), frameon=False, fontsize=8.5,
        handletextpad=0.1,
    )  # fmt: skip


CAPTION = (
    "Over- or under-confidence blinds a search that follows probabilities, so that a model may only look robust (Raina et al. 2024); the "
    "searches here follow margins of raw logits, which do not saturate. Along k: the probability of the answer given between it and its "
    f"nearest rival (exact with two classes, an upper bound with more), its expected calibration error over "
    f"{BINS} bins, and quartiles of the "
    "margin, clean and under one static attack. By language: the shares of tried edits that the tokenizer noticed and that end in an "
    "unknown piece, and the share of letters that the attacks changed. Fertility (pieces a word) is not drawn: records do not hold it."
)


def _said(sheet: Sheet) -> str:
    lines = sheet.data[sheet.data["kind"] == "line"].groupby(["panel", "series"], sort=False)["y"]
    parts = [
        f"{panel}, {series}: {y.iloc[0]:.3f} at the lowest k, {y.iloc[-1]:.3f} at the highest"
        for (panel, series), y in lines
    ]
    points = sheet.data[sheet.data["kind"] == "points"].groupby(["panel", "series"], sort=False)["y"]
    parts += [f"{panel}, {series}: {y.min():.1f} to {y.max():.1f} % over languages" for (panel, series), y in points]
    return f"{'; '.join(parts)}."


figure = Figure(
    number=7,
    name="diagnostics",
    title="Diagnostics",
    summary="confidence, calibration error and margins along k; survival of edits, unknown pieces and edit rate by language",
    draw=draw,
    needs="static attacks",
)
