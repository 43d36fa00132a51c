"""`pin`: write down the commits that branches on the Hub mean today, so that every later run reads the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, echo, talk
from adaptstilts.cli.tables import print_found


@click.command(name="pin", epilog="Example: adaptstilts pin panx udpos --config xlmr-base")
@click.argument(
    "tasks",
    nargs=-1,
    metavar="[TASK]...",
    shell_complete=completion.one(completion.tasks, completion.targets, completion.challenges),
)
@click.option(
    "--lock", metavar="FILE", type=options.FILE,
    help="The lock file; if not given, what ADAPTSTILTS_LOCK names, or else adaptstilts.lock.json here.",
)  # fmt: skip
@click.option(
    "--all", "hashes", is_flag=True, help="Also ask for the commits that declarations name by hash; those stay."
)
@options.shared(options.config, options.settings, options.as_json)
@click.pass_context
def command(ctx: click.Context, /, tasks: tuple[str, ...], lock: Path | None, hashes: bool, **given: Any) -> None:
    """Pin the data sets of TASKs, of all tasks if none is named, and the config's backbone.

    Asks the Hub which commits their branches are at and writes those to a lock file. Every later run reads these commits,
    and its keys and records name them.

    Ends with 2 if a repository is gone; the others are written all the same.
    """
    from adaptstilts.data.hub import pins
    from adaptstilts.data.hub.snapshot import is_hash
    from adaptstilts.models.door.folder import local_folder
    from adaptstilts.tasks import TASKS
    from adaptstilts.tasks.naming import spelt_out

    talk()
    backbone = options.load(given["config_name"], given["settings"]).backbone
    wanted = pins.sources_of([TASKS.get(name) for name in spelt_out(tasks)] or TASKS, hashes=hashes)
    if local_folder(backbone.name) is None and (hashes or not is_hash(backbone.revision)):
        wanted.append(pins.Pin("model", backbone.name, backbone.revision))
    path = lock or pins.lock_file()
    before = pins.read_lock(path) if path.exists() else {}
    found, gone = pins.resolve(wanted)
    pins.write_lock(path, (pin for pin in found if not is_hash(pin.revision)))
    if path.absolute() != pins.lock_file().absolute():
        echo(f"runs read this file only with ADAPTSTILTS_LOCK={path.absolute()}", err=True)
    lines = [
        {"type": p.kind, "id": p.id, "revision": p.revision, "commit": p.commit, "state": _state(p, before)}
        for p in found
    ]
    told = {"lock": str(path), "pins": lines, "gone": [str(error) for error in gone]}
    headings = ("type", "id", "revision", "commit", "")
    print_found(told, headings, [tuple(line.values()) for line in lines], str(path), as_json=given["as_json"])
    complain(f"gone: {error}" for error in gone)
    if gone:
        ctx.exit(2)


def _state(pin: Any, before: dict[Any, str]) -> str:
    """How a pin compares with what the lock file held."""
    if pin.revision == pin.commit:
        return "declared"
    old = before.get(replace(pin, commit=""))
    return "new" if old is None else "unchanged" if old == pin.commit else f"was {old[:12]}"
