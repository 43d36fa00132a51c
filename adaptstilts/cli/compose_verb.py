"""A verb per composition: train the target through it, score every language, clean and attacked, print one table."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import ProgressBar, complain, leads, print_json, talk, tell, told_as_events, typed
from adaptstilts.compositions import Composition
from adaptstilts.config.load import Config, labs
from adaptstilts.config.typed import outdone
from adaptstilts.listeners import Speaker
from adaptstilts.store.store import Store

if TYPE_CHECKING:
    from adaptstilts.steps.step import Step
    from adaptstilts.store.records.record import ScoreRecord, TransferRecord
    from adaptstilts.zoo.zoo import Zoo, Zoos

log = Speaker(__name__)


def command_for(composition: Composition) -> click.Command:
    """The click command that runs one cell of this composition."""

    @click.command(name=composition.name, help=_help(composition), epilog=_epilog(composition))
    @options.shared(*_own_options(composition))
    @options.shared(
        options.config, options.settings, options.data, options.seed, options.source_lang, options.langs, options.attacks,
        options.limit, options.train_rows, options.standin, options.lexicon, options.out, options.retrain, options.as_json, options.quiet,
    )  # fmt: skip
    def command(**given: Any) -> None:
        _run(composition, given)

    return command


def _own_options(composition: Composition) -> Iterator[Callable[..., Any]]:
    """The options that depend on what the composition takes."""
    if composition.most != 0:
        told = "Intermediate tasks, or groups of them; also adapters of the zoo, hub:user/repo@revision, ./folder."
        offered = completion.several(completion.tasks, completion.adapters)
        yield click.option("--tasks", "-t", metavar="A,B,C", help=told, shell_complete=offered)
    told = "The target task (`adaptstilts list targets`)."
    offered = completion.one(completion.targets)
    yield click.option("--target", "-T", required=True, metavar="NAME", help=told, shell_complete=offered)
    if composition.sized:
        least, told = click.IntRange(min=1), "The k that it is sized by."
        yield click.option("--times", "-k", type=least, default=3, show_default=True, help=told)
    if composition.methods:
        first, ways, told = composition.methods[0], click.Choice(composition.methods), "How the adapters are combined."
        yield click.option("--method", default=first, show_default=True, type=ways, help=told)
    if not composition.whole:
        told = "A fresh adapter on top, trained too."
        yield click.option("--target-adapter/--no-target-adapter", default=True, show_default=True, help=told)


def _help(composition: Composition) -> str:
    return (
        f"{composition.summary[0].upper()}{composition.summary[1:]}.\n\nAdapters come from the zoo or are trained first; what is open is "
        "trained on the target in the source language; every language is scored clean and under the config's attacks. "
        "Steps that are done already are not done again."
    )


def _epilog(composition: Composition) -> str:
    few: dict[int | None, str] = {0: "", 1: "--tasks mnli "}
    tasks = few.get(composition.most, "--tasks squad,mnli,hellaswag ")
    times = "--times 3 " if composition.sized else ""
    return f"Example: adaptstilts {composition.name} {tasks}{times}--target pawsx"


def _run(composition: Composition, given: dict[str, Any]) -> None:
    from adaptstilts.plan.cell import cell, check, pending
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.plan.offers import passed_over
    from adaptstilts.plan.request import Request
    from adaptstilts.tasks.naming import spelt_out
    from adaptstilts.zoo.members import zoo_members
    from adaptstilts.zoo.zoo import zoos

    began = time.monotonic()
    talk(given["quiet"])
    config = options.load(given["config_name"], given["settings"])
    introduce(config)
    for line in outdone(config, given["settings"]) if composition.whole else ():
        log.info(line)
    store, zoo, tasks = Store(given["out"]), zoos(given["out"]), spelt_out(options.names(given.get("tasks")))
    request = Request(
        composition.name, tasks, given["target"], given["seed"], given.get("target_adapter", False), given["retrain"],
        given.get("method", ""), given.get("times", 0),
    )  # fmt: skip
    check(ConfigFacts(config), request)  # before anything is fetched or taken into the zoo
    todo = cell(config, dataclasses.replace(request, taken=zoo_members(config, tasks, zoo)), zoo)
    for reason in todo.left_out.values():
        log.info(f"n/a: {reason}")
    if not given["retrain"]:
        for passed in passed_over(pending(todo.steps, store), config, zoo):
            log.info(passed)
    new = do(todo.steps, config, store, zoo, given["quiet"])
    show(store, todo.transfer.key, [step.key for step in todo.scores], new, began, as_json=given["as_json"])


def show(store: Store, transfer: str, scores: Sequence[str], new: int, began: float, *, as_json: bool) -> None:
    """Print the table of these scores of a transfer, by their keys, and write its page, which has all that the store knows of it.

    With JSON a page is only written in place of one that is there.
    """
    from adaptstilts.cli.tables import print_table
    from adaptstilts.report.caveats import learnt, unlearnt
    from adaptstilts.report.cell.page import FILE
    from adaptstilts.report.cell.table import table

    if not leads():
        return
    record, scored = store.transfer(transfer), [store.score(key) for key in scores]
    if as_json:
        above = learnt(record, scored[0])
        told = {
            "taught": above.taught if above else None,
            "unlearnt": [f"{a} {b}" for a, b in unlearnt(record, scored[0])],
        }
        print_json({"transfer": record.plain(), "scores": [score.plain() for score in scored], **told})
    else:
        print_table(table(record, scored))
    if not as_json:
        _close(record, scored, make_page(store, record), new, time.monotonic() - began)
    elif (store.folder(transfer) / FILE).is_file():
        make_page(store, record)


def make_page(store: Store, transfer: TransferRecord) -> Path:
    """Write the page of a transfer with all that the store knows of it, and say where."""
    from adaptstilts.report.cell.page import write_page
    from adaptstilts.store.runs import scores_of

    return write_page(store.folder(transfer.key), transfer, scores_of(store, transfer.key), typed())


def introduce(config: Config) -> None:
    """The first line of output: which lab this is, and how to get the other."""
    if config.data.source == "pocket":
        real = ", ".join(name for name in labs() if not name.startswith("pocket"))
        meaning = "it shows whether the method works, and nothing about human languages"
        encoder = "tiny encoder" if config.backbone.name == "pocket" else f"encoder {config.backbone.name}"
        log.info(f"pocket lab (generated languages, {encoder}): {meaning}; real configs: {real}")
    elif config.backbone.name == "pocket":
        told = "is tiny and has read generated languages only: scores on such rows say nothing about human languages"
        if leads():
            real = "--config small has one that knows them"
            complain([f"warning: rows of {config.data.source}, but the encoder of config {config.name} {told}; {real}"])
    else:
        log.info(f"config {config.name}: {config.summary}")
    if config.backbone.init == "random":
        log.info("note: the backbone is RANDOMLY INITIALISED; its scores mean nothing beyond a working pipeline")


def do(steps: Sequence[Step], config: Config, store: Store, zoo: Zoo | Zoos, quiet: bool) -> int:
    """Do what is left of the steps; how many that were."""
    from adaptstilts.launch import run

    bar, events = ProgressBar(quiet), None if quiet or not leads() else tell
    try:
        with told_as_events():
            outcome = run(steps, store, config, events=events, retry=True, zoo=zoo, progress=bar, apart=True)
    finally:
        bar.stop()
    outcome.raise_failed()
    return len(outcome.done)


def _close(transfer: TransferRecord, scores: Sequence[ScoreRecord], page: Path, new: int, seconds: float) -> None:
    parts, spent = transfer.parts, transfer.cost.seconds + sum(score.cost.seconds for score in scores)
    opened = ", ".join(f"{name.replace('_', ' ')} {getattr(parts, name):,}" for name in transfer.trained) or "nothing"
    log.info(f"trained {parts.trainable:,} of {parts.total:,} parameters ({opened})")
    log.info(f"{seconds:.1f} s now ({new} steps new), {spent:.1f} s in these steps")
    log.info(f"page   {page}\nrecord {page.with_name('record.json')}")
