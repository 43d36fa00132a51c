"""`compare`: runs held against the first over the very same rows; numbers worked out again with pandas and scipy."""

import contextlib
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from scipy import stats

from adaptstilts.cli.main import cli
from adaptstilts.errors import AdaptstiltsError, EnvironmentProblem
from tests.report.reading import Read
from tests.report.stores import World, make_store

WORLD = World(orderings=1, heads=("pawsx", "xcopa"), ks=(0, 2), controls=(), references=0, n=120, rows=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A store of two heads and two models each, with the keys of the transfers by (target, k)."""
    store = make_store(tmp_path_factory.mktemp("runs"), WORLD)
    records = [json.loads(path.read_text()) for path in store.glob("steps/*/record.json")]
    made = {(r["target"], len(r["members"])): r["key"] for r in records if r["step"] == "transfer"}
    scores = {(r["spec"]["transfer"], r["attack"]): r["key"] for r in records if r["step"] == "score"}
    return store, made, scores


def call(*words):
    done = CliRunner().invoke(cli, list(words), standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stdout


def rows(store, key):
    return pq.read_table(store / "steps" / key / "predictions.parquet").to_pandas().set_index(["language", "id"])


def test_numbers_are_those_of_the_rows(runs):
    store, made, scores = runs
    pair = [made["pawsx", 0], made["pawsx", 2]]
    found = told(store, *pair)
    assert [run["key"] for run in found["runs"]] == pair and found["notes"] == [] and found["sources"] == ["en"]
    lines = {line["name"]: line for line in found["lines"]}
    assert set(lines) == {
        "clean",
        *(f"{a}: {what}" for a in WORLD.attacks for what in ("same rows, clean", "attacked", "points lost")),
    }
    abroad = list(WORLD.languages[1:])
    clean, swap = (
        pd.DataFrame({key: rows(store, scores[key, attack])["score"] for key in pair}).loc[abroad]
        for attack in (None, "swap")
    )
    means = clean.groupby(level="language").mean().mean()
    assert lines["clean"]["n"] == len(clean) == 3 * WORLD.n
    assert lines["clean"]["values"] == pytest.approx(means[pair].to_list())
    cost = means - swap.groupby(level="language").mean().mean()
    assert lines["swap: points lost"]["values"] == pytest.approx(cost[pair].to_list())
    (by,) = lines["swap: points lost"]["differences"]
    assert by["value"] == pytest.approx(cost[pair[1]] - cost[pair[0]]) and by["low"] <= by["value"] <= by["high"]


def test_the_interval_of_one_language_is_scipys_paired_bootstrap(runs):
    store, made, scores = runs
    pair = [made["pawsx", 0], made["pawsx", 2]]
    found = told(store, *pair)
    line = next(line for line in found["by_language"]["qaa"] if line["name"] == "swap: attacked")
    a, b = (rows(store, scores[key, "swap"]).loc["qaa"]["score"].to_numpy() for key in pair)
    theirs = stats.bootstrap(
        (a, b), lambda x, y, axis: y.mean(axis) - x.mean(axis), paired=True, vectorized=True, method="percentile",
        n_resamples=5000, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    reach = theirs.high - theirs.low
    (by,) = line["differences"]
    assert by["low"] == pytest.approx(theirs.low, abs=0.12 * reach) and by["high"] == pytest.approx(
        theirs.high, abs=0.12 * reach
    )


def test_runs_that_no_row_tells_apart_are_not_known_to_be_alike(runs):
    """Where a bootstrap would say [0, 0]: scipy's exact bound for what none of so many examples showed; and the table says so."""
    store, made, scores = runs
    a, b = made["pawsx", 0], made["pawsx", 2]
    path, first = (store / "steps" / scores[key, None] / "predictions.parquet" for key in (b, a))
    before = path.read_bytes()
    try:
        path.write_bytes(first.read_bytes())
        found = told(store, a, b)
        printed = call("compare", a, b, "--out", str(store), "-q")
    finally:
        path.write_bytes(before)
    (by,) = found["lines"][0]["differences"]
    off = stats.binomtest(0, WORLD.n).proportion_ci(confidence_level=0.90).high
    assert by == {"value": 0, "low": pytest.approx(-off), "high": pytest.approx(off), "bound": True}
    assert not found["lines"][2]["differences"][0]["bound"]
    (note,) = found["notes"]
    assert note.startswith("where all rows") and note in printed and f"[-{100 * off:.1f}, +{100 * off:.1f}]" in printed


def test_the_table_and_the_page_say_the_same(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    store, made, _ = runs
    words = ["compare", made["pawsx", 0][:10], made["pawsx", 2][:10], "--out", str(store), "-q"]
    out = call(*words, "--page", str(tmp_path / "side.html"))
    read = Read((tmp_path / "side.html").read_text())
    clean = next(line for line in read.tables["whole-table"] if line[0] == "clean")
    assert f"A  transfer pawsx, seed 0 [{made['pawsx', 0]}]" in out
    assert all(cell in out for cell in clean)
    assert "script" not in read.tags and read.tags.count("svg") == 1
    links = [v for tag, n, v in read.attributes if n == "href" and tag == "a"]
    assert len(links) == 2 and all((tmp_path / link).is_file() for link in links)
    call(*words)
    assert list((store / "compare").iterdir())


def test_only_rows_that_all_have_count_and_other_data_are_refused(runs, tmp_path):
    store, made, scores = runs
    pair = [made["xcopa", 0], made["xcopa", 2]]
    path = store / "steps" / scores[pair[1], None] / "predictions.parquet"
    whole = pq.read_table(path).to_pandas()
    words = ("compare", *pair, "--out", str(store), "--json", "-q")
    try:
        whole[whole["id"] != "qaa-7"].to_parquet(path)
        clean = json.loads(call(*words))["lines"][0]
        assert clean["n"] == 3 * WORLD.n - 1
        whole.assign(gold="0").to_parquet(path)
        other = store / "steps" / scores[pair[0], None] / "predictions.parquet"
        first = pq.read_table(other).to_pandas()
        first.assign(gold=["1", *["0"] * (len(first) - 1)]).to_parquet(other)
        with pytest.raises(AdaptstiltsError, match="1 rows have other gold answers, en row en-0 first"):
            call(*words)
        first.to_parquet(other)
    finally:
        whole.to_parquet(path)


@contextlib.contextmanager
def changed(store, key, **fields):
    """The record of a step with other fields, those of `spec` and `provenance` in part."""
    path = store / "steps" / key / "record.json"
    whole = json.loads(path.read_text())
    parts = {name: {**whole[name], **fields.pop(name)} for name in ("spec", "provenance") if name in fields}
    before = path.read_text()
    path.write_text(json.dumps({**whole, **fields, **parts}))
    try:
        yield
    finally:
        path.write_text(before)


def told(store, *keys):
    return json.loads(call("compare", *keys, "--out", str(store), "--json", "-q"))


def test_attacks_of_other_strength_are_not_the_same_attack(runs):
    store, made, scores = runs
    a, b = made["pawsx", 0], made["pawsx", 2]
    with changed(store, scores[b, "swap"], spec={"transfer": b, "attack": "swap", "severity": 0.5}):
        found = told(store, a, b)
    assert not any(line["name"].startswith("swap") for line in found["lines"])
    assert any(line["name"] == "drop: points lost" for line in found["lines"])
    assert found["notes"] == ["swap 0.1 in A, 0.5 in B: not compared"]
    with changed(store, scores[b, "swap"], spec={"limits": {"max_length": 64}, "budget": 9}):
        assert told(store, a, b)["notes"] == ["swap 0 queries () in A, 9 queries (max_length: 64) in B: not compared"]
    with changed(store, scores[b, "swap"], attack="twist", spec={"attack": "twist"}):
        assert told(store, a, b)["notes"] == ["swap: not in B", "twist: not in A"]
    with changed(store, scores[b, "swap"], challenge="checklist", attack=None, spec={"challenge": "checklist"}):
        assert told(store, a, b)["notes"] == ["swap: not in B", "checklist in B: challenge sets are not compared"]


def test_what_any_of_the_runs_cannot_say_is_told_of_it(runs):
    """A head of the second run that has not learnt, another encoder, another source language."""
    store, made, scores = runs
    a, b = made["pawsx", 0], made["pawsx", 2]
    (pocket,) = told(store, a, b)["bounds"]
    assert pocket.startswith("Pocket lab: ")
    clean = json.loads((store / "steps" / scores[b, None] / "record.json").read_text())["scores"]
    clean["en"]["above_chance"] = {"n": WORLD.n, "uninformed": 0.5, "by": 0.01, "low": -0.05, "high": 0.07}
    with changed(store, scores[b, None], scores=clean):
        first, *others = told(store, a, b)["bounds"]
        assert first.startswith("B: The head has not learnt. In en") and others == [pocket]
        assert first in call("compare", a, b, "--out", str(store), "-q")
    backbone = {"name": "pocket", "content": "fedcba9876543210"}
    with changed(store, b, provenance={"backbone": backbone}):
        last = told(store, a, b)["bounds"][-1]
    assert (
        last == "The encoders differ. A pocket 01234567, B pocket fedcba98: differences are those of the encoders too."
    )
    with changed(store, b, spec={"language": "qaa"}):
        found = told(store, a, b)
    assert found["sources"] == ["en", "qaa"] and found["lines"][0]["n"] == 2 * WORLD.n
    assert found["bounds"][-1].startswith("The source languages differ. A en, B qaa")


def test_heads_trained_two_steps_are_named(tmp_path):
    words = ["none", "--target", "xnli", "--attacks", "none", "--limit", "16", "--train-rows", "16", "--langs", "en,qab",
             "--set", "transfer.tasks={}", "--set", "transfer.recipe.steps=2", "--json", "-q"]  # fmt: skip
    keys = [json.loads(call(*words, "--seed", seed, "--out", str(tmp_path)))["transfer"]["key"] for seed in ("0", "1")]
    found = told(tmp_path, *keys)["bounds"]
    assert any("The head has not learnt. In en" in line for line in found)


def test_an_attack_is_held_against_its_own_clean_rows(runs):
    store, made, scores = runs
    pair = [made["xcopa", 0], made["xcopa", 2]]
    own = scores[pair[1], "drop"]
    with changed(store, scores[pair[1], "swap"], spec={"clean": own}):
        lines = {line["name"]: line for line in told(store, *pair)["lines"]}
    means = rows(store, own)["score"].loc[list(WORLD.languages[1:])].groupby(level="language").mean().mean()
    assert lines["swap: same rows, clean"]["values"][1] == pytest.approx(means)


def test_a_row_that_stands_there_twice_is_refused(runs):
    store, made, scores = runs
    path = store / "steps" / scores[made["xcopa", 2], "swap"] / "predictions.parquet"
    whole = pq.read_table(path).to_pandas()
    try:
        pd.concat([whole, whole[:1]]).to_parquet(path)
        with pytest.raises(AdaptstiltsError, match="row en-0 stands there twice"):
            told(store, made["xcopa", 0], made["xcopa", 2])
    finally:
        whole.to_parquet(path)


def test_other_rows_to_search_among_are_told(tmp_path):
    store = make_store(
        tmp_path, World(orderings=1, heads=("tatoeba",), ks=(0, 2), controls=(), references=0, n=40, rows=True)
    )
    records = [json.loads(path.read_text()) for path in store.glob("steps/*/record.json")]
    a, b = (r["key"] for r in sorted(records, key=lambda r: len(r.get("members", ()))) if r["step"] == "transfer")
    for record in records:
        if record["step"] == "score":
            scores = {code: {"retrieval_accuracy": 0.5, **cells} for code, cells in record["scores"].items()}
            path = store / "steps" / record["key"]
            (path / "record.json").write_text(json.dumps({**record, "metric": "retrieval_accuracy", "scores": scores}))
            lines = pq.read_table(path / "predictions.parquet").to_pandas().assign(of=1.0)
            lines = lines.assign(points=lines["score"])
            kept = lines[~lines["id"].isin([f"qaa-{i}" for i in range(10)])]
            (kept if record["spec"]["transfer"] == b else lines).to_parquet(path / "predictions.parquet")
    found = told(store, a, b)["notes"]
    assert found[0] == "clean, qaa: the rows to search among differ (40 in A, 30 in B); fewer are easier"
    assert [note.split(",")[0] for note in found] == ["clean", *WORLD.attacks]


def test_json_needs_no_place_for_a_page(runs, tmp_path):
    """A file stands where the folder of pages would be, which stops root too."""
    store, made, _ = runs
    pair = (made["xcopa", 0], made["xcopa", 2])
    copy = tmp_path / "runs"
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns("compare"))
    (copy / "compare").write_text("")
    assert told(copy, *pair)["lines"]
    for words in ((), ("--json", "--page", str(copy / "compare" / "side.html"))):
        with pytest.raises(EnvironmentProblem):
            call("compare", *pair, "--out", str(copy), "-q", *words)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([("pawsx", 0)], "nothing to compare"),
        ([("pawsx", 0), ("pawsx", 0)], "nothing to compare"),
        ([("pawsx", 0), ("xcopa", 0)], "share no rows"),
    ],
)
def test_what_cannot_be_compared_is_told(runs, chosen, message):
    store, made, _ = runs
    with pytest.raises(AdaptstiltsError, match=message) as caught:
        call("compare", *(made[one] for one in chosen), "--out", str(store))
    assert caught.value.exit_code == 2
