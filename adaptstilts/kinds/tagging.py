"""Tagging: one tag per word, parts of speech or named entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import eq
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from adaptstilts.errors import InputError
from adaptstilts.kinds.classification import lead, margin
from adaptstilts.kinds.columns import Columns, check_index, row_error
from adaptstilts.kinds.kind import (
    IGNORED,
    Edited,
    Encoding,
    Facts,
    Field,
    Head,
    Limits,
    Prediction,
    Shape,
    Share,
    Tokenizer,
    Whereabouts,
)
from adaptstilts.kinds.protection import protected
from adaptstilts.kinds.segments import Ids, of_rows, template, token_ids
from adaptstilts.metrics.chunks import Rule, chunk_scores, chunks, token_accuracy
from adaptstilts.rows import ID, Row, RowColumn, TaggingRow, needed

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from adaptstilts.kinds.kind import Frozen, Tensors


@dataclass(frozen=True)
class Piece:
    """Which words of a sentence an input holds, and where each one's first token stands in it."""

    words: tuple[int, ...]
    positions: tuple[int, ...]


class Tagging:
    """Columns `words` and `tags` (indices into the task's labels, or their names).

    Option of a task: `chunk_rule`, "old" (XTREME's published numbers, the default) or "new" (see `metrics.chunks`).
    """

    __slots__ = ()
    name: str = "tagging"
    summary: str = "words with one tag each"
    described: tuple[RowColumn, ...] = (
        ID,
        RowColumn("words", "a list of words", also=("tokens", "forms")),
        RowColumn(
            "tags",
            "a list of as many names of tags, or their numbers in the order of the task's `labels`",
            also=("ner_tags", "pos_tags", "upos", "labels"),
            labels=True,
        ),
    )
    columns: tuple[str, ...] = needed(described)
    example: Mapping[str, Any] = MappingProxyType(
        {"id": "7", "words": ["Oslo", "is", "in", "Norway"], "tags": ["B-LOC", "O", "O", "B-LOC"]}
    )
    metrics: tuple[str, ...] = ("chunk_f1", "token_accuracy")
    edits: frozenset[str] = frozenset({"letters", "entities"})
    shape: Shape = Shape(1, tuple[int, ...], Piece)
    labelled: str = "tags"
    searches: bool = False
    hub_task: str = "token-classification"

    def read(self, record: Mapping[str, Any], index: int, facts: Facts, place: Whereabouts) -> Row:
        columns = Columns(record, index, place)
        words = columns.texts("words")
        tags = tuple(columns.label("tags", tag, facts.labels) for tag in columns.items("tags"))
        row = TaggingRow(columns.id, place.language, columns.source, words, tags)
        self.check(row, facts, place)
        return row

    def check(self, row: Row, facts: Facts, place: Whereabouts) -> None:
        row = cast("TaggingRow", row)
        if not row.words:
            raise row_error("the sentence has no words", place, row.id, "words")
        blank = next((i for i, word in enumerate(row.words) if not word.strip()), None)
        if blank is not None:
            raise row_error(f"word {blank} is empty", place, row.id, "words")
        if len(row.words) != len(row.tags):
            raise row_error(f"{len(row.words)} words but {len(row.tags)} tags", place, row.id, "tags")
        for tag in row.tags:
            check_index(tag, len(facts.labels), place, row.id, "tags")

    def head(self, facts: Facts) -> Head:
        return Head("token", len(facts.labels), "tags")

    def chance(self, rows: Sequence[Row], facts: Facts) -> float:
        """The chunk F1 (or token accuracy, if that is the metric) of giving every word the commonest tag."""
        golds = [row.tags for row in cast("Sequence[TaggingRow]", rows)]
        if not golds:
            raise InputError("there is no chance level without rows")
        return _scores(golds, _commonest(golds), facts)[facts.metric]

    def encode(self, rows: Sequence[Row], facts: Facts, tokenizer: Tokenizer, limits: Limits) -> list[Encoding]:
        """Words tokenised one by one; the first token of each carries its tag, all others -100.

        A sentence that is too long is split between words into several inputs, as XTREME's preprocessing does; a word
        longer than an input is cut. `notes` is the `Piece`.
        """
        shape = template(tokenizer)
        room = shape.room(limits.max_length, pair=False)
        sentences = cast("Sequence[TaggingRow]", rows)
        tokens = iter(token_ids(tokenizer, [word for row in sentences for word in row.words]))
        encodings = []
        for i, row in enumerate(sentences):
            words = [next(tokens) for _ in row.words]
            for piece, ids, cut in _pieces(words, room, len(shape.before)):
                whole = shape.single(ids)
                target = [IGNORED] * len(whole)
                for word, position in zip(piece.words, piece.positions, strict=True):
                    target[position] = row.tags[word]
                encodings.append(Encoding(i, whole, tuple(target), piece, truncated=cut))
        return encodings

    def decode(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Sequence[np.ndarray]
    ) -> list[Prediction]:
        """The tag with the largest logit at each word's first token; `margin` is the mean over these tokens.

        A word that the tokenizer turns into nothing gets `O` or `X`, whichever the task has, else tag 0, as in XTREME.
        """
        import numpy as np

        found = []
        for row, places in zip(cast("Sequence[TaggingRow]", rows), of_rows(len(rows), encodings), strict=True):
            said, margins = [fallback(facts.labels)] * len(row.words), []
            for place in places:
                piece = encodings[place].notes
                for word, position in zip(piece.words, piece.positions, strict=True):
                    logits = outputs[place][position]
                    said[word] = int(logits.argmax())
                    margins.append(margin(logits, row.tags[word]))
            mean = float(np.mean(margins, dtype=np.float32)) if margins else 0.0
            found.append(Prediction(said, _row_score(row.tags, said, facts), mean))
        return found

    def leads(
        self, rows: Sequence[Row], facts: Facts, encodings: Sequence[Encoding], outputs: Tensors, frozen: Frozen | None
    ) -> list[Tensor]:
        """The mean over the words' first tokens of gold minus best other logit, 0 for a sentence without any."""
        import torch

        found = []
        for row, places in zip(cast("Sequence[TaggingRow]", rows), of_rows(len(rows), encodings), strict=True):
            pieces = [(place, encodings[place].notes) for place in places]
            margins = [
                lead(outputs[place][position], row.tags[word])
                for place, piece in pieces
                for word, position in zip(piece.words, piece.positions, strict=True)
            ]
            found.append(torch.stack(margins).mean() if margins else outputs[places[0]].sum() * 0)
        return found

    def score(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts, language: str
    ) -> dict[str, float]:
        """`chunk_f1`, `chunk_precision`, `chunk_recall` and `token_accuracy` over the corpus."""
        golds = [row.tags for row in cast("Sequence[TaggingRow]", rows)]
        return _scores(golds, [tuple(p.value) for p in predictions], facts)

    def tally(self, row: Row, prediction: Prediction, facts: Facts) -> Share:
        """Words right out of words for `token_accuracy`; for F1 twice the right chunks out of the gold and the said ones."""
        gold = cast("TaggingRow", row).tags
        if facts.metric == "token_accuracy":
            return float(sum(map(eq, gold, prediction.value))), float(len(gold))
        return _chunk_share(gold, prediction.value, facts)

    def shares(self, rows: Sequence[Row], predictions: Sequence[Prediction], facts: Facts) -> list[Share]:
        return [self.tally(row, prediction, facts) for row, prediction in zip(rows, predictions, strict=True)]

    def uninformed(self, rows: Sequence[Row], facts: Facts) -> list[Prediction]:
        """The commonest tag of these rows for every word."""
        golds = [row.tags for row in cast("Sequence[TaggingRow]", rows)]
        if not golds:
            raise InputError("there is no best answer without rows")
        said = _commonest(golds)
        return [Prediction(list(s), _row_score(g, s, facts), 0.0) for g, s in zip(golds, said, strict=True)]

    def fields(self, row: Row, facts: Facts) -> tuple[Field, ...]:
        """One field per word, named by its index."""
        words = cast("TaggingRow", row).words
        return tuple(Field(str(i), word, protected(word)) for i, word in enumerate(words))

    def replace(self, row: Row, edits: Mapping[str, Edited]) -> Row:
        """InputError if an edit leaves a word empty."""
        row = cast("TaggingRow", row)
        words = tuple(edits[str(i)].text if str(i) in edits else word for i, word in enumerate(row.words))
        if "" in words:
            raise InputError(f"an edit left word {words.index('')} empty", where=f"row {row.id}, field 'words'")
        return replace(row, words=words)

    def mix(self, row: Row, others: Mapping[str, Row]) -> Row | None:
        return None

    def rivals(self, rows: Sequence[Row]) -> list[Row]:
        return []

    def shown(self, row: Row, facts: Facts) -> dict[str, str]:
        row = cast("TaggingRow", row)
        tagged = " ".join(f"{word}/{facts.labels[tag]}" for word, tag in zip(row.words, row.tags, strict=True))
        return {"words": " ".join(row.words), "tags": tagged}

    def gold(self, row: Row) -> list[int]:
        return list(cast("TaggingRow", row).tags)

    def golds(self, row: Row, facts: Facts) -> Sequence[str]:
        return [facts.labels[tag] for tag in cast("TaggingRow", row).tags]


