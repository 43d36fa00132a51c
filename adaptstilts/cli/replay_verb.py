"""`replay`: the texts that an attack found on each run, scored on all the others."""

from __future__ import annotations

from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.compose_verb import do, introduce, make_page
from adaptstilts.cli.console import leads, print_json, talk
from adaptstilts.cli.tables import print_rows
from adaptstilts.numerals import percent


@click.command(name="replay", epilog="Example: adaptstilts replay 2b6500cc 97f1a2 --attack greedy --budget 100")
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--attack",
    default="greedy",
    show_default=True,
    metavar="NAME",
    help="The attack whose texts are replayed.",
    shell_complete=completion.one(completion.attacks),
)
@options.shared(
    options.budget, options.severity, options.attacked_rows, options.langs, options.settings, options.data, options.out,
    options.as_json, options.quiet,
)  # fmt: skip
def command(runs: tuple[str, ...], attack: str, **given: Any) -> None:
    """Print who falls for whose texts: the share of common rows that each RUN gets wrong in the texts found on another.

    Common rows are those that every run gets right when clean and that the attack could edit for each. The diagonal is the
    attack itself; off it, a model that is only harder to search falls for others' texts as well.
    """
    from adaptstilts.report.cell.page import FILE
    from adaptstilts.store.store import Store
    from adaptstilts.work.replay import matrix, replay
    from adaptstilts.zoo.zoo import zoos

    talk(given["quiet"])
    store = Store(given["out"])
    planned = replay(store, runs, attack, options.changes(), given["settings"])
    introduce(planned.config)
    do(planned.steps, planned.config, store, zoos(given["out"]), given["quiet"])
    if not leads():
        return
    for transfer in planned.transfers:
        if (store.folder(transfer.key) / FILE).is_file():
            make_page(store, store.transfer(transfer.key))
    found = matrix(store, planned)
    titles = [transfer.title for transfer in planned.transfers]
    keys = [transfer.key for transfer in planned.transfers]
    if given["as_json"]:
        records = [[score.key for score in line] for line in planned.grid]
        told = {"runs": keys, "titles": titles, "attack": attack, "common": len(found.common), "records": records}
        print_json({**told, "success": found.success, "excess": found.excess})
        return
    heading = f"{attack}: share of {len(found.common)} common rows that fall, in %"
    lines = [
        (f"{title} [{key[:8]}]", *(percent(share) for share in line))
        for title, key, line in zip(titles, keys, found.success, strict=True)
    ]
    print_rows(("found on, read by", *(key[:8] for key in keys)), lines, title=heading)
