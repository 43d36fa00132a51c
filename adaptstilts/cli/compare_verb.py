"""`compare`: runs side by side over the same rows, in the terminal and on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import echo, leads, print_json, talk, typed
from adaptstilts.cli.tables import print_rows
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.listeners import Speaker

log = Speaker(__name__)


@click.command(name="compare", epilog="Example: adaptstilts compare 2b6500cc 97f1a2")
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--page", metavar="FILE", type=options.FILE, help="Where the page goes.  [default: compare/ in the store]"
)
@options.shared(options.out, options.as_json, options.quiet)
def command(runs: tuple[str, ...], page: Path | None, **given: Any) -> None:
    """Hold finished transfers (the first letters of their keys) against the first of them: clean, attacked, and what attacks take.

    Only rows that all of them have been scored on count, and of an attack those that it reached in all. Differences have 95 %
    intervals of a paired bootstrap: all answers to a row, and a row's translations, are drawn together. Another seed or
    other tasks would move them further. Nothing is computed by a model.
    """
    from adaptstilts.report.comparison.compare import compare
    from adaptstilts.report.comparison.page import grids, write_comparison
    from adaptstilts.store.runs import transfer_record
    from adaptstilts.store.store import Store

    if not leads():
        return
    talk(given["quiet"])
    store = Store(given["out"])
    records = {record.key: record for record in (transfer_record(store, run) for run in runs)}
    found = compare(store, list(records.values()))
    if given["as_json"]:
        print_json(found.as_dict())
    else:
        for letter, run in zip(found.letters, found.runs, strict=True):
            echo(f"{letter}  {run.title}, seed {run.seed} [{run.key}]")
        table = grids(found)[0]
        lines = [[cell.text for cell in line.cells] for line in table.lines]
        print_rows(table.headings, lines, title=table.caption, numbers=range(1, len(table.headings)))
        for heading, sentence in found.bounds:
            echo(f"  {heading} {sentence}")
        for note in found.notes:
            echo(f"  {note}")
    file = page or store.root / "compare" / f"{'-'.join(key[:8] for key in records)}.html"
    try:
        log.info(f"page   {write_comparison(file, found, store, typed())}")
    except EnvironmentProblem as error:
        if page or not given["as_json"]:
            raise
        log.warning(f"no page: {error}")
