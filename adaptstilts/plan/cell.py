"""From a config and names to steps: pure, counted, nothing heavy imported; a cell is one transfer and its scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS, Attack
from adaptstilts.compositions import COMPOSITIONS, Composition
from adaptstilts.compositions.limits import reason
from adaptstilts.config.load import Config
from adaptstilts.errors import InputError, NotApplicable, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.plan.facts import (
    backbone_of,
    check_languages,
    data_of,
    languages_of,
    options_of,
    resources_of,
    task_of,
    where_of,
)
from adaptstilts.plan.ingredients import members
from adaptstilts.plan.request import Request
from adaptstilts.settings import Recipe
from adaptstilts.steps.step import Score, Step, Transfer, upstream
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS, Task
from adaptstilts.tasks.fit import misfit
from adaptstilts.zoo.zoo import Zoo, Zoos


@dataclass(frozen=True)
class Cell:
    """One transfer with everything it needs and everything it is scored on."""

    config: Config
    transfer: Transfer
    scores: tuple[Score, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it needs, none twice."""
        return upstream(self.transfer, *self.scores)


def cell(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Cell:
    """The steps of one command: `planned`'s transfer, and its `scores`; raises as they do."""
    transfer = planned(config, request, zoo)
    return Cell(config, transfer, scores(config, transfer))


def planned(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Transfer:
    """The transfer of one command. Adapters come from `zoo` where it holds one made by the very step that would make it.

    Tasks may also name adapters as they are: by their names in the zoo, `hub:user/repo@revision`, or folders; such are
    taken into the zoo.

    Raises UnknownName for tasks, targets, compositions, attacks and languages; InputError for a number of tasks that the
    composition cannot take, or the same task twice; NotApplicable for what must be trained (fusion, gates) under a target
    that trains nothing.
    """
    composition = COMPOSITIONS.get(request.composition)
    _check_tasks(composition, request.tasks)
    method = "" if request.method in composition.methods[:1] else request.method  # the first is not spelt in keys
    refused = reason(composition, config.adapter, method=method, target_adapter=request.target_adapter)
    if refused:
        raise NotApplicable(refused, where="adapter.architecture", do="`adaptstilts list compositions` says more.")
    target = task_of(config, request.target)
    where_of(config).check_language(target, config.data.language)
    head = kind_of(target.kind).head(target)
    if composition.opens(method) and head.loss == "none":
        do = f"Use single, stack or average: {composition.name} would score with weights that nothing has trained."
        raise NotApplicable(f"{target.name} trains nothing, so {composition.name!r} has nothing to learn from", do=do)
    wanted = _languages(target, config.evaluation.languages, config.data.language)
    check_languages(config, dict.fromkeys((config.data.language, config.data.intermediate_language, *wanted)))
    found = members(config, composition, request, zoo)
    transfer = Transfer(
        target=request.target,
        target_version=target.version,
        language=config.data.language,
        backbone=backbone_of(config),
        composition=composition.name,
        composition_version=composition.version,
        adapters=found.ingredients,
        names=found.names,
        method=method,
        languages=languages_of(config),
        shape=config.adapter,
        limits=config.limits,
        target_adapter=request.target_adapter and head.loss != "none",
        depth=head.depth if head.level == "pooled" else 0.0,
        pooling=head.pooling,
    )
    if head.loss != "none":
        transfer = dataclasses.replace(
            transfer,
            data=data_of(target, config, "train", (config.data.language,)),
            recipe=_recipe(config, composition, request.target),
            rows=config.transfer.rows_for(request.target),
            seed=request.seed,
        )
    return transfer


def scores(config: Config, transfer: Transfer) -> tuple[Score, ...]:
    """The clean score of a transfer, one per attack of the config, and one per challenge set that fits the target."""
    target, evaluation = task_of(config, transfer.target), config.evaluation
    languages = _languages(target, evaluation.languages, config.data.language)
    data = data_of(target, config, "test", languages)
    clean = Score(transfer, data, languages, config.limits, rows=evaluation.rows, options=_options(config, target))
    attacked = [_attacked(config, clean, ATTACKS.get(name)) for name in evaluation.attacks if not _is_challenge(name)]
    left_out = misfits(config, transfer.target)
    sets = [name for name in evaluation.attacks if _is_challenge(name) and name not in left_out]
    return (clean, *attacked, *(_challenged(config, clean, task_of(config, name)) for name in sets))


def misfits(config: Config, target: str) -> dict[str, str]:
    """Why some of the config's challenge sets cannot be scored through the target's head, by name."""
    sets = [name for name in config.evaluation.attacks if _is_challenge(name)]
    reasons = {name: where_of(config).refusal(TASKS.get(name)) for name in sets}
    fitting = [name for name, why in reasons.items() if not why]
    reasons |= {name: misfit(task_of(config, name), task_of(config, target)) for name in fitting}
    return {name: why for name, why in reasons.items() if why}


def _is_challenge(name: str) -> bool:
    """Whether the name is a challenge set's; UnknownName if it is no attack's either."""
    sets = [task.name for task in TASKS if task.role == "challenge"]
    if name not in sets and name not in ATTACKS:
        raise UnknownName("attack or challenge set", name, [*ATTACKS.names(), *sets], where="--attacks")
    return name in sets


def _attacked(config: Config, clean: Score, attack: Attack) -> Score:
    evaluation = config.evaluation
    asks = attack.family != "static"
    return dataclasses.replace(
        clean,
        clean=clean,
        attack=attack.name,
        attack_version=attack.version,
        rows=_fewest(evaluation.rows, evaluation.search_rows) if asks else evaluation.rows,
        severity=_severity(config, attack),
        budget=evaluation.budget if asks else 0,
        resources=resources_of(config, clean.languages) if attack.needs & {"words", "append"} else "",
    )


def _options(config: Config, target: Task) -> str:
    """The settings of the kind that decide scores and are not the transfer's own (depth and pooling), as canonical JSON."""
    own = {name: value for name, value in options_of(config, target).items() if name not in ("depth", "pooling")}
    return ids.canonical(own) if own else ""


def _severity(config: Config, attack: Attack) -> float:
    if attack.embeds:
        return config.evaluation.radius
    return config.evaluation.severity if attack.graded else 0.0


def _challenged(config: Config, clean: Score, challenge: Task) -> Score:
    wanted = config.evaluation.languages
    languages = tuple(code for code in challenge.languages if not wanted or code in wanted) or challenge.languages
    return dataclasses.replace(
        clean,
        data=data_of(challenge, config, "test", languages),
        languages=languages,
        challenge=challenge.name,
        challenge_version=challenge.version,
    )


def _recipe(config: Config, composition: Composition, target: str) -> Recipe:
    recipe = config.transfer.recipe_for(target)
    return config.full.over(recipe) if composition.ingredients == "whole" else recipe


def _check_tasks(composition: Composition, tasks: Sequence[str]) -> None:
    twice = sorted({name for name in tasks if list(tasks).count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} named twice", where="--tasks", do="Name each task once.")
    if len(tasks) < composition.least or (composition.most is not None and len(tasks) > composition.most):
        do = "`adaptstilts list compositions` says what each one takes."
        raise InputError(
            f"{composition.name!r} takes {composition.takes} task(s), not {len(tasks)}", where="--tasks", do=do
        )


def _languages(target: Task, wanted: Sequence[str], source: str) -> tuple[str, ...]:
    """The languages to score, the source language first."""
    for language in wanted:
        if language not in target.languages:
            raise UnknownName(f"language of {target.name}", language, target.languages, where="--langs")
    chosen = [language for language in target.languages if not wanted or language in wanted]
    return tuple(sorted(chosen, key=lambda code: (code != source, chosen.index(code))))


def _fewest(*bounds: int | None) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if known else None


def pending(steps: Sequence[Step], store: Store, *, whole: bool = False) -> list[Step]:
    """What is left to do, in order: the unfinished among `steps`, and what those build on and is not there.

    That is every unfinished step, and every finished one whose weights are needed and not in the store (`Store.bare`);
    with `whole` the weights of `steps` themselves are needed.
    """
    left, needed = list[Step](), {step.key for step in steps} if whole else set[str]()
    wanted = [step for step in steps if not store.done(step.key) or (whole and store.bare(step.key))]
    for step in reversed(upstream(*wanted)):
        if not store.done(step.key) or (step.key in needed and store.bare(step.key)):
            left.append(step)
            needed |= {need.key for need in step.needs}
    return left[::-1]
