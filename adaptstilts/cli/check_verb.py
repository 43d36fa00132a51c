"""`check`: every row of a task's data against its kind's law."""

from __future__ import annotations

from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import print_json, print_rows


@click.command(name="check", epilog="Example: adaptstilts check pawsx --config xlmr-base --data DIR")
@click.argument("task")
@options.shared(options.config, options.settings, options.data, options.langs, options.as_json)
@click.pass_context
def command(ctx: click.Context, task: str, **given: Any) -> None:
    """Read every row of TASK and hold it to its kind's law; ends with 2 if any row breaks it."""
    from adaptstilts.data.checking import check
    from adaptstilts.data.where import facts_for
    from adaptstilts.experiments.config import load_config
    from adaptstilts.experiments.plan import where_of
    from adaptstilts.tasks import TASKS

    overrides = options.Overrides(given["settings"], data=given["data"])
    where = where_of(load_config(given["config_name"], overrides.as_settings()))
    facts = facts_for(TASKS.get(task), where)
    report = check(facts, where, options.names(given["langs"]) or facts.languages)
    if given["as_json"]:
        print_json(report.plain())
    else:
        headings = ("split", "language", "rows", "labels", "majority")
        print_rows(headings, [[str(cell) for cell in line] for line in report.lines()], title=f"{task} from {where}")
        for problem in report.problems:
            click.echo(problem, err=True)
        for missing in report.missing:
            click.echo(f"missing: {missing}", err=True)
    if report.problems:
        ctx.exit(2)
