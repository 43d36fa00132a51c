"""`report`: the verdict in the terminal, the files it wrote, JSON, and clear words for what cannot be."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.errors import InputError, UnknownName
from adaptstilts.report.drawing.figure import NotDrawn
from tests.report.stores import World, make_store

SMALL = World(orderings=2, heads=("pawsx", "xnli"), ks=(0, 1, 2, 4), references=6, controls=("random",), n=80)


def call(*words):
    done = CliRunner().invoke(cli, ["report", *words], standalone_mode=False)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("runs"), SMALL)


def test_the_verdict_is_printed_and_the_page_written(store):
    done = call(str(store))
    assert done.stdout.startswith("verdict on synthetic: ") and "beta: D per doubling of k (probit)" in done.stdout
    assert done.stderr.splitlines()[-1] == f"wrote {store / 'report' / 'index.html'}"
    assert "figure 5 replayed not available: no replayed scores in this store" in done.stderr
    assert (store / "report" / "index.html").is_file() and not (store / "report" / "figures").exists()


def test_json_holds_the_verdict_figures_and_files(store, tmp_path):
    told = json.loads(call(str(store), "--json", "--quiet", "--out", str(tmp_path), "--format", "latex").stdout)
    assert told["verdict"]["kind"] in {"exacerbates", "accuracy", "none", "mitigates", "inconclusive"}
    drawn = {figure["name"]: figure for figure in told["figures"]}
    assert drawn["headline"]["drawn"] and drawn["headline"]["reason"] is None
    assert not drawn["replayed"]["drawn"] and drawn["replayed"]["reason"]
    assert told["files"] and all(path.startswith(str(tmp_path)) and path.endswith(".tex") for path in told["files"])


def test_one_figure_by_number_or_name(store, tmp_path):
    done = call(str(store), "--figure", "3", "-f", "headline", "--out", str(tmp_path))
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == [f"{stem}.{suffix}" for stem in ("01-headline", "03-forest") for suffix in ("csv", "pdf", "png")]
    assert not (tmp_path / "index.html").exists() and "not available" not in done.stderr


def test_a_figure_that_cannot_be_drawn_ends_with_2(store, tmp_path):
    with pytest.raises(NotDrawn) as caught:
        call(str(store), "--figure", "replayed", "--out", str(tmp_path))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--figure", "11"], "figure"),
        (["--figure", "hedline"], "headline"),
        (["--format", "htm"], "html"),
        (["--sweep", "synthetik"], "synthetic"),
    ],
)
def test_unknown_names_get_a_suggestion(store, words, says):
    with pytest.raises(UnknownName, match=says):
        call(str(store), *words)


def test_places_that_are_no_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no store here"):
        call()
    with pytest.raises(InputError, match="neither a folder nor a config"):
        call("nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no finished transfer"):
        call("empty")


def test_a_config_names_its_sweep(tmp_path):
    store = make_store(tmp_path, World(**{**SMALL.__dict__, "name": "pocket-k"}))
    make_store(store, World(**{**SMALL.__dict__, "name": "other", "orderings": 3}))
    with pytest.raises(InputError, match="2 sweeps"):
        call(str(store))
    told = json.loads(call("pocket-k", "--store", str(store), "--json", "-q", "--format", "csv").stdout)
    assert told["verdict"]["orderings"] == 2
    assert (
        json.loads(call(str(store), "--sweep", "other", "--json", "-q", "--format", "csv").stdout)["verdict"][
            "orderings"
        ]
        == 3
    )
