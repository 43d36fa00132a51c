"""Figure 6: the slope of the robustness cost by language and attack, languages ordered by script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from adaptstilts.attacks.text.languages import script_of_language
from adaptstilts.report.drawing.costs import question
from adaptstilts.report.drawing.figure import Drawn, Figure
from adaptstilts.report.drawing.sheet import (
    DIVERGING,
    INK,
    LINE,
    QUIET,
    Sheet,
    around_zero,
    hatch,
    scale_beside,
    subtitle,
)
from adaptstilts.report.frame.selection import attack_columns
from adaptstilts.report.verdict import language_map

HALF = 0.5
"""An attack that reached less than this share of a language's rows is hatched."""
PANEL = "slope of cost per doubling of k"
GENERATED = "generated"
LEVEL = 0.05
"""False discovery rate of the map."""


def draw(frame: Any, verdict: Any) -> Drawn:
    """A map of slopes; NotDrawn without two values of k."""
    question(verdict)  # or there is nothing to draw
    found = language_map(frame, verdict.plan, verdict.trajectories)
    named = attack_columns(found)
    names = [named[key] for key in found[["attack", "severity", "budget"]].itertuples(index=False, name=None)]
    found = found.assign(name=names)
    own = _own(frame.cells, named)
    languages = sorted(own["language"].unique(), key=lambda code: (script_of(code), code))
    names = sorted(found["name"].unique())
    reached = _map(own, "share", languages, names).fillna(0.0)
    means = _map(found, "slope", languages, names).where(reached >= HALF)
    sure = (_map(found, "p_bh", languages, names) <= LEVEL) & means.notna()
    sheet = Sheet([PANEL], size=(2.3 + 0.62 * len(means.columns), 1.7 + 0.25 * len(languages)))
    image = sheet.cells(PANEL, means, cmap=DIVERGING, norm=around_zero(means.to_numpy(float)))
    _marks(sheet.axes[PANEL], means, sure, languages)
    scale_beside(sheet.canvas, sheet.axes[PANEL], image, "probit units")
    subtitle(sheet.axes[PANEL], "orange: robustness is lost as k grows; blue: it is gained")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet, sure))


def script_of(code: str) -> str:
    """The language's script; private codes (qaa to qtz) are the pocket lab's."""
    private = len(code) == 3 and "qaa" <= code <= "qtz"
    return script_of_language(code) or (GENERATED if private else "other")


def _own(cells: pd.DataFrame, named: Mapping[tuple[str, float, int], str]) -> pd.DataFrame:
    """The question's cells outside the source language with the share of rows that were reached, under the map's names."""
    kept = cells[(cells["role"] == "k") & ~cells["source"].astype(bool) & (cells["texts_from"].fillna("") == "")]
    names = [named.get(key, "") for key in kept[["attack", "severity", "budget"]].itertuples(index=False, name=None)]
    share = (kept["reached"].astype(float) / kept["n"].astype(float)).fillna(0.0)
    named_cells = kept.assign(name=names, share=share.where(kept["attacked"].notna(), 0.0))
    return named_cells.loc[named_cells["name"] != ""]


def _map(found: pd.DataFrame, values: str, languages: list[str], names: list[str]) -> pd.DataFrame:
    table = found.pivot_table(index="language", columns="name", values=values)
    return table.reindex(index=languages, columns=names)


def _marks(ax: Any, means: pd.DataFrame, sure: pd.DataFrame, languages: list[str]) -> None:
    for (i, j), value in np.ndenumerate(means.to_numpy(float)):
        if not np.isfinite(value):
            hatch(ax, i, j)
        elif sure.iat[i, j]:
            ax.plot([j], [i], marker="o", markersize=4, color="#111111", label="_significant")
    scripts = [script_of(code) for code in languages]
    for script in dict.fromkeys(scripts):
        first, last = scripts.index(script), len(scripts) - 1 - scripts[::-1].index(script)
        if first:
            ax.axhline(first - 0.5, color=LINE, linewidth=1.2)
        ax.annotate(
            script, (0, (first + last) / 2), (-34, 0), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
            va="center", fontsize=8.5, color=QUIET, annotation_clip=False,
        )  # fmt: skip
    ax.tick_params(axis="y", labelcolor=INK)


CAPTION = (
    "Mean slope of the probit robustness cost on log2 k, by language and attack; exploratory. Languages stand by script. "
    "Hatched: the attack does not apply to the language, or reached less than half of its rows. "
    "Dots: different from zero at a false discovery rate of 5 % over the map (Benjamini and Hochberg 1995)."
)


def _said(sheet: Sheet, sure: pd.DataFrame) -> str:
    rows = sheet.data[sheet.data["y"].notna()].sort_values("y")
    ends = [
        f"{r.row} under {r.column} {r.y:+.3f}" for r in (*rows.tail(3)[::-1].itertuples(), *rows.head(3).itertuples())
    ]
    count = int(sure.to_numpy().sum())
    return f"Slopes of {len(rows)} pairs of language and attack, {count} of them significant; highest and lowest: {'; '.join(ends)}."


figure = Figure(
    number=6,
    name="languages",
    title="Languages and attacks",
    summary="slope of the robustness cost by language (ordered by script) and attack, with what is significant",
    draw=draw,
    needs="a sweep over k, attacked",
)
