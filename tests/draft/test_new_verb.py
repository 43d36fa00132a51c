"""`new attack`, `new composition`, `new sweep`: what they write works as it is."""

import json
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from adaptstilts.cli.main import cli
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import extended, lay, load_config
from adaptstilts.draft.sweep import draft_sweep
from adaptstilts.draft.templates import ATTACKS, COMPOSITION
from adaptstilts.errors import ConfigError, InputError

SMALL = (
    "--limit",
    "8",
    "--train-rows",
    "16",
    "--langs",
    "en,qaa",
    "--set",
    "transfer.tasks={}",
    "--set",
    "transfer.recipe.steps=1",
)


def adaptstilts(*words, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "adaptstilts", *words], cwd=cwd, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_attacks_and_a_composition_run_as_they_are_written(tmp_path):
    for words in (("attack", "double"), ("attack", "hunt", "--family", "search"), ("composition", "house")):
        assert f"--include {words[1]}.py" in adaptstilts("new", *words, cwd=tmp_path).stderr
    included = [word for name in ("double", "hunt", "house") for word in ("--include", f"{name}.py")]
    shown = adaptstilts(*included, "show", "double", "--text", "a perfectly ordinary sentence", "--json", cwd=tmp_path)
    assert json.loads(shown.stdout)["after"] != "a perfectly ordinary sentence"
    words = ("house", "--tasks", "mnli,squad", "--target", "pawsx", "--attacks", "double,hunt", "--json", *SMALL)
    found = json.loads(adaptstilts(*included, *words, cwd=tmp_path).stdout)
    assert found["transfer"]["composition"] == "house"
    assert [score["attack"] for score in found["scores"]] == [None, "double", "hunt"]
    assert 0 < found["scores"][2]["scores"]["qaa"]["queries"] <= 30


def test_a_sweep_is_a_config_that_plans(tmp_path):
    done = adaptstilts(
        "new", "sweep", "mine", "--tasks", "pocket-qqp,mnli,squad,csqa", "--target", "pawsx", cwd=tmp_path
    )
    assert "adaptstilts plan mine.yaml" in done.stderr
    config = load_config(str(tmp_path / "mine.yaml"), adapters=lambda: ["pocket-qqp"])
    assert (config.name, config.sweep.k, config.sweep.orderings) == ("mine", (0, 1, 2), 4)
    assert config.sweep.pool == ("pocket-qqp", "mnli", "squad", "csqa") and config.sweep.spending.device_hours
    plan = json.loads(adaptstilts("plan", "mine.yaml", "--json", cwd=tmp_path).stdout)
    assert plan["cells"] == 12 and not plan["left_out"]
    again = CliRunner().invoke(
        cli, ["new", "sweep", "mine", "--tasks", "mnli", "--target", "pawsx", "--to", str(tmp_path)]
    )
    assert isinstance(again.exception, InputError) and "a file here already" in str(again.exception)


@pytest.mark.parametrize(
    ("pool", "controls", "task"),
    [
        (["squad", "pocket-mnli", "qqp", "csqa"], ("random", "copies", "wide"), "squad"),
        (["pocket-mnli", "squad"], ("random", "copies", "wide"), "squad"),
        (["pocket-mnli", "pocket-squad"], ("random",), ""),
    ],
)
def test_the_hints_of_a_sweep_are_settings_that_load(pool, controls, task):
    """Uncommented as they stand, they name no task that the pool lacks; that a line takes twelve models is Taori et al.'s (2020)."""
    text = draft_sweep("mine", "pocket", pool, ["pawsx"], adapters=lambda: pool)
    text = text.replace("# reference:", "reference:").replace("# controls:", "controls:")
    design = lay(extended(yaml.safe_load(text)), "mine", (), {}, lambda: pool).sweep
    assert design.reference.points >= 12 and max(design.reference.fractions) > 1
    assert (design.controls.compositions, design.controls.task) == (controls, task)
    assert design.controls.k == (max(design.k),)


@pytest.mark.parametrize(
    ("targets", "said"), [("pawsx", "one target alone"), ("tatoeba,pawsx", "of none"), ("pawsx,udpos", "")]
)
def test_targets_that_can_give_no_verdict_are_told_at_once(targets, said, tmp_path):
    words = ["new", "sweep", "mine", "--tasks", "mnli,squad,qqp,csqa", "--target", targets, "--to", str(tmp_path)]
    told = CliRunner().invoke(cli, words).stderr
    assert "next:" in told and ("can give no verdict" in told) == bool(said) and said in told


def test_what_to_type_next_lets_in_what_was_let_in(tmp_path):
    adaptstilts("new", "attack", "double", cwd=tmp_path)
    words = (
        "--include",
        "double.py",
        "new",
        "sweep",
        "mine",
        "--tasks",
        "mnli,squad",
        "--target",
        "pawsx",
        "--source-lang",
        "de",
    )
    told = adaptstilts(*words, cwd=tmp_path).stderr
    assert "adaptstilts --include double.py plan mine.yaml" in told
    assert "data: {language: de}\n" in (tmp_path / "mine.yaml").read_text()


def test_what_is_wrong_with_a_sweep_is_told_before_it_is_written():
    with pytest.raises(ConfigError, match="did you mean mnli"):
        draft_sweep("mine", "pocket", ["mnlii", "squad"], ["pawsx"], adapters=tuple)
    with pytest.raises(ConfigError, match="'xnlii'"):
        draft_sweep("mine", "pocket", ["mnli", "squad"], ["xnlii"], adapters=tuple)


def test_templates_say_what_contributing_says():
    assert set(ATTACKS) == {"static", "search"}
    for text in (*ATTACKS.values(), COMPOSITION):
        assert text.count('"NAME"') == 1 and "put your own" in text
        compile(text, "template", "exec")


def test_a_composition_cannot_be_called_as_a_verb_is():
    for name in ("list", "new", *COMPOSITIONS.names()[:1]):
        done = CliRunner().invoke(cli, ["new", "composition", name])
        assert isinstance(done.exception, InputError), name
