"""`train`: adapters on intermediate tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.compose_verb import do, introduce
from adaptstilts.cli.console import leads, talk
from adaptstilts.cli.tables import print_found
from adaptstilts.listeners import Speaker
from adaptstilts.numerals import percent, percents
from adaptstilts.store.store import Store

if TYPE_CHECKING:
    from adaptstilts.store.records.record import AdapterRecord

log = Speaker(__name__)


@click.command(name="train", epilog="Example: adaptstilts train mnli squad")
@click.argument("tasks", nargs=-1, required=True, metavar="TASK...", shell_complete=completion.one(completion.tasks))
@options.shared(
    options.config, options.settings, options.data, options.seed, options.intermediate_lang, options.adapter_rows, options.standin,
    options.out, options.retrain, options.as_json, options.quiet,
)  # fmt: skip
def command(tasks: tuple[str, ...], **given: Any) -> None:
    """Train an adapter for each TASK (of a group: each of its tasks) on the frozen backbone, unless the store or the zoo has it."""
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.plan.ingredients import adapter_step
    from adaptstilts.tasks.naming import spelt_out

    talk(given["quiet"])
    config = options.load(given["config_name"], given["settings"])
    introduce(config)
    from adaptstilts.zoo.zoo import zoos

    store, zoo, facts = Store(given["out"]), zoos(given["out"]), ConfigFacts(config)
    steps = [adapter_step(facts, task, given["seed"]) for task in spelt_out(tasks)]
    shelved = {} if given["retrain"] else {step.task: entry for step in steps if (entry := zoo.made_by(step.key))}
    for name in shelved:
        log.info(f"{name}: in the zoo already (--retrain trains it anew)")
    steps = [step for step in steps if step.task not in shelved]
    do(steps, config, store, zoo, given["quiet"])
    if not leads():
        return
    records = [record for step in steps if (record := store.record(step.key)).step == "adapter"]
    if records or given["as_json"]:
        found, rows = [record.plain() for record in records], [_row(record, store) for record in records]
        headings = ("adapter", "parameters", "score on held-out rows", "seconds", "where")
        print_found(found, headings, rows, as_json=given["as_json"])


def _row(record: AdapterRecord, store: Store) -> tuple[str, ...]:
    language, scores = next(iter(record.scores.items()))
    above = scores.above_chance
    learnt = f"; above it {above.said}" if above else ""
    return (
        record.task,
        f"{record.parts.trainable:,}",
        f"{language}: {percents(scores.metrics)} (chance {percent(scores.chance)}){learnt}",
        f"{record.cost.seconds:.1f}",
        str(store.folder(record.key)),
    )
