"""`attack`: a finished transfer is attacked with the config it was made with, and only what is missing is done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import adaptstilts.work.step as work
from adaptstilts.cli.main import cli
from adaptstilts.errors import AdaptstiltsError, InputError
from tests.report.reading import Read

MADE = ["none", "--target", "xnli", "--attacks", "none", "--limit", "16", "--train-rows", "16", "--langs", "en,qab",
        "--set", "transfer.tasks={}", "--set", "transfer.recipe.steps=2", "--json", "-q"]  # fmt: skip


def call(*words):
    done = CliRunner().invoke(cli, list(words), standalone_mode=False)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = str(tmp_path_factory.mktemp("runs"))
    return out, json.loads(call(*MADE, "--out", out))["transfer"]["key"]


def test_it_adds_scores_and_repeats_none(run):
    out, key = run
    told = json.loads(
        call("attack", key[:8], "--attacks", "swap,greedy", "--budget", "9", "--out", out, "--json", "-q")
    )
    assert told["transfer"]["key"] == key
    clean, swap, greedy = told["scores"]
    assert (clean["attack"], swap["attack"], greedy["attack"]) == (None, "swap", "greedy")
    assert list(clean["scores"]) == ["en", "qab"], "the languages that the transfer was scored in"
    for cells in greedy["scores"].values():
        assert 0 < cells["queries"] <= 9
        assert cells["worst_case"] <= cells["clean"]
        assert 0 < cells["survival"] <= 1
    again = json.loads(call("attack", key, "--attacks", "swap", "--out", out, "--json", "-q"))
    assert again["scores"][1] == swap, "the record that was there"


def test_languages_budget_and_severity_can_be_others(run):
    out, key = run
    told = json.loads(
        call("attack", key, "--attacks", "drop", "--langs", "qab", "--severity", "0.2", "--out", out, "--json", "-q")
    )
    assert list(told["scores"][1]["scores"]) == ["qab"]
    assert told["scores"][1]["spec"]["severity"] == 0.2


def test_the_page_has_what_every_run_added(tmp_path):
    out = ["--out", str(tmp_path)]
    call(*[word for word in MADE if word != "--json"], *out)
    key = next(path.parent.name for path in tmp_path.glob("steps/*/page.html"))
    page = tmp_path / "steps" / key / "page.html"

    def heads():
        read = Read(page.read_text())
        return read.tables["scores"][0][1:-2], [line[0] for line in read.tables["scores"][1:4]]

    assert heads() == (["clean"], ["en (trained)", "qab", "mean without en"])
    call("attack", key, "--attacks", "swap", "--langs", "qaa", *out, "-q")
    assert heads() == (["clean", "swap"], ["en (trained)", "qab", "qaa"])
    call("attack", key, "--attacks", "drop", "--json", *out, "-q")
    assert heads() == (["clean", "swap", "drop"], ["en (trained)", "qab", "qaa"])
    call(*MADE, *out)
    assert heads() == (["clean", "swap", "drop"], ["en (trained)", "qab", "qaa"]), (
        "the first command again takes nothing away"
    )


def test_challenge_sets_go_through_the_head_and_what_cannot_is_told(run):
    out, key = run
    words = ["attack", key, "--attacks", "anli_r1,hans", "--out", out, "--json"]
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    assert "n/a: hans has no rows in the pocket lab" in done.stderr
    clean, rounds = json.loads(done.stdout)["scores"]
    assert rounds["challenge"] == "anli_r1" and rounds["target"] == "xnli"
    assert list(rounds["scores"]) == ["en", "qab"] and rounds["exposure"] == "unseen"
    assert clean["challenge"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["attack", "0000", "--attacks", "swap"], "there is no run"),
        (["attack", "KEY", "--attacks", "swapp"], "did you mean swap"),
        (["attack", "KEY", "--attacks", "swap", "--langs", "xx"], "language of xnli"),
        (["attack", "KEY", "--set", "evaluation.bugdet=3"], "did you mean 'budget'"),
    ],
)
def test_mistakes_are_told(run, words, message):
    out, key = run
    with pytest.raises(AdaptstiltsError, match=message) as caught:
        call(*[key if word == "KEY" else word for word in words], "--out", out)
    assert caught.value.exit_code == 2


MINE = """
from adaptstilts.tasks import Source, Task

