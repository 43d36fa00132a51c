"""All figures of a frame: drawn one by one, none harmed by another, saved as vector PDF, PNG and CSV, or as SVG in a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.files import write_whole
from adaptstilts.report.drawing.figure import Drawn, Figure, NotDrawn
from adaptstilts.report.drawing.sheet import BLUE, INK, LINE, PAPER, QUIET, TINT, settle, style
from adaptstilts.report.figures import FIGURES, in_order

DPI = 200
SUFFIXES = {"pdf": ("pdf", "png"), "csv": ("csv",)}
"""The files of a figure by the format asked for."""
THEME = {
    INK: "var(--ink)",
    QUIET: "var(--quiet)",
    LINE: "var(--line)",
    TINT: "var(--tint)",
    PAPER: "var(--paper)",
    BLUE: "var(--blue)",
}


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


def svg(shown: Shown) -> str:
    """The drawing as SVG to stand in a page: no declaration, ids of its own, text and rules in the page's own colours."""
    if shown.drawn is None:
        raise NotDrawn(shown.reason)
    text = _bytes(shown.drawn, "svg").decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL
    )  # a style would reach the whole page
    prefix = f"f{shown.figure.number}-"
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'(?:xlink:)?href="#', f'href="#{prefix}', text)
    text = text.replace("url(#", f"url(#{prefix}")
    for colour, variable in THEME.items():
        text = text.replace(colour, variable)
    head, body = text.split(">", 1)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    width, height = (float(size[1]), float(size[2])) if size else (600.0, 400.0)
    names = f'role="img" aria-labelledby="{prefix}title {prefix}said"'
    # a point is 4/3 of a pixel, so that text stands at the size it was drawn for
    head = f'<svg class="plot" {names} width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}" viewBox="0 0 {width:g} {height:g}"'
    return f"{head}>{_words(prefix, shown)}{body.strip()}"


def _words(prefix: str, shown: Shown) -> str:
    from markupsafe import escape

    said = shown.drawn.said if shown.drawn else ""
    return (
        f'<title id="{prefix}title">{escape(shown.figure.title)}</title><desc id="{prefix}said">{escape(said)}</desc>'
    )


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
    """A file's content; PDF and SVG carry no date, so that the same records make the same bytes."""
    if suffix == "csv":
        return drawn.data.to_csv(index=False, lineterminator="\n").encode("utf-8")
    stream = io.BytesIO()
    dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
    ground = "none" if suffix == "svg" else "white"
    with style():
        drawn.canvas.savefig(stream, format=suffix, dpi=DPI, metadata=dates.get(suffix), facecolor=ground)
    return stream.getvalue()


def _nothing(frame: Any, verdict: Any) -> Drawn:
    raise NotDrawn("its file is broken")
