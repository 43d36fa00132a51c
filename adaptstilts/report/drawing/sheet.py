"""How figures look, and a sheet that keeps a table of everything drawn on it.

Colours are Okabe and Ito's (2008), which colour-blind readers can tell apart; doses of k run along cividis (Nuñez et al. 2018), made
for the same end. Nothing here touches a display: canvases are Agg's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from adaptstilts.numerals import percent
from adaptstilts.report.drawing.labels import GROUND, move_apart

INK, QUIET, LINE, PAPER, TINT = "#1b1f24", "#59626d", "#d5dae0", GROUND, "#eceff3"
"""Text, quieter text, rules, ground and a faint ground; a page gives them its own colours, light or dark."""
TRACK = "#e9edf1"
"""Where a bar could still grow."""
BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
SLIM = 0.56
"""How much of its row a bar takes."""
LETTERS = 18
"""How much of a name stands at an axis."""
Numbers = Any
"""A sequence of numbers: list, array or column."""
WIDEST = 9.9
"""Inches: as wide as the report's page."""
SERIES = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
DIVERGING = LinearSegmentedColormap.from_list("blue_orange", ["#0072b2", "#9ccbe6", "#f7f7f7", "#f2b48a", "#c14e00"])
"""Blue below, orange above."""
RISING = LinearSegmentedColormap.from_list("pale_blue", ["#f4f6f8", "#9ccbe6", "#0072b2"])
"""From nothing to much."""
STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "figure.facecolor": "none",
    "savefig.facecolor": "auto",
    "hatch.linewidth": 0.5,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "adaptstilts",
}


@contextmanager
def style() -> Iterator[None]:
    """The style of all figures, for as long as the block runs; they must be drawn and saved inside it."""
    settings: dict[Any, Any] = {**matplotlib.rcParamsDefault, "backend": "agg", **STYLE}
    with matplotlib.rc_context(settings):
        yield


def dose(k: float, most: float) -> Any:
    """The colour of a k among those up to `most`; 0 is grey."""
    if k <= 0:
        return "#8a929b"
    share = np.log2(k) / np.log2(most) if most > 1 else 0.5
    return matplotlib.colormaps["plasma"](0.34 + 0.46 * float(share))


