"""The unit of inference: targets whose heads are trained on the same data count as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adaptstilts.kinds import kind_of
from adaptstilts.tasks import TASKS, Task


def heads(targets: Iterable[Task]) -> Mapping[str, str]:
    """Target -> head: "" for one that trains nothing, else the name that all targets of the same training data share.

    Data are the same where declarations name a common set on the Hub, directly or through a third target. Of those in the
    registry the one with the most languages gives its name, so that it does not depend on who else takes part.
    """
    known = {task.name: task for task in TASKS if task.role == "target" and _trains(task)}
    groups = [[task] for task in known.values()]
    for task in known.values():
        joined = [group for group in groups if any(_sets(task) & _sets(other) for other in group)]
        if len(joined) > 1:
            groups = [group for group in groups if group not in joined] + [[task for group in joined for task in group]]
    shared = {task.name: _first(group).name for group in groups for task in group}
    return {task.name: shared.get(task.name, task.name) if _trains(task) else "" for task in targets}


def _trains(task: Task) -> bool:
    return kind_of(task.kind).head(task).learns


def _sets(task: Task) -> set[str]:
    return {source.id + "/" + source.config for source in task.train}


def _first(group: list[Task]) -> Task:
    return min(group, key=lambda task: (-len(task.languages), task.name))
