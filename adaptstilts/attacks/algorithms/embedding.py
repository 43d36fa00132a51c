"""Attacks on word embeddings as searches: a row keeps its text, and its prediction is the one found in the ball."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random
from typing import cast

from adaptstilts.attacks.attack import Attacked, Scene, Search, Victim, WhiteBox
from adaptstilts.rows import Row


def in_a_ball(*, steps: int, restarts: int) -> Search:
    """Descent by `WhiteBox.descend` in a ball whose radius is the scene's severity, in mean word-embedding norms.

    A pass is a query. With steps a row that the descent does not lower is held; without, noise is what it is. Every row
    is reached: what may be edited in its text does not matter here.
    """
    return partial(_search, steps, restarts)


def _search(
    steps: int, restarts: int, rows: Sequence[Row], scene: Scene, victim: Victim, budget: int, rngs: Sequence[Random]
) -> list[Attacked]:
    clean = victim.margins(rows)
    found = [
        Attacked(row, "wrong" if margin < 0 else "held", 0, 0.0, 1, goal_at=int(margin < 0))
        for row, margin in zip(rows, clean, strict=True)
    ]
    right = [i for i, margin in enumerate(clean) if margin >= 0]
    if budget == 1 or not right or scene.severity <= 0:
        return found
    fallen = cast("WhiteBox", victim).descend(
        [rows[i] for i in right],
        scene.severity,
        [rngs[i] for i in right],
        steps=steps,
        restarts=restarts,
        budget=budget - 1,
    )
    for i, (said, passes) in zip(right, fallen, strict=True):
        if steps == 0 or said.margin < clean[i]:
            goal_at = 1 + passes if said.margin < 0 else 0
            found[i] = Attacked(rows[i], "edited", 0, 0.0, 1 + passes, prediction=said, goal_at=goal_at)
        else:
            found[i] = Attacked(rows[i], "held", 0, 0.0, 1 + passes)
    return found
