"""Noisy PAN-X: test sentences of PAN-X with errors that people made in typing, in five languages."""

from adaptstilts.tasks.task import Task

task = Task(
    name="noisy_panx",
    kind="tagging",
    role="challenge",
    of=("panx",),
    summary="PAN-X with human typing errors in 5 languages",
    metric="chunk_f1",
    files={"test": "panx_noisy/test_{language}_typos_*.jsonl"},
    columns={"words": "tokens", "tags": "ner_tags"},
    labels=("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"),
    languages=("de", "es", "fr", "hi", "tr"),
    family=("wikiann",),
    licence="ODC-By",
    citation="Cooper Stickland et al. 2023, arXiv 2210.04782; Pan et al. 2017, ACL P17-1178",
    obtain=(
        "The files are in github.com/amazon-science/multilingual-robust-contrastive-pretraining (paper_data, panx). Put them"
        " in a folder `panx_noisy` below the --data folder as they are: test_de_typos_0.2.jsonl and the like."
    ),
    notes="The files hold only the rows that changed, without their number in PAN-X's test set.",
)
