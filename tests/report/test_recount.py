"""Scores counted again from predictions equal those of records, whose metrics are held against the benchmarks' own scorers elsewhere."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from adaptstilts.config.load import load_config
from adaptstilts.errors import CorruptArtefact
from adaptstilts.metrics.bucc import best_threshold, kept, pair_scores
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.report.frame.recount import SUMS, Predicted, disagreement, main_metric
from adaptstilts.store.records.numbers import Scores
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

TARGETS = ("pawsx", "udpos", "panx", "xquad", "tatoeba", "bucc", "lareqa")
"""One of each metric of a target."""
SETTINGS = (
    "transfer.recipe.steps=3", "transfer.rows=32", "transfer.tasks={}", "evaluation.rows=24", "evaluation.languages=[en,qaa,qab]",
    "evaluation.attacks=[swap,greedy]", "evaluation.search_rows=6", "evaluation.budget=6",
)  # fmt: skip


@pytest.fixture(scope="module", params=TARGETS)
def scored(request, tmp_path_factory):
    """The records of a target's scores, clean and attacked, and their store."""
    store = Store(tmp_path_factory.mktemp(request.param))
    found = cell(load_config("pocket", SETTINGS), Request("none", (), request.param), shipped_zoo())
    session = Session(found.config, store, shipped_zoo())
    made = {step.key: work(step, session) for step in found.steps}
    return store, [made[score.key] for score in found.scores]


def columns(lines):
    return {name: np.array([line[name] for line in lines]) for name in lines[0]}


def told(store, record):
    own = Predicted.read(store.folder(record.key) / "predictions.parquet", record.metric)
    clean = store.folder(record.spec.clean or "none") / "predictions.parquet"
    return own, Predicted.read(clean, record.metric) if record.spec.clean else None


def test_every_score_is_that_of_its_predictions(scored):
    store, records = scored
    assert [record.attack for record in records] == [None, "swap", "greedy"]
    for record in records:
        assert disagreement(record, *told(store, record)) == "", record.title
        assert record.predictions and (record.metric in SUMS or record.metric == "bucc_f1")


def test_a_number_that_its_predictions_do_not_come_to_is_named(scored):
    store, records = scored
    for record in records[:2]:
        of_attack = ("clean", "worst_case", "success_rate", "reached", "survival", "unknown") if record.attack else ()
        for name in (record.metric, "n", *of_attack):
            scores = record.scores["qaa"].plain()
            if scores.get(name) is not None:
                changed = {"n": scores["n"] + 1, "reached": scores.get("reached", 1) - 1}
                scores[name] = changed.get(name, abs(scores[name] - 1e-6))
                forged = record.model_copy(update={"scores": {**record.scores, "qaa": Scores(**scores)}})
                assert disagreement(forged, *told(store, record)).startswith(f"{name} in qaa is"), record.title


def test_mined_pairs_need_no_gold_file():
    gold = {(0, 10), (1, 11), (2, 12), (2, 13)}
    said = {0: (10, 1.3), 1: (12, 1.2), 2: (13, 1.1), 3: (14, 1.05)}
    pairs = [(score, i, key) for i, (key, score) in said.items()]
    wanted = pair_scores(kept(pairs, best_threshold(pairs, gold)), gold)["f1"]
    lines = [
        {"id": str(i), "score": float((i, key) in gold), "points": 0.0, "of": float(sum(g == i for g, _ in gold)),
         "prediction": f'["{key}", {score}]'}
        for i, (key, score) in said.items()
    ]  # fmt: skip
    assert main_metric("bucc_f1", columns(lines)) == pytest.approx(wanted, abs=1e-12) and 0 < wanted < 1


def test_what_old_files_do_not_say_is_not_counted(scored, tmp_path):
    store, records = scored
    record = records[0]
    old = pq.read_table(store.folder(record.key) / "predictions.parquet").drop_columns(["points", "of"])
    pq.write_table(old, tmp_path / "predictions.parquet")
    found = disagreement(record, Predicted.read(tmp_path / "predictions.parquet", record.metric), None)
    assert found == ("" if record.metric in ("accuracy", "squad_f1") else None)
    assert main_metric("a metric of tomorrow", columns([{"score": 1.0, "points": 1.0, "of": 1.0}])) is None


def test_predictions_that_name_a_row_twice_or_no_attack_are_none(scored, tmp_path):
    store, records = scored
    table, path = pq.read_table(store.folder(records[1].key) / "predictions.parquet"), tmp_path / "predictions.parquet"
    pq.write_table(table.from_pylist([*table.to_pylist(), table.to_pylist()[0]]), path)
    with pytest.raises(ValueError, match="twice"):
        Predicted.read(path, records[1].metric)
    pq.write_table(table.drop_columns(["outcome"]), path)
    with pytest.raises(ValueError, match="nothing of an attack"):
        disagreement(records[1], Predicted.read(path, records[1].metric), None)
    path.write_bytes(b"PAR1")
    with pytest.raises(CorruptArtefact):
        Predicted.read(path, records[1].metric)
