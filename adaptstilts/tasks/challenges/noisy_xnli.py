"""Noisy XNLI: test pairs of XNLI with errors that people made in typing, in six languages."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Task


def _unquoted(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The published files set each text between single quotes."""
    return {**record, "first": _bare(record["premise"]), "second": _bare(record["hypothesis"])}


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


task = Task(
    name="noisy_xnli",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="XNLI with human typing errors in 6 languages",
    metric="accuracy",
    files={"test": "xnli_noisy/test_{language}_typos_*.tsv"},
    labels=("entailment", "neutral", "contradiction"),
    languages=("en", "de", "es", "fr", "hi", "tr"),
    prepare=_unquoted,
    family=("multinli", "xnli"),
    licence="CC BY-NC 4.0",
    citation="Cooper Stickland et al. 2023, arXiv 2210.04782; Conneau et al. 2018, arXiv 1809.05053",
    obtain=(
        "The files are in github.com/amazon-science/multilingual-robust-contrastive-pretraining (paper_data, xnli). Put them"
        " in a folder `xnli_noisy` below the --data folder as they are: test_en_typos_0.05.tsv and the like."
    ),
    notes="English row i is row i of XNLI's test set; the other files hold only the rows that changed, without their number.",
)
