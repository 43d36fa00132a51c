"""XQuAD: SQuAD questions and paragraphs in twelve languages, translated by people."""

from adaptstilts.tasks.offsets import anchored
from adaptstilts.tasks.task import Source, Task

task = Task(
    name="xquad",
    kind="span",
    role="target",
    summary="answers as spans of translated paragraphs in 12 languages",
    metric="squad_f1",
    train=(
        Source("rajpurkar/squad", "plain_text", "train", "7b6d24c440a36b6815f21b70d25016731768db1f", language="en"),
    ),
    test=(Source("google/xquad", "xquad.{language}", "validation", "51adfef1c1287aab1d2d91b5bead9bcfb9c68583"),),
    columns={"id": "id"},
    prepare=anchored,
    languages=("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"),
    family=("squad",),
    parallel=True,
    licence="CC BY-SA 4.0",
    citation="Artetxe, Ruder and Yogatama 2020, arXiv 1910.11856",
    notes="There is no dev set, and SQuAD's shares its paragraphs: select on a held-out part of the training set. ro is XTREME-R's.",
)
