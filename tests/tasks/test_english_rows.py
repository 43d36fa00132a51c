"""The wider pool against the files of the Hub's sample, read by pyarrow alone: counts, balance, rows, and texts that tasks share.

Skipped where the sample is not at hand.
"""

import itertools
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adaptstilts.data.check import check
from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.tasks import GROUPS, TASKS
from adaptstilts.tasks.exposure import exposure

HUB = Path(__file__).resolve().parents[3] / "shared" / "hub" / "datasets"
pytestmark = pytest.mark.skipif(not HUB.is_dir(), reason="the sample of the Hub is not at hand")

FOLDERS = {
    **{name: f"nyu-mll/glue/{name}" for name in ("sst2", "cola", "mrpc", "rte", "qnli")},
    "snli": "stanfordnlp/snli/plain_text",
    "boolq": "google/boolq/data",
    "winogrande": "allenai/winogrande/winogrande_xl",
    "piqa": "ybisk/piqa/plain_text",
    "openbookqa": "allenai/openbookqa/main",
    "arc": "allenai/ai2_arc",
    "scitail": "allenai/scitail/tsv_format",
}
PLACES = {"letters": "ABCDE", "digits": "12345"}


def published(folder, split):
    """All records of a split below a folder, whatever the files are called."""
    hub = {"dev": "validation"}.get(split, split)
    files = sorted(file for file in (HUB / folder).rglob("*.parquet") if f"/{hub}" in str(file.relative_to(HUB)))
    return [record for file in files for record in pq.read_table(file).to_pylist()]


def gold(name, record):
    """The right label or place as the data set's own card spells it, found without the code under test."""
    if name in ("arc", "openbookqa"):
        return next(marks.index(record["answerKey"]) for marks in PLACES.values() if record["answerKey"] in marks)
    if name == "winogrande":
        return int(record["answer"]) - 1
    if name == "boolq":
        return int(record["answer"])
    return ["entails", "neutral"].index(record["label"]) if name == "scitail" else record["label"]


def texts(name, record):
    """The texts that a row must be made of, in order."""
    if name in ("sst2", "cola"):
        return [record["sentence"]]
    if name == "boolq":
        return [record["passage"], record["question"]]
    if name == "piqa":
        return [record["goal"], record["sol1"], record["sol2"]]
    if name == "winogrande":
        return [record["sentence"].replace("_", record[option]) for option in ("option1", "option2")]
    if name in ("arc", "openbookqa"):
        return [record["question_stem" if name == "openbookqa" else "question"], *record["choices"]["text"]]
    pairs = {"mrpc": ("sentence1", "sentence2"), "rte": ("sentence1", "sentence2"), "qnli": ("question", "sentence")}
    return [record[column] for column in pairs.get(name, ("premise", "hypothesis"))]


def said(name, row):
    if name in ("sst2", "cola"):
        return [row.first]
    if name == "winogrande":
        return [f"{row.context} {choice}" for choice in row.choices]
    return [row.question, *row.choices] if hasattr(row, "choices") else [row.first, row.second]


def plain(text):
    return re.sub(r"\s+", " ", text).strip().casefold()


@pytest.mark.parametrize("name", FOLDERS)
def test_every_row_is_the_published_one(name):
    """Order does not count: rows are drawn in an order of their own."""
    report = check(TASKS.get(name), source_of(str(HUB)), ())
    assert report.bad == 0
    for split in ("train", "dev", "test"):
        records = published(FOLDERS[name], split)
        if not records:
            continue
        rows = load(TASKS.get(name), split, "en", source_of(str(HUB))).rows
        found = Counter((row.label, *map(plain, said(name, row))) for row in rows)
        assert len(rows) == len(records) == next(part.rows for part in report.splits if part.split == split)
        wanted = Counter((gold(name, record), *map(plain, texts(name, record))) for record in records)
        odd = wanted - found
        assert sum(odd.values()) <= (1 if name == "winogrande" else 0)  # one sentence begins with its blank
        assert Counter(row.label for row in rows) == Counter(gold(name, record) for record in records)


@pytest.mark.parametrize(
    ("name", "split", "rows", "label", "share"),
    [("sst2", "train", 8000, "positive", 0.56), ("sst2", "dev", 872, "positive", 0.51), ("cola", "dev", 1043, "acceptable", 0.69),
     ("cola", "train", 8529, "acceptable", 0.70), ("mrpc", "train", 3616, "equivalent", 0.67), ("mrpc", "dev", 408, "equivalent", 0.68),
     ("qnli", "train", 9997, "entailment", 0.50), ("rte", "dev", 277, "entailment", 0.53), ("boolq", "train", 4000, "yes", 0.62),
     ("boolq", "dev", 1000, "yes", 0.63)],
)  # fmt: skip
def test_labels_mean_what_the_cards_say(name, split, rows, label, share):
    """Names and shares as the sample's cards give them: a task whose labels were exchanged would have the rest of the rows."""
    part = next(p for p in check(TASKS.get(name), source_of(str(HUB)), ()).splits if p.split == split)
    assert part.rows == rows and part.balance[label] == pytest.approx(share, abs=0.0051)


