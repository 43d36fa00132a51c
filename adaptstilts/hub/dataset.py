"""Results of a store as a data set of the Hub: a table of cells, a table of rows, and a card that says what they are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import DatasetCardData

from adaptstilts.errors import DataMissing, redact
from adaptstilts.files import write_whole
from adaptstilts.hub.markup import fenced, shown
from adaptstilts.hub.publish import Publication, sizes
from adaptstilts.hub.scrub import without_host
from adaptstilts.hub.upload import Content, upload
from adaptstilts.store.records.record import Record, ScoreRecord
from adaptstilts.store.store import Store, told_records
from adaptstilts.store.tables import CELL, ROW, cells, rows, schema
from adaptstilts.zoo.names import on_hub

CELLS, ROWS, RECORDS, CARD = "cells/cells.parquet", "rows/rows.parquet", "records.jsonl", "README.md"


def publish_results(store: Store, id: str, *, texts: bool, private: bool, dry: bool) -> Publication:
    """Put the results of a store on the Hub, in one commit, as a data set with the configurations `cells` and `rows`.

    Texts and gold answers go along only with `texts`: they are of data that have licences of their own. Raises DataMissing for a
    store without scores, and as `upload` does.
    """
    place = on_hub(id)
    records = {record.key: record for record in told_records(store)}
    scores = [record for record in records.values() if record.step == "score"]
    if not scores:
        raise DataMissing("no scores here", where=str(store.root), do="Name a store in which something was scored.")
    with tempfile.TemporaryDirectory() as scratch:
        files = _write(Path(scratch), store, records, scores, texts)
        readme = redact(_card(place.id, records, scores, texts))
        files[CARD] = readme.encode()
        commit = ""
        if not dry:
            commit = upload(place.id, "dataset", files, f"{len(scores)} scores", private=private)
        return Publication(place.id, "dataset", sizes(files), commit, readme)


def _write(
    folder: Path, store: Store, records: Mapping[str, Record], scores: list[ScoreRecord], texts: bool
) -> dict[str, Content]:
    for name in (CELLS, ROWS):
        (folder / name).parent.mkdir()
    pq.write_table(cells(list(records.values())).cast(_featured(schema(CELL))), folder / CELLS)
    with pq.ParquetWriter(folder / ROWS, _featured(schema(ROW))) as writer:
        for table in rows(store, scores, texts=texts):
            writer.write_table(table)
    kept = [{**record.plain(), "provenance": without_host(record.provenance.plain())} for record in records.values()]
    lines = (json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in kept)
    write_whole(folder / RECORDS, redact("".join(lines)))
    return {name: folder / name for name in (CELLS, ROWS, RECORDS)}


def _featured(plain: pa.Schema) -> pa.Schema:
    """The schema with the features that `datasets` and the Hub's viewer read it by."""
    from datasets import Features

    return Features.from_arrow_schema(plain).arrow_schema


def _card(id: str, records: Mapping[str, Record], scores: list[ScoreRecord], texts: bool) -> str:
    head = DatasetCardData(
        license="other",
        license_name="scores-free-texts-by-data-set" if texts else "apache-2.0-scores",
        tags=["adaptstilts", "adapters", "cross-lingual-transfer", "adversarial-robustness"],
        configs=[
            {"config_name": "cells", "data_files": "cells/*.parquet", "default": True},
            {"config_name": "rows", "data_files": "rows/*.parquet"},
        ],
    )
    titles = sorted({shown(record.title) for record in records.values() if record.step == "transfer"})
    dirty = any(record.provenance.dirty for record in records.values())
    body = [
        "# Scores of modular transfer, clean and attacked",
        f"{len(scores)} scores of {len(titles)} transfers: {'; '.join(titles[:20])}{' …' if len(titles) > 20 else ''}.",
        "**dirty tree**: some were made by code with changes that are in no commit." if dirty else "",
        f"`cells` has a row per score and language, `rows` one per example{'' if texts else ' (texts and gold answers are left out)'}, "
        "`records.jsonl` the whole records: recipe, cost, versions.",
        fenced(f'from datasets import load_dataset\n\ncells = load_dataset("{id}", "cells", split="train")', "python"),
        "Predictions and texts are made of the data sets that the records name; their licences apply.",
    ]
    return f"---\n{head}\n---\n\n" + "\n\n".join(part for part in body if part) + "\n"
