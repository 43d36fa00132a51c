"""`export`: predictions of finished transfers as files for others to score, or a store's records for others to pool."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import complain, echo, print_json, talk
from adaptstilts.listeners import Speaker
from adaptstilts.store.store import Store

log = Speaker(__name__)


@click.command(
    name="export",
    epilog="Examples: adaptstilts export --xtreme submission 2b6500cc 41d07a9e;  adaptstilts export --records ours.tar.gz",
)
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option(
    "--xtreme", metavar="DIR", type=options.FOLDER, help="Write the folder layout of XTREME's leaderboard here."
)
@click.option(
    "--records", metavar="FILE", type=options.FILE,
    help="Write records and predictions, without weights, to this .tar.gz or .zip; `import` takes it in elsewhere.",
)  # fmt: skip
@click.option(
    "--texts", is_flag=True, help="With --records: texts and gold answers too; mind the licences of the data."
)
@options.shared(options.out, options.as_json, options.quiet)
def command(
    runs: tuple[str, ...], xtreme: Path | None, records: Path | None, texts: bool, out: Path, as_json: bool, quiet: bool
) -> None:
    """Write the test predictions of each RUN, a finished transfer (the first letters of its key), or pool a store's records.

    With --xtreme one folder a task, one file a language, as XTREME's leaderboard and its evaluate.py read them. Runs of
    all nine tasks in one DIR are a submission; what is missing is told. With --records everything that was recorded of
    the RUNs, or of the whole store, in one file: scores and predictions, but texts and gold answers only with --texts. An
    attack that is imported without its texts is done again when a replay needs them.
    """
    if (xtreme is None) == (records is None):
        raise click.UsageError("Give either --xtreme DIR or --records FILE.")
    if xtreme is not None and not runs:
        raise click.UsageError("Missing argument 'RUN...'.")
    talk(quiet)
    if records is not None:
        _pool(runs, records, out, as_json, texts=texts)
    elif xtreme is not None:
        _xtreme(runs, xtreme, out, as_json)


def _pool(runs: tuple[str, ...], file: Path, out: Path, as_json: bool, *, texts: bool) -> None:
    from adaptstilts.report.edited import withheld
    from adaptstilts.store.pool import pool

    problems: list[str] = []
    count = pool(Store(out), file, runs, problems, texts=texts)
    complain(problems)
    log.info(f"{count} records, {'with' if texts else 'without'} texts and gold answers")
    if texts:
        scores = [record for record in Store(out).records([]) if record.step == "score"]
        for why in sorted({withheld(record).partition(";")[0] for record in scores} - {""}):
            log.warning(f"note: {why}")
    if as_json:
        print_json({"file": str(file), "records": count})
    else:
        echo(str(file))


def _xtreme(runs: tuple[str, ...], folder: Path, out: Path, as_json: bool) -> None:
    from adaptstilts.report.export import export

    store = Store(out)
    found = [export(store, run, folder) for run in runs]
    files = [str(path) for each in found for path in each.files]
    notes = [note for each in found for note in each.notes]
    for note in notes:
        log.info(f"note: {note}")
    if as_json:
        print_json({"files": files, "notes": notes})
    else:
        echo("\n".join(files))
