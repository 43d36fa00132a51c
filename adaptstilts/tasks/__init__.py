"""Task declarations, one file each: `intermediate/` is what adapters train on, `targets/` what they are measured on."""

from adaptstilts.registry import Registry
from adaptstilts.tasks.task import Source, Task

TASKS: Registry[Task] = Registry("task", Task, __name__, ("intermediate", "targets"))

__all__ = ["TASKS", "Source", "Task"]
