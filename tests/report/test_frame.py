"""Tables from stores whose every number is known: what is in them, what is flagged, and what is never imported."""

import json
import subprocess
import sys

import numpy as np
import pytest

from adaptstilts.errors import CorruptArtefact, InputError, UnknownName
from adaptstilts.report.frame import CELLS, CLEAN, ROWS, TRANSFERS, read_frame
from tests.report.stores import World, make_store

SMALL = World(orderings=2, heads=("pawsx", "panx"), ks=(0, 1, 2), controls=("random",), references=1, n=40, rows=True)


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path, SMALL)


def change(store, key, **changes):
    """Edit a record; a change is laid over the section of that name."""
    path = store / "steps" / key / "record.json"
    record = json.loads(path.read_text())
    for name, value in changes.items():
        record[name] = {**record[name], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(record))


def test_tables_hold_what_the_records_say(store):
    frame = read_frame(store)
    assert [tuple(frame.cells), tuple(frame.clean), tuple(frame.transfers)] == [CELLS, CLEAN, TRANSFERS]
    transfers = 2 * (2 * 3 + 1 + 1)
    assert (len(frame.transfers), len(frame.clean), len(frame.cells)) == (transfers, transfers * 4, transfers * 4 * 2)
    assert frame.sweep == "synthetic" and frame.pending == () and frame.problems == ()
    cell = frame.cells[(frame.cells.role == "k") & (frame.cells.k == 2)].iloc[0]
    record = json.loads((store / "steps" / cell.score / "record.json").read_text())
    told = record["scores"][cell.language]
    assert (cell.clean, cell.attacked, cell.n) == (told["clean"], told["accuracy"], 40)
    assert cell.attack == "swap" and cell.family == "static" and cell.chance == 0.25 and cell.texts_from == ""
    assert set(frame.cells[frame.cells.source].language) == {"en"}
    assert frame.cells.comparable.all() and set(frame.cells.why) == {""}


def test_what_cannot_be_compared_is_flagged_with_its_reason(store):
    cells = read_frame(store).cells.query("role == 'k' and k == 1 and attack == 'swap' and language == 'qaa'")
    spoilt = list(cells.itertuples())[:4]
    change(store, spoilt[0].score, provenance={"dirty": True})
    change(store, spoilt[1].score, spec={"data": {"pocket": 2}})
    change(store, spoilt[2].transfer, provenance={"backbone": {"name": "other"}, "device": "cuda:0"})
    change(
        store, spoilt[3].score, exposure="related", scores={"qaa": {"n": 40, "reached": 0, "n/a": "no edit survived"}}
    )
    cells = read_frame(store).cells
    by_score = cells[cells.language == "qaa"].set_index("score")
    assert by_score.loc[spoilt[0].score, "why"] == "made from a tree with changes"
    assert by_score.loc[spoilt[1].score, "flagged"] == "data"
    assert by_score.loc[spoilt[2].score, "flagged"] == "backbone device"
    assert by_score.loc[spoilt[3].score, "why"] == "related data; no edit survived"
    assert np.isnan(by_score.loc[spoilt[3].score, "attacked"])
    beside = cells[(cells.score == spoilt[3].score) & (cells.language == "qab")].iloc[0]
    assert (beside.flagged, beside.comparable) == ("exposure", False)
    assert cells.comparable.sum() == len(cells) - 3 * 4 - 2 * 4  # the third spoils both attacks of its transfer


def test_rows_are_paired_with_their_clean_selves(store):
    frame = read_frame(store)
    cell = frame.cells[frame.cells.k == 2].iloc[0]
    rows = frame.rows(transfer=cell.transfer, attack="drop")
    assert list(rows) == list(ROWS) and len(rows) == 4 * 40
    assert np.allclose(rows.margin_clean - rows.margin_adv, (rows.margin_clean - rows.margin_adv).iloc[0])
    assert set(rows.source_id) == {str(n) for n in range(40)}
    of_cell = frame.cells.query("transfer == @cell.transfer and attack == 'drop'").set_index("language")
    assert np.allclose(rows.groupby("language").s_adv.mean(), of_cell.attacked.sort_index())


def test_planned_but_missing_and_broken_records_are_told(store):
    cells = read_frame(store).cells
    gone, broken = cells.score.unique()[:2]
    (store / "steps" / gone / "record.json").unlink()
    (store / "steps" / broken / "record.json").write_text("{")
    frame = read_frame(store)
    assert set(frame.pending) == {gone, broken} and len(frame.problems) == 1 and broken in frame.problems[0]


def test_without_a_manifest_cells_come_from_records(store):
    (store / "sweeps" / "synthetic.json").unlink()
    frame = read_frame(store)
    assert frame.sweep == "" and set(frame.cells.ordering) == {0} and set(frame.cells.role) == {"k", "control"}
    assert len(frame.clean) == 2 * (2 * 3 + 1 + 1) * 4


def test_the_sweep_is_named_where_there_are_several(store):
    first = store / "sweeps" / "synthetic.json"
    (store / "sweeps" / "other.json").write_text(first.read_text())
    with pytest.raises(InputError, match="2 sweeps"):
        read_frame(store)
    with pytest.raises(UnknownName, match="synthetic"):
        read_frame(store, "synthetics")
    assert len(read_frame(store, "other").cells)
    first.write_text('{"cells": [{}]}')
    with pytest.raises(CorruptArtefact, match="manifest"):
        read_frame(store, "synthetic")


def test_reading_and_judging_import_no_torch(store):
    code = (
        "import sys; from pathlib import Path; from adaptstilts.report.frame import read_frame\n"
        f"frame = read_frame(Path({str(store)!r})); frame.rows(attack='swap')\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'adapters'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
