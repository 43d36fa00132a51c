"""`plan`: what a sweep is made of, what of it is done, what the rest will take, and what it can detect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import echo, print_json, talk
from adaptstilts.cli.tables import print_rows
from adaptstilts.listeners import Speaker

if TYPE_CHECKING:
    from adaptstilts.plan.sweeps.budget import Outlook
    from adaptstilts.plan.sweeps.cost import Cost
    from adaptstilts.plan.sweeps.expansion import Sweep

log = Speaker(__name__)


@click.command(name="plan", epilog="Example: adaptstilts plan pocket-k --set sweep.further=[4]")
@click.argument("config_name", metavar="CONFIG", shell_complete=completion.one(completion.sweeps))
@options.shared(options.calibration, options.settings, options.data, options.out, options.as_json, options.quiet)
def command(config_name: str, **given: Any) -> None:
    """Count the steps of CONFIG's sweep by place and k, and estimate what those that are not done yet will take.

    Times and memory follow a calibration of the device (`adaptstilts calibrate`); without one they are rough, and say so.
    The detectable slope is found with a probability of 80 % by the verdict's own test at 5 %, on simulated sweeps of this design;
    how often that test errs in it is told too.
    """
    from adaptstilts.plan.sweeps.budget import outlook
    from adaptstilts.plan.sweeps.cost import calibration_of
    from adaptstilts.plan.sweeps.expansion import expand
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.members import pool_members
    from adaptstilts.zoo.zoo import zoos

    config = options.load(config_name, given["settings"])
    store = Store(given["out"])
    calibration = calibration_of(config.backbone, given["calibration_file"])
    sweep = expand(config, store=store, taken=pool_members(config, zoos(store.root)))
    found = outlook(sweep, store, calibration)
    if given["as_json"]:
        print_json(found.as_dict())
        return
    _print(found, sweep)
    talk(given["quiet"])
    for reason, count in found.left_out.items():
        log.info(f"left out: {count} cells: {reason}")
    for warning in found.warnings:
        log.info(warning)
    for broken in found.over:
        log.info(f"over the limit: {broken}; `sweep` refuses it without --over-budget")


def _print(found: Outlook, sweep: Sweep) -> None:
    from adaptstilts.plan.sweeps.budget import said_of

    columns = ("what", "k", "kind", "steps", "done", "examples", "tokens", "device-hours", "disk, GB")
    rows = [
        (
            line.role,
            "" if line.k is None else str(line.k),
            line.kind,
            str(line.steps),
            str(line.done),
            *_told(line.left),
        )
        for line in found.lines
    ]
    steps, done = str(found.whole.steps), str(found.whole.steps - found.left.steps)
    left = ("left", "", "", steps, done, *_told(found.left))
    whole = ("from the start", "", "", steps, "", *_told(found.whole))
    print_rows(columns, [*rows, left, whole], title=f"{found.name}: {found.cells} cells; cost of what is not done")
    calibration = found.calibration
    basis = f"measured on {calibration.device}" if calibration.measured else calibration.said
    echo(f"estimate  {basis}; peak memory about {calibration.memory / 1e9:.1f} GB (10^9 bytes)")
    if found.lowest:
        what = "are outputs of the layers that adapter.drop leaves alone, bounded by device.lowest_gb"
        echo(f"disk      {found.lowest / 1e9:,.2f} GB of it {what}")
    for number, line in enumerate(said_of(sweep)):
        echo(f"{'power' if not number else '':<10}{line}")


def _told(cost: Cost) -> tuple[str, str, str, str]:
    return f"{cost.examples:,}", f"{cost.tokens:,}", f"{cost.seconds / 3600:,.2f}", f"{cost.disk / 1e9:,.2f}"
