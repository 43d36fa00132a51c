"""`attack`: any attack or challenge set on a transfer that is done."""

from __future__ import annotations

import time
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.compose_verb import do, introduce, show
from adaptstilts.cli.console import talk
from adaptstilts.listeners import Speaker
from adaptstilts.store.store import Store

log = Speaker(__name__)


@click.command(
    name="attack", epilog="Example: adaptstilts attack 2b6500cc --attacks swap,greedy --budget 200 --langs qaa,qad"
)
@click.argument("run")
@options.shared(
    options.radius, options.attacks, options.budget, options.severity, options.attacked_rows, options.langs, options.settings, options.data,
    options.lexicon, options.out, options.as_json, options.quiet,
)  # fmt: skip
def command(run: str, **given: Any) -> None:
    """Attack RUN, a finished transfer (the first letters of its key), with the config that it was made with.

    What was scored before is not scored again; `--attacks` names attacks and challenge sets (`adaptstilts list attacks`,
    `adaptstilts list challenges`), the config's own ones if not given.
    """
    from adaptstilts.plan.cell import scored
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.store.runs import config_of, transfer_named

    began = time.monotonic()
    talk(given["quiet"])
    store = Store(given["out"])
    transfer = transfer_named(store, run)
    config = config_of(store, transfer, options.changes(), given["settings"])
    introduce(config)
    log.info(f"{transfer.title} [{transfer.key}]")
    todo = scored(ConfigFacts(config), transfer)
    for reason in todo.left_out.values():
        log.info(f"n/a: {reason}")
    from adaptstilts.zoo.zoo import zoos

    new = do(todo.scores, config, store, zoos(given["out"]), given["quiet"])
    show(store, transfer.key, [step.key for step in todo.scores], new, began, as_json=given["as_json"])
