"""`export`: predictions of finished transfers as files for others to score."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import Talk, print_json


@click.command(name="export", epilog="Example: adaptstilts export --xtreme submission 2b6500cc 41d07a9e")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--xtreme",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the folder layout of XTREME's leaderboard here.",
)
@options.shared(options.out, options.as_json, options.quiet)
def command(runs: tuple[str, ...], xtreme: Path, out: Path, as_json: bool, quiet: bool) -> None:
    """Write the test predictions of each RUN, a finished transfer (the first letters of its key).

    One folder a task, one file a language, as XTREME's leaderboard and its evaluate.py read them. Runs of all nine tasks in
    one DIR are a submission; what is missing is told.
    """
    from adaptstilts.experiments.store import Store
    from adaptstilts.report.export import export

    talk, store = Talk(quiet), Store(out)
    found = [export(store, run, xtreme) for run in runs]
    files = [str(path) for each in found for path in each.files]
    notes = [note for each in found for note in each.notes]
    for note in notes:
        talk.say(f"note: {note}")
    if as_json:
        print_json({"files": files, "notes": notes})
    else:
        click.echo("\n".join(files))