def fallback(labels: Sequence[str]) -> int:
    """The tag of a word without tokens."""
    return next((labels.index(name) for name in ("O", "X") if name in labels), 0)


def _pieces(words: Sequence[Ids], room: int, before: int) -> Iterator[tuple[Piece, Ids, int]]:
    """The sentence in pieces of at most `room` tokens: which words, their tokens, how many tokens were cut."""
    held: list[int] = []
    positions: list[int] = []
    ids: Ids = ()
    cut = 0
    for index, word in enumerate(words):
        kept = word[:room]
        if ids and len(ids) + len(kept) > room:
            yield Piece(tuple(held), tuple(positions)), ids, cut
            held, positions, ids, cut = [], [], (), 0
        if kept:
            held.append(index)
            positions.append(before + len(ids))
            ids, cut = ids + kept, cut + len(word) - len(kept)
    yield Piece(tuple(held), tuple(positions)), ids, cut


def _scores(golds: Sequence[Sequence[int]], said: Sequence[Sequence[int]], facts: Facts) -> dict[str, float]:
    gold_names, said_names = _names(golds, facts), _names(said, facts)
    exact = token_accuracy(gold_names, said_names)
    chunk = chunk_scores(gold_names, said_names, _rule(facts))
    return {**{f"chunk_{name}": value for name, value in chunk.items()}, "token_accuracy": exact}