class Sheet:
    """A figure being drawn: named panels in a grid, and `rows`, the table of all that is put on them."""

    def __init__(
        self,
        panels: Sequence[str],
        *,
        columns: int = 4,
        size: tuple[float, float] = (3.1, 2.7),
        least: float = 5.2,
        **share: Any,
    ) -> None:
        """`size` is a panel's in inches, `least` the sheet's least width."""
        columns = min(columns, len(panels), max(1, int(WIDEST / size[0])))
        lines = -(-len(panels) // columns)
        width = max(columns * size[0], least)
        self.canvas = Canvas(figsize=(width, lines * size[1]), layout="constrained")
        FigureCanvasAgg(self.canvas)
        grid = self.canvas.subplots(lines, columns, squeeze=False, **share)
        self.axes: dict[str, Axes] = dict(zip(panels, grid.flat, strict=False))
        for unused in grid.flat[len(panels) :]:
            unused.remove()
        for name, ax in self.axes.items():
            ax.set_title(name)
            ax.set_label(name)
        self.rows: list[dict[str, Any]] = []

    def line(self, panel: str, series: str, x: Numbers, y: Numbers, **look: Any) -> None:
        """A line through points; `series` names it within its panel."""
        self.axes[panel].plot(x, y, label=f"_line:{series}", **look)
        self._keep(panel, "line", series, x=x, y=y)

    def points(self, panel: str, series: str, x: Numbers, y: Numbers, **look: Any) -> None:
        """Points alone."""
        self.axes[panel].plot(x, y, label=f"_points:{series}", **{"linestyle": "none", "marker": "o", **look})
        self._keep(panel, "points", series, x=x, y=y)

    def band(self, panel: str, series: str, x: Numbers, low: Numbers, high: Numbers, **look: Any) -> None:
        """An area between two lines."""
        self.axes[panel].fill_between(x, low, high, label=f"_band:{series}", **{"linewidth": 0, "alpha": 0.22, **look})
        self._keep(panel, "band", series, x=x, low=low, high=high)

    def bar(self, panel: str, series: str, y: float, low: float, high: float, x: float, **look: Any) -> None:
        """A horizontal interval from `low` to `high` at height `y` with its estimate `x`."""
        ax, colour, width = self.axes[panel], look.pop("color", INK), look.pop("linewidth", 1.6)
        ax.plot([low, high], [y, y], label=f"_interval:{series}", color=colour, linewidth=width)
        ax.plot([x], [y], label=f"_estimate:{series}", color=colour, **{"linestyle": "none", "marker": "o", **look})
        self._keep(panel, "interval", series, x=[x], y=[y], low=[low], high=[high])

    def shares(
        self, panel: str, shares: Mapping[str, float | None], colours: Sequence[str], *, beside: Sequence[float]
    ) -> None:
        """Horizontal bars from 0 to 1, each on a track between its name and its number; `beside` are points for these two."""
        ax, known = self.axes[panel], [(i, share) for i, share in enumerate(shares.values()) if share is not None]
        ax.barh(range(len(shares)), 1.0, SLIM, color=TRACK, clip_on=False)
        ax.barh([i for i, _ in known], [y for _, y in known], SLIM, color=[colours[i] for i, _ in known], clip_on=False)
        ax.set(xlim=(0, 1), ylim=(len(shares) - 0.5, -0.5))
        ax.set_axis_off()
        for i, (name, share) in enumerate(shares.items()):
            for x, text, away in ((0, fitting(name, 10), -beside[0]), (1, percent(share), beside[1])):
                ax.annotate(text, (x, i), (away, 0), textcoords="offset points", ha="right", va="center", fontsize=11)
        self._keep(panel, "share", panel, x=[share for _, share in known], y=[i for i, _ in known])

    def cells(self, panel: str, table: pd.DataFrame, *, cmap: Any, norm: Any, texts: pd.DataFrame | None = None) -> Any:
        """A heat map of a table with named rows and columns; NaN is left blank. Texts stand in the cells."""
        ax, values = self.axes[panel], table.to_numpy(float)
        across, down = (np.arange(count + 1) - 0.5 for count in values.shape[::-1])
        image = ax.pcolormesh(across, down, np.ma.masked_invalid(values), cmap=cmap, norm=norm, label=f"_cells:{panel}")
        image.set(edgecolor=PAPER, linewidth=1.0)
        ax.set(xlim=(across[0], across[-1]), ylim=(down[-1], down[0]))
        names(ax, table)
        for (i, j), value in np.ndenumerate(values):
            if texts is not None:
                shade = luminance(image.to_rgba(value)) if np.isfinite(value) else 1.0
                colour = QUIET if not np.isfinite(value) else ("#ffffff" if shade < 0.45 else "#111111")
                ax.text(j, i, str(texts.iat[i, j]), ha="center", va="center", fontsize=8.5, color=colour)
            self.rows.append({
                "panel": panel, "kind": "cell", "series": panel, "row": str(table.index[i]), "column": str(table.columns[j]),
                "y": float(value),
            })  # fmt: skip
        return image

    @property
    def data(self) -> pd.DataFrame:
        """Everything that was drawn, in the order it was."""
        columns = ["panel", "kind", "series", "row", "column", "x", "y", "low", "high"]
        return pd.DataFrame(self.rows).reindex(columns=columns).dropna(axis="columns", how="all")

    def _keep(self, panel: str, kind: str, series: str, **values: Numbers) -> None:
        for number in zip(*values.values(), strict=True):
            row = dict(zip(values, map(float, number), strict=True))
            self.rows.append({"panel": panel, "kind": kind, "series": series, **row})


def settle(canvas: Canvas) -> None:
    """Lay the panels out once and for all, names beside their points: matplotlib would do it twice for each file."""
    engine = canvas.get_layout_engine()
    if engine is not None:
        engine.execute(canvas)
        canvas.set_layout_engine("none")
    for ax in canvas.axes:
        move_apart(ax)


def names(ax: Axes, table: pd.DataFrame) -> None:
    """The rows' and columns' names at the edges of a heat map, without an axis around it."""
    columns = [fitting(name) for name in table.columns]
    slanted: dict[str, Any] = (
        {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if max(map(len, columns), default=0) > 6 else {}
    )
    ax.set_xticks(range(len(columns)), columns, **slanted)
    ax.set_yticks(range(table.shape[0]), [fitting(name) for name in table.index])
    ax.tick_params(length=0, labelcolor=INK)
    ax.spines[:].set_visible(False)


def fitting(name: Any, letters: int = LETTERS) -> str:
    """A name short enough to stand at an axis."""
    return str(name) if len(str(name)) <= letters else f"{str(name)[: letters - 1]}…"


def luminance(colour: Numbers) -> float:
    """How light a colour is, in [0, 1] (Rec. 709's weights)."""
    red, green, blue = list(colour)[:3]
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def scale_beside(canvas: Canvas, axes: Axes | Sequence[Axes], image: Any, unit: str = "") -> None:
    """What the colours of one heat map, or of several alike, stand for, as shapes and not as a picture."""
    bar = canvas.colorbar(image, ax=axes, shrink=0.75, aspect=22, pad=0.02)
    bar.set_label(unit, fontsize=8.5, color=QUIET)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        bar.solids.set(rasterized=False, edgecolor="face", linewidth=0.4)


def around_zero(values: np.ndarray, least: float = 1e-6) -> TwoSlopeNorm:
    """Colours that are even around zero and reach the largest value either way."""
    known = np.abs(values[np.isfinite(values)])
    reach = max(float(known.max()) if known.size else 0.0, least)
    return TwoSlopeNorm(0.0, -reach, reach)


def hatch(ax: Axes, row: int, column: int) -> None:
    """Mark a cell of a heat map as one that cannot be."""
    look: dict[str, Any] = {"facecolor": TINT, "edgecolor": LINE, "hatch": "////", "linewidth": 0, "zorder": 0.5}
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))


def leftmost(ax: Axes) -> bool:
    """Whether a panel stands in the first column."""
    place = ax.get_subplotspec()
    return place is not None and place.is_first_col()


def subtitle(ax: Axes, text: str) -> None:
    """A line of small text between a panel's title and the panel."""
    ax.set_title(ax.get_title(loc="left"), pad=17)
    ax.annotate(text, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8.5, color=QUIET)


def key_of_doses(canvas: Canvas, doses: Numbers, most: float) -> None:
    """What the colours of k are, below all panels."""
    dots = [
        Line2D([], [], color=dose(k, most), marker="o", linestyle="none", markersize=5, label=f"k = {k:g}")
        for k in sorted(doses)
    ]
    canvas.legend(
        handles=dots, loc="outside lower center", ncols=len(dots), frameon=False, fontsize=8.5, handletextpad=0.1
    )
