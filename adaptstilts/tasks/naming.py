"""What lists of names mean: a group's name stands for its tasks."""

from __future__ import annotations

from collections.abc import Iterable

from adaptstilts.tasks import GROUPS, TASKS


def spelt_out(names: Iterable[str]) -> tuple[str, ...]:
    """The names with each group's tasks in its place, but for those that stand there already; a task's name is no group's."""
    found: list[str] = []
    for name in names:
        if name in GROUPS and name not in TASKS:
            found += [task for task in GROUPS.get(name).tasks if task not in found]
        else:
            found.append(name)
    return tuple(found)


def groups_of(task: str) -> tuple[str, ...]:
    """The groups that a task is in, by name."""
    return tuple(group.name for group in GROUPS if task in group.tasks)
