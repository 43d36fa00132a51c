"""Options that several verbs share, so that they are spelt and explained once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from adaptstilts.cli import completion
from adaptstilts.config.declared import Setting, setting_at
from adaptstilts.config.sections import Config
from adaptstilts.errors import InputError
from adaptstilts.settings import MOST

F = Callable[..., Any]
PLACE = click.Path(path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class Whole(click.types.IntParamType):
    """A whole number that records can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if abs(found) > MOST:
            self.fail(f"{value} is beyond {MOST}.", param, ctx)
        return found


class FiniteRange(click.FloatRange):
    """A range of numbers, of which NaN is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is no number.", param, ctx)
        return found


RANGES: dict[Any, Any] = {int: click.IntRange, float: FiniteRange}

config = click.option(
    "--config", "-c", "config_name", default="pocket", show_default=True, metavar="NAME|FILE",
    help="A shipped config (`adaptstilts list configs`) or a YAML file.", shell_complete=completion.one(completion.configs),
)  # fmt: skip
settings = click.option(
    "--set", "-s", "settings", multiple=True, metavar="KEY=VALUE",
    help="Change one setting, e.g. transfer.recipe.steps=300 or backbone=DIR; may be repeated.",
)  # fmt: skip


def setting(option: str, *keys: str, also: str = "", empty: str = "", **more: Any) -> Callable[[F], F]:
    """An option that sets the settings with these keys. Type, bounds and help are as the first is declared, unless `more` tells.

    `also` is a second name of the option. A list is given as `A,B`, and one of no items as `empty`, if there can be one; what is
    true by itself also as `--no-…`.
    """
    declared = setting_at(Config, keys[0].split("."))
    listed = get_origin(declared.kind) is tuple

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value not in (None, ""):
            value = () if listed and value == empty else names(value) if listed else value
            changes().update(dict.fromkeys(keys, value))

    if declared.kind is bool and declared.default is True:
        option = f"{option}/--no-{option.removeprefix('--')}"
    told = {"help": declared.doc, "type": type_of(declared), "is_flag": declared.kind is bool, "default": None, **more}
    return click.option(option, *filter(None, (also,)), callback=keep, expose_value=False, **told)


def type_of(declared: Setting) -> Any:
    """What click takes for a setting: its type within its bounds; lists come as one text."""
    kind, bounds = declared.kind, declared.bounds
    if get_origin(kind) is tuple:
        return str
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    return kind if bounds.least is None else RANGES[kind](bounds.least, bounds.most, bounds.above, bounds.below)


seed = click.option("--seed", default=0, show_default=True, type=Whole(), help="Seed of everything random in training.")
data = setting(
    "--data", "data.source", metavar="DIR",
    help="Read rows from this folder (the Hub's own layout) in place of the config's source.",
)  # fmt: skip
langs = setting(
    "--langs", "evaluation.languages", metavar="A,B", help="Score these languages only.",
    shell_complete=completion.several(completion.languages),
)  # fmt: skip
attacks = setting(
    "--attacks", "evaluation.attacks", empty="none", metavar="A,B",
    help="Use these attacks and challenge sets only; `none` for none.",
    shell_complete=completion.several(completion.attacks, completion.challenges),
)  # fmt: skip
limit = setting(
    "--limit", "evaluation.rows", metavar="N", help="Score at most N rows a language; training has --train-rows."
)
train_rows = setting("--train-rows", "transfer.rows", metavar="N", help="Train the target on at most N rows.")
adapter_rows = setting(
    "--train-rows", "intermediate.rows", also="--limit", metavar="N", help="Train each adapter on at most N rows."
)
source_lang, intermediate_lang = (
    setting(
        "--source-lang",
        key,
        metavar="CODE",
        help="Train in this language in place of English.",
        shell_complete=completion.one(completion.languages),
    )
    for key in ("data.language", "data.intermediate_language")
)
standin = setting("--allow-standin", "data.allow_standin")
lexicon = setting("--lexicon", "data.lexicon", metavar="DIR")
budget = setting("--budget", "evaluation.budget")
severity = setting("--severity", "evaluation.severity")
radius = setting("--radius", "evaluation.radius")
attacked_rows = setting(
    "--rows", "evaluation.rows", "evaluation.search_rows", help="Rows a language, for searches too."
)
out = click.option(
    "--out", default="runs", show_default=True, type=PLACE, help="The store: where steps and records go."
)
zoo = click.option("--zoo", "shelf", metavar="DIR", type=PLACE, help="This zoo alone.")
retrain = click.option("--retrain", is_flag=True, help="Train every adapter anew; take none from the zoo.")
calibration = click.option(
    "--calibration", "calibration_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this calibration, e.g. of a cluster's GPU; default: this user's own of the backbone.",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
quiet = click.option("--quiet", "-q", is_flag=True, help="No talk and no progress; results only.")


def changes() -> dict[str, Any]:
    """What options of the running command set in the config, by dotted key; an option that is not given sets nothing."""
    kept: dict[str, Any] = click.get_current_context().meta.setdefault(__name__, {})
    return kept


def load(config: str, texts: Iterable[str]) -> Config:
    """The config of this name with the texts of `--set`, then what other options set, laid over it."""
    from adaptstilts.config.load import load_config

    return load_config(config, texts, changes(), adapters)


def adapters() -> list[str]:
    """The names of the adapters in the zoos that the running command reads."""
    from adaptstilts.zoo.zoo import zoos

    return [entry.name for entry in zoos(click.get_current_context().params.get("out") or Path("runs"))]


def names(text: str | None) -> tuple[str, ...]:
    """`a,b` as names, none for None; blanks around them do not matter. InputError for a text without any."""
    found = tuple(part.strip() for part in (text or "").split(",") if part.strip())
    if text is not None and not found:
        raise InputError(f"{text!r} names nothing", do="Leave the option out, or name one or more with commas between.")
    return found


def shared(*decorators: F) -> Callable[[F], F]:
    """Apply several option decorators, so that help lists them in the order given."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply
