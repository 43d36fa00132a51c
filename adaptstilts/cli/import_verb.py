"""`import`: records that another lab pooled, taken into a store."""

from __future__ import annotations

from pathlib import Path

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import echo, print_json, talk
from adaptstilts.listeners import Speaker

log = Speaker(__name__)


@click.command(name="import", epilog="Example: adaptstilts import theirs.tar.gz --out pooled")
@click.argument("file", type=options.FILE)
@options.shared(options.out, options.as_json, options.quiet)
def command(file: Path, out: Path, as_json: bool, quiet: bool) -> None:
    """Add the records of FILE, made by `export --records`, to the store: all of them or, if any contradicts it, none.

    Records of one key may differ in cost and provenance only; the store's own then stays. Steps come without weights:
    a later step that needs them makes them again.
    """
    from adaptstilts.store.pool import take_in
    from adaptstilts.store.store import Store

    talk(quiet)
    found = take_in(Store(out), file)
    if as_json:
        print_json({"new": list(found.new), "known": found.known, "files": list(found.files)})
        return
    echo("\n".join((*found.new, *found.files)), nl=bool(found.new or found.files))
    log.info(f"{len(found.new)} records are new, {found.known} were there")
