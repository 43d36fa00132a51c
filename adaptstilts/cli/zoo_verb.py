"""`zoo`: what is on the shelf, whether it is whole, what comes and what goes; and the making of a whole shelf."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import echo, print_json, talk
from adaptstilts.cli.list_verb import adapters_in, print_listing
from adaptstilts.cli.tables import print_found, print_rows
from adaptstilts.errors import InputError
from adaptstilts.files import write_whole
from adaptstilts.numerals import percents
from adaptstilts.store.store import Store
from adaptstilts.zoo.verification import Flaw
from adaptstilts.zoo.verification import verify as examine
from adaptstilts.zoo.zoo import CARDS, Zoo, open_zoos, shipped_zoo, user_zoo, zoos

MOST = 10
"""How many runs that need an adapter are named."""


@click.group(name="zoo", epilog="Example: adaptstilts zoo verify")
def command() -> None:
    """The adapter zoo: an index and files by digest.

    Two zoos are read as one: the one that travels with the package, which nothing changes, and your own: the one
    that ADAPTSTILTS_ZOO names, else the folder `zoo` in the store (--out). --zoo names one alone.
    """


@command.command(name="list", epilog="Example: adaptstilts zoo list --json")
@options.shared(options.zoo, options.out, options.as_json)
def listing(shelf: Path | None, out: Path, as_json: bool) -> None:
    """The adapters of both zoos, or of the one named."""
    columns, rows = adapters_in([entry for zoo in _read(shelf, out) for entry in zoo])
    print_listing("adapters", columns, rows, as_json)


@command.command(name="verify", epilog="Example: adaptstilts zoo verify --zoo adapter_zoo")
@options.shared(options.zoo, options.out, options.as_json)
@click.pass_context
def verify(ctx: click.Context, shelf: Path | None, out: Path, as_json: bool) -> None:
    """Check every digest, header and configuration against the index; ends with 1 if anything is damaged.

    What is left over from a process that was stopped is named too, and harms nothing.
    """
    looked = _read(shelf, out)
    found = {str(zoo.root): examine(zoo) for zoo in looked}
    if as_json:
        print_json([{"zoo": root, "findings": list(map(dataclasses.asdict, each))} for root, each in found.items()])
    else:
        _tell(looked, found)
    if any(each.level == "damaged" for findings in found.values() for each in findings):
        ctx.exit(1)


@command.command(name="rm", epilog="Example: adaptstilts zoo rm my-mnli")
@click.argument("names", metavar="NAME…", nargs=-1, required=True, shell_complete=completion.one(completion.adapters))
@click.option("--yes", is_flag=True, help="Also adapters that finished runs of the store need.")
@options.shared(options.zoo, options.out, options.as_json)
def remove(names: tuple[str, ...], yes: bool, shelf: Path | None, out: Path, as_json: bool) -> None:
    """Take adapters out of your zoo, and their files where no other name has the same.

    What finished runs of the store need stays, unless --yes is given: attacks on these runs read it.
    """
    zoo = Zoo(shelf) if shelf else user_zoo(out)
    own, travelling = {entry.name for entry in zoo}, {entry.name for entry in shipped_zoo()}
    fixed = [name for name in names if name not in own and name in travelling]
    if fixed:
        do = f"To take it out of there all the same, name that zoo: --zoo {shlex.quote(str(shipped_zoo().root))}"
        what = f"{', '.join(fixed)} travels with the package and is not in your zoo"
        raise InputError(what, where=str(zoo.root), do=do)
    for name in names:
        zoo.named(name)
    if not yes:
        _check_unneeded(zoo, names, out)
    gone = [zoo.remove(name) for name in dict.fromkeys(names)]
    kept = {entry.digest for entry in zoo}
    lines = [{"name": e.name, "digest": e.digest, "files": "kept" if e.digest in kept else "removed"} for e in gone]
    rows = [list(line.values()) for line in lines]
    print_found(lines, ("removed", "digest", "files"), rows, str(zoo.root), as_json=as_json)


@command.command(name="add", epilog="Example: adaptstilts zoo add afb2a580 --as my-anli")
@click.argument("key")
@click.option("--as", "name", default="", metavar="NAME", help="Its name in the zoo; <config>-<task> if not given.")
@options.shared(options.zoo, options.out, options.as_json)
def add(key: str, name: str, shelf: Path | None, out: Path, as_json: bool) -> None:
    """Put an adapter that a step of the store has trained into your zoo, so that other stores find it.

    KEY is the step's key or its beginning (`adaptstilts list adapters`). Where ADAPTSTILTS_ZOO names the zoo, every
    command takes the adapter from there in place of training it.
    """
    from adaptstilts.zoo.shelf import adapter_record, shelve

    store, own = Store(out), shelf or user_zoo(out).root
    entry = shelve(adapter_record(store, key), store, open_zoos([shipped_zoo().root, own]), name=name, replace=False)
    row = [entry.name, entry.task, entry.digest]
    print_found(entry.as_dict(), ("added", "task", "digest"), [row], str(own), as_json=as_json)


@command.command(name="build", epilog="Example: adaptstilts zoo build --config pocket --zoo adapter_zoo")
@click.argument("tasks", nargs=-1, metavar="[TASK]...", shell_complete=completion.one(completion.tasks))
@click.option("--half", is_flag=True, help="Shelve weights in float16: half the size.")
@options.shared(
    options.config,
    options.settings,
    options.data,
    options.seed,
    options.standin,
    options.zoo,
    options.out,
    options.as_json,
    options.quiet,
)
def build(tasks: tuple[str, ...], *, half: bool, shelf: Path | None, out: Path, **given: Any) -> None:
    """Train the adapters of a config and put them, each with its card, in the zoo that travels with the package.

    This is the one command behind the adapters that are shipped. Without a TASK they are those of the nine tasks of
    Phang et al. 2020. Stopped, it goes on where it was.
    """
    from adaptstilts.cli.compose_verb import do, introduce
    from adaptstilts.hub.card import shelf_card
    from adaptstilts.hub.package import of_shelved
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.plan.ingredients import adapter_step
    from adaptstilts.tasks import GROUPS
    from adaptstilts.tasks.naming import spelt_out
    from adaptstilts.zoo.shelf import adapter_record, shelve

    talk(given["quiet"])
    config = options.load(given["config_name"], given["settings"])
    introduce(config)
    store, facts, zoo = Store(out), ConfigFacts(config), Zoo(shelf) if shelf else shipped_zoo()
    named = spelt_out(tasks) or sorted(GROUPS.get("phang2020").tasks)
    steps = [adapter_step(facts, name, given["seed"]) for name in named]
    do(steps, config, store, zoo, given["quiet"])
    entries = []
    for step in steps:
        record = adapter_record(store, step.key)
        entry = shelve(record, store, zoo, origin="shipped", half=half)
        flags = [flag for flag, wanted in (("--half", half), ("--allow-standin", record.standins)) if wanted]
        again = " ".join((f"adaptstilts zoo build {record.task} --config {record.provenance.config}", *flags))
        write_whole(zoo.root / CARDS / f"{entry.name}.md", shelf_card(of_shelved(record, entry, zoo), again))
        entries.append(entry)
    zoo.prune()
    rows = [(e.name, e.digest, percents(e.scores)) for e in entries]
    found, headings = [entry.as_dict() for entry in entries], ("adapter", "digest", "scores")
    print_found(found, headings, rows, str(zoo.root), as_json=given["as_json"])


def _check_unneeded(zoo: Zoo, names: tuple[str, ...], out: Path) -> None:
    """InputError where a finished run of the store needs one of these adapters, and no zoo will have its files any more."""
    from adaptstilts.zoo.shelf import needing

    others = [each for each in zoos(out).zoos if each.root.resolve() != zoo.root.resolve()]
    kept = {entry.digest for each in (zoo, *others) for entry in each if each is not zoo or entry.name not in names}
    digests = {name: digest for name in names if (digest := zoo.named(name).digest) not in kept}
    lines = [f"{name}: {run}" for name, digest in digests.items() for run in needing(Store(out), digest)]
    if lines:
        more = f"\n  - and {len(lines) - MOST} more" if len(lines) > MOST else ""
        what = "finished runs need this:" + "".join(f"\n  - {line}" for line in lines[:MOST]) + more
        raise InputError(what, where=str(out), do="--yes removes it all the same; these runs cannot be attacked then.")


def _read(shelf: Path | None, out: Path) -> Sequence[Zoo]:
    """The zoo that was named, else both; InputError for a folder without one."""
    if shelf and not (shelf / "index.json").is_file():
        raise InputError("there is no zoo here (no index.json)", where=str(shelf), do="Name the folder of a zoo.")
    return (Zoo(shelf),) if shelf else zoos(out).zoos


def _tell(looked: Sequence[Zoo], found: dict[str, list[Flaw]]) -> None:
    rows = [[each.level, each.name, each.what, f"{each.where}\n{each.do}"] for all_ in found.values() for each in all_]
    if rows:
        print_rows(("", "name", "what", "where, and what to do"), rows)
    for zoo in looked:
        if not found[str(zoo.root)]:
            echo(f"{zoo.root}: {len(list(zoo))} adapters, all whole")
