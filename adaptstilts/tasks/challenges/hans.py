"""HANS: pairs whose words overlap, where the heuristics that MNLI rewards are right half of the time."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task


def _labelled(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The original file has label names in `gold_label`, the Hub's copy numbers in `labels`."""
    return record if "labels" in record else {**record, "labels": record["gold_label"]}


task = Task(
    name="hans",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="inference where word overlap misleads",
    metric="accuracy",
    test=(Source("tasksource/hans", "default", "validation"),),
    files={"test": "hans/heuristics_evaluation_set.txt"},
    columns={"first": "sentence1", "second": "sentence2", "label": "labels"},
    labels=("entailment", "non-entailment"),
    # Neutral and contradiction are both non-entailment; McCoy et al. found little between adding and taking the best.
    options={"merge": ((0,), (1, 2))},
    prepare=_labelled,
    family=("hans",),
    licence="MIT",
    citation="McCoy, Pavlick and Linzen 2019, arXiv 1902.01007",
    notes="Copies of HANS with the labels in the other order exist on the Hub; the loader refuses them. Rows come by"
    " heuristic and label: a limit draws from all of them.",
)
