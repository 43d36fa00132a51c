"""Retrieval: find what a query asks for among candidates, by the vectors that one encoder gives to both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds import matching, mining, ranking
from adaptstilts.kinds.columns import Columns, check_text, row_error
from adaptstilts.kinds.kind import (
    Edited,
    Encoding,
    Facts,
    Field,
    Frozen,
    Head,
    Limits,
    Prediction,
    Shape,
    Share,
    Tokenizer,
    Whereabouts,
)
from adaptstilts.kinds.protection import protected
from adaptstilts.kinds.segments import Ids, Template, longest_first, of_rows, template, token_ids
from adaptstilts.rows import ID, RetrievalRow, Row, RowColumn, needed

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from adaptstilts.kinds.kind import Tensors

QUERY, CANDIDATE = "query", "candidate"
_SIDES = (QUERY, CANDIDATE)


class Way(Protocol):
    """What a module does that searches: `chance`, `decode` and `score` as a kind's, `decode` from vectors by row and side."""

    def chance(self, rows: Sequence[RetrievalRow], facts: Facts) -> float: ...
    def decode(
        self, rows: Sequence[RetrievalRow], vectors: Sequence[Mapping[str, np.ndarray[Any, Any]]], facts: Facts
    ) -> list[Prediction]: ...
    def score(
        self, rows: Sequence[RetrievalRow], predictions: Sequence[Prediction], facts: Facts
    ) -> dict[str, float]: ...


_WAYS: Mapping[str, Way] = {"match": matching, "mine": mining, "rank": ranking}


