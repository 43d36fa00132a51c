"""Windows over a context that is too long for one input, and the spans that start and end logits favour in them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adaptstilts.errors import InputError
from adaptstilts.kinds.kind import Limits
from adaptstilts.kinds.segments import Ids, Placed, Template

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.intp]

Span = tuple[int, int]
"""First and last token, both included, counted from the context's first token."""

_HEAP = 64


@dataclass(frozen=True)
class Window:
    """`count` tokens of a context from its token `begin` on; the first of them is the input's token `position`."""

    context: Placed
    begin: int
    count: int
    position: int

    def place(self, span: Span) -> Span | None:
        """The span's token positions in the input, None if it does not lie in the window as a whole."""
        first, last = span[0] - self.begin, span[1] - self.begin
        return (first + self.position, last + self.position) if 0 <= first <= last < self.count else None


def question_room(question: Ids, room: int, most: int) -> int:
    """How many of a question's tokens to keep: at most `most`, and never more than half of the room."""
    return min(len(question), most, max(1, room // 2))


def windows(context: Placed, shape: Template, question: Ids, limits: Limits) -> Iterator[tuple[Ids, Window]]:
    """Inputs of question and context, each window sharing `limits.stride` tokens with the one before.

    As the `tokenizers` library's overflow: the last window ends where the context ends. A stride that is not shorter
    than the window is cut to half of it. With `limits.step` windows start that many tokens apart instead, whatever the
    question's length, as with XTREME's `doc_stride`; a step that is longer than the window is cut to it, so that no token
    is left out. InputError for a step below 1.
    """
    room = shape.room(limits.max_length, pair=True) - len(question)
    if room < 1:
        raise InputError(f"max_length {limits.max_length} leaves no room for the context", do="Raise max_length.")
    if limits.step is None:
        step = room - (limits.stride if limits.stride < room else room // 2)
    elif limits.step < 1:
        raise InputError(f"windows cannot start {limits.step} tokens apart", do="Set limits.step to 1 or more.")
    else:
        step = min(limits.step, room)
    begin = 0
    while True:
        piece = context.ids[begin : begin + room]
        ids, position = shape.pair(question, piece)
        yield ids, Window(context, begin, len(piece), position)
        if begin + room >= len(context.ids):
            return
        begin += step


def token_span(context: Placed, start: int, end: int) -> Span | None:
    """The tokens that cover the characters [start, end), None where there are none."""
    first, last = bisect_right(context.ends, start), bisect_left(context.starts, end) - 1
    return (first, last) if first <= last else None


def slice_of(text: str, context: Placed, span: Span) -> str:
    """The original text under a span of tokens, without white space around it."""
    return text[context.starts[span[0]] : context.ends[span[1]]].strip()


@dataclass(frozen=True)
class Logits:
    """A window's start and end logits in float32, context tokens only, and no answer's score, the first token's."""

    window: Window
    start: Floats
    end: Floats
    null: float

    @classmethod
    def of(cls, window: Window, output: np.ndarray[Any, Any]) -> Logits:
        """From an output of shape [length, 2]; tokens after the window (padding too) are left out."""
        import numpy as np

        values = np.asarray(output, dtype=np.float32)
        if values.ndim != 2 or values.shape[1] != 2 or len(values) < window.position + window.count:
            raise InputError(f"an output of shape {values.shape} does not fit a window of {window.count} tokens")
        inside = values[window.position : window.position + window.count]
        return cls(window, inside[:, 0], inside[:, 1], float(values[0, 0] + values[0, 1]))

    def best(self, each: int, longest: int) -> tuple[float, Span] | None:
        """The best span of at most `longest` tokens among the `each` best starts and ends; None if no two fit."""
        import numpy as np

        starts = np.argsort(-self.start, kind="stable")[:each, None]
        ends = np.argsort(-self.end, kind="stable")[None, :each]
        if not starts.size:
            return None
        fits = (ends >= starts) & (ends - starts < longest)
        totals = np.where(fits, self.start[starts] + self.end[ends], -np.inf)
        i, j = np.unravel_index(int(totals.argmax()), totals.shape)
        if not fits[i, j]:
            return None
        return float(totals[i, j]), self._span(int(starts[i, 0]), int(ends[0, j]))

    def score(self, span: Span) -> float | None:
        """A span's score, None if it is not in this window as a whole."""
        first, last = span[0] - self.window.begin, span[1] - self.window.begin
        return float(self.start[first] + self.end[last]) if 0 <= first <= last < self.window.count else None

    def descending(self, longest: int) -> Iterator[tuple[float, Span]]:
        """Every span of at most `longest` tokens, best first; the bulk is sorted only if someone asks for it."""
        import numpy as np

        count = len(self.start)
        if not count:
            return
        widths = range(min(longest, count))
        totals = np.concatenate([self.start[: count - w] + self.end[w:] for w in widths])
        firsts = np.concatenate([np.arange(count - w) for w in widths])
        lasts = np.concatenate([np.arange(w, count) for w in widths])
        for chosen in _in_portions(totals):
            for i in chosen:
                yield float(totals[i]), self._span(int(firsts[i]), int(lasts[i]))

    def _span(self, first: int, last: int) -> Span:
        return first + self.window.begin, last + self.window.begin


def _in_portions(totals: Floats) -> Iterator[Ints]:
    import numpy as np

    if len(totals) > 4 * _HEAP:
        top = np.argpartition(-totals, _HEAP)[:_HEAP]
        yield top[np.argsort(-totals[top], kind="stable")]
        rest = np.setdiff1d(np.arange(len(totals)), top)
        yield rest[np.argsort(-totals[rest], kind="stable")]
    else:
        yield np.argsort(-totals, kind="stable")
