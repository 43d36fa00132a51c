"""`check`: every row of a task's data against its kind's law."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import print_json, print_rows, talk
from adaptstilts.numerals import percent

if TYPE_CHECKING:
    from adaptstilts.data.check import SplitReport


@click.command(name="check", epilog="Example: adaptstilts check pawsx --config xlmr-base --data DIR")
@click.argument("task")
@options.shared(options.config, options.settings, options.data, options.langs, options.source_lang, options.as_json)
@click.pass_context
def command(ctx: click.Context, /, task: str, **given: Any) -> None:
    """Read every row of TASK and hold it to its kind's law; ends with 2 if any row breaks it, or if rows are missing.

    Missing are the rows of a language in --langs, and those of all splits. Training rows are those of the config's
    source language (an intermediate task's of its own), or of --source-lang.
    """
    from adaptstilts.data.check import check
    from adaptstilts.plan.facts import ConfigFacts
    from adaptstilts.report.examples import source_of
    from adaptstilts.tasks import TASKS

    declared, asked = TASKS.get(task), options.changes().get("evaluation.languages", ())
    config = options.load(given["config_name"], given["settings"])
    where, told = ConfigFacts(config).source, options.changes().get("data.language")
    talk()
    report = check(declared, where, asked, source_language=told or source_of(declared, config))
    if given["as_json"]:
        print_json(dataclasses.asdict(report))
    else:
        headings = ("split", "language", "rows", "bad", "labels", "chance")
        print_rows(headings, [_line(split) for split in report.splits], title=f"{task} from {where}")
    for split in report.splits:
        if split.missing:
            click.echo(f"missing: {split.missing}", err=True)
        for problem in split.problems:
            click.echo(problem, err=True)
    if report.absent:
        click.echo(f"languages without rows to score: {', '.join(report.absent)}", err=True)
    absent = report.without_rows(asked)
    if absent:
        click.echo(f"no rows to score in what was asked for: {', '.join(absent)}", err=True)
    if report.bad or absent or not report.rows:
        ctx.exit(2)


def _line(split: SplitReport) -> tuple[str, ...]:
    labels = ", ".join(f"{label} {percent(share, 0)}%" for label, share in list(split.balance.items())[:6])
    chance = "" if split.chance is None else percent(split.chance)
    return (split.split, split.language, f"{split.rows:,}", f"{split.bad:,}", labels, chance)
