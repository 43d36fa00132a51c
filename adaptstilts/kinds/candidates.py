"""Candidates that stand still while gradients flow to queries, and how far each query is ahead among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.kinds.kind import Encoding, Facts
from adaptstilts.rows import RetrievalRow, Row

if TYPE_CHECKING:
    import torch

    Tensors = Sequence[torch.Tensor]


@dataclass(frozen=True)
class Frozen:
    """What queries are held against: candidate vectors [candidates, hidden] by name, and the names that answer a source."""

    names: tuple[str, ...]
    vectors: torch.Tensor
    answers: Mapping[str, frozenset[str]]


def freeze(rows: Sequence[Row], encodings: Sequence[Encoding], vectors: Sequence[Any]) -> Frozen:
    """The candidates of a retrieval's rows as decoded: one per key, or per row where candidates have none."""
    import torch

    held = cast("Sequence[RetrievalRow]", rows)
    names: dict[str, torch.Tensor] = {}
    answers: dict[str, frozenset[str]] = {}
    for encoding, vector in zip(encodings, vectors, strict=True):
        if encoding.notes == "candidate":
            names.setdefault(held[encoding.row].key or held[encoding.row].id, torch.as_tensor(vector).double())
    for row in held:
        answers[row.source] = answers.get(row.source, frozenset()) | frozenset(row.answers)
    stacked = torch.stack(list(names.values())) if names else torch.empty(0, 0, dtype=torch.float64)
    lengths = stacked.norm(dim=1, keepdim=True)
    return Frozen(tuple(names), stacked / torch.where(lengths > 0, lengths, 1.0), answers)


def query_leads(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen
) -> list[torch.Tensor]:
    """The cosine of the best answer minus the best other candidate's; -1 stands in for either. Encodings are of queries."""
    import torch

    queries = {e.row: output for e, output in zip(encodings, outputs, strict=True)}
    found = []
    for i, row in enumerate(cast("Sequence[RetrievalRow]", rows)):
        if i not in queries or not row.asks:
            found.append(frozen.vectors.new_zeros(()))
            continue
        query = queries[i].to(frozen.vectors.dtype)
        line = frozen.vectors @ (query / query.norm())
        gold = torch.tensor([name in _answers(row, facts, frozen) for name in frozen.names], device=line.device)
        right, others = line[gold], line[~gold]
        found.append(_largest(right) - _largest(others))
    return found


def _answers(row: RetrievalRow, facts: Facts, frozen: Frozen) -> frozenset[str]:
    search = facts.options.get("search", "match")
    if search == "match":
        return frozenset({row.id})
    return frozen.answers.get(row.source, frozenset()) if search == "rank" else frozenset(row.answers)


def _largest(values: torch.Tensor) -> torch.Tensor:
    return values.max() if len(values) else values.new_tensor(-1.0)
