"""Encoding rows for the first time and again, against `datasets.Dataset.map` with the same tokenizer and a cache of its own.

    python benchmarks/encoding.py                                  # 100,000 premise-hypothesis pairs, pocket tokenizer
    python benchmarks/encoding.py --tokenizer DIR/tokenizer.json   # another tokenizer, such as XLM-R's
    python benchmarks/encoding.py --memory                         # peak memory of 500,000 pairs, encoded and read once

Prints a table and writes the same as JSON. Both sides tokenise the same texts with the same file and cut them at the same length;
their token ids are compared. ADAPTSTILTS_THREADS says how many threads are used; the peer is given as many processes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adaptstilts import places
from adaptstilts.data.encoding.cache import encoded
from adaptstilts.data.encoding.workers import TaskFacts
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.pocket import rows as pocket_rows
from adaptstilts.rows import ClassificationRow
from adaptstilts.threads import threads

FACTS = TaskFacts("mnli", ("entailment", "neutral", "contradiction"), "accuracy", {})
LIMITS = Limits(max_length=128)
Pairs = list[ClassificationRow]


def pairs(count: int) -> Pairs:
    """Pairs of the pocket lab's inference twin, repeated under other ids once there are 20,000, each time with another premise."""
    made: Any = list(pocket_rows("mnli", "train", "en", min(count, 20_000), 0))
    return [
        ClassificationRow(str(i), "en", f"en-{i}", f"{i // len(made)} {row.first}", row.second, row.label)
        for i, row in ((i, made[i % len(made)]) for i in range(count))
    ]


def fast_tokenizer(file: Path) -> Any:
    from transformers import PreTrainedTokenizerFast

    specials = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_file=str(file), **specials)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    made = call()
    return made, time.perf_counter() - start


def ours(rows: Pairs, tokenizer: Any, workers: int, folder: Path) -> tuple[dict[str, Any], list[Sequence[int]]]:
    """First and second call, and one pass over the encodings."""

    def once() -> Any:
        return encoded(rows, FACTS, kind_of("pair"), tokenizer, LIMITS, folder=folder, workers=workers)

    _, first = timed(once)
    found, second = timed(once)
    ids, reading = timed(lambda: [encoding.ids for encoding in found])
    size = sum(path.stat().st_size for path in folder.iterdir())
    return {"first": first, "second": second, "read": reading, "bytes": size}, ids


def peer(rows: Pairs, tokenizer: Any, processes: int, folder: Path) -> tuple[dict[str, Any], list[Sequence[int]]]:
    """The same with `datasets`, from a parquet file of the texts."""
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    datasets.disable_progress_bars()
    folder.mkdir()
    table = pa.table({"first": [row.first for row in rows], "second": [row.second for row in rows]})
    pq.write_table(table, folder / "rows.parquet")
    data = datasets.load_dataset("parquet", data_files=str(folder / "rows.parquet"), cache_dir=str(folder))["train"]

    def encode(part: dict[str, list[str]]) -> Any:
        more = {"return_attention_mask": False, "return_token_type_ids": False}
        return tokenizer(part["first"], part["second"], truncation=True, max_length=LIMITS.max_length, **more)

    # a first call changes the tokenizer's state, and with it the hash that the peer's cache goes by
    encode({"first": ["a"], "second": ["b"]})

    def once() -> Any:
        return data.map(
            encode, batched=True, remove_columns=data.column_names, num_proc=processes if processes > 1 else None
        )

    before = {path.name for path in folder.rglob("cache-*")}
    _, first = timed(once)
    found, second = timed(once)
    ids, reading = timed(lambda: [row["input_ids"] for row in found])
    written = [path for path in folder.rglob("cache-*") if path.name not in before]
    return {"first": first, "second": second, "read": reading, "bytes": sum(p.stat().st_size for p in written)}, ids


def speed(rows: Pairs, file: Path) -> list[dict[str, Any]]:
    """Every arm in a folder of its own; the token ids of all must be the same."""
    lines, seen = [], []
    for name, run in (("adaptstilts", ours), ("datasets", peer)):
        for processes in sorted({1, threads()}):
            # the tokenizer's own threads where there is one process, as both sides have it by default
            os.environ["TOKENIZERS_PARALLELISM"] = "true" if processes == 1 else "false"
            with tempfile.TemporaryDirectory() as folder:
                cells, ids = run(rows, fast_tokenizer(file), processes, Path(folder) / "cache")
            lines.append({"arm": name, "processes": processes, **cells})
            seen.append([tuple(one) for one in ids])
            print(lines[-1], flush=True)
    if any(other != seen[0] for other in seen):
        raise SystemExit("the arms made different token ids")
    return lines


def memory(count: int, file: Path) -> list[dict[str, Any]]:
    """Peak memory, in MiB beyond rows and tokenizer, of encoding and one pass; each arm in a process of its own."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for arm in ("list", "arrow", "cache, first", "cache, second"):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                cells = pool.apply(_peak, (arm, count, file, Path(folder)))
            lines.append({"arm": arm, "rows": count, **cells})
            print(lines[-1], flush=True)
    return lines


def _peak(arm: str, count: int, file: Path, folder: Path) -> dict[str, Any]:
    rows, tokenizer, kind = pairs(count), fast_tokenizer(file), kind_of("pair")
    kind.encode(rows[:100], FACTS, tokenizer, LIMITS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if arm == "list":
        found: Sequence[Any] = kind.encode(rows, FACTS, tokenizer, LIMITS)
    else:
        kept = folder if arm.startswith("cache") else None
        found = encoded(rows, FACTS, kind, tokenizer, LIMITS, folder=kept, workers=1)
    tokens = sum(len(encoding.ids) for encoding in found)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(path.stat().st_size for path in folder.iterdir())
    return {"mib": round((after - before) / 1024), "file_mib": round(size / 2**20), "tokens": tokens}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--tokenizer", type=Path, default=places.encoder() / "tokenizer.json")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("runs/encoding"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.memory:
        lines = memory(given.rows or 500_000, given.tokenizer)
        print(f"{'arm':16} {'peak MiB':>9} {'file MiB':>9}")
        for line in lines:
            print(f"{line['arm']:16} {line['mib']:9,} {line['file_mib']:9,}")
    else:
        rows = pairs(given.rows or 100_000)
        lines = speed(rows, given.tokenizer)
        print(f"{len(rows):,} pairs, {threads()} threads; seconds")
        print(f"{'arm':14} {'processes':>9} {'first':>8} {'second':>8} {'ratio':>7} {'one pass':>9} {'MiB':>6}")
        for line in lines:
            ratio, size = line["first"] / line["second"], line["bytes"] / 2**20
            times = f"{line['first']:8.2f} {line['second']:8.3f} {ratio:6.0f}x {line['read']:9.2f} {size:6.1f}"
            print(f"{line['arm']:14} {line['processes']:9} {times}")
    name = "memory.json" if given.memory else "speed.json"
    (given.out / name).write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
