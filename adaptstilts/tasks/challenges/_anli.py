"""What the challenge sets of ANLI's three rounds have in common."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "facebook/anli", "8e4813d81f46d313dac7892e1c28076917cfcdf9"


def anli_round(number: int) -> Task:
    """The pairs of one round, held out of the training that the task `anli` does on all three."""
    return Task(
        name=f"anli_r{number}",
        kind="pair",
        role="challenge",
        of=("xnli", "mnli", "anli"),
        summary=f"natural language inference written against a model, round {number}",
        metric="accuracy",
        dev=(Source(_ID, "plain_text", f"dev_r{number}", _REVISION),),
        test=(Source(_ID, "plain_text", f"test_r{number}", _REVISION),),
        columns={"first": "premise", "second": "hypothesis"},
        labels=("entailment", "neutral", "contradiction"),
        family=("anli", "rte") if number == 3 else ("anli",),
        twin="anli",
        licence="CC BY-NC 4.0",
        citation="Nie et al. 2020, arXiv 1910.14599",
        notes="Training sets of the same round belong to the intermediate task anli: with its adapter these rows are seen.",
    )
