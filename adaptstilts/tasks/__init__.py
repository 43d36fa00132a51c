"""Task declarations, one file each: adapters train on `intermediate/`, `targets/` and `challenges/` measure them."""

from adaptstilts.registry import Registry
from adaptstilts.tasks.task import Source, Task

TASKS: Registry[Task] = Registry("task", Task, __name__, ("intermediate", "targets", "challenges"))

__all__ = ["TASKS", "Source", "Task"]