def _commonest(golds: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """The commonest tag for every word of every sentence."""
    (common, _), *_ = Counter(tag for tags in golds for tag in tags).most_common(1)
    return [(common,) * len(tags) for tags in golds]


def _chunk_share(gold: Sequence[int], said: Sequence[int], facts: Facts) -> Share:
    """A sentence's part of the corpus's chunk F1; chunks never reach over the end of one."""
    (golds,), (words,) = _names([gold], facts), _names([said], facts)
    wanted, found = chunks(golds, _rule(facts)), chunks(words, _rule(facts))
    return 2.0 * len(wanted & found), float(len(wanted) + len(found))


def _row_score(gold: Sequence[int], said: Sequence[int], facts: Facts) -> float:
    """Sentence chunk F1 for entities (1 where neither side has one), token accuracy for bare tags."""
    golds, words = _names([gold], facts), _names([said], facts)
    if not any(label.startswith("B-") for label in facts.labels):
        return token_accuracy(golds, words)
    return 1.0 if golds == words else chunk_scores(golds, words, _rule(facts))["f1"]


def _rule(facts: Facts) -> Rule:
    return cast("Rule", facts.options.get("chunk_rule", "old"))


def _names(tags: Sequence[Sequence[int]], facts: Facts) -> list[list[str]]:
    return [[facts.labels[tag] for tag in sentence] for sentence in tags]
