"""UD-POS: universal part-of-speech tags of Universal Dependencies 2.5 in XTREME's 33 languages."""

from adaptstilts.tasks.task import Source, Task

_SPELLINGS = """
af:Afrikaans ar:Arabic bg:Bulgarian de:German el:Greek en:English es:Spanish et:Estonian eu:Basque
fa:Persian fi:Finnish fr:French he:Hebrew hi:Hindi hu:Hungarian id:Indonesian it:Italian ja:Japanese
kk:Kazakh ko:Korean mr:Marathi nl:Dutch pt:Portuguese ru:Russian ta:Tamil te:Telugu th:Thai tl:Tagalog
tr:Turkish ur:Urdu vi:Vietnamese yo:Yoruba zh:Chinese
"""
_NAMES = dict(pair.split(":") for pair in _SPELLINGS.split())
_TAGS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"

_ID, _REVISION = "google/xtreme", "ec5f1f46e9af79639a90684a7a70a956c4998f04"

task = Task(
    name="udpos",
    kind="tagging",
    role="target",
    summary="part-of-speech tags in 33 languages",
    metric="chunk_f1",
    train=(Source(_ID, "udpos.{language}", "train", _REVISION),),
    dev=(Source(_ID, "udpos.{language}", "validation", _REVISION),),
    test=(Source(_ID, "udpos.{language}", "test", _REVISION),),
    columns={"words": "tokens", "tags": "pos_tags"},
    labels=tuple(_TAGS.split()),
    languages=tuple(_NAMES),
    spellings=_NAMES,
    family=("ud",),
    licence="per treebank; some training treebanks are CC BY-NC-SA",
    citation="Nivre et al. 2020, arXiv 2004.10643; Hu et al. 2020, arXiv 2003.11080",
    notes="kk, th, tl and yo have no dev set. XTREME scores seqeval's chunk F1, which merges equal neighbours.",
)
