"""The page's drawings: bars of scores, and what each adapter is given as heat maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.colors import Normalize

from adaptstilts.numerals import percent
from adaptstilts.report.drawing.inline import THEME, inline
from adaptstilts.report.drawing.sheet import BLUE, INK, ORANGE, RISING, TRACK, Sheet, settle, style

COLOURS = {**THEME, BLUE: "var(--clean)", ORANGE: "var(--attack)", TRACK: "var(--track)"}
SHADES = {colour: name for colour, name in THEME.items() if colour != BLUE}  # the darkest shade stays one of its row
ROW, LABEL, NUMBER = 16.0, 74.0, 33.0
"""Points: the height of a bar's row, and the room at its left and right."""

Weights = Sequence[Sequence[float | None] | None]
"""A weight in [0, 1] for each member, layer by layer from the first; None where a layer has none."""


def bars(name: str, title: str, scores: Mapping[str, float | None], chance: float | None, width: float) -> Markup:
    """Bars of the scores of one language or mean, in [0, 1], the clean one first, with a line at chance; `width` in points."""
    with style():
        height = ROW * len(scores) + 6
        sheet = Sheet([name], size=(width / 72, height / 72), least=0)
        sheet.canvas.set_layout_engine("none")
        ax = sheet.axes[name]
        ax.set_title("")
        ax.set_position((LABEL / width, 3 / height, 1 - (LABEL + NUMBER) / width, 1 - 6 / height))
        sheet.shares(name, scores, [BLUE, *[ORANGE] * (len(scores) - 1)], beside=(5, NUMBER - 1))
        if chance is not None:
            ax.axvline(chance, color=INK, linewidth=1, linestyle=(0, (3, 2)), clip_on=False)
        told = [_spoken(scores.items()), *([] if chance is None else [f"chance {percent(chance)} %"])]
        return inline(sheet.canvas, name, title, f"{', '.join(told)}.", theme=COLOURS, letters=True)


@dataclass(frozen=True)
class Attention:
    """Drawn grids of weights by name; `full` is the weight that has the whole colour, `even` what each has if all are alike."""

    grids: Mapping[str, Markup]
    full: float
    even: float


def attention(weights: Mapping[str, Weights], members: Sequence[str]) -> Attention:
    """Grids of `weights[language][layer][member]`: layer by member over all languages, language by member over all layers."""
    blank = [None] * len(members)
    lines = [
        (language, f"layer {number + 1}", *(row or blank))
        for language, rows in weights.items()
        for number, row in enumerate(rows)
    ]
    places = list(range(len(members)))
    found = pd.DataFrame(lines, columns=["language", "layer", *places]).astype(dict.fromkeys(places, float))
    means = {by: found.groupby(by, sort=False)[places].mean() for by in ("layer", "language")}
    tables = {"by layer, mean over languages": means["layer"]}
    if len(weights) > 1:
        tables["by language, mean over layers"] = means["language"]
    full = max(min(1.0, 2 / len(members)), *(float(np.nanmax(table.to_numpy(float))) for table in means.values()))
    drawn = {
        title: _grid(f"heat-{place}", title, table.set_axis(list(members), axis=1), full)
        for place, (title, table) in enumerate(tables.items(), 1)
    }
    return Attention(drawn, full, 1 / len(members))


def _grid(name: str, title: str, table: pd.DataFrame, full: float) -> Markup:
    with style():
        sheet = Sheet([name], size=(1.3 + 0.75 * table.shape[1], 0.9 + 0.28 * len(table)), least=0)
        sheet.cells(name, table, cmap=RISING, norm=Normalize(0, full), texts=table.map(percent))
        sheet.axes[name].set_title("")
        settle(sheet.canvas)
        said = "; ".join(
            f"{label}: {'none' if row.isna().all() else _spoken(row.items())}" for label, row in table.iterrows()
        )
        return inline(sheet.canvas, name, f"weight of each adapter in per cent, {title}", f"{said}.", theme=SHADES)


def _spoken(shares: Iterable[tuple[object, float | None]]) -> str:
    return ", ".join(f"{name} {percent(share)} %".replace("n/a %", "n/a") for name, share in shares)
