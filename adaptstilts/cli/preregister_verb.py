"""`preregister`: write down what a sweep will be judged by, before there is anything to judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, echo, print_json


@click.command(
    name="preregister", epilog="Example: adaptstilts preregister pocket-k --sesoi 0.05 && adaptstilts sweep pocket-k"
)
@click.argument("config_name", metavar="CONFIG", shell_complete=completion.one(completion.sweeps))
@click.option(
    "--sesoi", default=0.05, show_default=True,
    help="Smallest effect of interest, in probit units of robustness cost per doubling of k.",
)  # fmt: skip
@click.option("--alpha", default=0.05, show_default=True, help="Level of the confirmatory test.")
@click.option(
    "--weight", "weights", multiple=True, metavar="ATTACK=W",
    help="Test on this attack with this weight; may be repeated. If not given: all static attacks, alike.",
)  # fmt: skip
@click.option(
    "--langs", metavar="A,B", help="Judge by these languages only; the source language is left out in any case.",
    shell_complete=completion.several(completion.languages),
)  # fmt: skip
@click.option(
    "--looks", default=0, show_default=True, type=click.IntRange(0, 100),
    help="How many reports before the sweep is done are planned; the level is shared out over them (Lan-DeMets, O'Brien-Fleming).",
)  # fmt: skip
@options.shared(options.settings, options.data, options.out, options.as_json)
def command(
    config_name: str, sesoi: float, alpha: float, weights: tuple[str, ...], langs: str | None, looks: int, **given: Any
) -> None:
    """Write the confirmatory plan of CONFIG's sweep as preregistration.json into the store.

    The plan fixes estimand, attacks and weights, languages, k, orderings, heads, the smallest effect of interest, the
    level and what is left out. Records that are made later carry its digest, the store's journal says what came before it, and the
    verdict says whether it came first: before the sweep's first transfer, for who has a transfer can know its scores.

    Prints a line to post elsewhere, where others keep the time; `journal --posted LINE` holds it against the store later.
    Writing an equal plan again changes nothing. Ends with 2 if results of the plan exist already.
    """
    from adaptstilts.plan.sweeps.budget import said_of
    from adaptstilts.plan.sweeps.expansion import expand
    from adaptstilts.plan.sweeps.registration import plan_of, results_of, transfers_of
    from adaptstilts.statistics.estimands import points_of
    from adaptstilts.store.registration import preregister
    from adaptstilts.store.store import Store
    from adaptstilts.zoo.members import pool_members
    from adaptstilts.zoo.zoo import zoos

    store = Store(given["out"])
    config = options.load(config_name, given["settings"])
    sweep = expand(config, store=store, taken=pool_members(config, zoos(store.root)))
    plan = plan_of(
        sweep, sesoi=sesoi, alpha=alpha, weights=_weights(weights), languages=options.names(langs), looks=looks
    )
    path = preregister(plan, results_of(sweep), store)
    late = sum(1 for key in transfers_of(sweep) if store.done(key))
    if given["as_json"]:
        print_json({"file": str(path), "digest": plan.digest, "line": plan.line, "plan": plan.plain(), "late": late})
        return
    echo(f"{plan.digest}  {path}")
    echo(plan.line)
    attacks = ", ".join(f"{name} {weight:g}" for name, weight in plan.attacks.items())
    what = f"{plan.orderings} orderings x {len(plan.heads)} heads, k {' '.join(map(str, plan.k))}; {attacks}"
    points = " and ".join(f"{points_of(plan.sesoi, score):.1f} points at {100 * score:.0f} %" for score in (0.5, 0.85))
    echo(f"{what}; sesoi {plan.sesoi:g} ({points}), alpha {plan.alpha:g}", err=True)
    for line in said_of(sweep):
        echo(line, err=True)
    if late:
        complain([f"{late} transfers of the sweep are done already: a plan made now counts as registered after them"])


def _weights(texts: Sequence[str]) -> dict[str, float]:
    from adaptstilts.errors import InputError

    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name in found:
            raise InputError(
                f"{name} has a weight already", where=f"--weight {text}", do="Give each attack one weight."
            )
        try:
            found[name] = float(number or 1)
        except ValueError as error:
            raise InputError(f"{number!r} is no number", where=f"--weight {text}", do="Give it as swap=2.") from error
    return found
