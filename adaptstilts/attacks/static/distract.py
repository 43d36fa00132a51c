"""Text that is beside the point is added: an address behind a sentence, or a foreign sentence behind a passage."""

from random import Random

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.edits.distractors import add_address, add_sentence, add_tautology
from adaptstilts.rows import Row


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """A passage with answers gets the most tempting sentence of another passage, all else an address or a handle.

    Where the scene has a tautology, the second sentence of an inference pair gets that instead.
    """
    if "distract" in scene.kind.edits:
        return add_sentence(row, scene)
    if scene.tautology and "entailment" in scene.task.labels:
        return add_tautology(row, scene)
    return add_address(row, scene, rng)


attack = Attack(
    name="distract",
    summary="an address behind a sentence, or the sentence of another passage that looks most like the question",
    family="static",
    needs=frozenset({"append", "distract"}),
    perturb=perturb,
    citation="Ribeiro et al. 2020 (CheckList INV); Naik et al. 2018; Jia & Liang 2017 (AddOneSent)",
)
