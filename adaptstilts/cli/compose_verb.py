"""A verb per composition: train the target through it, score every language, clean and attacked, print one table."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import Bar, Talk, print_json, print_table
from adaptstilts.compositions import Composition


def command_for(composition: Composition) -> click.Command:
    """The click command that runs one cell of this composition."""

    @click.command(name=composition.name, help=_help(composition), epilog=_epilog(composition))
    @click.option("--tasks", "-t", default="", metavar="A,B,C", help="Intermediate tasks whose adapters take part.")
    @click.option("--target", "-T", required=True, metavar="NAME", help="The target task (`adaptstilts list targets`).")
    @click.option(
        "--target-adapter/--no-target-adapter",
        default=True,
        show_default=True,
        help="A fresh adapter on top, trained too.",
    )
    @options.shared(
        options.config, options.settings, options.data, options.seed, options.source_lang, options.langs, options.attacks,
        options.limit, options.out, options.retrain, options.as_json, options.quiet,
    )  # fmt: skip
    def command(**given: Any) -> None:
        _run(composition, given)

    return command


def _help(composition: Composition) -> str:
    return (
        f"{composition.summary[0].upper()}{composition.summary[1:]}.\n\nAdapters come from the zoo or are trained first; what is open is "
        "trained on the target in the source language; every language is scored clean and under the config's attacks. "
        "Steps that are done already are not done again."
    )


def _epilog(composition: Composition) -> str:
    tasks = {0: "", 1: "--tasks mnli "}.get(composition.most or 3, "--tasks squad,mnli,hellaswag ")
    return f"Example: adaptstilts {composition.name} {tasks if composition.most != 0 else ''}--target pawsx"


def _run(composition: Composition, given: dict[str, Any]) -> None:
    from adaptstilts.experiments.plan import Request, cell
    from adaptstilts.experiments.store import Store
    from adaptstilts.experiments.zoo import shipped_zoo
    from adaptstilts.report.cell import table
    from adaptstilts.report.page import write_page

    began = time.monotonic()
    talk = Talk(given["quiet"])
    overrides = options.Overrides(
        given["settings"], given["data"], given["langs"], given["attacks"], given["limit"], given["source_lang"]
    )
    config = overrides.load(given["config_name"])
    introduce(config, talk)
    request = Request(
        composition.name,
        options.names(given["tasks"]),
        given["target"],
        given["seed"],
        given["target_adapter"],
        given["retrain"],
    )
    store, zoo = Store(given["out"]), shipped_zoo()
    todo = cell(config, request, zoo)
    new = do(todo.steps, config, store, zoo, talk)
    transfer, scores = store.record(todo.transfer.key), [store.record(step.key) for step in todo.scores]
    if given["as_json"]:
        print_json({"transfer": transfer, "scores": scores})
        return
    print_table(table(transfer, scores))
    page = write_page(store.folder(transfer["key"]), transfer, scores, shlex.join(["adaptstilts", *sys.argv[1:]]))
    _close(talk, transfer, [transfer, *scores], page, new, time.monotonic() - began)


def introduce(config: Any, talk: Talk) -> None:
    """The first line of output: which lab this is, and how to get the other."""
    from adaptstilts.experiments.config import available

    if config.data.source == "pocket":
        real = ", ".join(name for name in available() if not name.startswith("pocket"))
        meaning = "it shows whether the method works, and nothing about human languages"
        talk.say(f"pocket lab (generated languages, tiny encoder): {meaning}; real configs: {real}")
    else:
        talk.say(f"config {config.name}: {config.summary}")
    if config.backbone.init == "random":
        talk.say("note: the backbone is RANDOMLY INITIALISED; its scores mean nothing beyond a working pipeline")


def do(steps: Any, config: Any, store: Any, zoo: Any, talk: Talk) -> int:
    """Do what is left of the steps; how many that were."""
    from adaptstilts.experiments.plan import pending

    left = pending(steps, store)
    if left:
        from adaptstilts.experiments.session import Session
        from adaptstilts.launch.inline import run

        bar = Bar(talk.quiet)
        session = Session(config, store, zoo, progress=bar, say=lambda text: talk.say(f"  {text}"))
        try:
            run(left, session, talk.say)
        finally:
            bar.stop()
    return len(left)


def _close(
    talk: Talk, transfer: dict[str, Any], records: list[dict[str, Any]], page: Path, new: int, seconds: float
) -> None:
    parts, spent = transfer["parts"], sum(record["cost"]["seconds"] for record in records)
    names = [name for name in ("fusion", "target_adapter", "head") if parts.get(name)]
    opened = ", ".join(f"{name.replace('_', ' ')} {parts[name]:,}" for name in names) or "nothing"
    talk.say(f"trained {parts['trainable']:,} of {parts['total']:,} parameters ({opened})")
    talk.say(f"{seconds:.1f} s now ({new} steps new), {spent:.1f} s in these steps")
    talk.say(f"page   {page}\nrecord {page.with_name('record.json')}")
