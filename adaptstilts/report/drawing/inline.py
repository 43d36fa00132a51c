"""A drawing as SVG that stands in a page: in the page's own colours, light or dark, with words for those who do not see it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import matplotlib
from markupsafe import Markup, escape
from matplotlib.figure import Figure as Canvas

from adaptstilts.report.drawing.sheet import BLUE, INK, LINE, PAPER, QUIET, TINT

THEME: Mapping[str, str] = {
    colour: f"var(--{name})"
    for name, colour in (
        *(("ink", INK), ("quiet", QUIET), ("line", LINE)), *(("tint", TINT), ("paper", PAPER), ("blue", BLUE)),
    )
}  # fmt: skip
"""What a page calls the colours of a sheet."""
_UNWANTED = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL)  # a style would reach the whole page


def inline(
    canvas: Canvas, name: str, title: str, said: str, *, theme: Mapping[str, str] = THEME, letters: bool = False
) -> Markup:
    """The drawing as an SVG element whose ids begin with `name`; `title` and `said` are its title and description.

    Text is drawn as shapes at the size it was made for; with `letters` it stays text, in the page's font, and the page
    gives the drawing its width.
    """
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none" if letters else "path"}):
        canvas.savefig(stream, format="svg", metadata={"Date": None}, facecolor="none")
    head, body = _UNWANTED.sub("", stream.getvalue().decode("utf-8")).split("<svg", 1)[1].split(">", 1)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', body).replace("url(#", f"url(#{name}-")
    body = re.sub(r'\bstyle="([^"]*)"', lambda style: _attributes(style[1]), body)
    body = re.sub(r"\s*\n\s*", " ", body)
    for colour, variable in theme.items():
        body = body.replace(colour, variable)
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)[0])
    # a point is 4/3 of a pixel, so that text stands at the size it was drawn for
    size = "" if letters else f'width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}" '
    words = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-said">{escape(said)}</desc>'
    return Markup(
        f'<svg class="plot" role="img" aria-labelledby="{name}-title {name}-said" stroke-linejoin="round" stroke-linecap="butt" '
        f'{size}viewBox="0 0 {width:g} {height:g}">{words}{body.strip()}'
    )  # fmt: skip


def _attributes(style: str) -> str:
    """The same as attributes, which a page's own rules may outdo."""
    pairs = (pair.split(":", 1) for pair in style.split(";") if pair.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, value in pairs)
