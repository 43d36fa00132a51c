"""How many bytes a sweep keeps of what the layers below all adapters give: sets of inputs, each counted once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from adaptstilts.attacks import ATTACKS
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import Config
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.plan.lowest import PAYS, bound, passes, readers
from adaptstilts.plan.sweeps.cost import FLOAT, Calibration
from adaptstilts.plan.sweeps.sizes import rows_of, tokens_of
from adaptstilts.steps.step import Score, Step, TrainAdapter, Transfer

Kept = tuple[Hashable, str, float]
"""What a set of inputs is known by, its task, and its rows."""


def lowest_bytes(steps: Iterable[Step], config: Config, calibration: Calibration) -> int:
    """Bytes of all sets that steps will keep, in float32 (half of it in bfloat16), at most what the config allows."""
    facts, wide = ConfigFacts(config), FLOAT * calibration.hidden
    most = bound(config.device, "cpu" if "CPU" in calibration.device else "cuda")
    sizes = dict[Hashable, int]()
    for step in steps if config.adapter.drop and most else ():
        for known, name, rows in _sets(step, facts, readers(config.sweep)):
            sizes[known] = round(rows * tokens_of(facts.task(name), facts.source) * wide)
    return min(most, sum(size for size in sizes.values() if size <= most))


def _sets(step: Step, facts: ConfigFacts, others: int) -> Iterator[Kept]:
    """The sets that a step reads often enough, by itself or with the others of its sweep."""
    if step.kind == Score.kind:
        if _frozen(step.transfer) and others >= PAYS:
            yield from _scored(step, facts)
    elif step.kind == TrainAdapter.kind:
        rows = {lesson.task: (lesson.rows, _rows(facts, lesson.task, "train", lesson.rows)) for lesson in step.lessons}
        if step.shape.drop and not step.whole and not step.languages:
            yield from _learned(step, rows, 1)
    elif step.data and _frozen(step):
        yield from _learned(step, {step.target: (step.rows, _rows(facts, step.target, "train", step.rows))}, others)


def _learned(step: TrainAdapter | Transfer, rows: dict[str, tuple[int | None, int]], others: int) -> Iterator[Kept]:
    times = passes(step.recipe, sum(count for _, count in rows.values()))
    for name, (limit, count) in rows.items():
        alone = limit is not None and count == limit  # a part of the rows is drawn by the seed
        if times * (1 if alone else others) >= PAYS:
            yield ("train", name, count, step.language, step.seed if alone else None), name, count


def _scored(step: Score, facts: ConfigFacts) -> Iterator[Kept]:
    name = step.challenge or step.transfer.target
    rows = _rows(facts, name, "test", step.rows) * len(step.languages)
    if not step.attack:
        yield ("clean", name, step.languages, rows), name, rows
    elif ATTACKS.get(step.attack).family == "static" and not step.texts:
        yield (step.attack, name, step.languages, rows, step.severity, step.seed), name, rows


def _frozen(step: Transfer) -> bool:
    return bool(step.shape.drop) and not step.languages and not COMPOSITIONS.get(step.composition).whole


def _rows(facts: ConfigFacts, name: str, split: str, most: int | None) -> int:
    return rows_of(facts.task(name), facts.source, split, most)
