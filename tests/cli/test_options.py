"""Options that set settings: a line each, with type, bounds and help as the setting is declared."""

import click
import pytest
from click.testing import CliRunner

from adaptstilts.cli import options
from adaptstilts.config.declared import setting_at
from adaptstilts.config.sections import Config


def given(option, *words):
    """What a command with this option makes of the words; its own parameters stay free of settings."""

    @click.command()
    @options.shared(option)
    def command():
        click.echo(repr(options.changes()))

    done = CliRunner().invoke(command, words)
    return done.output.strip() if done.exit_code else eval(done.output)  # noqa: S307


@pytest.mark.parametrize(
    "key", ["evaluation.depth", "transfer.recipe.held_out", "sweep.planted_noise", "limits.stride"]
)
def test_a_new_one_is_one_line(key):
    @options.setting("--it", key)
    def command(): ...

    (option,) = command.__click_params__
    declared = setting_at(Config, key.split("."))
    bounds = declared.bounds
    assert option.help == declared.doc
    kind = option.type
    assert (kind.min, kind.max, kind.min_open, kind.max_open) == (
        bounds.least, bounds.most, bounds.above, bounds.below,
    )  # fmt: skip


def test_what_is_not_given_sets_nothing():
    for option in (options.data, options.langs, options.standin, options.limit, options.budget, options.lexicon):
        assert given(option) == {}
    assert given(options.data, "--data", "") == {}


def test_values_are_those_of_the_settings():
    assert given(options.data, "--data", "/a folder #1") == {"data.source": "/a folder #1"}
    assert given(options.standin, "--allow-standin") == {"data.allow_standin": True}
    assert given(options.langs, "--langs", "en, no") == {"evaluation.languages": ("en", "no")}
    assert given(options.attacks, "--attacks", "none") == {"evaluation.attacks": ()}
    assert given(options.langs, "--langs", "none") == {"evaluation.languages": ("none",)}
    assert given(options.severity, "--severity", "0.5") == {"evaluation.severity": 0.5}
    assert given(options.attacked_rows, "--rows", "7") == {"evaluation.rows": 7, "evaluation.search_rows": 7}
    assert given(options.limit, "--limit", "7") == {"evaluation.rows": 7}, (
        "training is as long, and reads as much, as without"
    )
    assert given(options.train_rows, "--train-rows", "7") == {"transfer.rows": 7}
    assert given(options.adapter_rows, "--train-rows", "7") == {"intermediate.rows": 7}
    assert given(options.adapter_rows, "--limit", "7") == {"intermediate.rows": 7}  # as `train` was told before


def test_choices_and_what_is_true_by_itself():
    start, adapter = options.setting("--init", "backbone.init"), options.setting("--adapter", "sweep.target_adapter")
    assert given(start) == given(adapter) == {}
    assert given(start, "--init", "random") == {"backbone.init": "random"}
    assert "'pretrained', 'random'" in given(start, "--init", "rendom")
    assert [given(adapter, word)["sweep.target_adapter"] for word in ("--adapter", "--no-adapter")] == [True, False]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (options.severity, ("--severity", "1.5")),
        (options.budget, ("--budget", "0")),
        (options.radius, ("--radius", "0")),
        (options.limit, ("--limit", "many")),
    ],
)
def test_values_out_of_bounds_are_refused(option, words):
    assert f"Invalid value for '{words[0]}'" in given(option, *words)
