"""Rows that a program holds: a `datasets.Dataset`, a data frame or dictionaries, checked like a user's own files, their content in keys."""

import json
import tempfile
from pathlib import Path

import pytest

from adaptstilts import pocket, put_rows
from adaptstilts.config.load import load_config
from adaptstilts.data.check import check
from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.errors import DataMissing, InputError, RowError, UnknownName
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

PAIRS = [{"id": f"00{i}", "first": f"NA {i}", "second": "2020-01-01", "label": i % 2} for i in range(6)]
SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=2", "evaluation.attacks=[]", "evaluation.languages=[en, de]"]


def dataset(records, names=None, column="label"):
    import datasets

    made = datasets.Dataset.from_list(records)
    return made if names is None else made.cast_column(column, datasets.ClassLabel(names=names))


def test_they_come_back_as_they_were(tmp_path):
    put_rows(tmp_path, "pawsx", "test", "de", dataset(PAIRS))
    rows = load(TASKS.get("pawsx"), "test", "de", source_of(str(tmp_path))).rows
    assert [(r.id, r.first, r.second, r.label) for r in rows] == [tuple(pair.values()) for pair in PAIRS]
    assert check(TASKS.get("pawsx"), source_of(str(tmp_path)), ["de"]).rows == len(PAIRS)


def test_a_data_set_and_dictionaries_of_the_same_content_are_the_same(tmp_path):
    given = (dataset(PAIRS), PAIRS, [dict(reversed(pair.items())) for pair in PAIRS], iter(PAIRS))
    files = [put_rows(tmp_path / str(i), "pawsx", "dev", "en", rows) for i, rows in enumerate(given)]
    assert len({file.read_bytes() for file in files}) == 1
    other = put_rows(tmp_path / "other", "pawsx", "dev", "en", PAIRS[::-1])
    ways = [source_of(str(file.parents[2])).origin(TASKS.get("pawsx"), "dev", "en") for file in (files[0], other)]
    assert ways[0] != ways[1]


def test_columns_as_published_and_label_names(tmp_path):
    published = [{"premise": "p", "hypothesis": "h", "label": 2}]
    put_rows(tmp_path, "xnli", "test", "sw", dataset(published, ["Entailment", "neutral", "contradiction"]))
    (row,) = load(TASKS.get("xnli"), "test", "sw", source_of(str(tmp_path))).rows
    assert (row.first, row.label) == ("p", 2)
    with pytest.raises(InputError, match="labels come as contradiction"):
        turned = dataset(published, ["contradiction", "neutral", "entailment"])
        put_rows(tmp_path, "xnli", "test", "sw", turned)


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        ([*PAIRS, {**PAIRS[0], "id": "x", "label": 2}], RowError, "pawsx/test/de row x, field 'label'"),
        ([*PAIRS, PAIRS[0]], RowError, "row 000, field 'id'"),
        ([{"first": "a", "label": 0}], RowError, "field 'sentence1'"),
        ([{**PAIRS[0], "first": b"bytes"}], InputError, "row 0 cannot be written"),
        ([{**PAIRS[0], "first": "\ud800"}], InputError, "row 0 cannot be written"),
        ([], DataMissing, "no test rows"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(rows, error, says, tmp_path):
    before = put_rows(tmp_path, "pawsx", "test", "de", PAIRS).read_bytes()
    with pytest.raises(error, match=says):
        put_rows(tmp_path, "pawsx", "test", "de", rows)
    assert [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()] == [before]


def test_unknown_names(tmp_path, monkeypatch):
    with pytest.raises(UnknownName, match="pawsx"):
        put_rows(tmp_path, "pawx", "test", "de", PAIRS)
    with pytest.raises(InputError, match="validation"):
        put_rows(tmp_path, "pawsx", "validation", "de", PAIRS)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "deep/temporary"))
    Path(tempfile.gettempdir()).mkdir(parents=True)
    with pytest.raises(InputError, match="no split called"):
        put_rows(tmp_path / "mine", "pawsx", "../../../outside", "de", PAIRS)
    (tmp_path / "deep/temporary").rmdir()
    (tmp_path / "deep").rmdir()
    with pytest.raises(InputError, match="language"):
        put_rows(tmp_path / "mine", "pawsx", "test", "../../de", PAIRS)
    assert list(tmp_path.iterdir()) == []


def test_a_transfer_is_trained_and_scored_on_them(tmp_path):
    made = pocket.rows("pawsx", "train", "en", 64)
    records = [{"first": row.first, "second": row.second, "label": row.label} for row in made]
    put_rows(tmp_path / "mine", "pawsx", "train", "en", dataset(records[:40]))
    for code in ("en", "de"):
        put_rows(tmp_path / "mine", "pawsx", "test", code, records[40:])
    config = load_config("pocket", [*SETTINGS, f"data.source={tmp_path / 'mine'}"])
    session = Session(config, Store(tmp_path / "runs"), Zoo(tmp_path / "zoo"))
    todo = cell(config, Request("none", (), "pawsx"), None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    scores = session.store.record(todo.scores[0].key).scores
    assert {code: found.n for code, found in scores.items()} == {"en": 24, "de": 24}
    assert set(json.loads(todo.transfer.data)) == {"folder"}
    put_rows(tmp_path / "mine", "pawsx", "train", "en", records[:41])
    assert cell(config, Request("none", (), "pawsx"), None).transfer.key != todo.transfer.key


def test_a_data_frame_is_what_its_rows_are(tmp_path):
    import pandas as pd

    frame = pd.DataFrame(PAIRS)
    files = [put_rows(tmp_path / str(i), "pawsx", "dev", "en", rows) for i, rows in enumerate((frame, PAIRS))]
    assert files[0].read_bytes() == files[1].read_bytes()
    lists = [{"words": ["Inti", "."], "tags": ["B-PER", "O"]}, {"words": ["Qusqu"], "tags": ["B-LOC"]}]
    put_rows(tmp_path, "panx", "test", "qu", pd.DataFrame(lists))
    rows = load(TASKS.get("panx"), "test", "qu", source_of(str(tmp_path))).rows
    assert [row.words for row in rows] == [("Inti", "."), ("Qusqu",)]


@pytest.mark.parametrize("lacking", [None, float("nan")])
def test_what_a_data_frame_lacks_is_told(lacking, tmp_path):
    import pandas as pd

    with pytest.raises(RowError, match="row 001, field 'second': "):  # of no line: there is no file yet
        put_rows(tmp_path, "pawsx", "dev", "en", pd.DataFrame([PAIRS[0], {**PAIRS[1], "second": lacking}]))
