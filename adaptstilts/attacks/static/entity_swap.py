"""Names become others of their type in tagged text; a sentence to be found gets a rival with another number or name."""

from random import Random

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.text.entities import add_false_candidate, swap_mentions
from adaptstilts.rows import RetrievalRow, Row, TaggingRow


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """Mentions of a tagged row, or a hard negative for a query."""
    if isinstance(row, TaggingRow):
        return swap_mentions(row, scene, rng)
    if isinstance(row, RetrievalRow):
        return add_false_candidate(row, scene, rng)
    return Attacked(row, "noop", 0, 0.0)


def lacks(scene: Scene) -> str:
    """Tags that name no entities, or nowhere to take other names from."""
    if "words" not in scene.kind.columns:
        return ""
    if not any(label.startswith("B-") for label in scene.task.labels):
        return f"{scene.task.name} tags no entities"
    return "" if scene.gazetteer else f"there are no train or dev rows of {scene.language!r} to take names from"


attack = Attack(
    name="entity_swap",
    summary="names become others of their type; retrieval gets rivals with another number or name",
    family="static",
    needs=frozenset({"entities"}),
    perturb=perturb,
    lacks=lacks,
    citation="Lin et al. 2021 (RockNER); Chen et al. 2023 (xSIM++)",
)
