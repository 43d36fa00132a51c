"""ANLI+: the three rounds of Adversarial NLI with MNLI and SNLI, as Phang et al. (2020) train on."""

from adaptstilts.tasks.agreed import agreed
from adaptstilts.tasks.task import Source, Task


def _rounds(part: str) -> tuple[Source, ...]:
    revision = "8e4813d81f46d313dac7892e1c28076917cfcdf9"
    return tuple(Source("facebook/anli", "plain_text", f"{part}_r{number}", revision) for number in (1, 2, 3))


task = Task(
    name="anli",
    kind="pair",
    role="intermediate",
    summary="natural language inference, adversarially collected, with MNLI and SNLI",
    metric="accuracy",
    train=(
        *_rounds("train"),
        Source("nyu-mll/glue", "mnli", "train", "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"),
        Source("stanfordnlp/snli", "plain_text", "train", "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b"),
    ),
    dev=_rounds("dev"),
    test=_rounds("test"),
    columns={"first": "premise", "second": "hypothesis"},
    labels=("entailment", "neutral", "contradiction"),
    prepare=agreed,
    family=("anli", "multinli", "snli", "rte"),
    licence="ANLI: CC BY-NC 4.0; SNLI: CC BY-SA 4.0; MNLI: OANC and others, by genre",
    citation="Nie et al. 2020, arXiv 1910.14599, with Bowman et al. 2015, arXiv 1508.05326 and MNLI",
    notes=(
        "Rows of all five sets are mixed in proportion to their sizes; dev and test are those of ANLI. Some contexts of its third round"
        " are RTE's."
    ),
)
