"""`check` and `show`: which rows they read, what they refuse, and the exit code that a script sees."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.check_verb import command
from adaptstilts.config.load import load_config
from adaptstilts.errors import UnknownName
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.report.examples import examples
from adaptstilts.tasks import TASKS

ROW = json.dumps({"first": "a", "second": "b", "label": 1}) + "\n"


@pytest.fixture
def folder(tmp_path):
    for place in ("xnli/sw/test", "xnli/de/train", "mnli/ru/train", "mnli/en/dev"):
        file = tmp_path / f"{place}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ROW)
    return tmp_path


def check(*words):
    return CliRunner().invoke(command, words)


def splits(done):
    return {(s["split"], s["language"]): s["rows"] for s in json.JSONDecoder().raw_decode(done.stdout)[0]["splits"]}


def test_training_rows_are_those_of_the_source_language(folder):
    data = ("--data", str(folder), "--json")
    assert splits(check("xnli", *data))["train", "en"] == 0
    for asked in (("--source-lang", "de"), ("--set", "data.language=de")):
        assert splits(check("xnli", *data, *asked))["train", "de"] == 1
    for asked in (("--source-lang", "ru"), ("--set", "data.intermediate_language=ru")):
        assert splits(check("mnli", *data, *asked))["train", "ru"] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("xnli",), 0),
        (("xnli", "--langs", "sw"), 0),
        (("xnli", "--langs", "sw,ur"), 2),
        (("xnli", "--langs", "de"), 2),
        (("pawsx",), 2),
    ],
)
def test_missing_rows_end_with_2(folder, words, code):
    done = check(*words, "--data", str(folder))
    assert done.exit_code == code, done.output
    assert code == 0 or words == ("pawsx",) or f"no rows to score in what was asked for: {words[2][-2:]}" in done.stderr


def test_an_unknown_language_is_refused(folder):
    done = check("xnli", "--langs", "sw,swa", "--data", str(folder))
    assert isinstance(done.exception, UnknownName) and "did you mean" in str(done.exception)


def test_of_a_pool_the_rows_that_ask_are_shown(tmp_path):
    """LAReQA's rows are mostly sentences that only widen the pool; a limit leaves all of these."""
    context = "A cat sat. The dog ran. Birds fly. Fish swim. Snow fell."
    asked = [
        {"id": word, "question": f"{word}?", "answers": [{"text": word, "answer_start": context.index(word)}]}
        for word in ("cat", "dog", "Birds", "Fish")
    ]
    file = tmp_path / "lareqa" / "en" / "test.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": asked}]}]}))
    config = load_config("pocket", (), {"data.source": str(tmp_path)})
    found = examples(ConfigFacts(config).task("lareqa"), config, 3, 0)
    assert [row.fields["query"] for row in found.rows] == ["cat?", "dog?", "Birds?"]


def test_an_intermediate_task_is_shown_in_its_source_language(folder):
    config = load_config("pocket", ("data.intermediate_language=ru",), {"data.source": str(folder)})
    (row,) = examples(TASKS.get("mnli"), config, 3, 0).rows
    assert (row.language, row.fields["first"]) == ("ru", "a")
