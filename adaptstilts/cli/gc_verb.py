"""`gc`: weights that no record needs, told first and removed when told so."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import echo, print_json


@click.command(name="gc", epilog="Example: adaptstilts gc --out runs, and once more with --yes")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only told.")
@click.option(
    "--finished", is_flag=True,
    help="Also weights of finished steps that nothing planned needs any more, and what is kept for speed alone; both are made again.",
)  # fmt: skip
@options.shared(options.out, options.as_json)
def command(yes: bool, finished: bool, out: Path, as_json: bool) -> None:
    """Find weights that no record needs: checkpoints of finished steps, and what steps left that have no record and no plan.

    Records and predictions are never removed, nor anything of a step that runs.
    """
    from adaptstilts.errors import InputError
    from adaptstilts.store.garbage import remove, spare
    from adaptstilts.store.scratch import LOCK, left_behind
    from adaptstilts.store.store import Store

    store = Store(out)
    if not store.steps.is_dir() and not any((path / LOCK).is_file() for path in left_behind(out)):
        raise InputError("there is no store here", where=str(out), do="Name the folder of a store with --out.")
    found = spare(store, finished=finished)
    size = sum(one.size for one in found)
    won = remove(store, found) if yes else 0
    if as_json:
        folders = [{"path": str(one.path), "step": one.key or None, "why": one.why, "bytes": one.size} for one in found]
        print_json({"folders": folders, "bytes": size, "removed_bytes": won})
        return
    for one in found:
        echo(f"{one.size:>15,}  {one.path}  {one.why}")
    if yes:
        echo(f"{won:,} bytes won back", err=True)
    else:
        echo(f"{size:,} bytes; remove them with --yes" if found else "nothing to remove", err=True)
