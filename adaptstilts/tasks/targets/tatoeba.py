"""Tatoeba: find the translation of an English sentence among up to 1,000, in the 41 languages of XTREME and XTREME-R."""

from __future__ import annotations

from typing import Any

from adaptstilts.tasks.task import Source, Task

_SPELLINGS = """
af:afr ar:ara az:aze bg:bul bn:ben de:deu el:ell es:spa et:est eu:eus fa:pes fi:fin fr:fra he:heb hi:hin hu:hun
id:ind it:ita ja:jpn jv:jav ka:kat kk:kaz ko:kor lt:lit ml:mal mr:mar nl:nld pl:pol pt:por ro:ron ru:rus
sw:swh ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd vi:vie zh:cmn
"""
_NAMES = dict(pair.split(":") for pair in _SPELLINGS.split())


def _pair(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The English side asks; sentences end in a newline in the source."""
    return {"query": record["sentence2"].rstrip("\n"), "candidate": record["sentence1"].rstrip("\n")}


_ID, _REVISION = "mteb/tatoeba-bitext-mining", "69e8f12da6e31d59addadda9a9c8a2e601a0e282"

task = Task(
    name="tatoeba",
    kind="retrieval",
    role="target",
    summary="finding translations of English sentences in 41 languages",
    metric="retrieval_accuracy",
    test=(Source(_ID, "{language}-eng", "test", _REVISION),),
    languages=tuple(_NAMES),
    spellings=_NAMES,
    prepare=_pair,
    family=("tatoeba",),
    licence="CC BY 2.0 FR",
    citation="Artetxe and Schwenk 2019, arXiv 1812.10464; Hu et al. 2020, arXiv 2003.11080",
    notes=(
        "No training set; the encoder is read as it is. Pools differ in size, so languages do not compare. az, lt, pl, ro and uk"
        " are XTREME-R's."
    ),
)
