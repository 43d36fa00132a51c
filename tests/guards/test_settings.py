"""Settings: numbers that are none, ranges, and secrets, by whichever way they come."""

import json

import pytest

from adaptstilts.cli.main import cli
from adaptstilts.config.load import load_config
from adaptstilts.errors import AdaptstiltsError, ConfigError, InputError
from adaptstilts.launch.engines import engine_named, options_of
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.registration import plan_of
from adaptstilts.store.store import Store

NAN = float("nan")
FLOATS = [
    "transfer.recipe.rate", "transfer.recipe.weight_decay", "transfer.recipe.epochs", "transfer.tasks.pawsx.rate", "evaluation.severity",
    "evaluation.radius", "evaluation.depth", "adapter.reduction", "device.lowest_gb", "full.rate",
]  # fmt: skip
INTEGERS = [
    "transfer.recipe.steps", "transfer.recipe.batch", "limits.max_length", "evaluation.budget", "backbone.seed", "adapter.rank",
    "transfer.rows",
]  # fmt: skip


def put(key, value, way, folder):
    """Give a setting a value by `--set`, in a file, or as a program does."""
    if way == "set":
        return load_config("pocket", [f"{key}={value}"])
    if way == "program":
        return load_config("pocket", (), {key: value})
    name, *rest = key.split(".")
    text = value
    for part in reversed(rest):
        text = f"{{{part}: {text}}}"
    (folder / "it.yaml").write_text(f"extends: pocket\n{name}: {text}\n")
    return load_config(str(folder / "it.yaml"))


@pytest.mark.parametrize("way", ["set", "file", "program"])
@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "nan", "1e999", "1:30", "yes", "[]", "abc"])
@pytest.mark.parametrize("key", FLOATS)
def test_numbers_that_are_none(tmp_path, key, value, way):
    given = (
        {".nan": float("nan"), ".inf": float("inf"), "-.inf": -float("inf")}.get(value, value)
        if way == "program"
        else value
    )
    with pytest.raises(ConfigError) as told:
        put(key, given, way, tmp_path)
    assert key in str(told.value) and told.value.exit_code == 2


@pytest.mark.parametrize("way", ["set", "file"])
@pytest.mark.parametrize("value", ["1:30", "yes", "1.5", "1e30", "9" * 30, "9" * 5001, "2020-01-01", "''"])
@pytest.mark.parametrize("key", INTEGERS)
def test_whole_numbers_that_are_none(tmp_path, key, value, way):
    with pytest.raises(ConfigError) as told:
        put(key, value, way, tmp_path)
    assert key in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("transfer.recipe.clip=-1", "clip: must be above 0"),
        ("transfer.recipe.weight_decay=-1", "weight_decay: must be at least 0"),
        ("transfer.recipe.warmup=7", "warmup: must be within 0 and 1"),
        ("transfer.recipe.batch=100000000000", "batch: must be within 1 and 65536"),
        ("transfer.recipe.steps=100000000000000000000000000", "steps: beyond 9,007,199,254,740,992"),
        ("transfer.recipe.epochs=1e25", "epochs: must be in"),
        ("limits.max_length=100000000", "max_length: must be within"),
        ("adapter.reduction=1e-300", "reduction: must be at least 0.001"),
        ("sweep.seeds=[99999999999999999999]", "sweep.seeds"),
    ],
)
def test_ranges(text, told):
    with pytest.raises(ConfigError, match=told):
        load_config("pocket-k", [text])


def test_numbers_stay_what_they_were():
    found = load_config("pocket", ["transfer.recipe.steps=9", "transfer.recipe.rate=3e-4", "transfer.recipe.warmup=1"])
    recipe = found.transfer.recipe
    assert (recipe.steps, recipe.rate, recipe.warmup) == (9, 3e-4, 1.0)


@pytest.mark.parametrize(
    "given",
    [
        {"sesoi": float("inf")},
        {"sesoi": NAN},
        {"alpha": NAN},
        {"weights": {"swap": NAN}},
        {"weights": {"swap": float("inf")}},
    ],
)
def test_numbers_of_a_registered_plan(tmp_path, given):
    sweep = expand(load_config("pocket-k", ["sweep.orderings=1", "sweep.controls={}"]), store=Store(tmp_path))
    with pytest.raises(InputError, match="the plan: "):
        plan_of(sweep, **given)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "swap", "--text", "a text", "--severity", "9"),
        ("show", "swap", "--text", "a text", "--severity", "nan"),
        ("show", "swap", "--lang", "xx"),
        ("fuse", "--tasks", "mnli", "--target", "pawsx", "--seed", "9" * 30),
        ("attack", "2b65", "--radius", "inf"),
        ("attack", "2b65", "--radius", "nan"),
        ("attack", "2b65", "--severity", "nan"),
        ("train", "mnli", "--source-lang", "xx"),
        ("fuse", "--tasks", "mnli", "--target", "pawsx", "--source-lang", "xx"),
        ("fuse", "--tasks", "mnli", "--target", "pawsx", "--langs", "xx"),
        ("check", "pawsx", "--langs", "xx"),
        ("preregister", "pocket-k", "--langs", "xx", "--set", "sweep.orderings=1"),
        ("report", "--format", "xyz", "."),
    ],
)
def test_codes_and_ranges_on_the_command_line(tmp_path, monkeypatch, words):
    import click

    monkeypatch.chdir(tmp_path)
    with pytest.raises((AdaptstiltsError, click.ClickException)) as told:
        cli.main(list(words), standalone_mode=False)
    assert told.value.exit_code == 2 and not list(tmp_path.iterdir())


SECRETS = ["https://user:PASSWORD@host/x", "ftp://u:p@h", "hf_" + "A" * 34, "https://host/x?token=abcdef"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "key", ["data.text", "data.source", "backbone.name", "data.lexicon", "summary", "language_adapters"]
)
def test_no_setting_takes_a_secret(tmp_path, key, secret):
    value = {"de": secret} if key == "language_adapters" else secret
    (tmp_path / "it.yaml").write_text(json.dumps({"name": "it", "extends": "pocket", "summary": secret}))
    ways = [
        lambda: load_config("pocket", [f"{key}={json.dumps(value)}"]),
        lambda: load_config("pocket", (), {key: value}),
        lambda: load_config(str(tmp_path / "it.yaml")),
        lambda: engine_named("slurm", options_of((f"setup=[{json.dumps(secret)}]",))),
    ]
    for way in ways:
        with pytest.raises(ConfigError, match="a password or a token") as told:
            way()
        assert secret not in str(told.value) and "PASSWORD" not in str(told.value)


def test_addresses_without_secrets_are_taken():
    assert load_config("pocket", ["data.text=https://host/x"]).data.text == "https://host/x"
