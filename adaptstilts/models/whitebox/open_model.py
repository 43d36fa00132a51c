"""A model under attack that is open: its margins are differentiable in shifts of its word embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch

from adaptstilts.kinds.kind import Encoding, Facts, Frozen, Kind, Limits, Prediction, Tokenizer
from adaptstilts.kinds.retrieval import CANDIDATE, QUERY, prefix
from adaptstilts.kinds.windows import Window, token_span
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.batch import Batch
from adaptstilts.rows import RetrievalRow, Row, SpanRow

if TYPE_CHECKING:
    import numpy as np


class GradientQuery(Protocol):
    """A black-box victim that says what it asks: `adaptstilts.training.prediction.Oracle`."""

    assembly: Assembly
    kind: Kind
    facts: Facts
    tokenizer: Tokenizer
    limits: Limits
    pool: list[Row]

    def encode(self, rows: Sequence[Row]) -> list[Encoding]: ...

    def margins(self, rows: Sequence[Row]) -> list[float]: ...


def freeze(rows: Sequence[Row], encodings: Sequence[Encoding], vectors: Sequence[Any]) -> Frozen:
    """The candidates of a retrieval's rows as decoded: one per key, or per row where candidates have none."""
    held = cast("Sequence[RetrievalRow]", rows)
    names: dict[str, torch.Tensor] = {}
    answers: dict[str, frozenset[str]] = {}
    for encoding, vector in zip(encodings, vectors, strict=True):
        if encoding.notes == CANDIDATE:
            names.setdefault(held[encoding.row].key or held[encoding.row].id, torch.as_tensor(vector).double())
    for row in held:
        answers[row.source] = answers.get(row.source, frozenset()) | frozenset(row.answers)
    stacked = torch.stack(list(names.values())) if names else torch.empty(0, 0, dtype=torch.float64)
    lengths = stacked.norm(dim=1, keepdim=True)
    return Frozen(tuple(names), stacked / torch.where(lengths > 0, lengths, 1.0), answers)


class OpenModel:
    """The model behind a black-box victim, opened.

    Margins are those of the kind, from raw float32 outputs. Dropout is off; a retrieval's candidates are frozen, so only
    queries have gradients.
    """

    def __init__(self, oracle: GradientQuery) -> None:
        self.oracle, self.assembly = oracle, oracle.assembly
        self.kind, self.facts, self.head = oracle.kind, oracle.facts, oracle.assembly.head
        self.searches = oracle.kind.searches
        tokenizer: Any = oracle.assembly.backbone.tokenizer
        self.specials = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
        self.words: torch.nn.Embedding = self.assembly.model.get_input_embeddings()
        self.unit = float(self.words.weight.detach().norm(dim=1).mean())
        self._pool: tuple[list[Encoding], list[np.ndarray], Frozen] | None = None

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
        frozen = self.frozen(rows) if self.searches else None
        return self.kind.leads(rows, self.facts, encodings, outputs, frozen)

    def frozen(self, rows: Sequence[Row]) -> Frozen:
        """The candidates that queries are held against: those of the pool, and the rows' own where it lacks them."""
        _, _, pooled = self._pool_outputs()
        names = set(pooled.names)
        new = [row for row in rows if (getattr(row, "key", "") or row.id) not in names]
        if not new:
            return pooled
        everything = [*self.oracle.pool, *new]
        encodings = self.oracle.encode(everything)
        return freeze(everything, encodings, self.plain_outputs(encodings))

    def decode(
        self, rows: Sequence[Row], encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The kind's own predictions from outputs of the rows' open inputs; a retrieval's pool is asked along."""
        if not self.searches:
            return self.kind.decode(rows, self.facts, encodings, outputs)
        everything = [*rows, *self.oracle.pool]
        whole = self.oracle.encode(everything)
        given = {e.row: output for e, output in zip(encodings, outputs, strict=True)}
        mine = [e for e in whole if e.row < len(rows)]
        _, pooled, _ = self._pool_outputs()
        own = self.plain_outputs(mine)
        own = [given.get(e.row, o) if e.notes == QUERY else o for e, o in zip(mine, own, strict=True)]
        return self.kind.decode(everything, self.facts, whole, [*own, *pooled])[: len(rows)]

    def content(self, row: Row, encoding: Encoding) -> list[bool]:
        """Which tokens of an input may change: those of text, gold answers and what stands before a query aside."""
        free = [token not in self.specials for token in encoding.ids]
        if isinstance(encoding.notes, Window):
            for start, end in _answer_tokens(cast("SpanRow", row), encoding.notes):
                free[start:end] = [False] * (end - start)
        if self.searches and (fixed := prefix(self.facts, QUERY)):
            before = len(self.oracle.tokenizer([fixed.strip()], add_special_tokens=False)["input_ids"][0])
            free[: free.index(True) + before] = [False] * (free.index(True) + before)
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

    def encodings(self, rows: Sequence[Row]) -> list[list[Encoding]]:
        """The inputs of each row whose gradients are wanted: all, but of a retrieval the queries only."""
        found: list[list[Encoding]] = [[] for _ in rows]
        for encoding in self.oracle.encode(rows):
            if not self.searches or encoding.notes == QUERY:
                found[encoding.row].append(encoding)
        return found

    def _pool_outputs(self) -> tuple[list[Encoding], list[np.ndarray], Frozen]:
        if self._pool is None:
            pool = self.oracle.pool
            encodings = self.oracle.encode(pool) if pool else []
            outputs = self.plain_outputs(encodings)
            self._pool = encodings, outputs, freeze(pool, encodings, outputs)
        return self._pool

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


def renumbered(encodings: Sequence[Sequence[Encoding]]) -> list[Encoding]:
    """The inputs of some rows in one list, each with the place of its row among them."""
    return [replace(e, row=i) for i, found in enumerate(encodings) for e in found]


def _answer_tokens(row: SpanRow, window: Window) -> Iterator[tuple[int, int]]:
    """Where gold answers lie in a window's input, as far as they do: first token and the one behind the last."""
    for answer in row.answers:
        span = token_span(window.context, answer.start, answer.start + len(answer.text))
        if span is not None:
            first, last = max(span[0], window.begin), min(span[1], window.begin + window.count - 1)
            if first <= last:
                offset = window.position - window.begin
                yield first + offset, last + offset + 1
