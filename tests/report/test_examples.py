"""`show` and `list`: rows as a model is given them, facts of every noun, edits marked, reasons where there are no rows."""

import json

import pytest
from click.testing import CliRunner

from adaptstilts.attacks import ATTACKS
from adaptstilts.cli.list_verb import NOUNS
from adaptstilts.cli.list_verb import command as list_command
from adaptstilts.cli.show_verb import command as show_command
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import load_config
from adaptstilts.errors import NotApplicable
from adaptstilts.files import write_json
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.report.examples import examples
from adaptstilts.tasks import TASKS
from tests.report.records import challenge_record, records


def call(command, *words):
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def pocket(*settings):
    return load_config("pocket", settings, {})


def test_a_pair_is_given_as_its_two_texts():
    config = pocket()
    found = examples(ConfigFacts(config).task("pawsx"), config, 2, 0)
    assert found.problems == () and len(found.rows) == 2 * 7
    for row in found.rows:
        assert row.inputs == (f"<s> {row.fields['first']}</s></s> {row.fields['second']}</s>",)
        assert row.cut == 0


def test_choices_are_as_many_inputs():
    config = pocket()
    found = examples(ConfigFacts(config).task("hellaswag"), config, 2, 0)
    assert {len(row.inputs) for row in found.rows} == {4} and {row.language for row in found.rows} == {"en"}


def test_what_does_not_fit_is_counted():
    config = pocket("limits.max_length=12", "limits.stride=1")
    (row,) = examples(ConfigFacts(config).task("mnli"), config, 1, 0).rows
    assert row.cut > 0 and len(row.inputs[0]) < len(row.fields["first"] + row.fields["second"])
    assert (
        f"{row.cut} tokens of it do not fit"
        in call(show_command, "mnli", "-s", "limits.max_length=12", "-s", "limits.stride=1").stdout
    )


def test_xlmr_reads_an_answer_window_after_the_question(hub):
    """The published tokenizer of XLM-R gives `<s> A</s></s> B</s>` for a pair."""
    backbone = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    settings = (f"backbone.name={backbone}", "limits.max_length=384", "limits.stride=128")
    config = load_config("xlmr-large", settings, {"data.source": str(hub)})
    task = ConfigFacts(config).task("pawsx")
    row = examples(task, config, 1, 0).rows[0]
    assert row.inputs[0].startswith("<s>") and row.inputs[0].count("</s>") == 3
    assert row.fields["second"].split()[0] in row.inputs[0].split("</s></s>")[1]


def test_without_a_tokenizer_rows_are_shown_all_the_same(tmp_path):
    config = pocket(f"backbone.name={tmp_path}")
    found = examples(ConfigFacts(pocket()).task("pawsx"), config, 1, 0)
    assert len(found.rows) == 7 and all(row.inputs == () for row in found.rows)
    assert "not shown as a model is given them" in found.problems[0]


def test_one_reason_for_all_languages_that_lack_rows(tmp_path):
    config = load_config("pocket", (), {"data.source": str(tmp_path)})
    found = examples(TASKS.get("pawsx"), config, 1, 0)
    (problem,) = found.problems
    assert found.rows == () and all(language in problem for language in TASKS.get("pawsx").languages)
    assert problem.startswith("no rows for ") and "paws-x" in problem  # what to put there


@pytest.mark.parametrize("name", ["squad", "panx", "tatoeba", "sib200"])
def test_show_a_task(name):
    shown = json.loads(call(show_command, name, "--json").stdout)
    assert shown["licence"] and shown["citation"] and shown["declared in"].endswith(f"{name}.py")
    assert all(row["given"] for row in shown["rows"]) and shown["problems"] == []


def test_show_a_challenge_set():
    done = call(show_command, "hans")
    assert "xnli, mnli, anli" in done.stdout and "MIT" in done.stdout
    assert "no rows in pocket" in done.stderr


@pytest.mark.parametrize("name", [*ATTACKS.names(), *COMPOSITIONS.names()])
def test_show_an_attack_or_a_composition(name):
    facts = json.loads(call(show_command, name, "--json").stdout)
    assert facts["name"] == name and facts["summary"] and facts["citation"]


def test_edits_are_marked():
    shown = call(show_command, "swap", "--text", "यह एक साधारण वाक्य है", "--lang", "hi", "--severity", "0.2").stdout
    assert "→" in shown.splitlines()[2]
    assert "finds nothing to change" in call(show_command, "swap", "--text", "12 34").stdout


def test_what_needs_more_than_a_text_says_so():
    for name in ("greedy", "mix_fields"):
        with pytest.raises(NotApplicable):
            call(show_command, name, "--text", "a plain sentence")
    with pytest.raises(NotApplicable, match="lexicon"):
        call(show_command, "codemix", "--text", "यह एक वाक्य है", "--lang", "hi")


def test_show_a_run_with_its_challenge_sets(tmp_path):
    transfer, scores = records(attacks=("swap",), languages=("en", "qaa"))
    hans = challenge_record(transfer, "hans", {"en": 0.25})
    hans["spec"] |= {"rows": 400, "limits": scores[0]["spec"].get("limits")}
    for known in (transfer, *scores, hans):
        folder = tmp_path / "steps" / known["key"]
        folder.mkdir(parents=True)
        write_json(folder / "record.json", known)
    shown = call(show_command, transfer["key"][:6], "--out", str(tmp_path)).stdout
    assert shown.count("chance") == 2 and ["hans", "en", "30", "accuracy", "25.0"] in [
        line.split()[:5] for line in shown.splitlines()
    ]


@pytest.mark.parametrize("noun", NOUNS)
def test_lists(noun, tmp_path):
    rows = json.loads(call(list_command, noun, "--json", "--out", str(tmp_path)).stdout)
    assert rows or noun == "runs"
    assert all(row["name"] in call(list_command, noun).stdout for row in rows[:1])
