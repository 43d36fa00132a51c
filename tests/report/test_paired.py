"""Rows joined in one go are those that a join score by score gives."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adaptstilts.errors import CorruptArtefact
from adaptstilts.report.frame.paired import paired

CELLS = pd.DataFrame({"score": ["a1", "a2", "a1"], "k": [1, 2, 3]})
HELD = {"a1": "c1", "a2": "c2"}


def write(store, key, lines):
    folder = store / "steps" / key
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(lines), folder / "predictions.parquet")


@pytest.fixture
def store(tmp_path):
    for number, key in enumerate(("c1", "c2")):
        rows = [("de", "1"), ("de", "2"), ("hi", "1")]
        write(
            tmp_path,
            key,
            [{"language": a, "id": b, "score": 1.0, "margin": number + i / 10} for i, (a, b) in enumerate(rows)],
        )
    did = {"source": "s", "queries": 3, "edits": 2, "rate": 0.1}
    for number, key in enumerate(("a1", "a2")):
        rows = [("hi", "1", "edited"), ("de", "2", "edited"), ("de", "1", "noop")]
        write(
            tmp_path,
            key,
            [
                {"language": a, "id": b, "score": 0.0, "margin": -number - i, "outcome": c, **did}
                for i, (a, b, c) in enumerate(rows)
            ],
        )
    return tmp_path


def test_each_row_meets_its_own_clean_row(store):
    found = paired(store, CELLS, HELD).sort_values(["k", "language", "id"])
    assert found[["k", "language", "id"]].to_numpy().tolist() == [
        [k, *row] for k in (1, 2, 3) for row in (("de", "2"), ("hi", "1"))
    ]
    assert found["margin_clean"].tolist() == pytest.approx([0.1, 0.2, 1.1, 1.2, 0.1, 0.2])
    assert found["margin_adv"].tolist() == [-1, 0, -2, -1, -1, 0]
    assert set(found["s_clean"]) == {1.0} and set(found["s_adv"]) == {0.0} and set(found["source_id"]) == {"s"}


def test_files_that_cannot_be_right_are_refused(store):
    line = {"language": "de", "id": "1", "score": 1.0, "margin": 0.0}
    pq.write_table(pa.Table.from_pylist([line, line]), store / "steps" / "c1" / "predictions.parquet")
    with pytest.raises(CorruptArtefact, match="row 1 stands there twice"):
        paired(store, CELLS, HELD)
    (store / "steps" / "c1" / "predictions.parquet").write_bytes(b"no parquet")
    with pytest.raises(CorruptArtefact, match="do not read back"):
        paired(store, CELLS, HELD)
