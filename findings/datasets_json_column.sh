#!/bin/sh
# datasets 5.0.1 (Json since 4.7), pyarrow 26.0.1: a JSON lines file of two rows, whose column `text` holds a text and a number, is loaded
# as one column of type Json and written to parquet as Arrow's extension type `arrow.json`. Read by pyarrow, the text comes back as the
# source of its JSON, in quotes: '"one"'. `datasets` itself gives 'one' and 1999. Seen: feature Json, type arrow.json, values '"one"' and '1999'.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet 'datasets==5.0.1' 'pyarrow==26.0.1'
HF_HUB_OFFLINE=1 "$folder/env/bin/python" - "$folder" <<'PYTHON'
import pathlib
import sys

import datasets
import pyarrow
import pyarrow.parquet

folder = pathlib.Path(sys.argv[1])
(folder / "rows.jsonl").write_text('{"text": "one"}\n{"text": 1999}\n')
rows = datasets.load_dataset("json", data_files=str(folder / "rows.jsonl"), split="train", cache_dir=str(folder / "cache"))
rows.to_parquet(folder / "rows.parquet")
table = pyarrow.parquet.read_table(folder / "rows.parquet")
seen = (type(rows.features["text"]).__name__, str(table.schema.field("text").type), table["text"].to_pylist(), rows["text"][:])
print(f"datasets {datasets.__version__}, pyarrow {pyarrow.__version__}: {seen}")
expected = ("Json", "extension<arrow.json>", ['"one"', "1999"], ["one", 1999])
sys.exit(0 if seen == expected else f"no longer so: {expected} was expected")
PYTHON
