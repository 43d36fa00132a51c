"""`status`: how the steps of a store stand."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import complain, echo, print_json
from adaptstilts.cli.tables import print_rows


@click.command(name="status", epilog="Example: adaptstilts status --out runs")
@options.shared(options.out, options.as_json)
def command(out: Path, as_json: bool) -> None:
    """Count the steps of each sweep in the store by kind (done, running, failed, waiting), and of no sweep by config; tell recent failures.

    `adaptstilts why KEY` tells everything about one of them.
    """
    from adaptstilts.store.status import standings
    from adaptstilts.store.store import Store

    problems: list[str] = []
    found = standings(Store(out), problems)
    complain(problems)
    if as_json:
        print_json([standing.as_dict() for standing in found])
        return
    if not found:
        echo(f"nothing in {out} yet", err=True)
        return
    states = ("done", "running", "failed", "waiting")
    rows = [
        (standing.name, kind, str(sum(counts.values())), *(str(counts.get(state, 0)) for state in states))
        for standing in found
        for kind, counts in standing.counts.items()
    ]
    print_rows(("sweep", "kind", "steps", *states), rows)
    for standing in found:
        for failure in standing.failures:
            echo(f"failed  {failure.key}  {failure.title}: {failure.error}")
