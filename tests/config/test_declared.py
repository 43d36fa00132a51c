"""Settings as they are declared: every one has a meaning, bounds are told the same everywhere, a recipe's are each task's."""

import dataclasses
import re

import pytest

from adaptstilts.config.declared import setting_at, settings_of
from adaptstilts.config.load import load_config
from adaptstilts.config.sections import Config, Difference
from adaptstilts.errors import ConfigError
from adaptstilts.launch.engines import MODULES, engine_named, options_of
from adaptstilts.settings import Recipe

SETTINGS = {setting.key: setting for setting in settings_of(Config)}


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_has_a_meaning(key):
    assert SETTINGS[key].doc.endswith(".")


def test_every_section_is_walked():
    for key in (
        "name",
        "backbone.quantize",
        "intermediate.recipe.merge_rate",
        "sweep.controls.k",
        "evaluation.retrieval.margin",
    ):
        assert key in SETTINGS
    assert SETTINGS["evaluation.budget"].default == 50 and SETTINGS["sweep.reference.seeds"].default == (0,)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("evaluation.budget", "at least 1"), ("evaluation.radius", "above 0"), ("evaluation.severity", "in (0, 1]"),
        ("transfer.recipe.held_out", "in (0, 1)"), ("sweep.orderings", "within 1 and 1000"), ("data.source", ""),
        ("transfer.rows", "at least 1"), ("sweep.severities.0", "in (0, 1]"), ("transfer.tasks.pawsx.rate", "above 0"),
    ],
)  # fmt: skip
def test_bounds_in_words(key, told):
    assert str(setting_at(Config, key.split(".")).bounds) == told


@pytest.mark.parametrize("key", [key for key, setting in SETTINGS.items() if setting.kind is float])
@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_numbers_that_are_not_finite_are_refused(key, number):
    with pytest.raises(ConfigError, match=rf"{key}: input should be a finite number"):
        load_config("pocket-k", [f"{key}={number}"])


@pytest.mark.parametrize("key", [key for key, setting in SETTINGS.items() if setting.bounds.least is not None])
def test_bounds_are_kept(key):
    bounds = SETTINGS[key].bounds
    with pytest.raises(ConfigError, match=re.escape(f"{key}: must be {bounds}")):
        load_config("pocket-k", [f"{key}={bounds.least - (not bounds.above)}"])


def test_a_task_may_differ_in_every_setting_of_a_recipe():
    names = [field.name for field in dataclasses.fields(Difference)]
    assert names == ["rows", *(field.name for field in dataclasses.fields(Recipe))]
    config = load_config("pocket", ["transfer.tasks.pawsx.merge_rate=0.5", "full.merge_rate=0.25"])
    assert config.transfer.recipe_for("pawsx").merge_rate == 0.5
    assert config.full.over(config.transfer.recipe).merge_rate == 0.25
    with pytest.raises(ConfigError, match=r"transfer\.tasks\.pawsx\.merge_rate: must be at least 0"):
        load_config("pocket", ["transfer.tasks.pawsx.merge_rate=-1"])
    assert load_config("pocket", ["full.merge_rate=0"]).full.merge_rate == 0


