"""Per-row predictions on disk: one parquet file beside a score's record, readable by any tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adaptstilts.errors import CorruptArtefact
from adaptstilts.files import replacing
from adaptstilts.kinds.kind import Prediction

FILE = "predictions.parquet"


def write_predictions(folder: Path, lines: list[dict[str, Any]]) -> None:
    """Write the lines whole: language, id, source, prediction (JSON), score, margin, and what an attack did."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replacing(folder / FILE) as beside:
        pq.write_table(pa.Table.from_pylist(lines), beside, compression="zstd")


def read_predictions(folder: Path) -> dict[tuple[str, str], Prediction]:
    """Predictions by (language, row id); CorruptArtefact if the file does not read back."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / FILE
    try:
        lines = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        advice = f"Remove the folder {folder} and run the same command again: only this step is redone."
        raise CorruptArtefact(f"predictions do not read back ({error})", where=str(path), do=advice) from error
    return {
        (line["language"], line["id"]): Prediction(json.loads(line["prediction"]), line["score"], line["margin"])
        for line in lines
    }