task = Task(
    name="mine", kind="pair", role="target", summary="pairs of my own", metric="accuracy", labels=("no", "yes"),
    train=(Source("my/pairs", "", "train"),), test=(Source("my/pairs", "", "test"),), twin="qqp",
)
"""


def test_a_run_made_with_an_included_file_asks_for_it(tmp_path):
    """In processes of their own: what is let in stays in a registry."""
    (tmp_path / "mine.py").write_text(MINE)

    def shell(*words):
        done = subprocess.run(
            [sys.executable, "-m", "adaptstilts", *words], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        return done.returncode, done.stdout, done.stderr

    made = [
        "none",
        "--target",
        "mine",
        "--limit",
        "8",
        "--attacks",
        "none",
        "--langs",
        "en",
        "--set",
        "transfer.recipe.steps=1",
    ]
    code, out, err = shell("--include", "mine.py", *made, "--json", "-q")
    assert code == 0, err
    words = ["attack", json.loads(out)["transfer"]["key"], "--attacks", "swap", "--json", "-q"]
    code, _, err = shell(*words)
    assert code == 2 and "this run was made with task 'mine'" in err and "adaptstilts --include FILE" in err
    code, out, err = shell("--include", "mine.py", *words)
    assert code == 0 and json.loads(out)["scores"][1]["attack"] == "swap", err


def test_an_error_is_told_once(tmp_path, monkeypatch):
    def never(*_):
        raise InputError("it cannot be")

    monkeypatch.setattr(work, "_make", never)
    done = CliRunner().invoke(cli, ["none", "--target", "pawsx", "--out", str(tmp_path)], standalone_mode=False)
    assert f"{done.exception}".count("it cannot be") == 1 and "it cannot be" not in done.output


@pytest.fixture(scope="module")
def both(run):
    out, key = run
    other = json.loads(call(*MADE, "--out", out, "--seed", "1"))["transfer"]["key"]
    words = ["replay", key, other, "--attack", "swap", "--severity", "0.3", "--out", out]
    return out, words, json.loads(call(*words, "--json", "-q"))


def test_static_texts_are_the_same_for_every_model(both):
    """What `swap` writes depends on the row alone, so whoever it was found on, a model reads the same text."""
    _, _, told = both
    assert told["success"][0][0] == told["success"][1][0]
    assert told["success"][0][1] == told["success"][1][1]
    assert told["excess"] == 0 and told["common"] > 0


def test_the_diagonal_is_the_attack_s_own_score_and_the_rest_name_their_source(both):
    out, _, told = both
    records = [[json.loads((Path(out) / "steps" / key / "record.json").read_text()) for key in line]
               for line in told["records"]]  # fmt: skip
    for s, line in enumerate(records):
        for t, record in enumerate(line):
            assert ("texts" in record["spec"]) == (s != t)
            assert record["spec"]["transfer"] == told["runs"][t]
    assert records[0][1]["spec"]["texts"] == told["records"][0][0]


def test_replay_prints_a_matrix(both):
    _, words, told = both
    text = call(*words, "-q")
    assert told["runs"][0][:8] in text and "common rows" in text


@pytest.mark.parametrize(
    ("more", "message"), [(["--attack", "pgd"], "no text to replay"), (["--attack", "sawp"], "did you mean swap")]
)
def test_mistakes_in_a_replay_are_told(both, more, message):
    out, _, told = both
    with pytest.raises(AdaptstiltsError, match=message):
        call("replay", *told["runs"], *more, "--out", out)


def test_a_replay_of_one_run_is_not_enough(both):
    out, _, told = both
    with pytest.raises(AdaptstiltsError, match="two runs"):
        call("replay", told["runs"][0], told["runs"][0], "--out", out)
