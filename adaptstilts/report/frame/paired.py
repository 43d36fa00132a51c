"""Per-example rows of many attacked scores beside the clean predictions of the same rows, joined in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from adaptstilts.errors import CorruptArtefact
from adaptstilts.store.predictions import read_columns
from adaptstilts.store.store import PREDICTIONS, Store

CLEAN = ("language", "id", "score", "margin")
ATTACKED = ("language", "id", "source", "score", "margin", "queries", "edits", "rate", "outcome")
ATTACKED_AS = {"source": "source_id", "score": "s_adv", "margin": "margin_adv"}
CLEAN_AS = {"score": "s_clean", "margin": "margin_clean"}
PLACE = ["language", "id"]


def paired(store: Path, cells: pd.DataFrame, clean_of: Mapping[str, str]) -> pd.DataFrame:
    """A row per example that an attack reached: every column of its line in `cells`, and what both predictions say.

    `cells` has a line per attacked score and place in the design; `clean_of` gives the clean score that each was held
    against. CorruptArtefact for a file that does not read back, or that names a row twice.
    """
    keys = list(dict.fromkeys(cells["score"]))
    cleans = list(dict.fromkeys(clean_of[key] for key in keys))
    attacked = _read(store, keys, ATTACKED).rename(columns=ATTACKED_AS)
    attacked = attacked[attacked["outcome"] != "noop"]
    clean = _read(store, cleans, CLEAN).rename(columns={**CLEAN_AS, "place": "held"})
    held = {key: number for number, key in enumerate(cleans)}
    of = pd.Series([held[clean_of[key]] for key in keys])
    joined = attacked.assign(held=of.take(attacked["place"].to_numpy()).to_numpy()).merge(clean, on=["held", *PLACE])
    facts = cells.assign(place=cells["score"].map({key: number for number, key in enumerate(keys)}))
    return joined.merge(facts, on="place").drop(columns=["place", "held"])


def _read(store: Path, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The prediction files of these scores as one table; `place` is the score's place among `keys`."""
    import pyarrow as pa

    tables = [_table(Store(store).folder(key) / PREDICTIONS, columns, number) for number, key in enumerate(keys)]
    found: pd.DataFrame = pa.concat_tables(tables, promote_options="default").to_pandas()
    twice = found.duplicated(["place", *PLACE])
    if twice.any():
        first = found[twice].iloc[0]
        raise _corrupt(
            Store(store).folder(keys[int(first["place"])]) / PREDICTIONS, f"row {first['id']} stands there twice"
        )
    return found


def _table(path: Path, columns: Sequence[str], place: int) -> Any:
    import pyarrow as pa

    table = read_columns(path, columns)
    if lacking := [name for name in columns if name not in table.column_names]:
        raise _corrupt(path, f"no column {lacking[0]!r}")
    return table.append_column("place", pa.array([place] * len(table), pa.int32()))


def _corrupt(path: Path, what: str) -> CorruptArtefact:
    do = f"Remove the folder {path.parent} and run the same command again: only this step is redone."
    return CorruptArtefact(f"predictions do not read back ({what})", where=str(path), do=do)
