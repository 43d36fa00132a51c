"""`work`: one planned step, done from its `planned.json` alone; the command that every engine runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import json_lines, leads, print_json, talk
from adaptstilts.stops import end_with


@click.command(name="work", epilog="Example: adaptstilts work --store runs --key 2b6500cc51744dbc")
@click.option("--store", "-s", required=True, type=options.PLACE, help="The store that the step is in.")
@click.option("--key", "-k", required=True, help="The step's key; `-` reads keys from standard input, one a line.")
@click.option("--upstream", is_flag=True, help="Do what the step needs first.")
@click.option(
    "--zoo", multiple=True, type=options.PLACE, help="A zoo to look in, in place of the usual ones; may be repeated."
)
@click.option("--engine", default="work", show_default=True, help="What to call the engine in the record.")
@click.option(
    "--parent", type=int, metavar="PID", help="End, a checkpoint kept, when the process that started this one does."
)
@options.shared(options.as_json, options.quiet)
def command(
    store: Path,
    key: str,
    upstream: bool,
    zoo: tuple[Path, ...],
    engine: str,
    parent: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Do one planned step of a store, unless it is done.

    `sweep` and every composition write `planned.json` into each step's folder before they start; nothing else is needed,
    so that the step can be done on any machine that sees the store. Ends with 0 done, 1 failed (`error.txt` is kept), 2
    unknown key or a step before it not done, 3 environment, 75 stopped with a checkpoint kept.

    With `--key -` the process stays and answers each key by a JSON line with the code that it would have ended with.
    """
    from adaptstilts.launch.serve import Doer, serve
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.zoo import open_zoos, zoos

    if parent is not None:
        end_with(parent)
    talk(quiet or key == "-")
    doer = Doer(Store(store), open_zoos(zoo) if zoo else zoos(store), engine=engine)
    if key == "-":
        with json_lines() as answer:
            code = serve(doer, sys.stdin, answer)
        raise click.exceptions.Exit(code)
    doer.do(key, upstream=upstream)
    if as_json and leads():
        print_json(Store(store).record(key).plain())