def test_rules_over_several_values_are_told_beside_what_is_wrong_with_one():
    settings = [
        "limits.stride=64",
        "transfer.recipe={steps: 1, epochs: 2}",
        "intermediate.recipe.steps=many",
        "sweep.k=[0, -1]",
    ]
    with pytest.raises(ConfigError) as caught:
        load_config("pocket-k", [*settings, "full={steps: 1, epochs: 1}", "sweep.controls.orderings=9"])
    assert len(caught.value.problems) == 6
    for told in (
        "limits.stride: must be less than half", "transfer.recipe: set exactly one", "intermediate.recipe.steps: ",
        "sweep.k: -1 is not at least 0", "full: set exactly one", "sweep.controls.orderings: must be within 1",
    ):  # fmt: skip
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["transfer.recipe={steps: 1, rate: x, epochs: 2}"], ["recipe.rate: ", "recipe: set exactly one"]),
        (["transfer.recipe={steps: many, epochs: 2}"], ["recipe.steps: ", "recipe: set exactly one"]),
        (["transfer.recipe.steps=many"], ["transfer.recipe.steps: "]),
        (["transfer=3"], ["transfer: "]),
        (["limits.max_length=x", "limits.stride=32"], ["limits.max_length: "]),
        (["transfer.tasks.foo.ratee=1"], ["foo.ratee: unknown key", "transfer.tasks.foo: there is no such task"]),
        (["sweep.controls={compositions: [random], kk: [1]}"], ["kk: unknown key", "sweep.controls: name both"]),
        (["sweep.reference.fractions=[0.5, 0]"], ["0.0 is not above 0", "sweep.reference: 4 models are too few"]),
        (["sweep.baselines=[{over: pool}, {composition: none, tasks: [mnli], over: each}]"], ["composition: "]),
        (["sweep.k=[1, -1]"], ["sweep.k: -1 is not at least 0"]),
        (["sweep.k=['-1.0']"], ["sweep.k: -1 is not at least 0"]),
        (["transfer.recipe.steps='0.0'"], ["transfer.recipe.steps: must be at least 1 (got 0)"]),
        (["language_adapters={5: [x]}"], ["language_adapters.5"]),
    ],
)
def test_what_is_wrong_hides_no_rule_and_breaks_none(settings, told):
    with pytest.raises(ConfigError) as caught:
        load_config("pocket-k", settings)
    problems = caught.value.problems
    assert len(problems) == len(told) and all(words in said for words, said in zip(told, problems, strict=True)), (
        problems
    )


@pytest.mark.parametrize("name", MODULES)
def test_engines_settings_are_checked_like_a_config(name):
    with pytest.raises(ConfigError, match=r"enginee: unknown key; did you mean 'engine'\?"):
        engine_named(name, {"enginee": "x"})


def texts():
    """Every setting whose values are any texts; a sweep's are names that must be known, the config's own becomes a file's."""
    free = [setting for setting in settings_of(Config) if setting.kind is str and setting.key != "name"]
    return [setting for setting in free if not setting.key.startswith("sweep.")]


AS_WRITTEN = (
    "no",
    "on",
    "0123456",
    "1e3",
    "2020-01-01",
    "enc #2",
    "a: b",
    "[x",
    "{x",
    "@x",
    "query: ",
    "~x",
    ".5",
    "'",
    "*x",
    "#",
)


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_text_is_taken_as_it_is_written(written):
    """YAML makes a flag, a number, a date or nothing of these; its own `safe_load` shows that each is changed or refused."""
    for setting in texts():
        found = load_config("pocket", [f"{setting.key}={written}"])
        for part in setting.key.split("."):
            found = getattr(found, part)
        assert found == written, setting.key


@pytest.mark.parametrize("written", ["no", "0123456", "1e3", "2020-01-01", "null"])
def test_so_it_is_in_a_file_and_in_lists_and_mappings(tmp_path, written):
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"extends: pocket\nname: {written}\nsummary: s\nbackbone: {{revision: {written}}}\n"
        f"evaluation: {{attacks: [{written}, swap], rows: 1_000}}\nlanguage_adapters: {{{written}: {written}}}\n"
    )
    found = load_config(str(path))
    assert (found.name, found.backbone.revision, found.evaluation.attacks) == (written, written, (written, "swap"))
    assert dict(found.language_adapters) == {written: written}
    assert found.evaluation.rows == 1000


def test_where_none_is_a_value_null_is_none_and_quotes_make_text_of_it():
    pooled = ["evaluation.retrieval.pooling=null", "evaluation.retrieval.query_prefix=~"]
    found = load_config("pocket", pooled).evaluation.retrieval
    assert found.pooling is None and found.query_prefix is None
    assert (
        load_config("pocket", ["evaluation.retrieval.query_prefix='null'"]).evaluation.retrieval.query_prefix == "null"
    )
    assert load_config("pocket", ['data.text="a b"', "data.lexicon="]).data.text == "a b"


def test_settings_below_what_was_set_whole():
    found = load_config("pocket", ["transfer.tasks={pawsx: {rate: 1e-3}}", "transfer.tasks.pawsx.steps=2"])
    assert (found.transfer.tasks["pawsx"].rate, found.transfer.tasks["pawsx"].steps) == (1e-3, 2)


def test_the_settings_of_engines_are_taken_in_the_same_way():
    assert options_of(("a.b=no",)) == {"a": {"b": "no"}}
