"""CCG supertagging: one lexical category of Combinatory Categorial Grammar per word."""

from adaptstilts.tasks.task import Task

task = Task(
    name="ccg",
    kind="tagging",
    role="intermediate",
    summary="CCG supertags of newspaper text",
    metric="token_accuracy",
    files={
        "train": ("data/AUTO/0[2-9]/*.auto", "data/AUTO/1[0-9]/*.auto", "data/AUTO/2[01]/*.auto"),
        "dev": ("data/AUTO/00/*.auto",),
        "test": ("data/AUTO/23/*.auto",),
    },
    family=("ccgbank",),
    licence="LDC user agreement (LDC2005T13)",
    citation="Hockenmaier and Steedman 2007, Computational Linguistics 33(3)",
    obtain=(
        "CCGbank is licensed by the LDC (LDC2005T13, catalog.ldc.upenn.edu) and has no public copy. Name its folder with"
        " --data, or put it in a folder `ccg` below the --data folder, so that data/AUTO/00 to 24 lie there. Or write train"
        " and dev sections as lines of `text<TAB>tags`, words and tags separated by single blanks, to ccg.train and ccg.val"
        " (or train.tsv, dev.tsv) there; tags_to_id.json beside them fixes the label order. Without either, --allow-standin"
        " takes the open tags of udpos instead and says so in every number."
    ),
    standin="udpos",
    notes=(
        "Sections 02-21 train, 00 is dev, 23 test, as is usual. Phang et al. (2020) used 1,363 categories; records carry the"
        " digest of the files that were used."
    ),
)
