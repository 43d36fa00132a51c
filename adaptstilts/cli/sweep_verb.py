"""`sweep`: everything that a config's sweep asks for and that is not done yet, on any engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import talk, told_as_events, typed
from adaptstilts.listeners import Speaker

if TYPE_CHECKING:
    from adaptstilts.launch import Outcome
    from adaptstilts.plan.sweeps.expansion import Sweep

log = Speaker(__name__)


@click.command(name="sweep", epilog="Example: adaptstilts sweep pocket-k --engine processes")
@click.argument("config_name", metavar="CONFIG", shell_complete=completion.one(completion.sweeps))
@click.option(
    "--only", multiple=True, metavar="A,B",
    help="Only steps of this kind (adapter, transfer, score), target, composition or key, and what they need; repeated, all must hold.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Do N steps at most.")
@click.option(
    "--engine", "-e", default="inline", show_default=True, metavar="NAME|FILE",
    help="inline, processes, ray, slurm, or a YAML file of an engine's settings (configs/engines has one of each).",
    shell_complete=completion.one(completion.engines),
)  # fmt: skip
@click.option(
    "--option", "engine_options", multiple=True, metavar="KEY=VALUE",
    help="Change one setting of the engine, e.g. workers=4; may be repeated.",
)  # fmt: skip
@click.option("--retry", is_flag=True, help="Try steps again that failed in an earlier run.")
@click.option("--over-budget", is_flag=True, help="Run even if it will cost more than the config's budget.")
@options.shared(options.calibration, options.settings, options.data, options.out, options.as_json, options.quiet)
def command(config_name: str, **given: Any) -> None:
    """Do every step of a sweep that is not done yet: adapters, transfers, scores.

    CONFIG is a shipped sweep (`adaptstilts list configs`) or a YAML file with a `sweep:` section. Killed or stopped, the same
    command goes on from there; a failed step does not stop the others, and the command ends with 1 and names it. `--json`
    prints an event a line. Several commands, on several machines, may share one store.
    """
    from adaptstilts.cli.compose_verb import introduce
    from adaptstilts.cli.live import watching
    from adaptstilts.errors import Interrupted
    from adaptstilts.launch import run
    from adaptstilts.launch.engines import options_of
    from adaptstilts.plan.cell import pending
    from adaptstilts.plan.offers import passed_over
    from adaptstilts.plan.sweeps.budget import check_budget
    from adaptstilts.plan.sweeps.cost import Costing, calibration_of
    from adaptstilts.plan.sweeps.expansion import expand
    from adaptstilts.plan.sweeps.selection import select
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.members import pool_members
    from adaptstilts.zoo.zoo import zoos

    talk(given["quiet"] or given["as_json"])
    config = options.load(config_name, given["settings"])
    introduce(config)
    store = Store(given["out"])
    zoo = zoos(store.root)
    sweep = expand(config, store=store, taken=pool_members(config, zoo))
    calibration = calibration_of(config.backbone, given["calibration_file"])
    before = check_budget(sweep, store, calibration, over=given["over_budget"])
    for warning in before.warnings:
        log.info(warning)
    costing = Costing(config, calibration)
    expected = {step.key: costing.of(step).seconds for step in sweep.steps} if calibration.measured else {}
    todo = pending(select(sweep.steps, given["only"]), store)[: given["limit"]]
    for passed in passed_over(todo, config, zoo):
        log.info(passed)
    kinds = {step.key: step.kind for step in todo}
    try:
        watched = watching(kinds, as_json=given["as_json"], quiet=given["quiet"], expected=expected)
        with watched as events, told_as_events():
            outcome = run(
                sweep, store, engine=given["engine"], options=options_of(given["engine_options"]), only=given["only"],
                limit=given["limit"], retry=given["retry"], events=events,
            )  # fmt: skip
    except Interrupted as stop:
        raise Interrupted(stop.what, where=stop.where, do=f"{stop.do}\n  {typed()}") from stop
    _end(outcome, sweep, given["out"], told=not given["as_json"])


def _end(outcome: Outcome, sweep: Sweep, out: Path, *, told: bool) -> None:
    """The last lines, and the exit code; steps whose errors were `told` as they happened are only named."""
    from adaptstilts.errors import StepsFailed
    from adaptstilts.launch.front import event_of

    counts = f"{len(outcome.done)} steps done now, {outcome.before} before"
    left = f", {len(outcome.left)} left for later" if outcome.left else ""
    log.info(f"{counts}{left}; records in {out / 'steps'}")
    if outcome.failed:
        steps = {step.key: step for step in sweep.steps}
        named = {key: event_of("failed", steps[key]).named for key in outcome.failed} if told else outcome.failed
        lines = "".join(f"\n  - {name}" for name in named.values())
        skipped = f", {len(outcome.skipped)} that need them skipped" if outcome.skipped else ""
        do = "`adaptstilts why KEY` has the whole error; --retry tries again."
        raise StepsFailed(f"{len(outcome.failed)} failed{skipped}{lines}", do=do)
