"""`journal`: in which order a store's plans and steps came, and whether a line that was posted is of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import complain, echo, print_json


@click.command(
    name="journal",
    epilog='Examples: adaptstilts journal --out runs;  adaptstilts journal --posted "adaptstilts plan pocket-k 4f…"',
)
@click.option(
    "--posted", metavar="LINE",
    help="A line that `preregister` or this command printed, posted elsewhere since: does the store still fit it?",
)  # fmt: skip
@options.shared(options.out, options.as_json)
def command(posted: str | None, out: Path, as_json: bool) -> None:
    """Check the store's journal, and tell its plans, looks and imports in order.

    The last line printed names the journal as it is now: posted elsewhere, it shows later that nothing up to here was made after.
    Ends with 2 where the journal is broken, records are not those that it tells of, or a posted line does not fit.
    """
    from adaptstilts.store import chain

    found = chain.own_chain(out)
    told = _told(found)
    problems = _problems(out, found)
    fits = _fits(posted, out, found) if posted else ""
    if as_json:
        print_json({**told, "problems": problems, **({"posted": fits or "fits"} if posted else {})})
    else:
        for line in told["entries"]:
            echo(line)
        echo(f"{told['steps']:,} finished steps")
        echo(told["line"])
    complain(problems)
    if posted and not as_json:
        echo(fits or "the posted line fits this store", err=bool(fits))
    if problems or fits:
        raise click.exceptions.Exit(2)


def _told(found: Any) -> dict[str, Any]:
    """The entries that are no steps, a line each with how many steps came before; and the line to post."""
    entries, steps = [], 0
    for entry in found.entries:
        if entry.kind == "step":
            steps += 1
            continue
        shown = {name: value for name, value in entry.told.items() if name not in ("at", "records", "posted")}
        shown |= {"records": len(entry.records)} if entry.kind in ("start", "import") else {}
        said = " ".join(f"{name} {value}" for name, value in shown.items() if value != "")
        entries.append(f"{entry.told.get('at', '')}  after {steps:,} steps  {entry.kind} {said}")
    return {"entries": entries, "steps": steps, "line": f"adaptstilts journal {len(found.entries)} {found.head or '-'}"}


def _problems(out: Path, found: Any) -> list[str]:
    from adaptstilts.store import chain
    from adaptstilts.store.store import Store

    store = Store(out)
    if not found.entries and not found.broken:
        return ["no journal: order cannot be shown"] if any(map(store.done, store.known())) else []
    gone = [key for key in found.records if not store.done(key)]
    changed = chain.changed(out, [key for key in found.records if store.done(key)])
    untold = [key for key in store.known() if store.done(key) and key not in found.records]
    several = Counter(len(times) > 1 for times in found.made.values())[True]
    told = [f"the journal is broken: {found.broken}"] if found.broken else []
    for keys, what in ((gone, "gone"), (changed, "not as finished"), (untold, "not in the journal")):
        told += [f"{len(keys):,} records are {what}: {', '.join(keys[:5])}"] if keys else []
    return [*told, *([f"{several:,} steps were made more than once"] if several else [])]


def _fits(line: str, out: Path, found: Any) -> str:
    """Why a posted line does not fit the store; empty if it does."""
    from adaptstilts.errors import InputError
    from adaptstilts.store.registration import registered

    words = line.split()
    if len(words) != 4 or words[:2] not in (["adaptstilts", "plan"], ["adaptstilts", "journal"]):
        do = "Give the line as it was printed: adaptstilts plan SWEEP DIGEST, or adaptstilts journal COUNT DIGEST."
        raise InputError("this is no posted line", where="--posted", do=do)
    if words[1] == "plan":
        plan = registered(out)
        return "" if plan is not None and plan.line.split() == words else "the plan of this store is another"
    here = {str(entry.number): entry.digest for entry in found.entries}
    return "" if here.get(words[2]) == words[3] else "the journal of this store is another, or was written anew"
