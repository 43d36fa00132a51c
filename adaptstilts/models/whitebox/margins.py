"""Margins as the kinds' `decode` computes them, as differentiable functions of a model's raw outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch

from adaptstilts.kinds.kind import Encoding, Facts
from adaptstilts.kinds.segments import of_rows
from adaptstilts.kinds.span import _Rules, _wrong
from adaptstilts.kinds.windows import Logits, Span, slice_of, token_span
from adaptstilts.rows import ChoiceRow, ClassificationRow, RetrievalRow, Row, SpanRow, TaggingRow


@dataclass(frozen=True)
class Frozen:
    """What queries are held against: candidate vectors [candidates, hidden] by name, and the names that answer a source."""

    names: tuple[str, ...] = ()
    vectors: torch.Tensor = field(default_factory=lambda: torch.empty(0, 0))
    answers: Mapping[str, frozenset[str]] = field(default_factory=dict)


Outputs = Sequence[torch.Tensor]
Margins = Callable[[Sequence[Row], Facts, Sequence[Encoding], Outputs, Frozen], list[torch.Tensor]]
"""One scalar per row from one output per encoding, without padding: [outputs], [length, outputs] or [hidden]."""


def label_margins(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Outputs, frozen: Frozen
) -> list[torch.Tensor]:
    """Gold logit minus the best other; merged labels by the log-sum-exp of their outputs."""
    groups = facts.options.get("merge")
    found = {e.row: output for e, output in zip(encodings, outputs, strict=True)}
    golds = [row.label for row in cast("Sequence[ClassificationRow]", rows)]
    return [_lead(_merged(found[i], groups), gold) for i, gold in enumerate(golds)]


def choice_margins(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Outputs, frozen: Frozen
) -> list[torch.Tensor]:
    """The right choice's logit minus the best other's."""
    places = of_rows(len(rows), encodings)
    scores = [torch.cat([outputs[place].reshape(-1)[:1] for place in found]) for found in places]
    golds = [row.label for row in cast("Sequence[ChoiceRow]", rows)]
    return [_lead(values, gold) for values, gold in zip(scores, golds, strict=True)]


def tags_margins(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Outputs, frozen: Frozen
) -> list[torch.Tensor]:
    """The mean over the words' first tokens of gold minus best other logit, 0 for a sentence without any."""
    found = []
    for row, places in zip(cast("Sequence[TaggingRow]", rows), of_rows(len(rows), encodings), strict=True):
        pieces = [(place, encodings[place].notes) for place in places]
        leads = [
            _lead(outputs[place][position], row.tags[word])
            for place, piece in pieces
            for word, position in zip(piece.words, piece.positions, strict=True)
        ]
        found.append(torch.stack(leads).mean() if leads else outputs[places[0]].sum() * 0)
    return found


def span_margins(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Outputs, frozen: Frozen
) -> list[torch.Tensor]:
    """Best gold span minus best span with F1 = 0, and no answer as either where the task allows it."""
    rules = _Rules.of(facts)
    found = []
    for row, places in zip(cast("Sequence[SpanRow]", rows), of_rows(len(rows), encodings), strict=True):
        logits = [outputs[place] for place in places]
        views = [Logits.of(encodings[place].notes, outputs[place].detach().float().cpu().numpy()) for place in places]
        found.append(_span_margin(row, logits, views, rules))
    return found


def _span_margin(row: SpanRow, logits: Outputs, views: Sequence[Logits], rules: _Rules) -> torch.Tensor:
    lowest = _lowest(logits, views)
    wrong = _wrong(row, rules)
    rivals, golds = [], []
    for output, view in zip(logits, views, strict=True):
        texts = ((span, slice_of(row.context, view.window.context, span)) for _, span in view.descending(rules.longest))
        rival = next((span for span, text in texts if wrong(text)), None)
        rivals.append(lowest if rival is None else _total(output, view, rival))
        golds += [_total(output, view, span) for span in _golds(row, view) if view.score(span) is not None]
    rival_score = torch.stack(rivals).max()
    null = torch.stack([output[0, 0] + output[0, 1] for output in logits]).min() - rules.threshold
    if not row.answers:
        return null - rival_score
    gold = torch.stack(golds).max() if golds else lowest
    return gold - (torch.maximum(rival_score, null) if rules.no_answer else rival_score)


def _golds(row: SpanRow, view: Logits) -> list[Span]:
    spans = (token_span(view.window.context, a.start, a.start + len(a.text)) for a in row.answers)
    return [span for span in spans if span is not None]


def _total(output: torch.Tensor, view: Logits, span: Span) -> torch.Tensor:
    first, last = cast("Span", view.window.place(span))
    return output[first, 0] + output[last, 1]


def _lowest(logits: Outputs, views: Sequence[Logits]) -> torch.Tensor:
    totals = []
    for output, view in zip(logits, views, strict=True):
        inside = output[view.window.position : view.window.position + view.window.count]
        if len(inside):
            totals.append(inside[:, 0].min() + inside[:, 1].min())
    return torch.stack(totals).min() if totals else logits[0].sum() * 0


def retrieval_margins(
    rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Outputs, frozen: Frozen
) -> list[torch.Tensor]:
    """The cosine of the best answer minus the best other candidate's; -1 stands in for either. Encodings are of queries."""
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


def _lead(values: torch.Tensor, gold: int) -> torch.Tensor:
    rivals = torch.cat([values[:gold], values[gold + 1 :]])
    return values[gold] - rivals.max() if len(rivals) else values[gold]


def _merged(logits: torch.Tensor, groups: Sequence[Sequence[int]] | None) -> torch.Tensor:
    if groups is None:
        return logits
    return torch.stack([torch.logsumexp(logits[list(group)], 0) for group in groups])


MARGINS: Mapping[str, Margins] = {
    "label": label_margins,
    "choice": choice_margins,
    "span": span_margins,
    "tags": tags_margins,
    "none": retrieval_margins,
    "contrast": retrieval_margins,
}
"""By the loss that a kind's head names."""


def freeze(rows: Sequence[Row], encodings: Sequence[Encoding], vectors: Sequence[Any]) -> Frozen:
    """The candidates of a retrieval's rows as decoded: one per key, or per row where candidates have none."""
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
