"""XCOPA: causes and results in eleven languages, translated by people from COPA."""

from adaptstilts.tasks.commonsense import choices
from adaptstilts.tasks.task import Source, Task

_COPA, _REVISION = "aps/super_glue", "3de24cf8022e94f4ee4b9d55a6f539891524d646"

task = Task(
    name="xcopa",
    kind="choice",
    role="target",
    summary="the cause or the result of an event in 11 languages",
    metric="accuracy",
    train=(
        Source("lighteval/siqa", "default", "train", language="en"),
        Source(_COPA, "copa", "train", _REVISION, language="en"),
    ),
    dev=(
        Source(_COPA, "copa", "validation", _REVISION, language="en"),
        Source("cambridgeltl/xcopa", "{language}", "validation"),
    ),
    test=(Source("cambridgeltl/xcopa", "{language}", "test"),),
    languages=("et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh"),
    prepare=choices,
    version=2,
    family=("copa", "siqa"),
    parallel=True,
    licence="XCOPA and Social IQa: CC BY 4.0; COPA: BSD 2-Clause",
    citation="Ponti et al. 2020, arXiv 2005.00333; Sap et al. 2019, arXiv 1904.09728; Roemmele, Bejan and Gordon 2011",
    notes=(
        "Training rows are Social IQa's and COPA's together, in proportion to their sizes (33,410 and 400); XTREME-R trains on"
        " the one and then on the other. For that order train the adapter `siqa` first and stack it: --tasks siqa. The"
        " source's `question` is wrong in Thai, Turkish dev and parts of sw, it and id; it is left as published."
    ),
)
