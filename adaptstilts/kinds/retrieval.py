"""Retrieval: find a query's translation among all candidates of a language, by the encoder's own sentence vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds.columns import Columns, check_text
from adaptstilts.kinds.kind import Edited, Encoding, Facts, Field, Head, Limits, Place, Prediction, Tokenizer
from adaptstilts.kinds.protection import protected
from adaptstilts.kinds.segments import of_rows, template, token_ids
from adaptstilts.metrics.retrieval import TIE, similarities
from adaptstilts.rows import RetrievalRow, Row

if TYPE_CHECKING:
    import numpy as np

QUERY, CANDIDATE = "query", "candidate"


class Retrieval:
    """Columns `query` (empty in rows that only widen the pool) and `candidate`.

    Option of a task: `depth`, the share of the encoder's layers at which sentences are pooled (14 of 24).
    """

    __slots__ = ()
    name: str = "retrieval"
    columns: tuple[str, ...] = (QUERY, CANDIDATE)
    edits: frozenset[str] = frozenset({"letters", "spaces"})

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Place) -> Row:
        columns = Columns(record, index, place)
        query, candidate = columns.text(QUERY), columns.text(CANDIDATE)
        row = RetrievalRow(columns.id, place.language, columns.source, query, candidate)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Place) -> None:
        row = cast("RetrievalRow", row)
        check_text(row.candidate, place, row.id, CANDIDATE)

    def head(self, facts: Facts) -> Head:
        return Head("pooled", 0, "none", float(facts.options.get("depth", 14 / 24)))

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """1 / the number of candidates."""
        if not rows:
            raise InputError("there is no chance level without rows")
        return 1 / len(rows)

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """A query and a candidate per row, in this order, told apart by `notes`; no target: no head is trained."""
        shape = template(tokenizer)
        room = shape.room(limits.max_length, pair=False)
        texts = [
            (i, side, text)
            for i, row in enumerate(cast("Sequence[RetrievalRow]", rows))
            for side, text in ((QUERY, row.query), (CANDIDATE, row.candidate))
            if side == CANDIDATE or text
        ]
        ids = token_ids(tokenizer, [text for _, _, text in texts])
        return [
            Encoding(i, shape.single(tokens[:room]), None, side, truncated=max(0, len(tokens) - room))
            for (i, side, _), tokens in zip(texts, ids, strict=True)
        ]

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The id of the row whose candidate is nearest by cosine, ties to the lowest index; the pool is all of `rows`.

        Rows of one id are versions of one row, and none is the other's rival: an attack may ask about several at once,
        beside rows without a query that hold the rest of the pool. Those get the value None and count in no score.
        """
        import numpy as np

        vectors = [
            {encodings[place].notes: np.asarray(outputs[place], dtype=np.float32) for place in places}
            for places in of_rows(len(rows), encodings)
        ]
        asking = [i for i, sides in enumerate(vectors) if QUERY in sides]
        found = [Prediction(None, 0.0, 0.0)] * len(rows)
        if asking:
            table = similarities(
                np.stack([vectors[i][QUERY] for i in asking]), np.stack([sides[CANDIDATE] for sides in vectors])
            )
            ids = np.array([row.id for row in rows])
            for i, line in zip(asking, table, strict=True):
                found[i] = _prediction(ids, i, line)
        return found

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        """`retrieval_accuracy` over the rows that have a query; InputError if none has."""
        right = [
            p.value == row.id
            for row, p in zip(cast("Sequence[RetrievalRow]", rows), predictions, strict=True)
            if row.query
        ]
        if not right:
            raise InputError("there is nothing to score: no row has a query")
        return {"retrieval_accuracy": sum(right) / len(right)}

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """The query only: candidates are the same for every model and attack."""
        query = cast("RetrievalRow", row).query
        return (Field(QUERY, query, protected(query)),) if query else ()

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        row = cast("RetrievalRow", row)
        return replace(row, query=edits[QUERY].text) if QUERY in edits else row

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        return None

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        """Every candidate, without its query: a query asked about alone has to be told from all of them."""
        return [replace(cast("RetrievalRow", row), query="") for row in rows]

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("RetrievalRow", row)
        return {QUERY: row.query, CANDIDATE: row.candidate}


def _prediction(ids: np.ndarray[Any, Any], gold: int, line: np.ndarray[Any, Any]) -> Prediction:
    """One query's answer from its similarities to all candidates; without a rival the lowest cosine, -1, stands in."""
    import numpy as np

    said = str(ids[(line >= line.max() - TIE).argmax()])
    rivals = line[ids != ids[gold]]
    rival = rivals.max() if rivals.size else -1.0
    return Prediction(said, float(said == ids[gold]), float(np.float32(line[gold] - rival)))
