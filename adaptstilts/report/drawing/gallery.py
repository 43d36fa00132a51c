"""All figures of a frame: drawn one by one, none harmed by another, saved as vector PDF, PNG and CSV, or as SVG in a page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from adaptstilts.files import write_whole
from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.inline import inline
from adaptstilts.report.drawing.sheet import settle, style
from adaptstilts.report.figures import FIGURES, in_order

DPI = 200
SUFFIXES = {"pdf": ("pdf", "png"), "csv": ("csv",)}
"""The files of a figure by the format asked for."""


@dataclass(frozen=True)
class Shown:
    """A figure with its drawing, or why there is none; `broken` marks a fault of the figure's own."""

    figure: Figure
    drawn: Drawn | None
    reason: str = ""
    broken: bool = False

    @property
    def stem(self) -> str:
        """The name of its files, without suffix."""
        return f"{self.figure.number:02d}-{self.figure.name}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found, drawn = self.figure, self.drawn is not None
        return {"number": found.number, "name": found.name, "drawn": drawn, "reason": self.reason or None}


def gallery(frame: Any, verdict: Any, numbers: Iterable[int] = ()) -> list[Shown]:
    """Every figure in order, or those of these numbers; one that cannot be drawn says why."""
    wanted = set(numbers)
    shown = [_shown(figure, frame, verdict) for figure in in_order() if not wanted or figure.number in wanted]
    broken = [
        Shown(Figure(0, path.stem, path.stem, "", _nothing), None, f"the figure's file is broken: {why}", True)
        for path, why in FIGURES.broken.items()
        if not wanted
    ]
    return [*shown, *broken]


def save(shown: Shown, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write a drawing into `folder` in these formats ("pdf" writes PDF and PNG, "csv" the table), each file whole or not at all."""
    if shown.drawn is None:
        return []
    suffixes = [suffix for name in formats for suffix in SUFFIXES.get(name, ())]
    return [write_whole(folder / f"{shown.stem}.{suffix}", _bytes(shown.drawn, suffix)) for suffix in suffixes]


def svg(shown: Shown) -> Markup:
    """The drawing as SVG to stand in a page; NotDrawn where there is none."""
    if shown.drawn is None:
        raise NotDrawn(shown.reason)
    with style():
        return inline(shown.drawn.canvas, f"f{shown.figure.number}", shown.figure.title, shown.drawn.said)


def _shown(figure: Figure, frame: Any, verdict: Any) -> Shown:
    try:
        with style():
            drawn = figure.draw(frame, verdict)
            settle(drawn.canvas)
            return Shown(figure, drawn)
    except NotDrawn as lacking:
        return Shown(figure, None, lacking.what)
    except Exception as error:  # one figure's fault must not cost the reader all the others; it is told
        return Shown(figure, None, f"it could not be drawn ({type(error).__name__}: {error})", True)


def _bytes(drawn: Drawn, suffix: str) -> bytes:
    """A file's content; a PDF carries no date, so that the same records make the same bytes."""
    if suffix == "csv":
        return drawn.csv().encode("utf-8")
    stream = io.BytesIO()
    undated = {"CreationDate": None} if suffix == "pdf" else None
    with style():
        drawn.canvas.savefig(stream, format=suffix, dpi=DPI, metadata=undated, facecolor="white")
    return stream.getvalue()


def _nothing(frame: Any, verdict: Any) -> Drawn:
    raise NotDrawn("its file is broken")
