"""BUCC 2018: which sentences of two large piles, one of them English, are translations of one another."""

from adaptstilts.tasks.bitext import piled
from adaptstilts.tasks.task import Source, Task

task = Task(
    name="bucc",
    kind="retrieval",
    role="target",
    summary="mining translations from two piles of sentences, 4 languages with English",
    metric="bucc_f1",
    test=(Source("mteb/BUCC", "{language}-en", "test", "39f20d5ac4a82e59dbcecaabdd599b82cbefa666"),),
    languages=("de", "fr", "ru", "zh"),
    prepare=piled,
    options={"search": "mine"},
    family=("bucc",),
    licence="not stated by the source; sentences of Wikipedia and News Commentary",
    citation="Zweigenbaum, Sharoff and Rapp 2018, BUCC workshop; Hu et al. 2020, arXiv 2003.11080",
    notes=(
        "No training set; the encoder is read as it is. XTREME tests on the shared task's training part, which this is; its"
        " sample part is not on the Hub, so the threshold is set on the pairs that are scored, as by XTREME's scorer and jiant."
        " google/xtreme bucc18 and mteb/bucc-bitext-mining hold gold pairs only, which is another task."
    ),
)