class Retrieval:
    """Columns `query` and `candidate`; where candidates have keys also `key`, `answers` (keys) and `context`.

    Options of a task: `search`, how queries meet candidates: "match" (the default) finds each query's translation among
    those of its language, "mine" finds pairs in two piles of sentences of which most have no partner (BUCC), "rank" orders
    the pool for queries with any number of answers (LAReQA, Mewsli-X). `pool` "all" says that candidates of all languages
    are one pool: rows of all languages are then decoded together and scored by language. `depth` (14 of 24) is the share of
    the encoder's layers at which texts are read and `pooling` ("mean" or "first") how; a `trained` dual encoder (False) is
    read at the top by a head of its own. `margin` ("ratio", "distance" or "absolute") and `neighbours` (4) are of mining.
    `candidate_languages` says by language of rows which others their candidates may be in, as `candidate_language` then tells.
    `query_prefix` and `candidate_prefix` (empty) are what an encoder was trained to find before each side's text, as E5's are.
    """

    __slots__ = ()
    name: str = "retrieval"
    summary: str = "a query and what it should find among the candidates of all rows"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn(QUERY, "what looks for another text; empty in rows that widen the pool", also=("question", "source", "english")),
        RowColumn(
            CANDIDATE, "what it should find, among the candidates of all rows of its language",
            also=("translation", "target", "document", "passage", "answer"),
        ),
        RowColumn("key", "the candidate's name, where a query may find any number of them", needed=False),
        RowColumn("answers", "the keys that the query should find, a list", needed=False),
        RowColumn("context", "the text around the candidate, read with it", needed=False),
        RowColumn("candidate_language", "the candidate's language, where it is not the row's", needed=False),
    )  # fmt: skip
    columns: tuple[str, ...] = needed(described)
    example: Mapping[str, Any] = MappingProxyType({"id": "7", QUERY: "It is raining.", CANDIDATE: "Es regnet."})
    metrics: tuple[str, ...] = ("retrieval_accuracy", "bucc_f1", "map_at_20")
    edits: frozenset[str] = frozenset({"letters", "spaces", "entities"})
    shape: Shape = Shape(1, int | None, str)
    labelled: str = ""
    searches: bool = True
    hub_task: str = "sentence-similarity"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        query, candidate = columns.text(QUERY), columns.text(CANDIDATE)
        key, context = (columns.text(name) if name in record else "" for name in ("key", "context"))
        answers = columns.texts("answers") if "answers" in record else ()
        told = columns.text("candidate_language") if record.get("candidate_language") is not None else ""
        spoken = "" if told == place.language else told
        row = RetrievalRow(columns.id, place.language, columns.source, query, candidate, key, answers, context, spoken)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("RetrievalRow", row)
        if spoken := row.candidate_language:
            _check_spoken(spoken, facts, place, row.id)
        if _way(facts) is matching:  # a row without a query would leave the score's denominator unseen
            check_text(row.candidate, place, row.id, CANDIDATE)
            check_text(row.query, place, row.id, QUERY)
            return
        check_text(row.query + row.candidate, place, row.id, QUERY)
        if bool(row.key) != bool(row.candidate):
            raise row_error("a candidate has a key, and a key a candidate", place, row.id, "key")
        if row.answers and not row.query:
            raise row_error("there are answers without a query", place, row.id, "answers")
        if row.query and not row.answers and _way(facts) is ranking:
            raise row_error("nothing answers the query", place, row.id, "answers")

    def head(self, facts: Facts) -> Head:
        """The pooled hidden states, or the trained head of XTREME-R's dual encoders (see `Head`)."""
        if facts.options.get("trained"):
            return Head("sequence", 0, "contrast")
        pooling = facts.options.get("pooling", "mean")
        if pooling not in ("mean", "first"):
            raise InputError(f"there is no pooling {pooling!r}", where=facts.name, do="Choose mean or first.")
        return Head("pooled", 0, "none", float(facts.options.get("depth", 14 / 24)), pooling)

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """The metric's expected value for candidates in random order; of mining, the F1 of pairs at random."""
        if not rows:
            raise InputError("there is no chance level without rows")
        return _way(facts).chance(cast("Sequence[RetrievalRow]", rows), facts)

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """A query and a candidate per row, in this order, as far as the row has them, told apart by `notes`.

        A candidate's context is a second segment after it; too long pairs are cut longest first. `target` is 0 for queries
        and 1 for candidates where a head is trained, None where it is not.
        """
        shape = template(tokenizer)
        texts = list(_texts(cast("Sequence[RetrievalRow]", rows)))
        before = {side: prefix(facts, side) for side in _SIDES}
        ids = token_ids(tokenizer, [before[side] + text for _, side, text, _ in texts])
        contexts = token_ids(tokenizer, [context for *_, context in texts])
        learns = self.head(facts).learns
        encodings = []
        for (i, side, _, context), first, second in zip(texts, ids, contexts, strict=True):
            whole, position, cut = _fit(shape, first, second if context else None, limits.max_length)
            target = _SIDES.index(side) if learns else None
            encodings.append(Encoding(i, whole, target, side, truncated=cut, second=position))
        return encodings

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """What each query finds among the candidates of all of `rows`; see `matching`, `mining` and `ranking`.

        Rows of one language and id are versions of one row, and none is the other's rival: an attack may ask about several
        at once, beside the rows of the whole pool. Rows that ask for nothing get the value None and count in no score.
        """
        import numpy as np

        vectors = [
            {encodings[place].notes: np.asarray(outputs[place], dtype=np.float32) for place in places}
            for places in of_rows(len(rows), encodings)
        ]
        return _way(facts).decode(cast("Sequence[RetrievalRow]", rows), vectors, facts)

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """The cosine of the best answer minus the best other candidate's; encodings are of queries. InputError without `frozen`."""
        import torch

        if frozen is None:
            raise InputError("queries have margins against candidates only", where=facts.name, do="Freeze some first.")
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

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        """`retrieval_accuracy`, `bucc_f1` with precision and recall, or `map_at_20`; InputError if no row asks."""
        return _way(facts).score(cast("Sequence[RetrievalRow]", rows), predictions, facts)

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        """A query's own score out of 1; where pairs are mined, out of its gold pairs."""
        row = cast("RetrievalRow", row)
        if _way(facts) is mining:
            return prediction.score, float(len(set(row.answers)))
        return prediction.score, float(row.asks)

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        """Queries alike: of `bucc_f1`, whose threshold is set on all pairs at once, the share of queries with a right pair."""
        asking = cast("Sequence[RetrievalRow]", rows)
        return [p.share for row, p in zip(asking, predictions, strict=True) if row.asks]

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """What candidates in random order score on average."""
        return [Prediction(None, self.chance(rows, facts), 0.0)] * len(rows)

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """The query only, where it has something to find: candidates are the same for every model and attack."""
        row = cast("RetrievalRow", row)
        return (Field(QUERY, row.query, protected(row.query)),) if row.asks else ()

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        row = cast("RetrievalRow", row)
        return replace(row, query=edits[QUERY].text) if QUERY in edits else row

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        return None

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        """Every candidate, without the query beside it: a query asked about alone has to be told from all of them.

        Where candidates have keys queries stay, because mining also asks how near a candidate is to them.
        """
        return [row if row.keyed else replace(row, query="") for row in cast("Sequence[RetrievalRow]", rows)]

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("RetrievalRow", row)
        more = {"key": row.key, "answers": " ".join(row.answers), "context": row.context}
        return {QUERY: row.query, CANDIDATE: row.candidate, **{name: text for name, text in more.items() if text}}

    def gold(self, row: Row) -> list[str]:
        row = cast("RetrievalRow", row)
        return list(row.answers) if row.keyed else [row.id] * row.asks

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        return []


