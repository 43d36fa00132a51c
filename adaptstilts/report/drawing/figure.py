"""What a figure is: a number, a name, a sentence, and one function from the frame to a drawing and the table behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import NotApplicable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas


class NotDrawn(NotApplicable):
    """A figure for which a store has no data; `what` says what is lacking."""


@dataclass(frozen=True)
class Drawn:
    """A drawing and everything that is on it.

    `data` has one row for every point, band edge, bar and cell: `panel`, `kind`, `series`, `x`, `y`, `low`, `high`, and `row` and
    `column` where the place is a name. `caption` says what is shown, `said` what is to be seen, for those who do not see it.
    """

    canvas: Canvas
    data: pd.DataFrame
    caption: str
    said: str

    def csv(self, lines: int | None = None, **spelling: Any) -> str:
        """The first lines of the table (None: all) as CSV; texts that a spreadsheet would compute have an apostrophe before them."""
        data = self.data.head(len(self.data) if lines is None else lines)
        return str(data.map(_no_formula).to_csv(index=False, lineterminator="\n", **spelling))


def _no_formula(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@dataclass(frozen=True)
class Figure:
    """One figure of the report: `number` orders it, `name` is its file's, `draw` takes (frame, verdict) or raises NotDrawn."""

    number: int
    name: str
    title: str
    summary: str
    draw: Callable[[Any, Any], Drawn]
    needs: str = ""
    """What must have been run for it, as a reader would say it."""
