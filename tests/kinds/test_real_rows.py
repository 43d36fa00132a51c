"""Real rows of XQuAD, SQuAD 2.0, WikiANN and UD through XLM-R's own tokenizer: what an oracle says must come back."""

import numpy as np
import pytest

from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits, Whereabouts
from adaptstilts.kinds.segments import placed_ids
from adaptstilts.kinds.windows import slice_of, token_span

pq = pytest.importorskip("pyarrow.parquet")


def records(hub, folder, split, count=60):
    (file, *_) = sorted((hub / "datasets" / folder).glob(f"{split}-*.parquet"))
    return pq.read_table(file).to_pylist()[:count]


@pytest.mark.parametrize("language", ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"])
def test_gold_spans_of_xquad_come_back(hub, xlm_r, facts, language):
    kind, task = kind_of("span"), facts(metric="squad_f1")
    place = Whereabouts("xquad", "test", language)
    found = records(hub, f"google/xquad/xquad.{language}", "validation")
    rows = [kind.read(record, i, task, place) for i, record in enumerate(found)]
    for row, context in zip(rows, placed_ids(xlm_r, [row.context for row in rows]), strict=True):
        (answer,) = row.answers
        span = token_span(context, answer.start, answer.start + len(answer.text))
        assert answer.text in slice_of(row.context, context, span)
    encodings = kind.encode(rows, task, xlm_r, Limits(384, 128))
    outputs = [np.zeros((len(e.ids), 2), np.float32) for e in encodings]
    for encoding, output in zip(encodings, outputs, strict=True):
        output[encoding.target, (0, 1)] = 5
    predictions = kind.decode(rows, task, encodings, outputs)
    # Lost: marks that a word piece shares with its word, and answers of more than 30 tokens.
    assert kind.score(rows, predictions, task, language)["squad_f1"] > 0.95
    assert min(p.margin for p in predictions) >= 0


@pytest.mark.parametrize(
    ("folder", "words", "tags", "count"),
    [
        ("unimelb-nlp/wikiann/zh", "tokens", "ner_tags", 7),
        ("unimelb-nlp/wikiann/ar", "tokens", "ner_tags", 7),
        ("google/xtreme/udpos.Hindi", "tokens", "pos_tags", 17),
    ],
)
def test_gold_tags_come_back(hub, xlm_r, facts, folder, words, tags, count):
    kind = kind_of("tagging")
    names = (
        ("O", *(f"{p}-{t}" for t in ("PER", "ORG", "LOC") for p in "BI")) if count == 7 else tuple("ABCDEFGHIJKLMNPQX")
    )
    task, place = facts(labels=names, metric="chunk_f1"), Whereabouts("t", "test", "xx")
    found = records(hub, folder, "test")
    rows = [kind.read({"words": r[words], "tags": r[tags]}, i, task, place) for i, r in enumerate(found)]
    encodings = kind.encode(rows, task, xlm_r, Limits(40))
    assert len(encodings) > len(rows)
    outputs = [np.eye(count, dtype=np.float32)[[max(tag, 0) for tag in e.target]] for e in encodings]
    predictions = kind.decode(rows, task, encodings, outputs)
    assert kind.score(rows, predictions, task, "xx")["token_accuracy"] > 0.999
