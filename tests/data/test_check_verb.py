"""`check` and `show`: which rows they read, what they refuse, and the exit code that a script sees."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.cli.check_verb import command
from adaptstilts.config.load import load_config
from adaptstilts.data.spelling import decomposed_rows, is_decomposed, unknown_rows
from adaptstilts.errors import UnknownName
from adaptstilts.kinds import KINDS, kind_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.report.examples import examples
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, RetrievalRow, SpanRow, TaggingRow
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.task import Task

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


SPELT = {
    "he\u0301": True, "h\u00e9": False, "q\u0323": False, "\u1112\u1161\u11ab": True, "\ud55c": False,
    "s\u0323\u0307": True, "\u1e69": False, "\u0b95\u0bc6\u0bbe": True, "\u0b95\u0bca": False,
    "\u09df": False, "\u09af\u09bc": False, "\u0dc3\u0dca\u200d": False,
}  # fmt: skip
"""By the Unicode Character Database: U+09DF is excluded from composition, so that neither spelling is the composed one."""


@pytest.mark.parametrize(("text", "apart"), SPELT.items())
def test_decomposed_is_what_unicode_composes(text, apart):
    assert is_decomposed(f"a {text}b") == apart


@pytest.mark.parametrize("name", sorted(KINDS))
def test_rows_of_every_kind_are_counted_by_their_spelling(name):
    plain, apart, odd = "an open door", "an ope\u0301n door", "an o\u2060pen door"
    task = Task("toy", name, "target", "", "accuracy", labels=("O", "B-X"))
    rows = [row_of(name, text, i) for i, text in enumerate([plain, apart, odd])]
    assert decomposed_rows(rows, kind_of(name), task) == 1
    assert unknown_rows(rows, kind_of(name), task, Knows()) == 1


class Knows:
    """A tokenizer of Latin letters and blanks."""

    unk_token_id = 3

    def __call__(self, texts, **options):
        return {"input_ids": [[3 if letter == "\u2060" else ord(letter) for letter in text] for text in texts]}


def row_of(kind, text, i):
    head = (str(i), "en", str(i))
    if kind in ("single", "pair"):
        return ClassificationRow(*head, "a", text, 0) if kind == "pair" else ClassificationRow(*head, text, None, 0)
    if kind == "choice":
        return ChoiceRow(*head, "a", "b", ("c", text), 0)
    if kind == "span":
        return SpanRow(*head, text, "a", (Answer(text[:2], 0),))
    if kind == "tagging":
        return TaggingRow(*head, tuple(text.split()), (0, 0, 0))
    return RetrievalRow(*head, "a", text)


def test_check_counts_decomposed_rows_and_unknown_pieces(tmp_path):
    rows = [("e\u0301", "b"), ("a", "b"), ("\u2060", "b")]
    file = tmp_path / "xnli" / "sw" / "test.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(json.dumps({"first": a, "second": b, "label": 0}) + "\n" for a, b in rows))
    done = check("xnli", "--langs", "sw", "--data", str(tmp_path), "--json")
    (split,) = (s for s in json.JSONDecoder().raw_decode(done.stdout)[0]["splits"] if s["rows"])
    assert (split["decomposed"], split["unknown"]) == (1, 1), "the pocket lab writes accents, and no U+2060"
    assert "not counted" not in done.stderr
    absent = check("xnli", "--langs", "sw", "--data", str(tmp_path), "--set", "backbone=no/such-encoder", "--json")
    (split,) = (s for s in json.JSONDecoder().raw_decode(absent.stdout)[0]["splits"] if s["rows"])
    assert split["unknown"] is None and "unknown pieces are not counted" in absent.stderr
    wrong = check("xnli", "--langs", "sw", "--data", str(tmp_path), "--set", "backbone=/no/such/folder")
    assert wrong.exit_code == 0 and "not counted: backbone.name: no backbone" in wrong.stderr


def test_six_rows_of_xcopa_in_tamil_are_decomposed(hub):
    """As published, and as the issue counted them."""
    done = check("xcopa", "--langs", "ta", "--data", str(hub / "datasets"), "--json")
    found = json.JSONDecoder().raw_decode(done.stdout)[0]["splits"]
    assert sum(s["decomposed"] for s in found if s["language"] == "ta") == 6
