"""From a config's sweep to cells and steps; equal steps are one step. Files are read, nothing is fetched or written."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.design import Design
from adaptstilts.config.load import Config, load_config
from adaptstilts.errors import ConfigError, InputError, NotApplicable
from adaptstilts.plan.cell import planned, scores
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.ingredients import StepWorkshop, ingredients
from adaptstilts.plan.request import Request
from adaptstilts.plan.sweeps.heads import heads
from adaptstilts.plan.sweeps.trials import Role, Trial, baselines, controls, reference_models, trajectories
from adaptstilts.steps.step import Score, Step, Transfer, upstream
from adaptstilts.store.records.manifest import ManifestCell
from adaptstilts.store.store import Store
from adaptstilts.zoo.members import shelved
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos, shipped_zoo, zoos


@dataclass(frozen=True)
class SweepCell:
    """One transfer of a sweep with its scores, the clean one first, and its place in the design.

    `role` "k" marks the trajectories of the question; the others are control, baseline and reference. `tasks` are in the
    order of the `ordering`; `head` is the unit of inference, "" for a target that trains nothing.
    """

    role: Role
    composition: str
    k: int
    tasks: tuple[str, ...]
    ordering: int
    head: str
    target: str
    seed: int
    transfer: Transfer
    scores: tuple[Score, ...]

    def keyed(self) -> ManifestCell:
        """The cell as the manifest has it: steps by their keys."""
        keys = {"transfer": self.transfer.key, "scores": tuple(score.key for score in self.scores)}
        return ManifestCell(**{f.name: getattr(self, f.name) for f in dataclasses.fields(self)} | keys)


@dataclass(frozen=True)
class Sweep:
    """A config's sweep, expanded. `left_out` counts cells that cannot be, by the reason."""

    config: Config
    cells: tuple[SweepCell, ...]
    left_out: dict[str, int]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it needs, none twice."""
        wanted: list[Step] = []
        for cell in self.cells:
            wanted += [cell.transfer, *cell.scores]
        return upstream(*wanted)


def expand(
    config: Config | str, settings: Iterable[str] = (), zoo: Zoo | Zoos | None = None, *, store: Store | None = None,
    taken: Mapping[str, Entry] | None = None,
) -> Sweep:  # fmt: skip
    """The cells and steps of a config's sweep; a config's name or file is loaded with `settings` (key=value) laid over it.

    Adapters come from `zoo` where it holds one made by the very step that would make it. None: from the zoo that travels with
    the package and, if there is a `store`, the user's own, but for adapters that this store has trained itself. Of the names in
    the pool that are no tasks' `taken` holds the adapters (see `zoo.members.pool_members`); None: they lie in the zoo.

    Raises InputError for a config without a sweep, ConfigError, and as `plan.cell.planned`; what a composition or target cannot
    be is left out and counted.
    """
    shelf = zoo if zoo is not None else shipped_zoo() if store is None else zoos(store.root)
    if isinstance(config, str):
        config = load_config(config, settings, adapters=lambda: [entry.name for entry in shelf])
    if config.sweep is None:
        do = "Name one of configs/sweeps (`adaptstilts list configs`), or give the config a `sweep:` section."
        raise InputError("the config has no sweep", where=config.name, do=do)
    absent = [name for name in config.sweep.replays if name not in config.evaluation.attacks]
    if absent:
        raise ConfigError(config.name, [f"sweep.replays: {name} is not among evaluation.attacks" for name in absent])
    members = shelved(config, config.sweep.members, shelf) if taken is None else taken
    design = config.sweep.renamed({name: entry.name for name, entry in members.items()})
    config = dataclasses.replace(config, sweep=design)
    drafts = _Drafts(config, _Shelf(shelf, store), {entry.name: entry for entry in members.values()})
    found = [(trial, cell) for trial in trajectories(design) if (cell := drafts.cell(trial))]
    others = (*controls(design), *baselines(design), *reference_models(design))
    cells = [*drafts.replayed(found), *(cell for trial in others if (cell := drafts.cell(trial)))]
    return Sweep(config, tuple(cells), dict(drafts.left_out))


class _Drafts:
    """Cells of one config; what many of them have in common is made once."""

    def __init__(self, config: Config, zoo: Zoos, taken: Mapping[str, Entry]) -> None:
        self.facts, self.left_out, self.taken = ConfigFacts(config), Counter[str](), taken
        self.workshop = StepWorkshop(self.facts, zoo, taken)
        self.design = config.sweep or Design()
        self.heads = heads(self.facts.task(name) for name in self.design.targets)
        self._transfers: dict[tuple[str, str], Transfer | str] = {}
        self._scores: dict[tuple[str, bool], tuple[Score, ...]] = {}

    def cell(self, trial: Trial) -> SweepCell | None:
        """The cell with its steps; None, and counted, where there is no such thing.

        A target that trains nothing has one cell where others have replicates, and no reference: they would be equal.
        """
        head = self.heads[trial.target]
        if not head and (trial.role == "reference" or trial.replicate != self.design.seeds[0]):
            return None
        transfer = self._transfer(trial)
        if isinstance(transfer, str):
            self.left_out[transfer] += 1
            return None
        place = (trial.role, trial.composition, trial.k, trial.tasks, trial.ordering, head)
        return SweepCell(*place, trial.target, transfer.seed, transfer, self._scored(trial, transfer))

    def replayed(self, found: Sequence[tuple[Trial, SweepCell]]) -> Iterator[SweepCell]:
        """The trajectories' cells with replays: texts found at the least and the largest k, read by all other k."""
        more: dict[int, list[Score]] = {}
        for chain in self._chains(found):
            for attack in self.design.replays:
                own = {n: next(s for s in found[n][1].scores if s.attack == attack) for n in chain}
                for source in (chain[0], chain[-1]):
                    for n in chain:
                        if n != source:
                            more.setdefault(n, []).append(dataclasses.replace(own[n], texts=own[source]))
        for n, (_, cell) in enumerate(found):
            yield dataclasses.replace(cell, scores=(*cell.scores, *more.get(n, ()))) if n in more else cell

    def _chains(self, found: Sequence[tuple[Trial, SweepCell]]) -> Iterator[list[int]]:
        """The places of the cells of one trajectory by k, which begins with no adapter whatever the composition."""
        chains: dict[tuple[int, str, int, str], list[int]] = {}
        for n, (trial, _) in enumerate(found):
            for composition in (trial.composition,) if trial.k else self.design.compositions:
                chains.setdefault((trial.ordering, trial.target, trial.replicate, composition), []).append(n)
        yield from (chain for chain in chains.values() if len(chain) > 1)

    def _transfer(self, trial: Trial) -> Transfer | str:
        """The transfer, or why there is none."""
        composition = COMPOSITIONS.get(trial.composition)
        if wrong := composition.miscounts(len(trial.tasks)):
            return wrong
        times, target_adapter = max(1, trial.k), self.design.target_adapter
        taken = {name: self.taken[name] for name in trial.tasks if name in self.taken}
        request = Request(trial.composition, trial.tasks, trial.target, 0, target_adapter, times=times, taken=taken)
        draft = self._draft(request)
        if isinstance(draft, str):
            return draft
        found = ingredients(composition, request, self.workshop)
        seed = trial.seed if self.heads[trial.target] else 0
        transfer = dataclasses.replace(draft, adapters=found.adapters, names=found.names, seed=seed)
        return _less(transfer, trial) if trial.role == "reference" else transfer

    def _draft(self, request: Request) -> Transfer | str:
        key = (request.composition, request.target)
        if key not in self._transfers:
            try:
                self._transfers[key] = planned(self.facts, request, self.workshop)
            except NotApplicable as error:
                self._transfers[key] = error.what
        return self._transfers[key]

    def _scored(self, trial: Trial, transfer: Transfer) -> tuple[Score, ...]:
        every = trial.role == "k"
        key = (trial.target, every)
        if key not in self._scores:
            self._scores[key] = tuple(_panel(self.facts, self.design, transfer, every=every))
        clean, *others = (dataclasses.replace(score, transfer=transfer) for score in self._scores[key])
        planted = round(self.design.planted_noise * math.log2(max(trial.k, 1)), 6)  # equal on all machines
        noise = planted if every else 0.0
        return (clean, *(dataclasses.replace(s, clean=clean, noise=noise) if s.attack else s for s in others))


