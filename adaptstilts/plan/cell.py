"""From a config and a request to steps; a cell is one transfer and its scores. Files are read, nothing is fetched or written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from adaptstilts import ids
from adaptstilts.attacks import ATTACKS, Attack
from adaptstilts.compositions import COMPOSITIONS, Composition
from adaptstilts.compositions.limits import reason
from adaptstilts.config.load import Config
from adaptstilts.config.sections import Evaluation
from adaptstilts.data.encoding.languages import read_in
from adaptstilts.errors import InputError, NotApplicable, UnknownName
from adaptstilts.kinds import kind_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import StepWorkshop, ingredients
from adaptstilts.plan.request import Request
from adaptstilts.steps.step import DRAWN, Score, Step, Transfer, upstream
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS, Task
from adaptstilts.tasks.challenge_fit import misfit
from adaptstilts.zoo.zoo import Zoo, Zoos


@dataclass(frozen=True)
class Cell:
    """One transfer with everything it needs and everything it is scored on.

    `left_out` says by name why some of the config's challenge sets cannot be scored through the target's head.
    """

    config: Config
    transfer: Transfer
    scores: tuple[Score, ...]
    left_out: Mapping[str, str]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it needs, none twice."""
        return upstream(self.transfer, *self.scores)


def cell(config: Config, request: Request, zoo: Zoo | Zoos | None) -> Cell:
    """The steps of one command: `planned`'s transfer, and its `scores`; raises as they do.

    Adapters come from `zoo` where it holds one made by the very step that would make it.
    """
    facts = ConfigFacts(config)
    workshop = StepWorkshop(facts, None if request.retrain else zoo, request.taken)
    return scored(facts, planned(facts, request, workshop))


def scored(facts: ConfigFacts, transfer: Transfer) -> Cell:
    """A transfer with all that its config scores it on."""
    return Cell(facts.config, transfer, scores(facts, transfer), misfits(facts, transfer.target))


def check(facts: ConfigFacts, request: Request) -> None:
    """Refuse what cannot be, whoever its members are: this asks nothing of adapters that a request takes as they are.

    Raises UnknownName for targets, compositions, methods and languages; InputError for a number of tasks that the
    composition cannot take, or the same task twice; NotApplicable for adapters that it cannot be made of, and for what must
    be trained (fusion, gates) under a target that trains nothing.
    """
    composition, config, method = COMPOSITIONS.get(request.composition), facts.config, request.method
    _check_tasks(composition, request.tasks)
    refused = reason(composition, config.adapter, method=method, target_adapter=request.target_adapter)
    if refused:
        raise NotApplicable(refused, where="adapter.architecture", do="`adaptstilts list compositions` says more.")
    facts.check_adapter(config.adapter)
    target = facts.task(request.target)
    facts.source.check_language(target, config.data.language)
    if composition.opens(method) and not kind_of(target.kind).head(target).learns:
        do = f"Use single, stack or average: {composition.name} would score with weights that nothing has trained."
        raise NotApplicable(f"{target.name} trains nothing, so {composition.name!r} has nothing to learn from", do=do)
    wanted = _languages(facts, target, config.evaluation.languages)
    facts.check_languages(dict.fromkeys((config.data.language, config.data.intermediate_language, *wanted)))


def planned(facts: ConfigFacts, request: Request, workshop: StepWorkshop) -> Transfer:
    """The transfer of one command, of members that the workshop gives; raises as `check` and `ingredients` do."""
    check(facts, request)
    composition, config, target = COMPOSITIONS.get(request.composition), facts.config, facts.task(request.target)
    head = kind_of(target.kind).head(target)
    learns = head.learns
    found = ingredients(composition, request, workshop)
    transfer = Transfer(
        target=request.target,
        target_version=target.version,
        language=config.data.language,
        backbone=facts.backbone(*read_in(target, (config.data.language,))),
        composition=composition.name,
        composition_version=composition.version,
        adapters=found.adapters,
        names=found.names,
        method="" if request.method in composition.methods[:1] else request.method,  # the first is not spelt in keys
        languages=facts.languages(),
        shape=config.adapter,
        limits=config.limits,
        target_adapter=request.target_adapter and learns,
        depth=head.depth if head.level == "pooled" else 0.0,
        pooling=head.pooling,
    )
    return _training(facts, transfer, composition, request.seed) if learns else transfer


def _training(facts: ConfigFacts, transfer: Transfer, composition: Composition, seed: int) -> Transfer:
    """The transfer with the rows, recipe and seed of its training."""
    target, training = facts.task(transfer.target), facts.config.transfer
    recipe = training.recipe_for(transfer.target)
    return dataclasses.replace(
        transfer,
        data=facts.rows(target, "train", (transfer.language,)),
        recipe=facts.config.full.over(recipe) if composition.whole else recipe,
        rows=training.rows_for(transfer.target),
        seed=seed,
        options=_options(facts, target, learnt=True),
    )


def scores(facts: ConfigFacts, transfer: Transfer, evaluation: Evaluation | None = None) -> tuple[Score, ...]:
    """The clean score of a transfer, one per attack of the config, and one per challenge set that fits the target.

    `evaluation` takes the place of the config's: attacks that are tried otherwise.
    """
    config, target = facts.config, facts.task(transfer.target)
    asked = evaluation or config.evaluation
    languages = _languages(facts, target, asked.languages)
    reads = facts.reads(read_in(target, languages))
    data, options = facts.rows(target, "test", languages), _options(facts, target)
    clean = _bounded(facts, Score(transfer, data, languages, config.limits, options=options, reads=reads), asked.rows)
    attacked = [_attacked(facts, clean, ATTACKS.get(name), asked) for name in asked.attacks if not _is_challenge(name)]
    left_out = misfits(facts, transfer.target)
    sets = [name for name in asked.attacks if _is_challenge(name) and name not in left_out]
    return (clean, *attacked, *(_challenged(facts, clean, facts.task(name)) for name in sets))


def misfits(facts: ConfigFacts, target: str) -> dict[str, str]:
    """Why some of the config's challenge sets cannot be scored through the target's head, by name."""
    sets = [name for name in facts.config.evaluation.attacks if _is_challenge(name)]
    reasons = {name: facts.source.refusal(TASKS.get(name)) for name in sets}
    fitting = [name for name, why in reasons.items() if not why]
    reasons |= {name: misfit(facts.task(name), facts.task(target)) for name in fitting}
    return {name: why for name, why in reasons.items() if why}


def _is_challenge(name: str) -> bool:
    """Whether the name is a challenge set's; UnknownName if it is no attack's either."""
    if name in TASKS and TASKS.get(name).role == "challenge":
        return True
    if name not in ATTACKS:
        sets = [task.name for task in TASKS if task.role == "challenge"]
        raise UnknownName("attack or challenge set", name, [*ATTACKS.names(), *sets], where="--attacks")
    return False


def _attacked(facts: ConfigFacts, clean: Score, attack: Attack, asked: Evaluation) -> Score:
    asks = attack.family != "static"
    return dataclasses.replace(
        _bounded(facts, clean, _fewest(asked.rows, asked.search_rows) if asks else asked.rows),
        clean=clean,
        attack=attack.name,
        attack_version=attack.version,
        severity=asked.radius if attack.embeds else asked.severity if attack.graded else 0.0,
        budget=asked.budget if asks else 0,
        resources=facts.resources(clean.languages) if attack.needs & {"words", "append"} else "",
        clusters="" if attack.embeds else facts.clusters,
    )


def _bounded(facts: ConfigFacts, score: Score, rows: int | None) -> Score:
    """The score of at most `rows` a language: the first ones where these are a fair draw, else drawn by their ids."""
    drawn = rows is not None and not facts.source.generated
    return dataclasses.replace(score, rows=rows, version=DRAWN if drawn else 1)


def _options(facts: ConfigFacts, target: Task, *, learnt: bool = False) -> str:
    """The settings of the kind that decide scores and are not the transfer's own (depth and pooling), as canonical JSON.

    `learnt` are those alone that a trained head sees.
    """
    found = {name: value for name, value in facts.options(target).items() if name not in ("depth", "pooling")}
    own = {name: value for name, value in found.items() if not learnt or name.endswith("_prefix")}
    return ids.canonical(own) if own else ""


def _challenged(facts: ConfigFacts, clean: Score, challenge: Task) -> Score:
    wanted = facts.config.evaluation.languages
    languages = tuple(code for code in challenge.languages if not wanted or code in wanted) or challenge.languages
    reads = facts.reads(read_in(challenge, languages))
    return dataclasses.replace(
        clean,
        data=facts.rows(challenge, "test", languages),
        languages=languages,
        reads=reads,
        challenge=challenge.name,
        challenge_version=challenge.version,
    )


def _check_tasks(composition: Composition, tasks: Sequence[str]) -> None:
    twice = sorted({name for name in tasks if list(tasks).count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} named twice", where="--tasks", do="Name each task once.")
    if what := composition.miscounts(len(tasks)):
        do = "`adaptstilts list compositions` says what each one takes."
        raise InputError(what, where="--tasks", do=do)


def _languages(facts: ConfigFacts, target: Task, wanted: Sequence[str]) -> tuple[str, ...]:
    """The languages to score, the source language first; each target of a sweep has those of the wanted ones that are its own."""
    source, sweep = facts.config.data.language, facts.config.sweep
    others = [code for name in (sweep.targets if sweep else ()) for code in facts.task(name).languages]
    for language in wanted:
        if language not in target.languages and language not in others:
            raise UnknownName(f"language of {target.name}", language, target.languages, where="--langs")
    chosen = [language for language in target.languages if not wanted or language in wanted]
    if not chosen:
        do = f"Add one of {', '.join(target.languages)}, or leave the target out."
        raise InputError(
            f"{target.name} has none of the languages {', '.join(wanted)}", where="evaluation.languages", do=do
        )
    return tuple(sorted(chosen, key=lambda code: (code != source, chosen.index(code))))


def _fewest(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


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
