"""A model under attack whose gradients can be read: how margins lean towards edits, and descent in a ball of embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch

from adaptstilts.attacks.attack import Lean
from adaptstilts.kinds.kind import Encoding, Facts, Kind, Limits, Prediction, Tokenizer
from adaptstilts.kinds.windows import Window, token_span
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.batch import Batch
from adaptstilts.models.whitebox.descent import Descent, renumbered
from adaptstilts.models.whitebox.first_order import changes, lean
from adaptstilts.models.whitebox.margins import MARGINS, Frozen, freeze
from adaptstilts.rows import Row, SpanRow

if TYPE_CHECKING:
    import numpy as np

TOKENS = {"cpu": 4096, "cuda": 8192}
"""Tokens in a batch whose activations are kept, by device."""
KEPT = 512
"""Rows whose gradients are remembered: a search looks at a row's words, then at its candidates."""
QUERY = "query"


class GradientQuery(Protocol):
    """A black-box victim that says what it asks: `adaptstilts.training.prediction.Oracle`."""

    assembly: Assembly
    kind: Kind
    facts: Facts
    tokenizer: Tokenizer
    limits: Limits
    pool: list[Row]

    def margins(self, rows: Sequence[Row]) -> list[float]: ...


class Gradients:
    """A victim for white-box attacks (`attacks.WhiteBox`), beside the black box of the same model.

    Gradients are those of the kind's margin, from raw float32 outputs, by the outputs of the word embeddings. Dropout is
    off; a retrieval's candidates are frozen, so only queries have gradients.
    """

    def __init__(self, oracle: GradientQuery) -> None:
        self.oracle, self.assembly = oracle, oracle.assembly
        self.kind, self.facts, self.head = oracle.kind, oracle.facts, oracle.assembly.head
        self.searches = self.head.loss in ("none", "contrast")
        tokenizer: Any = oracle.assembly.backbone.tokenizer
        self.specials = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        self.words: torch.nn.Embedding = self.assembly.model.get_input_embeddings()
        self.unit = float(self.words.weight.detach().norm(dim=1).mean())
        self._pool: tuple[list[Encoding], list[np.ndarray], Frozen] | None = None
        self._gradients: dict[Row, list[np.ndarray]] = {}

    def margins(self, rows: Sequence[Row]) -> list[float]:
        """As the black box says."""
        return self.oracle.margins(rows)

    def leanings(self, asked: Sequence[tuple[Row, Sequence[Row]]]) -> list[list[Lean]]:
        """For each row, how its margin leans towards each of its variants, to first order (Ebrahimi et al. 2018)."""
        self._remember([row for row, _ in asked if row not in self._gradients])
        found = [self._leanings(row, variants) for row, variants in asked]
        for row in list(self._gradients)[:-KEPT]:
            del self._gradients[row]
        return found

    def descend(
        self,
        rows: Sequence[Row],
        radius: float,
        rngs: Sequence[Random],
        *,
        steps: int,
        restarts: int,
        budget: int,
    ) -> list[tuple[Prediction, int]]:
        """Projected gradient descent in an L2 ball of `radius` mean word-embedding norms around each row (Madry et al. 2018).

        All changes of a row together have that norm; special tokens stay, as do the tokens of gold answers. The first
        start is the row itself, the others are random; every other one follows the head's loss instead of the margin.
        """
        encodings = self._encodings(rows)
        where: dict[int, tuple[Prediction, int]] = {}
        for group in self._groups(encodings):
            done = Descent(self, [rows[i] for i in group], [encodings[i] for i in group], radius * self.unit)
            done.run([rngs[i] for i in group], steps, restarts, budget)
            where.update(zip(group, done.results(), strict=True))
        return [where[i] for i in range(len(rows))]

    def gradients(self, rows: Sequence[Row]) -> tuple[list[float], list[list[np.ndarray]]]:
        """Margins, and the gradient [length, hidden] of each by the word embeddings of each input of its row."""
        encodings = self._encodings(rows)
        margins, slopes = [0.0] * len(rows), [list[Any]() for _ in rows]
        for group in self._groups(encodings):
            flat = renumbered([encodings[i] for i in group])
            batch = self.assembly.collate(flat)
            shift = self.shift(batch)
            outputs = self.outputs(batch, flat, shift)
            leads = self.leads([rows[i] for i in group], flat, outputs)
            (slope,) = torch.autograd.grad(torch.stack(leads).sum(), shift)
            for i, lead in zip(group, leads, strict=True):
                margins[i] = float(lead.detach())
            for encoding, values in zip(flat, slope, strict=True):
                slopes[group[encoding.row]].append(values[: len(encoding.ids)].cpu().numpy())
        return margins, slopes

    def shift(self, batch: Batch) -> torch.Tensor:
        """Zeros [n, length, hidden] to be added to the batch's word embeddings, open to gradients."""
        width, weight = self.words.weight.shape[1], self.words.weight
        return torch.zeros((*batch.ids.shape, width), dtype=weight.dtype, device=weight.device, requires_grad=True)

    def outputs(self, batch: Batch, encodings: Sequence[Encoding], shift: torch.Tensor) -> list[torch.Tensor]:
        """Raw outputs, one per input without padding, of a batch whose word embeddings are shifted."""
        with self._shifted(shift):
            found = self.assembly(batch)
        whole = self.head.level != "token"
        return [output if whole else output[: len(e.ids)] for e, output in zip(encodings, found, strict=True)]

    def leads(
        self, rows: Sequence[Row], encodings: Sequence[Encoding], outputs: Sequence[torch.Tensor]
    ) -> list[torch.Tensor]:
        """Margins of rows, differentiable."""
        frozen = self.frozen(rows) if self.searches else Frozen()
        return MARGINS[self.head.loss](rows, self.facts, encodings, outputs, frozen)

    def frozen(self, rows: Sequence[Row]) -> Frozen:
        """The candidates that queries are held against: those of the pool, and the rows' own where it lacks them."""
        _, _, pooled = self._pool_outputs()
        names = set(pooled.names)
        new = [row for row in rows if (getattr(row, "key", "") or row.id) not in names]
        if not new:
            return pooled
        everything = [*self.oracle.pool, *new]
        encodings = self.kind.encode(everything, self.facts, self.oracle.tokenizer, self.oracle.limits)
        return freeze(everything, encodings, self.plain_outputs(encodings))

    def decode(
        self, rows: Sequence[Row], encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The kind's own predictions from outputs of the rows' open inputs; a retrieval's pool is asked along."""
        if not self.searches:
            return self.kind.decode(rows, self.facts, encodings, outputs)
        everything = [*rows, *self.oracle.pool]
        whole = self.kind.encode(everything, self.facts, self.oracle.tokenizer, self.oracle.limits)
        given = {e.row: output for e, output in zip(encodings, outputs, strict=True)}
        mine = [e for e in whole if e.row < len(rows)]
        _, pooled, _ = self._pool_outputs()
        own = self.plain_outputs(mine)
        own = [given.get(e.row, o) if e.notes == QUERY else o for e, o in zip(mine, own, strict=True)]
        return self.kind.decode(everything, self.facts, whole, [*own, *pooled])[: len(rows)]

    def content(self, row: Row, encoding: Encoding) -> list[bool]:
        """Which tokens of an input may change: those of text, gold answers aside."""
        free = [token not in self.specials for token in encoding.ids]
        if isinstance(encoding.notes, Window):
            for start, end in _answer_tokens(cast("SpanRow", row), encoding.notes):
                free[start:end] = [False] * (end - start)
        return free

    def plain_outputs(self, encodings: Sequence[Encoding]) -> list[np.ndarray]:
        """Outputs as they are, in float32 and without gradients."""
        found: list[np.ndarray] = []
        with torch.no_grad(), self._exactly():
            for start in range(0, len(encodings), 64):
                part = encodings[start : start + 64]
                outputs = self.assembly(self.assembly.collate(part)).float().cpu().numpy()
                whole = self.head.level != "token"
                found += [o if whole else o[: len(e.ids)] for e, o in zip(part, outputs, strict=True)]
        return found

    def _pool_outputs(self) -> tuple[list[Encoding], list[np.ndarray], Frozen]:
        if self._pool is None:
            pool = self.oracle.pool
            encodings = self.kind.encode(pool, self.facts, self.oracle.tokenizer, self.oracle.limits) if pool else []
            outputs = self.plain_outputs(encodings)
            self._pool = encodings, outputs, freeze(pool, encodings, outputs)
        return self._pool

    def _encodings(self, rows: Sequence[Row]) -> list[list[Encoding]]:
        """The inputs of each row whose gradients are wanted: all, but of a retrieval the queries only."""
        found: list[list[Encoding]] = [[] for _ in rows]
        for encoding in self.kind.encode(rows, self.facts, self.oracle.tokenizer, self.oracle.limits):
            if not self.searches or encoding.notes == QUERY:
                found[encoding.row].append(encoding)
        return found

    def _groups(self, encodings: Sequence[Sequence[Encoding]]) -> list[list[int]]:
        """Rows that go together, longest first, with all inputs of a row in one batch."""
        longest = [max((len(e.ids) for e in found), default=1) for found in encodings]
        groups: list[list[int]] = []
        room = 0
        for i in sorted(range(len(encodings)), key=lambda i: (-longest[i], i)):
            if not groups or room < len(encodings[i]):
                groups.append([])
                room = max(TOKENS[self.assembly.device.type] // longest[i], len(encodings[i]))
            groups[-1].append(i)
            room -= len(encodings[i])
        return groups

    def _remember(self, rows: Sequence[Row]) -> None:
        fresh = list(dict.fromkeys(rows))
        _, slopes = self.gradients(fresh)
        self._gradients.update(zip(fresh, slopes, strict=True))

    def _leanings(self, row: Row, variants: Sequence[Row]) -> list[Lean]:
        (before,), after = self._encodings([row]), self._encodings(variants)
        blocks = [changes(before, found) for found in after]
        wanted = sorted({t for e in before for t in e.ids} | {t for found in after for e in found for t in e.ids})
        places = {token: place for place, token in enumerate(wanted)}
        rows = torch.tensor(wanted, device=self.words.weight.device)
        vectors = self.words.weight.detach()[rows].double().cpu().numpy()
        slopes = self._gradients[row]
        return [lean(found, before, slopes, vectors, places) for found in blocks]

    @contextmanager
    def _shifted(self, shift: torch.Tensor) -> Iterator[None]:
        handle = self.words.register_forward_hook(lambda module, given, out: out + shift)
        try:
            with torch.enable_grad(), self._exactly():
                yield
        finally:
            handle.remove()

    @contextmanager
    def _exactly(self) -> Iterator[None]:
        """Float32 throughout, and no dropout."""
        self.assembly.eval()
        with self.assembly.exactly():
            yield


def _answer_tokens(row: SpanRow, window: Window) -> Iterator[tuple[int, int]]:
    """Where gold answers lie in a window's input, as far as they do: first token and the one behind the last."""
    for answer in row.answers:
        span = token_span(window.context, answer.start, answer.start + len(answer.text))
        if span is not None:
            first, last = max(span[0], window.begin), min(span[1], window.begin + window.count - 1)
            if first <= last:
                offset = window.position - window.begin
                yield first + offset, last + offset + 1
