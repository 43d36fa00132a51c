"""Options that several verbs share, so that they are spelt and explained once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from adaptstilts.config.load import Config

F = Callable[..., Any]

config = click.option(
    "--config", "-c", "config_name", default="pocket", show_default=True, metavar="NAME|FILE",
    help="A shipped config (`adaptstilts list configs`) or a YAML file.",
)  # fmt: skip
settings = click.option(
    "--set", "-s", "settings", multiple=True, metavar="KEY=VALUE",
    help="Change one setting, e.g. transfer.recipe.steps=300 or backbone=DIR; may be repeated.",
)  # fmt: skip
data = click.option(
    "--data", metavar="DIR", help="Read rows from this folder (the Hub's own layout) in place of the config's source."
)
seed = click.option("--seed", default=0, show_default=True, help="Seed of everything random in training.")
langs = click.option("--langs", metavar="A,B", help="Score these languages only.")
attacks = click.option("--attacks", metavar="A,B", help="Use these attacks and challenge sets only; `none` for none.")
limit = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N rows per training set and per language."
)
source_lang = click.option("--source-lang", metavar="CODE", help="Train in this language in place of English.")
standin = click.option(
    "--allow-standin", is_flag=True,
    help="Where a task's data are licensed and not there, train on its declared stand-in; every number says so.",
)  # fmt: skip
lexicon = click.option("--lexicon", metavar="DIR", help="Bilingual dictionaries for `codemix` (MUSE or PanLex files).")
budget = click.option("--budget", type=click.IntRange(min=1), help="Queries that a search may spend on a row.")
severity = click.option(
    "--severity", type=click.FloatRange(0, 1, min_open=True), help="Target share of letters that change."
)
attacked_rows = click.option("--rows", type=click.IntRange(min=1), help="Rows a language, for searches too.")
out = click.option(
    "--out",
    default="runs",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The store: where steps and records go.",
)
zoo = click.option(
    "--zoo", "shelf", metavar="DIR", type=click.Path(path_type=Path),
    help="This zoo alone.",
)  # fmt: skip
retrain = click.option("--retrain", is_flag=True, help="Train every adapter anew; take none from the zoo.")
calibration = click.option(
    "--calibration", "calibration_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this calibration, e.g. of a cluster's GPU; default: this user's own of the backbone.",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
quiet = click.option("--quiet", "-q", is_flag=True, help="No talk and no progress; results only.")


@dataclass(frozen=True)
class Overrides:
    """The shared options that change a config."""

    settings: tuple[str, ...]
    data: str | None = None
    langs: str | None = None
    attacks: str | None = None
    limit: int | None = None
    source_lang: str | None = None
    allow_standin: bool = False
    lexicon: str | None = None

    def load(self, config: str) -> Config:
        """The config of this name with everything laid over it; named options win over `--set`."""
        from adaptstilts.config.load import load_config

        return load_config(config, self.settings, self.values())

    def values(self) -> dict[str, Any]:
        """What the named options change, by dotted key."""
        values: dict[str, Any] = {}
        if self.data:
            values["data.source"] = self.data
        if self.source_lang:
            values["data.language"] = self.source_lang
        if self.langs:
            values["evaluation.languages"] = names(self.langs)
        if self.attacks:
            values["evaluation.attacks"] = () if self.attacks == "none" else names(self.attacks)
        if self.limit:
            values |= dict.fromkeys(("intermediate.rows", "transfer.rows", "evaluation.rows"), self.limit)
        if self.allow_standin:
            values["data.allow_standin"] = True
        if self.lexicon:
            values["data.lexicon"] = self.lexicon
        return values


def names(text: str | None) -> tuple[str, ...]:
    """`a,b` as names; blanks around them do not matter."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def shared(*decorators: F) -> Callable[[F], F]:
    """Apply several option decorators, so that help lists them in the order given."""

    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply
