"""Harmless files, changed at random from a fixed seed and given to every reader of their kind.

`python -m tests.guards.fuzz 2000 0` gives so many of that seed, a fifth to each kind, and tells as JSON what came of them. A reader may
take a file or refuse it in the house's own words; everything else is a fault: another exception, an escape sequence on a stream, a file
outside the case's folder, more than SECONDS of processor time. Bytes of parquet are not changed: pyarrow is not ours to try.
"""

import collections
import contextlib
import copy
import gzip
import io
import json
import os
import random
import re
import resource
import shutil
import sys
import tarfile
import tempfile
import time
import traceback
from pathlib import Path

import click
import yaml

SECONDS = 5.0
LIST, DEEP = [1, "a", None], json.loads("[" * 60 + "]" * 60)
VALUES = [
    None, True, False, 0, -1, 7, 10**30, -(10**30), 1e308, 0.5, 1e-320, float("nan"), float("inf"), "", " ", "x", "no", "1:30", "1e999",
    "0x10", "\x1b[31mred\x1b[0m", "\x9b31m", "\u202eabc", "\ud800", "../../evil", "/evil", "a" * 5000, "=cmd|' /C calc'!A0", "9" * 5001,
    "\0", [], {}, LIST, {"a": {"b": [LIST]}}, DEEP, {"..": 1}, "hf_" + "a" * 30, "https://me:secret@host/x", "{", '{"a": NaN}',
]  # fmt: skip


def changed(value, rng):
    """A tree of plain values with one to three places changed."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        holder, place = rng.choice(list(_places(value)) or [([value], 0)])
        what = rng.randrange(5)
        if what == 0 and isinstance(holder, dict):
            del holder[place]
        elif what == 1 and isinstance(holder, dict):
            holder[rng.choice(["n", "x\x1b[31m", "..", "step", "names", "configs", "1"])] = copy.deepcopy(
                rng.choice(VALUES)
            )
        elif what == 2 and isinstance(holder, list):
            holder.insert(place, copy.deepcopy(rng.choice(VALUES)))
        else:
            holder[place] = copy.deepcopy(rng.choice(VALUES))
    return value


def _places(value):
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for place, inner in items:
        yield value, place
        yield from _places(inner)


def bent(content, rng):
    """Bytes with one to three of them changed, taken out, put in, doubled, or with their end cut off."""
    for _ in range(rng.randint(1, 3)):
        at, end = sorted((rng.randint(0, len(content)), rng.randint(0, len(content))))
        piece = rng.choice(
            [
                b"\0",
                b"\xff\xfe",
                b"\x1b[2J",
                b"{",
                b"]",
                b'"',
                b"&a [*a]",
                b"\n---\n",
                b"9" * 5001,
                b"[" * 3000,
                content[at : at + 40],
            ]
        )
        ways = (
            content[:at] + piece + content[at:],
            content[:at] + content[end:],
            content[:at],
            content[:at] + piece + content[at + len(piece) :],
        )
        content = rng.choice(ways)
    return content


def spelt(value):
    """JSON of any tree, halves of letters and NaN as Python spells them."""
    return json.dumps(value).encode()


def written(value):
    """YAML of any tree; JSON, which is YAML too, where PyYAML cannot write it."""
    try:
        return yaml.safe_dump(value, allow_unicode=True).encode()
    except (ValueError, RecursionError):
        return spelt(value)


def either(tree, spell, rng):
    return bent(spell(tree), rng) if rng.random() < 0.4 else spell(changed(tree, rng))


# -- records: one of three is bent, and all verbs that read a store are asked


def small_store():
    """The records of an adapter, a transfer and its clean score."""
    from tests.store.filled import whole

    scores = {"en": {"n": 8, "accuracy": 0.75, "chance": 0.5}, "qaa": {"n": 8, "accuracy": 0.5, "chance": 0.5}}
    adapter = whole("adapter", scores={"en": {"n": 8, "accuracy": 0.5, "chance": 0.3}}, title="adapter mnli")
    transfer = whole("transfer", title="none → pawsx")
    spec = {"transfer": transfer["key"], "languages": ["en", "qaa"]}
    summary = {"languages": 2, "mean": 0.625, "mean_without_source": 0.5}
    clean = whole("score", spec=spec, scores=scores, summary=summary, upstream=[transfer["key"]], title="clean")
    return [adapter, transfer, clean]


def _laid(folder, records):
    for record in records:
        place = folder / "runs" / "steps" / record["key"]
        place.mkdir(parents=True)
        (place / "record.json").write_bytes(spelt(record))


def record(folder, rng):
    found = small_store()
    _laid(folder, found)
    hurt = rng.choice(found)
    name = rng.choice(["record.json"] * 6 + ["planned.json", "error.txt", "bare"])
    step = folder / "runs" / "steps" / hurt["key"]
    tree = hurt if name == "record.json" else {"key": hurt["key"], "spec": hurt["spec"], "settings": {"name": "x"}}
    (step / name).write_bytes(either(tree, spelt, rng))
    if rng.random() < 0.2:
        cell = {
            "role": "k",
            "composition": "none",
            "k": 0,
            "tasks": [],
            "ordering": 0,
            "head": "pawsx",
            "target": "pawsx",
            "seed": 0,
        }
        manifest = {
            "schema": 1,
            "name": "s",
            "digest": "",
            "settings": {},
            "cells": [{**cell, "transfer": found[1]["key"], "scores": [found[2]["key"]]}],
        }
        (folder / "runs" / "sweeps").mkdir()
        (folder / "runs" / "sweeps" / "s.json").write_bytes(either(manifest, spelt, rng))
    if rng.random() < 0.2:
        plan = {"schema": 1, "digest": "0" * 16, "plan": {"sweep": "s", "sesoi": 0.05, "attacks": {"swap": 1}}}
        (folder / "runs" / "preregistration.json").write_bytes(either(plan, spelt, rng))
    key, transfer = hurt["key"], found[1]["key"]
    verbs = [
        ("list", "runs"), ("list", "adapters"), ("status",), ("why", key), ("show", key), ("show", transfer), ("gc",), ("gc", "--finished"),
        ("list", "runs", "--json"), ("why", key, "--json"), ("export", "--records", "out.zip"),
        ("work", "--store", "runs", "--key", key),
    ]  # fmt: skip
    if rng.random() < 0.1:
        verbs.append(("report", "--format", "latex"))
    return [*(lambda words=words: verb(*words) for words in verbs), lambda: named(transfer)]


def named(key):
    """What `attack` and others begin with."""
    from adaptstilts.store.runs import transfer_named
    from adaptstilts.store.store import Store

    transfer_named(Store(Path("runs")), key)


def verb(*words):
    """The verb, run here."""
    from adaptstilts.cli.main import cli

    cli.main(list(words), prog_name="adaptstilts", standalone_mode=False)


# -- archives: what `export --records` writes


def archive(folder, rng):
    from adaptstilts.store.pool import pool
    from adaptstilts.store.store import Store

    records = small_store()
    whole = folder / "runs"
    _laid(folder, records)
    name = rng.choice(["a.tar.gz", "a.zip", "a.tgz"])
    pool(Store(whole), folder / name)
    if rng.random() < 0.5:
        (folder / name).write_bytes(bent((folder / name).read_bytes(), rng))
    else:
        members = {f"steps/{one['key']}/record.json": spelt(one) for one in records}
        hurt = rng.choice(sorted(members))
        members[hurt] = either(json.loads(members[hurt]), spelt, rng)
        extra = rng.choice(
            [
                None,
                "../evil",
                "/evil",
                "steps/x/record.json",
                "sweeps/..json",
                "lock",
                "a" * 200,
                "steps/\x1b[2J/record.json",
            ]
        )
        members |= {extra: b"{}"} if extra else {}
        members = {
            "store.json": either({"schema": 1, "records": 3}, spelt, rng)
            if rng.random() < 0.2
            else b'{"schema": 1, "records": 3}',
            **members,
        }
        (folder / name).write_bytes(gzip.compress(_tar(members), 1))
    return [lambda: verb("import", name, "--out", "pooled"), lambda: verb("list", "runs", "--out", "pooled")]


def _tar(members):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return sink.getvalue()


# -- cards of data sets

CARD = {
    "language": ["en"],
    "configs": [
        {"config_name": "en", "data_files": [{"split": "train", "path": "en/train-*"}, {"split": "test", "path": ["en/test-*"]}]},
        {"config_name": "de", "data_dir": "de", "data_files": {"train": "train-*", "test": "**/test-*"}},
        {"config_name": "default", "data_files": "*.jsonl"},
    ],
    "dataset_info": [
        {"config_name": "en", "features": [{"name": "label", "dtype": {"class_label": {"names": {"0": "no", "1": "yes"}}}}]},
        {"config_name": "de", "features": [{"name": "tags", "sequence": {"class_label": {"names": ["O", "B-PER"]}}}]},
    ],
}  # fmt: skip


def card(folder, rng):
    from adaptstilts.data.files.folder import readme_names, shards_of
    from adaptstilts.data.hub.layout import data_files
    from adaptstilts.tasks import TASKS, Source

    home = folder / "me" / "set"
    (home / "en").mkdir(parents=True)
    (home / "en" / "test-0.jsonl").write_text('{"a": 1}\n')
    (home / "README.md").write_bytes(b"---\n" + either(CARD, written, rng) + b"\n---\n# A set\n")
    sources = [Source("me/set", config, split) for config in ("en", "de", "default") for split in ("train", "test")]

    def listed(source):
        from adaptstilts.files import read_text

        data_files(
            ["en/train-0.jsonl", "en/test-0.jsonl", "de/x/test-1.jsonl", "a.jsonl"],
            read_text(home / "README.md"),
            source,
            "README.md",
        )

    def found(source):
        import dataclasses

        task = dataclasses.replace(TASKS.get("pawsx"), test=(source,), files={})
        shards_of(task, "test", "en", folder)
        readme_names(folder, source)

    return [lambda s=source, do=do: do(s) for source in sources for do in (listed, found)]


# -- configs, and settings of engines


def config(folder, rng):
    from adaptstilts.config.load import available, load_config
    from adaptstilts.launch.engines import engine_named, engines

    if rng.random() < 0.15:
        shelf = engines()
        tree = yaml.safe_load(shelf[rng.choice(sorted(shelf))].read_text())
        (folder / "engine.yaml").write_bytes(either(tree, written, rng))
        return [lambda: engine_named("engine.yaml")]
    shelf = available()
    path = shelf[rng.choice(sorted(shelf))]
    tree = yaml.safe_load(path.read_text())
    (folder / "it.yaml").write_bytes(either(tree, written, rng))
    key = rng.choice(
        [
            "transfer.recipe.steps",
            "evaluation",
            "sweep.k",
            "name",
            "data.text",
            "a.b",
            "backbone",
            "sweep.pool",
            "evaluation.attacks",
        ]
    )
    value = json.dumps(rng.choice(VALUES), ensure_ascii=False)
    return [
        lambda: load_config("it.yaml"),
        lambda: load_config("pocket-k", [f"{key}={value}"]),
        lambda: verb("plan", "it.yaml", "--set", "sweep.orderings=1") if rng.random() < 0.05 else None,
    ]


# -- files of rows

PAIRS = [{"id": f"r{i}", "first": f"one {i}", "second": f"two {i}", "label": i % 2} for i in range(6)]
ASKED = [{"id": f"q{i}", "question": "Who?", "answers": [{"text": "cat", "answer_start": 4}]} for i in range(3)]
SQUAD = {"version": "2", "data": [{"title": "t", "paragraphs": [{"context": "The cat sat.", "qas": ASKED}]}]}
TAGS = {"O": 0, "B-PER": 1}
WORDS = "# a comment\nThe\tDET\ncat\tNOUN\n\nIt\tPRON\nsat\tVERB\n\n"
UD = (
    "".join(
        f"{i}\t{word}\t_\t{tag}\t_\t_\t_\t_\t_\t_\n"
        for i, (word, tag) in enumerate([("The", "DET"), ("cat", "NOUN")], 1)
    )
    + "\n"
)
AUTO = "ID=1\n(<T S 0 1> (<L N/N DT DT The N/N>) (<L N NN NN cat N>))\n"


def data(folder, rng):
    name, task, content = rng.choice(list(_files(rng)))
    path = folder / "data" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content())
    if path.name == "tags_to_id.json":
        (path.parent / "train.auto").write_text(AUTO)
    return [lambda: _checked(task, folder / "data")]


def _files(rng):
    lines = b"".join(spelt(row) + b"\n" for row in PAIRS)
    tree = lambda: b"".join(spelt(row) + b"\n" for row in [*PAIRS[:3], changed(PAIRS[3], rng), *PAIRS[4:]])  # noqa: E731
    yield "pawsx/de/test.jsonl", "pawsx", lambda: rng.choice([lambda: bent(lines, rng), tree])()
    yield "pawsx/de/test.json", "pawsx", lambda: either(PAIRS, spelt, rng)
    yield "xquad/de/test.json", "xquad", lambda: either(SQUAD, spelt, rng)
    table = "id,first,second,label\n" + "".join(",".join(map(str, row.values())) + "\n" for row in PAIRS)
    yield "pawsx/de/test.csv", "pawsx", lambda: bent(table.encode(), rng)
    yield "pawsx/de/test.tsv", "pawsx", lambda: bent(table.replace(",", "\t").encode(), rng)
    yield "udpos/de/test.conll", "udpos", lambda: bent(WORDS.encode(), rng)
    yield "udpos/de/test.conllu", "udpos", lambda: bent(UD.encode(), rng)
    yield "ccg/train.auto", "ccg", lambda: bent(AUTO.encode(), rng)
    yield "ccg/tags_to_id.json", "ccg", lambda: either(TAGS, spelt, rng)
    yield "pawsx/de/test.parquet", "pawsx", lambda: _parquet(rng)
    yield "google-research-datasets/paws-x/de/test-0.jsonl.gz", "pawsx", lambda: bent(gzip.compress(lines), rng)
    yield (
        "google-research-datasets/paws-x/de/test.tar.gz",
        "pawsx",
        lambda: gzip.compress(_tar({"a.jsonl": bent(lines, rng)})),
    )


def _parquet(rng):
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {"label": {"names": ["0", "1"], "_type": "ClassLabel"}, "first": {"dtype": "string", "_type": "Value"}}
    told = either({"info": {"features": features}}, spelt, rng)
    table = pa.Table.from_pylist(PAIRS).replace_schema_metadata({b"huggingface": told})
    texts = pa.array([rng.choice([b"\xff\xfe", b"ok"]) for _ in PAIRS], pa.binary()).view(pa.string())
    if rng.random() < 0.3:
        table = table.set_column(1, "first", texts)
    if rng.random() < 0.3:
        column = pa.field(
            "second", pa.string(), metadata={b"ARROW:extension:name": rng.choice([b"arrow.json", b"\xff"])}
        )
        table = table.set_column(2, column, pa.array([rng.choice(["{", "[" * 2000, '{"a": 1}', "NaN"]) for _ in PAIRS]))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _checked(name, folder):
    from adaptstilts.data.check import check
    from adaptstilts.data.sources import source_of
    from adaptstilts.tasks import TASKS

    check(TASKS.get(name), source_of(str(folder)))


KINDS = {"record": record, "archive": archive, "card": card, "config": config, "data": data}
CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def tried(kind, number, seed, root):
    """What came of one case: a line for each fault, and how many readers took and refused."""
    from adaptstilts.errors import AdaptstiltsError

    rng, faults, counts = random.Random(f"{seed}/{kind}/{number}"), [], collections.Counter()
    home = root / "case"
    home.mkdir()
    os.chdir(home)
    began, said = time.process_time(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        for do in KINDS[kind](home, rng):
            try:
                do()
                counts["taken"] += 1
            except (AdaptstiltsError, click.ClickException, click.exceptions.Exit) as error:
                counts["refused"] += 1
                if getattr(error, "exit_code", 2) not in (0, 1, 2, 3):
                    faults.append(f"exit {error.exit_code}: {error}")
            except BaseException:
                faults.append("".join(traceback.format_exc().splitlines(keepends=True)[-6:]))
    if found := CONTROLS.search(said.getvalue()):
        faults.append(f"{found[0]!r} is said: {said.getvalue()[max(0, found.start() - 60) : found.end() + 20]!r}")
    if (taken := time.process_time() - began) > SECONDS:
        faults.append(f"{taken:.1f} s")
    if strange := sorted({path.name for path in root.iterdir()} - {"case"}):
        faults.append(f"outside: {strange}")
    os.chdir(root)
    shutil.rmtree(home)
    return [f"{kind} {number}: {fault}" for fault in faults], counts, taken


def run(count, seed):
    """Try so many cases; what came of them."""
    faults, counts, slowest = [], collections.Counter(), 0.0
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve() / "deep" / "er"
        root.mkdir(parents=True)
        for number in range(count):
            kind = list(KINDS)[number % len(KINDS)]
            found, took, seconds = tried(kind, number, seed, root)
            faults += found
            counts.update({f"{kind} {what}": n for what, n in took.items()})
            slowest = max(slowest, seconds)
        os.chdir("/")
    peak = _peak_kib() / 1024
    return {
        "cases": count,
        "faults": faults,
        "counts": dict(sorted(counts.items())),
        "slowest": round(slowest, 2),
        "peak_mb": round(peak),
    }


def _peak_kib() -> int:
    """The most that this process held; of `getrusage` the mark of the process that started this one may be left over."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0), indent=1))