def _panel(facts: ConfigFacts, design: Design, transfer: Transfer, *, every: bool) -> Iterator[Score]:
    """What a transfer is scored on: as the config says, and where `every`, at the sweep's other severities and budgets."""
    evaluation = facts.config.evaluation
    yield from scores(facts, transfer)
    names = [name for name in evaluation.attacks if name in ATTACKS]
    graded = tuple(n for n in names if ATTACKS.get(n).graded and ATTACKS.get(n).family == "static")
    asking = tuple(n for n in names if ATTACKS.get(n).family != "static" and not ATTACKS.get(n).embeds)
    for severity in design.severities if every else ():
        if severity != evaluation.severity:
            again = dataclasses.replace(evaluation, severity=severity, attacks=graded)
            yield from scores(facts, transfer, again)[1:]
    for budget in design.budgets if every else ():
        if budget != evaluation.budget:
            again = dataclasses.replace(evaluation, budget=budget, attacks=asking)
            yield from scores(facts, transfer, again)[1:]


def _less(transfer: Transfer, trial: Trial) -> Transfer:
    """The transfer after part of its training; one that trains nothing comes back as it is."""
    if trial.rows is not None:
        return dataclasses.replace(transfer, rows=trial.rows if transfer.data else None)
    share, recipe = trial.fraction or 1.0, transfer.recipe
    if transfer.rows is not None:
        return dataclasses.replace(transfer, rows=max(1, round(share * transfer.rows)))
    steps = max(1, round(share * recipe.steps)) if recipe.steps else None
    epochs = share * recipe.epochs if recipe.epochs else None
    return dataclasses.replace(transfer, recipe=dataclasses.replace(recipe, steps=steps, epochs=epochs))


class _Shelf(Zoos):
    """Zoos whose indices are read once.

    What the `store` has trained is not taken from a zoo of the user's: putting it there in the middle of a sweep would
    change the keys of all that is built on it.
    """

    def __init__(self, zoo: Zoo | Zoos, store: Store | None) -> None:
        super().__init__(*map(Zoo, zoo.roots))
        travels = shipped_zoo().root.resolve()
        found = [(place.root.resolve() == travels, entry) for place in self.zoos for entry in place]
        offered = [entry for fixed, entry in found if fixed or not (store and store.done(entry.step))]
        self._by_step = {entry.step: entry for entry in reversed(offered)}

    def made_by(self, step: str) -> Entry | None:
        return self._by_step.get(step)
