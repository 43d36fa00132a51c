"""Whether a model has seen the data a target is made of, through the adapters inside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from adaptstilts.tasks import TASKS, Task


def exposure(target: Task, tasks: Iterable[str]) -> Literal["seen", "related", "unseen", "unknown"]:
    """What the adapters of `tasks` have seen of the target's data.

    `seen` when one was trained on the target's own data family (the first in `family`), `unknown` when one comes from
    elsewhere and does not say what it was trained on, `related` when one shares one of the others with the target, else
    `unseen`. The target's training on its own training set does not count.
    """
    names = list(tasks)
    families = [set(TASKS.get(name).family) for name in names if name in TASKS]
    if target.family and any(target.family[0] in family for family in families):
        return "seen"
    if len(families) < len(names):
        return "unknown"
    return "related" if any(set(target.family) & family for family in families) else "unseen"
