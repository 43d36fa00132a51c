"""AdvGLUE's MNLI: development pairs of GLUE after fourteen attacks, kept where people still agree on the label."""

from adaptstilts.tasks.task import Source, Task

_ID = "AI-Secure/adv_glue"

task = Task(
    name="advglue_mnli",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="MNLI development pairs under word and sentence attacks",
    metric="accuracy",
    test=(Source(_ID, "adv_mnli", "validation"), Source(_ID, "adv_mnli_mismatched", "validation")),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    family=("advglue_mnli", "multinli"),
    licence="CC BY-SA 4.0",
    citation="Wang et al. 2021, arXiv 2111.02840",
    notes="121 matched and 162 mismatched pairs: intervals are wide.",
)
