"""Mewsli-X: entities that news texts of eleven languages mention, among a million described in fifty."""

from adaptstilts.tasks.mentions import LANGUAGES, OTHERS, mentioned
from adaptstilts.tasks.task import Source, Task

_ID, _REVISION = "izhx/mewsli-x", "7e3723faa15c6d84cfd56d66cf6cd347be8ad00e"
_ENTITIES = Source(_ID, "candidate_entities", "test", _REVISION)

task = Task(
    name="mewslix",
    kind="retrieval",
    role="target",
    summary="finding the entities that texts of 11 languages mention, among a million",
    metric="map_at_20",
    train=(Source(_ID, "wikipedia_pairs", "train", _REVISION, language="en"),),
    dev=(Source(_ID, "{language}", "validation", _REVISION), _ENTITIES),
    test=(Source(_ID, "{language}", "test", _REVISION), _ENTITIES),
    prepare=mentioned,
    options={"search": "rank", "pool": "all", "trained": True, "candidate_languages": {"en": OTHERS}},
    languages=LANGUAGES,
    family=("mewslix",),
    licence="Apache-2.0 (data preparation); texts of Wikipedia CC BY-SA 3.0, of WikiNews CC BY 2.5",
    citation="Ruder et al. 2021, arXiv 2104.07412; Botha, Shan and Gillick 2020, arXiv 2011.02690",
    notes=(
        "A dual encoder, trained on English mentions in Wikipedia and the entities they mean. One entity answers each query,"
        " so mAP@20 is the mean reciprocal rank of the first 20. Entities of languages without mentions come with English:"
        " the pool is whole only where all eleven languages are scored. It takes about 4 GB of vectors at width 1,024."
    ),
)
