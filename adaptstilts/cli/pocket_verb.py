"""`pocket`: the embedded lab itself: build its encoder, look at its languages, fill its zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import talk
from adaptstilts.cli.tables import print_found
from adaptstilts.numerals import percent


@click.group(name="pocket")
def command() -> None:
    """The embedded lab: generated languages, a tiny encoder, twins of every task."""


@command.command(name="sample", epilog="Example: adaptstilts pocket sample --task pawsx -n 2")
@click.option("--task", metavar="NAME", help="Rows of this task's twin in place of plain sentences.")
@click.option(
    "-n", "count", default=3, show_default=True, type=click.IntRange(min=1), help="How many, in every language."
)
@options.shared(options.seed, options.as_json)
def sample(task: str | None, count: int, seed: int, as_json: bool) -> None:
    """The same sentences, or rows of a twin, in every language of the lab."""
    from adaptstilts import pocket
    from adaptstilts.data.sources import facts_for, source_of
    from adaptstilts.kinds import kind_of
    from adaptstilts.tasks import TASKS

    if task is None:
        spoken = ((code, text) for code in pocket.LANGUAGES for text in pocket.sample(code, count, seed))
        found: list[dict[str, Any]] = [{"language": code, "text": text} for code, text in spoken]
    else:
        facts = facts_for(TASKS.get(task), source_of("pocket"))
        kind = kind_of(facts.kind)
        found = [
            {"language": code, **kind.shown(row, facts)}
            for code in facts.languages
            for row in pocket.rows(facts.twin or task, "test", code, count, seed)
        ]
    print_found(found, list(found[0]), [[str(line[key]) for key in found[0]] for line in found], as_json=as_json)


@command.command(name="build", epilog="Example: adaptstilts pocket build --out encoder --seed 1")
@click.option("--out", required=True, type=options.PLACE, help="The folder that the encoder is written to.")
@click.option("--steps", type=click.IntRange(min=1), help="Training steps; the shipped encoder's number if not given.")
@options.shared(options.seed, options.quiet)
def build(out: Path, steps: int | None, seed: int, quiet: bool) -> None:
    """Make a pocket encoder from nothing: text, tokenizer, pretraining. Killed, it goes on where it was."""
    from adaptstilts.threads import cap_threads
    from adaptstilts.training.pretraining.build import build as pretrain
    from adaptstilts.training.pretraining.recipe import EncoderRecipe

    talk(quiet)
    recipe = EncoderRecipe(seed=seed) if steps is None else EncoderRecipe(seed=seed, steps=steps)
    pretrain(out, recipe, threads=cap_threads())


@command.command(name="zoo", epilog="Example: adaptstilts pocket zoo --shelf adapter_zoo")
@click.option(
    "--shelf", type=options.PLACE, help="The zoo to fill; the one that travels with the package if not given."
)
@options.shared(options.out, options.seed, options.as_json, options.quiet)
def zoo(shelf: Path | None, out: Path, seed: int, as_json: bool, quiet: bool) -> None:
    """Train the nine pocket adapters and put them in the zoo: the one command behind the shipped one."""
    from adaptstilts.cli.compose_verb import do, introduce
    from adaptstilts.config.load import load_config
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.plan.ingredients import adapter_step
    from adaptstilts.store.store import Store
    from adaptstilts.tasks import GROUPS
    from adaptstilts.zoo.shelf import adapter_record, shelve
    from adaptstilts.zoo.zoo import Zoo, shipped_zoo

    talk(quiet)
    config = load_config("pocket")
    introduce(config)
    store, facts, shelf_zoo = Store(out), ConfigFacts(config), Zoo(shelf) if shelf else shipped_zoo()
    steps = [adapter_step(facts, task, seed) for task in sorted(GROUPS.get("phang2020").tasks)]
    do(steps, config, store, shelf_zoo, quiet)
    entries = [shelve(adapter_record(store, step.key), store, shelf_zoo, origin="shipped") for step in steps]
    shelf_zoo.prune()
    rows = [(e.name, e.digest, ", ".join(f"{k} {percent(v)}" for k, v in e.scores.items())) for e in entries]
    found, headings = [entry.as_dict() for entry in entries], ("adapter", "digest", "scores")
    print_found(found, headings, rows, str(shelf_zoo.root), as_json=as_json)
