"""Whether a verdict says what its registration is worth: every way round it that was found, on a real pocket sweep."""

import hashlib
import io
import json
import shutil
import tarfile

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from adaptstilts import ids
from adaptstilts.cli.main import cli
from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.registration import plan_of, results_of
from adaptstilts.report.frame import read_frame
from adaptstilts.report.report import report
from adaptstilts.report.verdict import verdict
from adaptstilts.statistics.spending import nominal
from adaptstilts.store import chain
from adaptstilts.store.pool import pool, take_in
from adaptstilts.store.registration import digest_in, preregister
from adaptstilts.store.store import Store
from adaptstilts.zoo.zoo import Zoo
from tests.store.small_sweep import SAME, describe, do

SMALL = """
extends: pocket
name: tiny
summary: a tiny sweep
intermediate: {recipe: {steps: 2}, rows: 32}
transfer: {recipe: {steps: 2}, rows: 32}
evaluation: {rows: 24, languages: [en, qaa], attacks: [swap, drop]}
sweep: {pool: [qqp, mnli], k: [0, 1, 2], orderings: 2, targets: [pawsx], controls: {}, reference: {}, replays: []}
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    file = tmp_path_factory.mktemp("config") / "tiny.yaml"
    file.write_text(SMALL)
    return expand(str(file), SAME, Zoo(file.parent / "no zoo"))


@pytest.fixture(scope="module")
def finished(sweep, tmp_path_factory):
    """A store whose plan was registered first and whose sweep is done."""
    store = Store(tmp_path_factory.mktemp("finished"))
    preregister(plan_of(sweep), results_of(sweep), store)
    describe(sweep, store)
    do(sweep.steps, sweep, store.root)
    return store


@pytest.fixture
def store(finished, tmp_path):
    return Store(shutil.copytree(finished.root, tmp_path / "store"))


def finish(steps, source, store):
    """Have these steps finished now, under the plan that stands, as they were in another store: equal keys give equal numbers."""
    for step in steps:
        if not store.done(step.key):
            shutil.copytree(source.folder(step.key), store.folder(step.key), dirs_exist_ok=True)
            (store.folder(step.key) / "record.json").unlink()
            made = source.record(step.key)
            under = made.provenance.model_copy(update={"preregistration": digest_in(store.root)})
            store.finish(step.key, made.model_copy(update={"provenance": under}))


def headline(store):
    return report(store.root, store.root.parent / "page", formats=("csv",), figures=["cost"]).verdict


def again(store, keys):
    for key in keys:
        shutil.rmtree(store.folder(key))


def redone(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def without(file, target, change):
    """An exported file with its members changed, and its own digests made to fit."""
    with tarfile.open(file) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    told = json.loads(members.pop("store.json"))
    change(members)
    told["files"] = {name: hashlib.blake2b(held, digest_size=16).hexdigest() for name, held in members.items()}
    with tarfile.open(target, "w:gz") as archive:
        for name, content in {"store.json": json.dumps(told).encode(), **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target


def test_a_plan_before_the_first_transfer_is_preregistered_also_where_it_was_imported(store, sweep, tmp_path):
    found = headline(store)
    assert found.preregistered and found.grounds.counted == 3 * len(sweep.cells) and not found.grounds.uncounted
    assert found.sentence.endswith("Preregistered; no planned cell is missing.") and found.grounds.seconds < 5
    pool(store, tmp_path / "all.tar.gz")
    other = Store(tmp_path / "other")
    take_in(other, tmp_path / "all.tar.gz")
    there = headline(other)
    assert there.preregistered and there.sentence == found.sentence and there.grounds.counted == found.grounds.counted


def test_attacked_scores_deleted_and_another_plan_registered_is_told(finished, store, sweep):
    again(store, results_of(sweep))
    other = plan_of(sweep, sesoi=0.9, weights={"swap": 2.0})
    (store.root / "preregistration.json").unlink()  # else it is refused: clean scores follow the first plan
    preregister(other, results_of(sweep), store)
    finish(sweep.steps, finished, store)
    found = headline(store)
    assert found.plan == other and found.registration == "late" and not found.preregistered
    transfers = len({cell.transfer.key for cell in sweep.cells})
    assert f"Registered after {transfers} transfers" in found.sentence
    assert f"{len(results_of(sweep))} results were made more than once" in found.sentence
    (store.root / chain.FILE).unlink()
    assert "Registered, but no journal: order cannot be shown" in headline(store).sentence


def test_a_plan_after_the_transfers_is_no_first_one_though_nothing_was_attacked(finished, sweep, tmp_path):
    store = Store(tmp_path / "store")
    describe(sweep, store)
    finish([step for step in sweep.steps if step.kind != "score"], finished, store)
    preregister(plan_of(sweep), results_of(sweep), store)
    finish(sweep.steps, finished, store)
    found = headline(store)
    assert found.registration == "late" and f"Registered after {found.grounds.late} transfers" in found.sentence
    assert found.grounds.late == len({cell.transfer.key for cell in sweep.cells})


def test_a_changed_score_is_left_out_and_neither_exported_nor_imported(store, sweep, tmp_path):
    file, key = tmp_path / "all.tar.gz", results_of(sweep)[0]
    pool(store, file)
    path = store.folder(key) / "record.json"
    scores = json.loads(path.read_text())["scores"]
    scores["qaa"]["accuracy"] = abs(scores["qaa"]["accuracy"] - 1 / 8)
    redone(path, scores=scores)
    found = headline(store)
    assert "1 record left out that is not as made" in found.sentence and found.grounds.missing == 1
    with pytest.raises(CorruptArtefact, match=key):
        pool(store, tmp_path / "no.tar.gz")

    def forge(members):
        members[f"steps/{key}/record.json"] = path.read_bytes()

    with pytest.raises(Refused, match="not the one that the journal tells of"):
        take_in(Store(tmp_path / "a"), without(file, tmp_path / "a.tar.gz", forge))

    def forge_without(members):
        forge(members)
        del members["journal.jsonl"]

    take_in(Store(tmp_path / "b"), without(file, tmp_path / "b.tar.gz", forge_without))
    there = report(tmp_path / "b", formats=("csv",), figures=["cost"])
    assert "no planned" not in there.verdict.sentence and "1 record left out" in there.verdict.sentence
    assert "order cannot be shown" in there.verdict.sentence or "does not show the order" in there.verdict.sentence
    assert any(key in problem and "by its predictions" in problem for problem in there.frame.problems)


def test_changed_predictions_do_not_fit_their_record(store, sweep):
    key = results_of(sweep)[0]
    path = store.folder(key) / "predictions.parquet"
    table = pq.read_table(path).to_pylist()
    pq.write_table(pq.read_table(path).from_pylist([{**line, "margin": line["margin"] + 1} for line in table]), path)
    frame = read_frame(store.root, examine=True)
    assert frame.examination.left_out == {key: "its predictions are not those that it was made with"}
    path.unlink()
    assert read_frame(store.root, examine=True).examination.left_out == {key: "its predictions are gone"}


def test_a_clean_score_that_is_left_out_takes_the_attacks_on_it_along(store, sweep):
    clean = sweep.cells[0].scores[0].key
    (store.folder(clean) / "predictions.parquet").unlink()
    left = read_frame(store.root, examine=True).examination.left_out
    assert set(left) == {score.key for score in sweep.cells[0].scores}


def test_rewritten_provenance_is_seen(store, sweep):
    key = results_of(sweep)[0]
    path = store.folder(key) / "record.json"
    redone(path, provenance={**json.loads(path.read_text())["provenance"], "device": "cuda: H100"})
    found = headline(store)
    assert "1 record left out" in found.sentence and found.grounds.missing == 1


def test_a_deleted_ordering_is_missed(store, sweep):
    cells = [cell for cell in sweep.cells if cell.ordering == 1]
    again(store, {key for cell in cells for key in (cell.transfer.key, *(score.key for score in cell.scores))})
    found = headline(store)
    assert f"{len(cells)} of {len(sweep.cells)} planned cells are missing" in found.sentence
    assert (
        f"{found.grounds.gone} results that the journal tells of are gone" in found.sentence and found.grounds.gone >= 8
    )
    path = store.root / "sweeps" / "tiny.json"
    told = json.loads(path.read_text())
    told["cells"] = [cell for cell in told["cells"] if cell["ordering"] != 1]
    told["digest"] = ids.digest({"settings": told["settings"], "cells": told["cells"]})
    path.write_text(json.dumps(told))
    assert "Registered, but plan, sweep or some scores changed since" in headline(store).sentence


def test_a_broken_journal_shows_no_order(store):
    path = store.root / chain.FILE
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in (*lines[1:3], lines[0], *lines[3:])))
    found = headline(store)
    assert found.registration == "unshown" and "the journal is broken (line 1 does not follow" in found.sentence


def test_a_store_of_before_is_read_and_labelled(store, sweep, tmp_path):
    (store.root / chain.FILE).unlink()
    for cell in sweep.cells:
        for score in cell.scores:
            path, folder = store.folder(score.key) / "record.json", store.folder(score.key)
            told = json.loads(path.read_text())
            del told["predictions"]
            path.write_text(json.dumps(told))
            lines = pq.read_table(folder / "predictions.parquet").drop_columns(["points", "of"])
            pq.write_table(lines, folder / "predictions.parquet")
    found = headline(store)
    assert "Registered, but no journal: order cannot be shown; no planned cell is missing" in found.sentence
    assert found.grounds.counted and not found.grounds.left_out  # accuracy is the mean of what rows scored
    pool(store, tmp_path / "old.tar.gz")
    take_in(Store(tmp_path / "new"), tmp_path / "old.tar.gz")
    assert headline(Store(tmp_path / "new")).registration == "unshown"


@pytest.mark.parametrize("planned", [0, 2])
def test_looks_before_the_end_are_counted_and_where_planned_spent(finished, sweep, tmp_path, planned):
    store = Store(tmp_path / "store")
    plan = plan_of(sweep, looks=planned)
    preregister(plan, results_of(sweep), store)
    describe(sweep, store)
    scores = [score for cell in sweep.cells if cell.k >= 1 for score in cell.scores[1:]]
    first, second = scores[: len(scores) // 4], scores[: len(scores) // 2]
    finish(needed(first), finished, store)
    assert headline(store).grounds.looks == 1 and headline(store).grounds.looks == 1  # nothing new is no new look
    finish(needed(second), finished, store)
    then = headline(store)
    assert then.grounds.looks == 2 and then.grounds.shares == (0.25, 0.5)
    assert then.slope.level == pytest.approx(1 - (nominal([0.25, 0.5], 0.05) if planned else 0.05))
    finish(sweep.steps, finished, store)
    found = headline(store)
    assert found.preregistered and found.grounds.looks == 2 and found.grounds.held == bool(planned)
    said = "of 2 planned: the level is held" if planned else "the level is not held"
    assert f"looked 2 times before the end{',' if planned else ';'} {said}" in found.sentence
    assert found.slope.level == pytest.approx(1 - (nominal([0.25, 0.5, 1.0], 0.05) if planned else 0.05))


def needed(steps):
    """Steps with all that they need, in the order in which they can be done."""
    found = {}
    for step in steps:
        for need in (*needed(step.needs), step):
            found[need.key] = need
    return list(found.values())


def test_scores_are_made_again_from_weights(store, sweep):
    made = report(store.root, formats=("csv",), figures=["cost"], verify=2, seed=3).rescored
    assert made.seed == 3 and len(made.titles) >= 2 and made.possible == 3 * len(sweep.cells) and not made.unlike
    assert report(store.root, formats=("csv",), figures=["cost"], verify=2, seed=3).rescored.titles == made.titles
    forged = made.titles[-1].rpartition("[")[2].rstrip("]")
    path = store.folder(forged) / "predictions.parquet"
    lines = [
        {**line, "score": 1 - line["score"], "points": 1 - line["points"]} for line in pq.read_table(path).to_pylist()
    ]
    pq.write_table(pq.read_table(path).from_pylist(lines), path)
    record = json.loads((store.folder(forged) / "record.json").read_text())
    for told in record["scores"].values():
        told["accuracy"] = 1 - told["accuracy"]
        for name in ("worst_case", "success_rate", "clean"):
            told.pop(name, None)
    redone(store.folder(forged) / "record.json", scores=record["scores"], predictions=ids.read_digest(path))
    (store.root / chain.FILE).unlink()  # whatever files can say now fits
    done = CliRunner().invoke(
        cli, ["report", str(store.root), "-f", "cost", "--verify", "2", "--verify-seed", "3"], standalone_mode=False
    )
    assert isinstance(done.exception, CorruptArtefact) and "NOT as recorded" in done.output
    assert "rescored from weights" in done.output and forged in done.output


def test_a_posted_line_is_held_against_the_store(store, sweep):
    plan = plan_of(sweep)

    def ask(*words):
        return CliRunner().invoke(cli, ["journal", "--out", str(store.root), *words])

    told = json.loads(ask("--json").stdout)
    assert told["problems"] == [] and told["steps"] == len(sweep.steps) and "after 0 steps  plan" in told["entries"][0]
    assert ask("--posted", plan.line).exit_code == 0 and ask("--posted", told["line"]).exit_code == 0
    other = plan_of(sweep, sesoi=0.9)
    assert ask("--posted", other.line).exit_code == 2
    preregister(plan, [], store)
    chain.append(store.root, "look", sweep="tiny", plan=plan.digest, done=1, planned=2)
    assert ask("--posted", told["line"]).exit_code == 0  # it has grown, and begins as it did
    lines = (store.root / chain.FILE).read_text().splitlines()[1:]
    (store.root / chain.FILE).write_text("".join(f"{line}\n" for line in lines))
    assert ask("--posted", told["line"]).exit_code == 2 and "broken" in ask().output


def test_the_verdict_by_itself_reads_the_journal_and_counts_nothing(store):
    found = verdict(read_frame(store.root))
    assert found.preregistered and not found.grounds.counted
