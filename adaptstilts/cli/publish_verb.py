"""`publish`: an adapter, a transfer, or a store's results to the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import echo, hush, print_json, talk
from adaptstilts.cli.tables import print_rows
from adaptstilts.listeners import Speaker

log = Speaker(__name__)


@click.command(name="publish", epilog="Example: adaptstilts publish pocket-mnli me/pocket-mnli --dry-run")
@click.argument(
    "named", nargs=-1, required=True, metavar="[ADAPTER|RUN] REPO", shell_complete=completion.one(completion.adapters)
)
@click.option(
    "--results", metavar="STORE", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Publish the results of this store as a data set, in place of an adapter or run.",
)  # fmt: skip
@click.option(
    "--texts", is_flag=True, help="With --results: texts and gold answers too; mind the licences of the data."
)
@click.option("--private", is_flag=True, help="Make the repository private, if it is not there yet.")
@click.option("--dry-run", "dry", is_flag=True, help="Show files and card; send nothing.")
@options.shared(options.out, options.as_json, options.quiet)
def command(named: tuple[str, ...], results: Path | None, texts: bool, private: bool, dry: bool, **given: Any) -> None:
    """Publish an adapter (its name in the zoo, or the beginning of its digest or step's key) or a finished transfer to REPO.

    Goes out: the files that plain `adapters` loads, `adaptstilts.json` (what they are, by which step, with which recipe), and a
    card with results by language, cost, licences and the command that makes it again. All in one commit; run again, the same
    command goes on where it broke off. The token is that of `hf auth login`, or HF_TOKEN; it is written nowhere.
    """
    from adaptstilts.errors import InputError
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.zoo import zoos

    talk(given["quiet"])
    hush(given["quiet"])
    *names, repository = named
    if len(names) != (0 if results else 1):
        do = "adaptstilts publish ADAPTER|RUN user/repo, or adaptstilts publish --results STORE user/repo"
        raise InputError("name one adapter or run and a repository, or a store and a repository", do=do)
    if results:
        from adaptstilts.hub.dataset import publish_results

        done = publish_results(Store(results), repository, texts=texts, private=private, dry=dry)
    else:
        from adaptstilts.hub.package import package
        from adaptstilts.hub.publish import publish

        store = Store(given["out"])
        found = package(names[0], store, zoos(given["out"]))
        done = publish(found, repository, store, private=private, dry=dry)
    if given["as_json"]:
        print_json({**done.as_dict(), **({"card": done.card} if dry else {})})
        return
    print_rows(("file", "bytes"), [(path, f"{size:,}") for path, size in done.files.items()], title=done.id)
    if dry:
        echo(done.card)
    log.info("nothing was sent (--dry-run)" if dry else f"commit {done.commit} of {done.id}")
