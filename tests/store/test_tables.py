"""A store as data frames: the tables that `publish --results` sends, held against the records and against pandas' own means."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

import adaptstilts
from adaptstilts.errors import UnknownName
from tests.report.stores import World, make_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    world = World(
        orderings=1, heads=("pawsx",), ks=(0, 2), controls=(), references=0, n=30, attacks=("swap",), rows=True
    )
    return make_store(tmp_path_factory.mktemp("runs"), world)


def test_cells_are_the_records(store):
    cells = adaptstilts.load_frame(store)
    records = {path.parent.name: json.loads(path.read_text()) for path in store.glob("steps/*/record.json")}
    scores = {key: record for key, record in records.items() if record["step"] == "score"}
    assert isinstance(cells, pd.DataFrame) and set(cells["score"]) == set(scores)
    assert len(cells) == sum(len(record["scores"]) for record in scores.values())
    for cell in cells.to_dict("records"):
        told = scores[cell["score"]]["scores"][cell["language"]]
        assert cell["value"] == told["accuracy"] and cell["n"] == told["n"] == 30
        assert list(cell["tasks"]) == records[cell["transfer"]]["tasks"] and cell["k"] == len(cell["tasks"])
        assert cell["source"] == (cell["language"] == "en")
    attacked = cells[cells["attack"] == "swap"]
    assert (attacked["attacked"] == attacked["value"]).all() and cells[cells["attack"].isna()]["attacked"].isna().all()
    assert cells["budget"].dtype == "Int64" and cells["reached"].isna().sum() == len(cells) - len(attacked)


def test_rows_give_the_cells_when_pandas_takes_their_means(store):
    cells, rows = adaptstilts.load_frame(store), adaptstilts.load_frame(str(store), "rows")
    means = rows.groupby(["score_key", "language"])["score"].mean()
    expected = cells.set_index(["score", "language"])["value"]
    assert means.sort_index().to_list() == pytest.approx(expected.sort_index().to_list())
    assert rows["edits"].dtype == "Int64"


def test_an_empty_store_has_both_tables(tmp_path):
    assert "value" in adaptstilts.load_frame(tmp_path) and "margin" in adaptstilts.load_frame(tmp_path, "rows")
    with pytest.raises(UnknownName, match="did you mean rows"):
        adaptstilts.load_frame(tmp_path, "row")


def test_gold_answers_and_texts_are_there_at_home(store, tmp_path):
    key = next(path.parent.name for path in store.glob("steps/*/predictions.parquet"))
    (tmp_path / "steps" / key).mkdir(parents=True)
    (tmp_path / "steps" / key / "record.json").write_bytes((store / "steps" / key / "record.json").read_bytes())
    table = (
        pq.read_table(store / "steps" / key / "predictions.parquet").to_pandas().assign(gold="0", text='{"text": "a"}')
    )
    table.to_parquet(tmp_path / "steps" / key / "predictions.parquet", index=False)
    assert set(adaptstilts.load_frame(tmp_path, "rows")["gold"]) == {"0"}
