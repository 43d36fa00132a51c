"""`check`: every row of a task's data against its kind's law."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, echo, talk
from adaptstilts.cli.tables import print_found
from adaptstilts.numerals import number, percent

if TYPE_CHECKING:
    from adaptstilts.data.check import SplitReport


HEADINGS = ("split", "language", "rows", "bad", "decomposed", "unknown", "labels", "chance")


@click.command(name="check", epilog="Example: adaptstilts check pawsx --config xlmr-base --data DIR")
@click.argument("task", shell_complete=completion.one(completion.tasks, completion.targets, completion.challenges))
@options.shared(options.config, options.settings, options.data, options.langs, options.source_lang, options.as_json)
@click.pass_context
def command(ctx: click.Context, /, task: str, **given: Any) -> None:
    """Read every row of TASK and hold it to its kind's law; ends with 2 if any row breaks it, or if rows are missing.

    Missing are the rows of a language in --langs, and those of all splits. Decomposed rows have letters apart from their marks;
    unknown ones have pieces that the config's encoder does not know, and are counted where its tokenizer is here.
    Training rows are those of the config's source language (an intermediate task's of its own), or of --source-lang.
    """
    from adaptstilts.data.check import check
    from adaptstilts.models.door.tokenizer import tokenizer_at_hand
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.report.examples import source_of
    from adaptstilts.tasks import TASKS

    declared, asked = TASKS.get(task), options.changes().get("evaluation.languages", ())
    config = options.load(given["config_name"], given["settings"])
    where, told = ConfigFacts(config).source, options.changes().get("data.language")
    talk()
    (tokens, why), language = tokenizer_at_hand(config.backbone), told or source_of(declared, config)
    report = check(declared, where, asked, source_language=language, tokenizer=tokens)
    rows = [_line(split) for split in report.splits]
    print_found(dataclasses.asdict(report), HEADINGS, rows, f"{task} from {where}", as_json=given["as_json"])
    for split in report.splits:
        complain([f"missing: {split.missing}", *split.problems] if split.missing else split.problems)
    for told in report.pairing:
        echo(told, err=True)
    if tokens is None:
        echo(f"rows with unknown pieces are not counted: {why}", err=True)
    if report.absent:
        echo(f"languages without rows to score: {', '.join(report.absent)}", err=True)
    if absent := report.without_rows(asked):
        echo(f"no rows to score in what was asked for: {', '.join(absent)}", err=True)
    if report.bad or absent or not report.rows:
        ctx.exit(2)


def _line(split: SplitReport) -> tuple[str, ...]:
    labels = ", ".join(f"{label} {percent(share, 0)}%" for label, share in list(split.balance.items())[:6])
    chance = "" if split.chance is None else percent(split.chance)
    counts = (split.rows, split.bad, split.decomposed, split.unknown)
    return (split.split, split.language, *(number(count) for count in counts), labels, chance)
