"""NLI stress tests: MNLI development pairs with added tautologies, negations, padding or misspelt words."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "pietrolesci/robust_nli", "b50fbc9d830c55fbf1718995fdb0932b4986b3b9"

task = Task(
    name="nli_stress",
    kind="pair",
    role="challenge",
    of=("xnli", "mnli", "anli"),
    summary="inference under word overlap, negation, length mismatch and misspelling",
    metric="accuracy",
    test=tuple(Source(_ID, "default", test, _REVISION) for test in ("ST_WO", "ST_NE", "ST_LM", "ST_SE")),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    family=("nli_stress", "multinli"),
    licence="not stated by the copy on the Hub; MultiNLI's terms hold for the sentences",
    citation="Naik et al. 2018, COLING C18-1198",
    notes="A row's id begins with its test: 0 word overlap, 1 negation, 2 length mismatch, 3 misspelling.",
)
