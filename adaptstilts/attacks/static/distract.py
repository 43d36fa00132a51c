"""Text that is beside the point is added: an address behind a sentence, or a foreign sentence behind a passage."""

from random import Random

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.distracting import add_address, add_sentence
from adaptstilts.rows import Row


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """A passage with answers gets the most tempting sentence of another passage, all else an address or a handle."""
    return add_sentence(row, scene) if "distract" in scene.kind.edits else add_address(row, scene, rng)


attack = Attack(
    name="distract",
    summary="an address behind a sentence, or the sentence of another passage that looks most like the question",
    family="static",
    needs=frozenset({"append", "distract"}),
    perturb=perturb,
    citation="Ribeiro et al. 2020 (CheckList INV); Naik et al. 2018; Jia & Liang 2017 (AddOneSent)",
)