def prefix(facts: Facts, side: str) -> str:
    """What stands before the texts of a side; it is no part of them, and no attack edits it."""
    return str(facts.options.get(f"{side}_prefix", ""))


def _way(facts: Facts) -> Way:
    """The module that searches as the task wants; InputError if there is none such."""
    wanted = facts.options.get("search", "match")
    if wanted not in _WAYS:
        raise InputError(f"there is no search {wanted!r}", where=facts.name, do=f"Choose {', '.join(_WAYS)}.")
    return _WAYS[wanted]


def candidate_languages(facts: Facts, language: str) -> tuple[str, ...]:
    """The other languages that candidates of rows in one language may be in."""
    return tuple(facts.options.get("candidate_languages", {}).get(language, ()))


def _check_spoken(spoken: str, facts: Facts, place: Whereabouts, row: str) -> None:
    """RowError for a candidate in a language that the task does not declare."""
    if spoken not in candidate_languages(facts, place.language):
        what = f"the task's `candidate_languages` have no {spoken!r} for rows in {place.language!r}"
        raise row_error(what, place, row, "candidate_language")


def _texts(rows: Sequence[RetrievalRow]) -> Iterator[tuple[int, str, str, str]]:
    """Row, side, text and context of what there is to encode."""
    for i, row in enumerate(rows):
        if row.query:
            yield i, QUERY, row.query, ""
        if row.candidate:
            yield i, CANDIDATE, row.candidate, row.context


def _fit(shape: Template, first: Ids, second: Ids | None, max_length: int) -> tuple[Ids, int, int]:
    """The input, the position of its second segment's first token, and the tokens cut."""
    if second is None:
        room = shape.room(max_length, pair=False)
        return shape.single(first[:room]), 0, max(0, len(first) - room)
    keep_first, keep_second = longest_first(len(first), len(second), shape.room(max_length, pair=True))
    whole, position = shape.pair(first[:keep_first], second[:keep_second])
    return whole, position, len(first) + len(second) - keep_first - keep_second


def _answers(row: RetrievalRow, facts: Facts, frozen: Frozen) -> frozenset[str]:
    search = facts.options.get("search", "match")
    if search == "match":
        return frozenset({row.id})
    return frozen.answers.get(row.source, frozenset()) if search == "rank" else frozenset(row.answers)


def _largest(values: Tensor) -> Tensor:
    return values.max() if len(values) else values.new_tensor(-1.0)
