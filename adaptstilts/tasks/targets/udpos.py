"""UD-POS: universal part-of-speech tags of Universal Dependencies in the 38 languages of XTREME and XTREME-R."""

from adaptstilts.tasks.task import Source, Task
from adaptstilts.tasks.treebanks import LANGUAGES, tagged, treebanks

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
    summary="part-of-speech tags in 38 languages",
    metric="chunk_f1",
    train=(Source(_ID, "udpos.{language}", "train", _REVISION), *treebanks("train")),
    dev=(Source(_ID, "udpos.{language}", "validation", _REVISION), *treebanks("validation")),
    test=(Source(_ID, "udpos.{language}", "test", _REVISION), *treebanks("test")),
    columns={"words": "tokens", "tags": "pos_tags"},
    labels=tuple(_TAGS.split()),
    languages=(*_NAMES, *LANGUAGES),
    spellings=_NAMES,
    prepare=tagged,
    family=("ud",),
    licence="per treebank; some training treebanks are CC BY-NC-SA",
    citation="Nivre et al. 2020, arXiv 2004.10643; Hu et al. 2020, arXiv 2003.11080; Ruder et al. 2021, arXiv 2104.07412",
    notes=(
        "kk, th, tl and yo have no dev set. XTREME scores seqeval's chunk F1, which merges equal neighbours. lt, pl, ro, uk and wo"
        " are XTREME-R's, which has UD 2.7; the Hub's copy is newer, so these differ a little. The other languages are UD 2.5's."
    ),
)
