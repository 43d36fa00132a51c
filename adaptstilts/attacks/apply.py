"""Running any attack on rows: whether it applies, the randomness of each row, and one way in for both families."""

from __future__ import annotations

from collections.abc import Sequence

from adaptstilts.attacks.attack import Attack, Attacked, Scene, Victim, WhiteBox
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.ids import rng_for
from adaptstilts.kinds.kind import Kind
from adaptstilts.rows import Row


def applies(attack: Attack, kind: Kind, language: str) -> str:
    """Why the attack is n/a for this kind or language, or "" where it applies."""
    if not attack.needs & kind.edits:
        wanted = " or ".join(sorted(attack.needs))
        return f"{attack.name} needs a kind that allows {wanted}; {kind.name} does not"
    if not attack.languages(language):
        return f"{attack.name} is not defined for {language!r}"
    return ""


def attack_rows(
    attack: Attack, rows: Sequence[Row], scene: Scene, victim: Victim | None = None, budget: int | None = None
) -> list[Attacked]:
    """One outcome per row, in row order: a function of that row, the scene and the victim, whatever the other rows.

    Searches need `victim` and `budget` (queries per row). Raises NotApplicable where `applies` or `attack.lacks` gives a reason and
    InputError for a search without a victim that can answer it or with a budget below one.
    """
    reason = applies(attack, scene.kind, scene.language) or attack.lacks(scene)
    if reason:
        raise NotApplicable(reason, do="Leave it out for this task or language; its score there is n/a.")
    rngs = [rng_for(attack.name, attack.version, scene.seed, scene.language, row.id) for row in rows]
    if attack.perturb:
        return [attack.perturb(row, scene, rng) for row, rng in zip(rows, rngs, strict=True)]
    if attack.search is None:
        raise InputError(f"{attack.name} declares neither `perturb` nor `search`")
    if victim is None or budget is None:
        raise InputError(f"{attack.name} is a search: it needs a model to query and a budget of queries per row")
    if attack.family == "white" and not isinstance(victim, WhiteBox):
        raise InputError(f"{attack.name} reads gradients: it needs a model that gives them")
    if budget < 1:
        raise InputError(f"a search cannot do with a budget of {budget}", do="Give it one query or more.")
    return attack.search(rows, scene, victim, budget, rngs)
