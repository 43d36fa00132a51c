"""Task declarations, one file each: adapters train on `intermediate/`, `targets/` and `challenges/` measure them.

`groups/` names several tasks at once.
"""

from adaptstilts.registry import Registry
from adaptstilts.tasks.group import Group
from adaptstilts.tasks.task import Source, Task

TASKS: Registry[Task] = Registry("task", Task, __name__, ("intermediate", "targets", "challenges"))
GROUPS: Registry[Group] = Registry("group", Group, __name__, ("groups",))

__all__ = ["GROUPS", "TASKS", "Group", "Source", "Task"]
