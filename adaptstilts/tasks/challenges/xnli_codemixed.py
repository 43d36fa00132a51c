"""XNLI CleanDL: test pairs of XNLI whose premise and hypothesis are in two different languages of the fifteen."""

from adaptstilts.tasks.task import Task

task = Task(
    name="xnli_codemixed",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="XNLI with premise and hypothesis in different languages",
    metric="accuracy",
    files={"test": "xnli_codemixed/test_matched.tsv"},
    columns={"first": "sentence1", "second": "sentence2", "label": "gold_label"},
    labels=("entailment", "neutral", "contradiction"),
    languages=("mul",),  # ISO 639-2's code for text in several languages
    family=("multinli", "xnli"),
    parallel=True,
    licence="CC BY-NC 4.0",
    citation="Tan and Joty 2021, arXiv 2103.09593; Conneau et al. 2018, arXiv 1809.05053",
    obtain=(
        "The file is XNLI_cleanDL/test_matched.tsv of github.com/salesforce/adversarial-polyglots-data. Put it in a folder"
        " `xnli_codemixed` below the --data folder."
    ),
    notes="Row i is row i of XNLI's test set.",
)
