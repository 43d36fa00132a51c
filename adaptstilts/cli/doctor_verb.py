"""`doctor`: what is here, what is missing, and what to do about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import echo, print_json
from adaptstilts.cli.tables import print_rows

if TYPE_CHECKING:
    from adaptstilts.doctor.finding import Finding


@click.command(name="doctor", epilog="Example: adaptstilts doctor --config xlmr-large --tasks squad,mnli,pawsx")
@click.option(
    "--config", "-c", "names", multiple=True, metavar="NAME|FILE", shell_complete=completion.one(completion.configs),
    help="What will be run; no other config is looked at. May be repeated. Without it: `pocket`, and what others would lack.",
)  # fmt: skip
@click.option(
    "--tasks", "-t", metavar="A,B", help="Look at the data of these tasks and targets only.",
    shell_complete=completion.several(completion.tasks, completion.targets),
)  # fmt: skip
@click.option(
    "--quick", is_flag=True, help="Ask neither torch nor the Hub, and the named configs only: a health check."
)
@options.shared(options.settings, options.data, options.out, options.as_json)
@click.pass_context
def command(
    ctx: click.Context, /, names: tuple[str, ...], tasks: str | None, quick: bool,
    settings: tuple[str, ...], out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Check versions, devices, bf16, disks, the zoo, the Hub and its cache, and what each config needs.

    Ends with 3 if something that a named config needs is missing; every such line says what to do. Nothing is changed
    or fetched, and no token is printed.
    """
    from adaptstilts.config.load import available, load_config
    from adaptstilts.doctor.examine import examine
    from adaptstilts.tasks import TASKS
    from adaptstilts.tasks.naming import spelt_out

    asked = [options.load(name, settings) for name in dict.fromkeys(names or ("pocket",))]
    rest = [] if quick or names else [name for name in available() if name not in {config.name for config in asked}]
    wanted = [TASKS.get(name) for name in spelt_out(options.names(tasks))]
    found = examine(asked, [load_config(name) for name in rest], out, wanted, quick=quick)
    problems = [finding for finding in found if finding.level == "problem"]
    if as_json:
        print_json({"ok": not problems, "findings": [dataclasses.asdict(finding) for finding in found]})
    else:
        for section, lines in _lines(found):
            print_rows(("", "", ""), lines, title=section)
    if problems:
        echo(f"{len(problems)} problem{'s' * (len(problems) != 1)}; each says what to do", err=True)
        ctx.exit(3)


def _lines(found: Sequence[Finding]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Level, name and text of each finding by section; advice that a section before has given is not repeated."""
    given: dict[tuple[str, str], str] = {}
    for section, findings in groupby(found, key=lambda finding: finding.section):
        lines: list[tuple[str, str, str]] = []
        for finding in findings:
            first = given.setdefault((finding.name, finding.do), section)
            do = finding.do if first == section or not finding.do else f"What to do: see {first}, above."
            lines.append((finding.level, finding.name, f"{finding.what}\n{do}".rstrip()))
        yield section, lines
