"""The fields of a row come in two languages, from human translations of the same example: the label stays exact."""

from random import Random

from adaptstilts.attacks import Attack, Attacked, Scene
from adaptstilts.attacks.text.graphemes import clusters
from adaptstilts.rows import Row


def perturb(row: Row, scene: Scene, rng: Random) -> Attacked:
    """One of the languages that translate the row is drawn; the kind says which fields it takes."""
    elsewhere = {
        code: rows[row.source] for code, rows in scene.parallel.items() if code != row.language and row.source in rows
    }
    if not elsewhere:
        return Attacked(row, "noop", 0, 0.0)
    language = rng.choice(sorted(elsewhere))
    mixed = scene.kind.mix(row, {language: elsewhere[language]})
    if mixed is None:
        return Attacked(row, "noop", 0, 0.0)
    after = {field.name: field.text for field in scene.kind.fields(mixed, scene.task)}
    fields = scene.kind.fields(row, scene.task)
    changed = [field for field in fields if after.get(field.name, field.text) != field.text]
    if not any(scene.survives(field.text, after[field.name]) for field in changed):
        return Attacked(row, "noop", 0, 0.0)
    edits = sum(len(clusters(field.text)) for field in changed)
    return Attacked(mixed, "edited", edits, edits / sum(len(clusters(field.text)) for field in fields))


attack = Attack(
    name="mix_fields",
    summary="premise and hypothesis, question and context in two different languages",
    family="static",
    needs=frozenset({"mix_fields"}),
    perturb=perturb,
    citation="Tan & Joty 2021 (XNLI-CleanDL); Lewis et al. 2020 (G-XLT)",
)
