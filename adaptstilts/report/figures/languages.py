"""Figure 6: the slope of the robustness cost by language and attack, languages ordered by script."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from adaptstilts.attacks.languages import script_of_language
from adaptstilts.report.drawing import DIVERGING, INK, LINE, QUIET, Sheet, around_zero, hatch, subtitle
from adaptstilts.report.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.costs import fair, p_value, slopes, trajectories

HALF = 0.5
"""An attack that reached less than this share of a language's rows is hatched."""
PANEL = "slope of cost per doubling of k"
GENERATED = "generated"


def draw(frame: Any, verdict: Any) -> Drawn:
    """A map of slopes; NotDrawn without two values of k."""
    found = slopes(trajectories(frame.cells, by=["language", "attack"]), by=["language", "attack"])
    if found.empty:
        raise NotDrawn("no language was attacked at two values of k")
    languages = sorted(fair(frame.cells)["language"].unique(), key=lambda code: (script_of(code), code))
    attacks = sorted(found["attack"].unique())
    means = found.groupby(["language", "attack"])["slope"].mean().unstack().reindex(index=languages, columns=attacks)
    thin = _thin(frame.cells).reindex(index=languages, columns=attacks).fillna(True).astype(bool)
    means = means.where(~thin)
    sure = _significant(found).reindex(index=languages, columns=attacks).fillna(False).astype(bool)
    sheet = Sheet([PANEL], size=(2.3 + 0.62 * len(attacks), 1.7 + 0.25 * len(languages)))
    image = sheet.cells(PANEL, means, cmap=DIVERGING, norm=around_zero(means.to_numpy(float)))
    _marks(sheet.axes[PANEL], means, sure, languages)
    bar = sheet.canvas.colorbar(image, ax=sheet.axes[PANEL], shrink=0.7, aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    subtitle(sheet.axes[PANEL], "orange: robustness is lost as k grows; blue: it is gained")
    return Drawn(sheet.canvas, sheet.data, CAPTION, _said(sheet, sure))


def script_of(code: str) -> str:
    """The language's script; private codes (qaa to qtz) are the pocket lab's."""
    private = len(code) == 3 and "qaa" <= code <= "qtz"
    return script_of_language(code) or (GENERATED if private else "other")


def _thin(cells: pd.DataFrame) -> pd.DataFrame:
    """Where an attack does not apply, or reached less than half of the rows."""
    own = cells[(cells["role"] == "k") & ~cells["source"].astype(bool)]
    share = (own["reached"].astype(float) / own["n"].astype(float)).fillna(0.0)
    return own.assign(share=share).groupby(["language", "attack"])["share"].mean().unstack() < HALF


def _significant(found: pd.DataFrame) -> pd.DataFrame:
    """Which slopes differ from zero at a false discovery rate of 5 % over the whole map (Benjamini and Hochberg 1995).

    The unit is an ordering: heads of one ordering are averaged first.
    """
    means = found.groupby(["language", "attack", "ordering"], as_index=False)["slope"].mean()
    p = means.groupby(["language", "attack"])["slope"].agg(p_value).dropna()
    kept = pd.Series(false_discovery_control(p.to_numpy(float)) <= 0.05, index=p.index) if len(p) else p.astype(bool)
    return kept.unstack()


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
    "Dots: different from zero at a false discovery rate of 5 % over the map (Benjamini and Hochberg), orderings as the unit."
)


def _said(sheet: Sheet, sure: pd.DataFrame) -> str:
    rows = sheet.data[sheet.data["y"].notna()].sort_values("y")
    ends = [f"{r.row} under {r.column} {r.y:+.3f}" for r in (*rows.tail(3)[::-1].itertuples(), *rows.head(3).itertuples())]
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
