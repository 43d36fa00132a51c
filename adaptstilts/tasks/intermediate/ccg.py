"""CCG supertagging: one lexical category of Combinatory Categorial Grammar per word."""

from adaptstilts.tasks.task import Task

task = Task(
    name="ccg",
    kind="tagging",
    role="intermediate",
    summary="CCG supertags of newspaper text",
    metric="token_accuracy",
    family=("ccgbank",),
    licence="LDC user agreement (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007, Computational Linguistics 33(3)",
    obtain=(
        "CCGbank is licensed by the LDC (LDC2005T13) and has no public copy. Write train and dev sections as lines of"
        " `text<TAB>tags`, words and tags separated by single blanks, to ccg.train and ccg.val (or train.tsv, dev.tsv)"
        " in a folder `ccg` below the --data folder; tags_to_id.json beside them fixes the label order."
    ),
    notes="Phang et al. (2020) used 1,363 categories; records carry the digest of the files that were used.",
)
