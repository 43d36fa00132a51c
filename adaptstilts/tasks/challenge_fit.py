"""Whether a challenge set can be scored through the head that a transfer to another task has trained."""

from __future__ import annotations

from adaptstilts.kinds import kind_of
from adaptstilts.tasks.task import Task


def misfit(challenge: Task, target: Task) -> str:
    """Why the rows of `challenge` cannot be scored through the head of `target`, or "" where they can.

    The challenge names its targets in `of`; beyond that the two must be of one kind, and their heads alike: the same
    outputs from the same place. Decoding follows the challenge's own facts (its labels, its `merge`), so labels that
    the challenge takes from the head as they are must be the target's own, by name or at least by number.
    """
    if target.name not in challenge.of:
        return f"{challenge.name} goes through the head of {' or '.join(challenge.of)}, not of {target.name}"
    if challenge.kind != target.kind:
        return f"{challenge.name} is a {challenge.kind} task, {target.name} a {target.kind} task"
    own, given = kind_of(challenge.kind).head(challenge), kind_of(target.kind).head(target)
    if (own.level, own.outputs) != (given.level, given.outputs):
        return f"{challenge.name} needs a head with {own.outputs} outputs; that of {target.name} has {given.outputs}"
    if sorted(challenge.labels) == sorted(target.labels) and challenge.labels != target.labels:
        return f"{challenge.name} has its labels in another order than {target.name}: {', '.join(challenge.labels)}"
    return ""
