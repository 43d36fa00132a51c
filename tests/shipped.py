"""The shipped adapters of the pocket encoder, whose digits are the same on every machine."""

from pathlib import Path

from adaptstilts.zoo.zoo import shipped_zoo


def pocket_adapter(task: str) -> dict[str, Path]:
    """The task's name against the folder of its shipped pocket adapter; nothing for a task without one."""
    zoo = shipped_zoo()
    return {entry.task: zoo.files(entry.digest) for entry in zoo if (entry.task, entry.backbone) == (task, "pocket")}
