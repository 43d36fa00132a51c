"""PAN-X: persons, organisations and places in Wikipedia sentences of the 48 languages of XTREME and XTREME-R."""

from adaptstilts.tasks.task import Source, Task

_ID = "unimelb-nlp/wikiann"
_LANGUAGES = """
af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro ru sw ta te th
tl tr uk ur vi yo zh
"""

task = Task(
    name="panx",
    kind="tagging",
    role="target",
    summary="names of persons, organisations and places in 48 languages",
    metric="chunk_f1",
    train=(Source(_ID, "{language}", "train"),),
    dev=(Source(_ID, "{language}", "validation"),),
    test=(Source(_ID, "{language}", "test"),),
    columns={"words": "tokens", "tags": "ner_tags"},
    labels=("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"),
    languages=tuple(_LANGUAGES.split()),
    family=("wikiann",),
    licence="ODC-By",
    citation="Pan et al. 2017, ACL P17-1178; Rahimi, Li and Cohn 2019, arXiv 1902.00193",
    notes="az, gu, lt, pa, pl, qu, ro and uk are XTREME-R's.",
)