@pytest.mark.parametrize(
    ("name", "words", "answer"),
    [("sst2", "unflinchingly bleak and desperate", "negative"), ("rte", "Bacteria is winning the war against antibiotics.", "entailment"),
     ("snli", "dog eats out of bowl", "contradiction"), ("scitail", "Kinetic energy is the energy of motion.", "entails"),
     ("qnli", "What is the first major city in the stream of the Rhine?", "not_entailment"),
     ("boolq", "is harry potter and the escape from gringotts a roller coaster ride", "yes"),
     ("winogrande", "Sarah always got the harder cases.", 0), ("arc", "ultraviolet", 1),
     ("openbookqa", "Gas can fill any container it is given, and liquid", 3)],
)  # fmt: skip
def test_a_row_whose_answer_anybody_sees(name, words, answer):
    rows = load(TASKS.get(name), "dev", "en", source_of(str(HUB))).rows
    held = [row for row in rows if words.casefold() in map(plain, (*said(name, row), *getattr(row, "choices", ())))]
    labels = TASKS.get(name).labels
    assert answer in [labels[row.label] if labels else row.label for row in held]


LONG, WORDS, MANY = 30, 5, 10
"""Texts of so many characters and words count; so few in common may be chance, as two questions on one page of Wikipedia."""

ELSEWHERE = {
    **{name: f"nyu-mll/glue/{name}" for name in ("mnli", "qqp")},
    **{name: f"google-research-datasets/{folder}/en" for name, folder in (("pawsx", "paws-x"), ("lareqa", "xquad_r"))},
    "anli": "facebook/anli",
    "squad": "rajpurkar/squad",
    "squad2": "rajpurkar/squad_v2",
    "hellaswag": "Rowan/hellaswag",
    "cosmosqa": "allenai/cosmos_qa",
    "csqa": "tau/commonsense_qa",
    "siqa": "lighteval/siqa",
    "copa": "aps/super_glue/copa",
    "xnli": "facebook/xnli/en",
    "xquad": "google/xquad/xquad.en",
    "mlqa": "google/xtreme/MLQA.en.en",
    "tydiqa": "google/xtreme/tydiqa",
    "tatoeba": "mteb/tatoeba-bitext-mining",
    "hans": "tasksource/hans",
}


def sentences_of(folder):
    found = set()
    for file in (HUB / folder).rglob("*.parquet"):
        table = pq.read_table(file)
        for column in table.column_names:
            if str(table.schema.field(column).type) == "string":
                found |= {plain(text) for text in table.column(column).to_pylist() if text}
    return {text for text in found if len(text) >= LONG and len(text.split()) >= WORDS}


def test_tasks_whose_rows_have_texts_in_common_say_so():
    """Nothing but the files' strings is compared: what is declared is held against it."""
    held = {name: sentences_of(folder) for name, folder in {**FOLDERS, **ELSEWHERE}.items()}
    shared = {
        (one, other): len(held[one] & held[other])
        for one, other in itertools.combinations(held, 2)
        if len(held[one] & held[other]) >= MANY
    }
    for one, other in shared:
        assert set(TASKS.get(one).family) & set(TASKS.get(other).family), (one, other, shared[one, other])
    assert {
        ("rte", "anli"),
        ("qnli", "squad2"),
        ("qnli", "xquad"),
        ("qnli", "lareqa"),
        ("mnli", "xnli"),
    } <= shared.keys()


@pytest.mark.parametrize(
    ("adapter", "test", "want"),
    [("qnli", "xquad", "seen"), ("qnli", "lareqa", "seen"), ("rte", "anli_r3", "related"), ("rte", "anli_r1", "unseen"),
     ("openbookqa", "arc", "related"), ("scitail", "arc", "related"), ("arc", "arc", "seen"), ("snli", "xnli", "unseen"),
     ("anli", "rte", "seen"), ("sst2", "pawsx", "unseen"), ("winogrande", "xcopa", "unseen"), ("copa", "xcopa", "seen"),
     ("siqa", "xcopa", "related")],
)  # fmt: skip
def test_exposure(adapter, test, want):
    assert exposure(TASKS.get(test), [adapter]) == want


def test_a_pool_of_all_has_seen_every_benchmark_that_it_holds():
    assert exposure(TASKS.get("xnli"), GROUPS.get("english23").tasks) == "seen"
