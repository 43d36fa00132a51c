"""What counts as an answer to a question, and by how much the right one is ahead of the best wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.kinds.kind import Encoding, Facts
from adaptstilts.kinds.segments import of_rows
from adaptstilts.kinds.windows import Logits, Span, slice_of, token_span
from adaptstilts.metrics import checklist, mlqa, squad
from adaptstilts.rows import SpanRow

if TYPE_CHECKING:
    import torch

    from adaptstilts.kinds.kind import Tensors


@dataclass(frozen=True)
class Rules:
    """What a task's options say, with the defaults of XTREME's question answering."""

    longest: int
    question_tokens: int
    no_answer: bool
    threshold: float
    by_language: bool
    by_case: bool

    @classmethod
    def of(cls, facts: Facts) -> Rules:
        options = facts.options
        return cls(
            longest=int(options.get("max_answer_tokens", 30)),
            question_tokens=int(options.get("max_question_tokens", 64)),
            no_answer=bool(options.get("no_answer", False)),
            threshold=float(options.get("null_threshold", 0.0)),
            by_language=facts.metric.startswith("mlqa"),
            by_case=facts.metric == "pass_rate",
        )

    def normaliser(self, language: str) -> squad.Normalise:
        return mlqa.normaliser(language) if self.by_language and not _invented(language) else squad.normalise

    def row_f1(self, said: str, answers: Sequence[str], language: str) -> float:
        if self.no_answer:
            return squad.f1_v2(said, answers)
        if self.by_case:
            return float(checklist.right(said, answers, language))
        normalise = self.normaliser(language)
        return max(squad.f1(said, answer, normalise) for answer in answers)


def _invented(language: str) -> bool:
    """Whether a code is one that ISO 639-2 leaves to private use, as those of the pocket lab: no language's articles."""
    return len(language) == 3 and "qaa" <= language <= "qtz"


def gold_spans(row: SpanRow, context: Any) -> list[Span]:
    """The tokens of each gold answer that has any in the context."""
    spans = (token_span(context, answer.start, answer.start + len(answer.text)) for answer in row.answers)
    return list(dict.fromkeys(span for span in spans if span is not None))


def no_answer_score(views: Sequence[Logits]) -> float:
    """The least of what the windows' first tokens say."""
    return min(view.null for view in views)


def margin(row: SpanRow, views: Sequence[Logits], rules: Rules) -> float:
    """Best gold span minus best span with F1 = 0; no answer takes part, as gold or as rival, where the task allows it.

    A gold span that no window holds as a whole, and a context without any span of F1 = 0, count as the lowest span.
    """
    import numpy as np

    wrong = _wrong(row, rules)
    lowest = min((float(view.start.min() + view.end.min()) for view in views if view.window.count), default=0.0)
    rival = max((_rival(view, row, wrong, rules.longest, lowest) for view in views), default=lowest)
    null = no_answer_score(views) - rules.threshold
    if not row.answers:
        return float(np.float32(null - rival))
    spans = gold_spans(row, views[0].window.context)
    gold = max((s for view in views for span in spans if (s := view.score(span)) is not None), default=lowest)
    return float(np.float32(gold - (max(rival, null) if rules.no_answer else rival)))


def _wrong(row: SpanRow, rules: Rules) -> Callable[[str], bool]:
    """Tells whether a text scores F1 = 0: it shares no token with any gold answer."""
    normalise = rules.normaliser(row.language)
    golds = {token for answer in row.answers for token in normalise(answer.text)}
    return (lambda text: golds.isdisjoint(normalise(text))) if golds else (lambda text: bool(normalise(text)))


def _rival(view: Logits, row: SpanRow, wrong: Callable[[str], bool], longest: int, lowest: float) -> float:
    for score, span in view.descending(longest):
        if wrong(slice_of(row.context, view.window.context, span)):
            return score
    return lowest


def leads(rows: Sequence[SpanRow], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors) -> list[torch.Tensor]:
    """Best gold span minus best span with F1 = 0, and no answer as either where the task allows it."""
    rules = Rules.of(facts)
    found = []
    for row, places in zip(rows, of_rows(len(rows), encodings), strict=True):
        logits = [outputs[place] for place in places]
        views = [Logits.of(encodings[place].notes, outputs[place].detach().float().cpu().numpy()) for place in places]
        found.append(_lead(row, logits, views, rules))
    return found


def _lead(row: SpanRow, logits: Tensors, views: Sequence[Logits], rules: Rules) -> torch.Tensor:
    import torch

    lowest = _lowest(logits, views)
    wrong = _wrong(row, rules)
    rivals, golds = [], []
    for output, view in zip(logits, views, strict=True):
        texts = ((span, slice_of(row.context, view.window.context, span)) for _, span in view.descending(rules.longest))
        rival = next((span for span, text in texts if wrong(text)), None)
        rivals.append(lowest if rival is None else _total(output, view, rival))
        spans = gold_spans(row, view.window.context)
        golds += [_total(output, view, span) for span in spans if view.score(span) is not None]
    rival_score = torch.stack(rivals).max()
    null = torch.stack([output[0, 0] + output[0, 1] for output in logits]).min() - rules.threshold
    if not row.answers:
        return null - rival_score
    gold = torch.stack(golds).max() if golds else lowest
    return gold - (torch.maximum(rival_score, null) if rules.no_answer else rival_score)


def _total(output: torch.Tensor, view: Logits, span: Span) -> torch.Tensor:
    first, last = cast("Span", view.window.place(span))
    return output[first, 0] + output[last, 1]


def _lowest(logits: Tensors, views: Sequence[Logits]) -> torch.Tensor:
    import torch

    totals = []
    for output, view in zip(logits, views, strict=True):
        inside = output[view.window.position : view.window.position + view.window.count]
        if len(inside):
            totals.append(inside[:, 0].min() + inside[:, 1].min())
    return torch.stack(totals).min() if totals else logits[0].sum() * 0
