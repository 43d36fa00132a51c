"""`compare`: runs held against the first over the very same rows; numbers worked out again with pandas and scipy."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from scipy import stats

from adaptstilts.cli.main import cli
from adaptstilts.errors import AdaptstiltsError
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
    told = json.loads(call("compare", *pair, "--out", str(store), "--json", "-q"))
    assert [run["key"] for run in told["runs"]] == pair and told["notes"] == []
    lines = {line["name"]: line for line in told["lines"]}
    assert set(lines) == {
        "clean",
        *(f"{a}: {what}" for a in WORLD.attacks for what in ("same rows, clean", "attacked", "cost")),
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
    assert lines["swap: cost"]["values"] == pytest.approx(cost[pair].to_list())
    (by,) = lines["swap: cost"]["differences"]
    assert by["value"] == pytest.approx(cost[pair[1]] - cost[pair[0]]) and by["low"] <= by["value"] <= by["high"]


def test_the_interval_of_one_language_is_scipys_paired_bootstrap(runs):
    store, made, scores = runs
    pair = [made["pawsx", 0], made["pawsx", 2]]
    told = json.loads(call("compare", *pair, "--out", str(store), "--json", "-q"))
    line = next(line for line in told["by_language"]["qaa"] if line["name"] == "swap: attacked")
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
