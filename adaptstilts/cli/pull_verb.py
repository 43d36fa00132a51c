"""`pull`: an adapter or a transfer from the Hugging Face Hub, checked before it comes in."""

from __future__ import annotations

from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import hush, talk
from adaptstilts.cli.tables import print_found
from adaptstilts.listeners import Speaker
from adaptstilts.names import HUB

log = Speaker(__name__)


@click.command(name="pull", epilog="Example: adaptstilts pull me/pocket-mnli@main --as mnli-of-mine")
@click.argument("repository", metavar="REPO[@REVISION]")
@click.option(
    "--as", "name", default="", metavar="NAME", help="The adapter's name in the zoo; made of REPO if not given."
)
@click.option(
    "--convert-pickle", "convert", is_flag=True,
    help="Where there are no safetensors, read the tensors of a pickle, and nothing else of it.",
)  # fmt: skip
@click.option(
    "--config", "-c", "config_name", metavar="NAME|FILE", shell_complete=completion.one(completion.configs),
    help="Check it against this config's backbone, in place of the one that the adapter names.",
)  # fmt: skip
@options.shared(options.settings, options.out, options.as_json, options.quiet)
def command(repository: str, name: str, convert: bool, config_name: str | None, **given: Any) -> None:
    """Take the adapter in REPO into the zoo, or the transfer in REPO into the store as a finished run.

    Every file is fetched at one commit, which is written down; held against bounds, against what adapters' configurations may
    say, against the very shapes of the backbone, and against the digest it was published with. What does not fit is refused
    before it comes in; nothing of it is ever run. REPO may be one of ours, or hold what `adapters` saves.
    """
    from adaptstilts.hub.pull import is_composition, pull_composition
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.arrival import Terms, arrive
    from adaptstilts.zoo.names import on_hub
    from adaptstilts.zoo.zoo import zoos

    talk(given["quiet"])
    hush(given["quiet"])
    place, backbone = on_hub(repository), None
    if config_name or given["settings"]:
        backbone = options.load(config_name or "pocket", given["settings"]).backbone
    terms = Terms(backbone, name=name, convert=convert)
    store, zoo = Store(given["out"]), zoos(given["out"])
    if is_composition(place):
        record = pull_composition(place, store, zoo, terms)
        print_found(record.plain(), ("run", "key"), [(record.title, record.key)], as_json=given["as_json"])
        log.info(f"score it with: adaptstilts attack {record.key[:8]} --out {given['out']}")
        return
    entry = arrive(f"{HUB}{place.id}@{place.revision}", zoo, terms)
    headings = ("adapter", "task", "backbone", "parameters", "licence", "from", "digest")
    row = (entry.name, entry.task, entry.backbone, f"{entry.trainable:,}", entry.licence, entry.origin, entry.digest)
    print_found(entry.as_dict(), headings, [row], as_json=given["as_json"])
