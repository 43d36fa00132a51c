"""Some of a sweep's steps: by kind, by the first letters of a key, by target or task, by composition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import InputError, UnknownName
from adaptstilts.ids import beginning
from adaptstilts.steps.step import Score, Step, TrainAdapter, Transfer
from adaptstilts.tasks import TASKS

KINDS = (TrainAdapter.kind, Transfer.kind, Score.kind)


def select(steps: Sequence[Step], only: Iterable[str]) -> tuple[Step, ...]:
    """The steps that every text of `only` speaks of; in a text, names with commas between them are alternatives.

    A name is a kind of step (adapter, transfer, score), a target or intermediate task, a composition, or four letters or
    more of a key's beginning. Raises UnknownName for a name that is nothing of this, InputError where no step is left.
    """
    found, texts = tuple(steps), tuple(only)
    for text in texts:
        names = [name.strip() for name in text.split(",") if name.strip()]
        for name in names:
            _check(name, steps)
        found = tuple(step for step in found if any(speaks_of(name, step) for name in names))
    if texts and not found:
        raise InputError(f"no step of the sweep is {' and '.join(texts)}", where="--only")
    return found


def speaks_of(name: str, step: Step) -> bool:
    """Whether a name means this step."""
    return name in (step.kind, *step.topics) or bool(beginning(name, (step.key,)))


def _check(name: str, steps: Sequence[Step]) -> None:
    known = [*KINDS, *TASKS.names(), *COMPOSITIONS.names()]
    if name not in known and not any(speaks_of(name, step) for step in steps):
        do = "Name a kind of step, a task, a composition, or the first letters (4 or more) of a key."
        raise UnknownName("kind of step, task, composition or key", name, known, where="--only", do=do)
