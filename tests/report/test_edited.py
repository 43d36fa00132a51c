"""Attacked texts with their edits marked, read from prediction files alone, and shown where the data's licence lets them be."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adaptstilts.report.edited import edited_texts, withheld
from adaptstilts.tasks import TASKS
from tests.report.plainly import typed, write_page
from tests.report.reading import Read
from tests.report.records import HUB, POCKET, records

LANGUAGES = ("en", "qaa")
BEFORE = {
    "first": "the old dog runs " + "and runs " * 60 + "home",
    "second": "a <b>cat</b> sits",
    "label": "paraphrase",
}
FOLDER = {"folder": "0" * 32}
AFTER = {**BEFORE, "first": BEFORE["first"].replace("old", "odl"), "second": "a <b>cat</b> s\u200bits"}


def write(folder, lines):
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(lines), folder / "predictions.parquet")


@pytest.fixture
def cell(tmp_path):
    """A cell whose row 1 fell in each language; row 0 did not, row 2 was never right, row 3 was let be."""
    transfer, scores = records(languages=LANGUAGES, attacks=("swap",), data=POCKET)
    clean, swap = [], []
    for language in LANGUAGES:
        for n, (right, fell, outcome) in enumerate(
            [(1, 0, "edited"), (1, 1, "edited"), (0, 0, "edited"), (1, 1, "noop")]
        ):
            line = {"language": language, "id": str(n), "source": str(n), "margin": 0.0, "gold": "1"}
            clean.append(line | {"score": float(right), "prediction": str(right), "text": json.dumps(BEFORE)})
            after = {"score": float(right and not fell), "prediction": str(right - fell), "text": json.dumps(AFTER)}
            swap.append(line | after | {"outcome": outcome, "queries": 0, "edits": 1, "rate": 0.1})
    for record, lines in zip(scores, (clean, swap), strict=True):
        write(tmp_path / "steps" / record["key"], lines)
    return tmp_path / "steps", transfer, scores


def test_the_first_row_that_fell_in_each_language_with_its_edits(cell):
    steps, _, scores = cell
    found = list(edited_texts(steps, "swap", typed(scores[1]), LANGUAGES))
    assert [(text.language, text.id) for text in found] == [("en", "1"), ("qaa", "1")]
    first, second = (dict(found[0].fields)[name] for name in ("first", "second"))
    assert first[0] == ("the ", "old", "odl") and second[0][1:] == ("sits", "s⟨U+200B⟩its")
    assert " … " in first[1][0] and len(first[1][0]) < 150, "a long stretch without edits is cut short"
    assert "label" not in dict(found[0].fields), "the gold answer is no text"
    assert found[0].answers == ("paraphrase", "different") and found[0].gold == "paraphrase"


def test_the_page_marks_them_and_links_the_record(cell):
    steps, transfer, scores = cell
    text = write_page(steps / transfer["key"], transfer, scores).read_text()
    assert "<del>old</del><ins>odl</ins>" in text and "⟨U+200B⟩" in text and "<b>" not in text
    read = Read(text)
    assert [line[:3] for line in read.tables["examples-table"][1:]] == [["swap", "en", "1"], ["swap", "qaa", "1"]]
    assert f"../{scores[1]['key']}/record.json" in text


def test_without_the_clean_texts_of_an_older_store_nothing_is_marked(cell):
    steps, _, scores = cell
    path = steps / scores[0]["key"] / "predictions.parquet"
    pq.write_table(pq.read_table(path).drop(["text", "gold"]), path)
    (found, _) = edited_texts(steps, "swap", typed(scores[1]), LANGUAGES)
    assert all(not gone and not come for _, changes in found.fields for _, gone, come in changes)
    assert found.fields[1][1][0][0] == AFTER["second"]


@pytest.mark.parametrize(
    ("target", "data", "shown"),
    [
        ("pawsx", POCKET, True),
        ("pawsx", FOLDER, True),
        ("pawsx", HUB, True),  # free for any purpose
        ("xquad", HUB, True),  # CC BY-SA 4.0
        ("xcopa", HUB, True),  # CC BY 4.0 and BSD
        ("xnli", HUB, False),  # NC, and some rows under another licence
        ("anli_r1", HUB, False),  # NC
        *(
            (name, data, False)
            for name in ("udpos", "bucc", "belebele", "mewslix", "nli_stress")
            for data in (HUB, FOLDER)
        ),
        ("xnli", FOLDER, False),  # a copy in the Hub's layout is under its licence still
        ("noisy_xnli", FOLDER, False),  # never on the Hub, but others' all the same: `obtain` says whose
        ("of my own", HUB, False),  # of no declaration here
        ("of my own", FOLDER, False),
    ],
)
def test_texts_are_shown_where_the_licence_lets_them(cell, target, data, shown):
    steps, transfer, scores = cell
    for record in scores:
        record["target"], record["spec"]["data"] = target, data
    assert bool(withheld(typed(scores[1]))) != shown
    text = write_page(steps / transfer["key"], transfer, scores).read_text()
    assert ("<ins>odl</ins>" in text) == shown and ("Not shown: the licence of" in text) != shown
    said = f"Texts of {target}: {TASKS.get(target).licence}. {TASKS.get(target).citation}" if shown else "Texts of"
    assert (said in text) == (shown and data != POCKET)


@pytest.mark.parametrize(
    ("licence", "shown"),
    [
        ("CC BY 4.0", True),
        ("CC BY-SA 4.0", True),
        ("CC BY-ND 4.0", False),  # an attacked text is a changed one
        ("cc-by-nc-nd-4.0", False),
        ("CC BY-NC-SA 3.0", False),
        ("Texts: CC BY 4.0; labels: CC BY-ND 4.0", False),
        ("not stated", False),
    ],
)
def test_licences_that_forbid_changed_texts_or_uses_withhold(cell, monkeypatch, licence, shown):
    licensed = replace(TASKS.get("pawsx"), licence=licence)
    monkeypatch.setattr(TASKS, "get", lambda name: licensed)
    _, _, scores = cell
    scores[1]["spec"]["data"] = FOLDER
    assert bool(withheld(typed(scores[1]))) != shown


def test_rows_of_a_task_of_ones_own_are_shown(cell, monkeypatch):
    own = replace(TASKS.get("pawsx"), train=(), dev=(), test=(), licence="not stated")
    monkeypatch.setattr(TASKS, "get", lambda name: own)
    _, _, scores = cell
    scores[1]["spec"]["data"] = FOLDER
    assert not withheld(typed(scores[1]))
