"""`attack`: a finished transfer is attacked with the config it was made with, and only what is missing is done."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.errors import AdaptstiltsError

MADE = ["none", "--target", "xnli", "--attacks", "none", "--limit", "16", "--langs", "en,qab",
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
    told = json.loads(call("attack", key[:8], "--attacks", "swap,greedy", "--budget", "9", "--out", out, "--json", "-q"))
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
