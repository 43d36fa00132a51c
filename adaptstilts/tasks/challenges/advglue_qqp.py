"""AdvGLUE's QQP: development questions of GLUE after fourteen attacks, kept where people still agree on the label."""

from adaptstilts.tasks.task import Source, Task

task = Task(
    name="advglue_qqp",
    kind="pair",
    role="challenge",
    of=("qqp", "pawsx"),
    summary="Quora question pairs under word and sentence attacks",
    metric="accuracy",
    test=(Source("AI-Secure/adv_glue", "adv_qqp", "validation"),),
    columns={"first": "question1", "second": "question2"},
    labels=("not_duplicate", "duplicate"),
    family=("advglue_qqp", "quora"),
    licence="CC BY-SA 4.0",
    citation="Wang et al. 2021, arXiv 2111.02840",
    notes="78 pairs: intervals are wide. PAWS-X's paraphrase stands for duplicate; that head has never seen questions.",
)
