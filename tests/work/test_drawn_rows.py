"""Bounded scores of sorted files: every class is drawn, the same rows in every language, and searches attack some of them."""

import json

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.report.cell.columns import columns_of
from adaptstilts.report.cell.notes import notes
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

LABELS = ("entailment", "neutral", "contradiction")
SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=1", "transfer.rows=12", "evaluation.attacks=[swap, greedy]",
            "evaluation.languages=[en, sw]", "evaluation.rows=24", "evaluation.search_rows=9", "evaluation.budget=4"]  # fmt: skip


def write(folder, language, split, count, order=1):
    records = [
        {
            "id": f"r{i}",
            "first": f"line {i} in {language}",
            "second": f"another line {i}",
            "label": LABELS[3 * i // count],
        }
        for i in range(count)
    ]
    place = folder / "xnli" / language / f"{split}.jsonl"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(json.dumps(record) + "\n" for record in records[::order]))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn")
    write(root / "data", "en", "train", 12)
    write(root / "data", "en", "test", 90)
    write(root / "data", "sw", "test", 90, order=-1)
    config = load_config("pocket", [*SETTINGS, f"data.source={root / 'data'}"])
    session = Session(config, Store(root / "runs"), Zoo(root / "zoo"))
    todo = cell(config, Request("none", (), "xnli"), None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    return todo, session.store


def test_every_class_is_drawn_and_told(done):
    todo, store = done
    for step, n in zip(todo.scores, (24, 24, 9), strict=True):
        for found in store.record(step.key).scores.values():
            assert found.n == n == sum(found.classes.values())
            assert step.attack == "greedy" or set(found.classes) == set(LABELS)


def test_translations_are_drawn_together_and_searches_attack_some_of_the_drawn(done):
    todo, store = done
    read = [read_predictions(store.folder(step.key)) for step in todo.scores]
    drawn = [{code: [i for language, i in one if language == code] for code in ("en", "sw")} for one in read]
    assert drawn[0]["en"] == drawn[0]["sw"] == drawn[1]["en"]
    assert drawn[2]["en"] == drawn[2]["sw"] == drawn[0]["en"][:9]
    assert drawn[0]["en"] != [f"r{i}" for i in range(24)]


def test_the_page_says_what_was_drawn(done):
    todo, store = done
    transfer, clean = store.record(todo.transfer.key), store.record(todo.scores[0].key)
    counts = clean.scores["en"].classes
    told = ", ".join(f"{label} {count}" for label, count in counts.items())
    assert f"24 rows a language at most, drawn by their ids; in each: {told}" in notes(transfer, columns_of([clean]))
