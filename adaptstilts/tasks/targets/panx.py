"""PAN-X: persons, organisations and places in Wikipedia sentences of XTREME's 40 languages."""

from adaptstilts.tasks.task import Source, Task

_ID = "unimelb-nlp/wikiann"
_LANGUAGES = """
af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi yo zh
"""

task = Task(
    name="panx",
    kind="tagging",
    role="target",
    summary="names of persons, organisations and places in 40 languages",
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
)
