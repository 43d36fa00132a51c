"""`pocket`: the embedded lab itself: build its encoder, look at its languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import talk
from adaptstilts.cli.tables import print_found


@click.group(name="pocket")
def command() -> None:
    """The embedded lab: generated languages, a tiny encoder, twins of every task."""


@command.command(name="sample", epilog="Example: adaptstilts pocket sample --task pawsx -n 2")
@click.option(
    "--task", metavar="NAME", help="Rows of this task's twin in place of plain sentences.",
    shell_complete=completion.one(completion.tasks, completion.targets),
)  # fmt: skip
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
