"""PAWS-X: paraphrases and look-alikes in seven languages, translated by people from PAWS-Wiki."""

from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "google-research-datasets/paws-x", "4cd8187c404bda33cb1f62b49b001115862acf37"

task = Task(
    name="pawsx",
    kind="pair",
    role="target",
    summary="paraphrase or look-alike in 7 languages",
    metric="accuracy",
    train=(Source(_ID, "{language}", "train", _REVISION),),
    dev=(Source(_ID, "{language}", "validation", _REVISION),),
    test=(Source(_ID, "{language}", "test", _REVISION),),
    columns={"first": "sentence1", "second": "sentence2", "id": "id"},
    labels=("different", "paraphrase"),
    languages=("de", "en", "es", "fr", "ja", "ko", "zh"),
    family=("paws",),
    parallel=True,
    licence="free for any purpose, with acknowledgement of Google LLC",
    citation="Yang et al. 2019, arXiv 1908.11828; Zhang, Baldridge and He 2019, arXiv 1904.01130",
    notes="Kept: a few rows outside English with the placeholder NS, and labels that differ from the English pair's.",
)
