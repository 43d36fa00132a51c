"""Which examples each optimizer step trains on: a function of sizes, lengths, seed and step, with no state to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptstilts.kinds.kind import Encoding
from adaptstilts.training.batches import pack, pools, task_at


class ExamplePool:
    """Encodings by what is drawn together: single inputs, or (`by_row`) all inputs of a row, which lie side by side.

    A sequence that offers `lengths` (tokens an input) and `rows` as attributes is asked for these, so that its
    encodings are read only when they are drawn.
    """

    def __init__(self, encodings: Sequence[Encoding], *, by_row: bool = False) -> None:
        self.encodings = encodings
        sizes: Sequence[int] | None = getattr(encodings, "lengths", None)
        self._sizes = [len(encoding.ids) for encoding in encodings] if sizes is None else [int(size) for size in sizes]
        self._starts: Sequence[int] = range(len(encodings) + 1)
        if by_row:
            rows: Sequence[int] | None = getattr(encodings, "rows", None)
            rows = [encoding.row for encoding in encodings] if rows is None else rows
            changes = [i for i in range(1, len(rows)) if rows[i] != rows[i - 1]]
            self._starts = [0, *changes, len(rows)]
        self.lengths = [max(self._sizes[start:end]) for start, end in self._spans(range(len(self)))]
        """Tokens of the longest input of each example."""

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _spans(self, indices: Sequence[int]) -> list[tuple[int, int]]:
        return [(self._starts[index], self._starts[index + 1]) for index in indices]

    def take(self, indices: Sequence[int]) -> list[Encoding]:
        """The encodings of these examples, in order."""
        return [self.encodings[i] for start, end in self._spans(indices) for i in range(start, end)]

    def tokens(self, indices: Sequence[int]) -> int:
        """Tokens of these examples, padding not counted."""
        return sum(sum(self._sizes[start:end]) for start, end in self._spans(indices))

    def passes(self, indices: Sequence[int], budget: int | None) -> list[list[int]]:
        """The examples cut into passes of at most `budget` tokens, padding counted; one pass, as they are, if they fit."""
        if not indices:
            return []
        inputs = [end - start for start, end in self._spans(indices)]
        lengths = [self.lengths[index] for index in indices]
        if budget is None or sum(inputs) * max(lengths) <= budget:
            return [list(indices)]
        return [[indices[i] for i in chosen] for chosen in pack(lengths, budget, inputs)]


class Sampler:
    """Batches without end: each step's task, and the next batch of that task's own epochs."""

    def __init__(self, examples: Mapping[str, ExamplePool], rows: int, alpha: float, seed: int) -> None:
        self._examples, self._rows, self._alpha, self._seed = examples, rows, alpha, seed
        self._sizes = {name: len(found) for name, found in examples.items()}
        self._orders: dict[str, tuple[int, list[list[int]]]] = {name: (0, self._order(name, 0)) for name in examples}
        self._used = dict.fromkeys(examples, 0)
        self._step = 0

    def at(self, step: int) -> Sampler:
        """The same sampler, about to draw the batch of this step, counted from 0."""
        self._used, self._step = dict.fromkeys(self._examples, 0), step
        for earlier in range(step):
            self._used[task_at(earlier, self._sizes, self._alpha, self._seed)] += 1
        return self

    @property
    def per_epoch(self) -> int:
        """Batches that hold every example of every task once."""
        return sum(len(order) for _, order in self._orders.values())

    def next(self) -> tuple[str, list[int]]:
        """The task of this step and the examples of its batch; the sampler moves on."""
        name = task_at(self._step, self._sizes, self._alpha, self._seed)
        epoch, order = self._orders[name]
        wanted, place = divmod(self._used[name], len(order))
        if wanted != epoch:
            order = self._order(name, wanted)
            self._orders[name] = (wanted, order)
        self._step += 1
        self._used[name] += 1
        return name, order[place]

    def _order(self, name: str, epoch: int) -> list[list[int]]:
        return pools(self._examples[name].lengths, self._rows, self._seed, epoch)
