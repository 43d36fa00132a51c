"""Archives of records as they come from outside: damaged, cut off, swollen, or full of what is none. Refused whole, nothing written.

What is a damaged gzip, xz or zip is Python's own to say: each is made by its libraries and then changed.
"""

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
import tarfile
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.store.garbage import remove, spare
from adaptstilts.store.pool import pool, take_in
from adaptstilts.store.predictions import read_columns, read_predictions, write_predictions
from adaptstilts.store.store import Store
from tests.store.filled import whole

LINES = [
    {"language": "en", "id": f"r{i}", "source": "", "prediction": "1", "score": 1.0, "margin": 0.5} for i in range(8)
]


def parquet(lines):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(lines), sink)
    return sink.getvalue()


def score(**fields):
    scores = {"en": {"n": 8, "accuracy": 0.5}}
    return whole("score", **{"scores": scores, **fields})


def members(record=None, text=None, **beside):
    """The members of a pooled file with one record (or the text of one), and further files of its step."""
    record = record or score()
    step = f"steps/{record['key']}"
    found = {f"{step}/record.json": text or json.dumps(record).encode()}
    found |= {f"{step}/{name.replace('_', '.')}": content for name, content in beside.items()}
    return {"store.json": json.dumps({"schema": 1, "records": 1}).encode(), **found}


def packed(found):
    """A plain tar."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, content in found.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def zipped(found):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return sink.getvalue()


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def refused(tmp_path, content, match):
    """The archive is refused with these words, exit code 2, and nothing is there afterwards."""
    file, root = tmp_path / "archive", tmp_path / "deep" / "store"
    file.write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused, match=match) as told:
        take_in(Store(root), file)
    assert told.value.exit_code == 2 and str(file) in told.value.where
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in (*before, root.parent)] == []


@pytest.mark.parametrize("way", [bytes, gzip.compress, lzma.compress, bz2.compress, None])
def test_whole_archives_come_in_however_they_are_packed(tmp_path, way):
    found = members(predictions_parquet=parquet(LINES))
    (tmp_path / "archive").write_bytes(zipped(found) if way is None else way(packed(found)))
    taken = take_in(Store(tmp_path / "store"), tmp_path / "archive")
    assert taken.new == (score()["key"],) and Store(tmp_path / "store").score(score()["key"]).score("en") == 0.5


TAR = packed(members())
DAMAGED = {
    "a wrong sum of gzip": flipped(gzip.compress(TAR), -6),
    "a wrong length of gzip": flipped(gzip.compress(TAR), -2),
    "a changed digit in gzip": gzip.compress(TAR)[:-8] + gzip.compress(TAR.replace(b"0.5", b"0.6"))[-8:],
    "gzip cut off": gzip.compress(TAR)[:-9],
    "a wrong sum of xz": flipped(lzma.compress(TAR), -30),
    "xz cut off": lzma.compress(TAR)[:-20],
    "bzip2 cut off": bz2.compress(TAR)[:-8],
    "a changed digit in a zip": flipped(zipped(members()), zipped(members()).index(b"record.json") + 60),
    "a zip cut off": zipped(members())[:-30],
    "a tar cut off between members": TAR[: 512 + 512],
    "a tar cut off in a header": TAR[:1200],
    "a tar without an end": TAR[: TAR.rindex(b"}") + 1].ljust(len(TAR) - 8192, b"\0")[: 512 * 6],
    "an encrypted zip": flipped(zipped(members()), 6).replace(
        b"PK\x01\x02\x14\x03\x14\0\0", b"PK\x01\x02\x14\x03\x14\0\x01"
    ),
    "broken bzip2": flipped(bz2.compress(TAR), 40),
    "no archive": b"nothing",
    "nothing": b"",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_damaged_is_refused_whole(tmp_path, what):
    refused(tmp_path, DAMAGED[what], "damaged|not a pooled store|it holds")


def test_counts_and_digests_are_held_to(tmp_path):
    more = {**members(), "store.json": b'{"schema": 1, "records": 21}'}
    refused(tmp_path, packed(more), "says that it holds 21 records, and holds 1")
    store = Store(tmp_path / "ours")
    store.folder(score()["key"]).mkdir(parents=True)
    (store.folder(score()["key"]) / "record.json").write_text(json.dumps(score()))
    (store.folder(score()["key"]) / "predictions.parquet").write_bytes(parquet(LINES))
    pool(store, tmp_path / "ours.tar.gz")
    with tarfile.open(tmp_path / "ours.tar.gz") as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}
    assert set(json.loads(found["store.json"])["files"]) == set(found) - {"store.json"}
    name = next(name for name in found if name.endswith("parquet"))
    refused(tmp_path, packed({**found, name: parquet(LINES[:7])}), "predictions.parquet' is not what the file says")
    refused(tmp_path, packed({n: c for n, c in found.items() if n != name}), "is not what the file says")


HUGE = 10**30
WRONG = {
    "an unknown schema": ({"schema": 99}, "schema"),
    "a share below 0": ({"scores": {"en": {"n": 8, "accuracy": -5}}}, "scores.en.accuracy"),
    "a share beyond all bounds": ({"scores": {"en": {"n": 8, "accuracy": 1e308}}}, "scores.en.accuracy"),
    "NaN": ({"scores": {"en": {"n": 8, "accuracy": float("nan")}}}, "scores.en.accuracy: NaN"),
    "a count beyond all bounds": ({"scores": {"en": {"n": HUGE, "accuracy": 0.5}}}, "scores.en.n"),
    "more reached than there are": ({"scores": {"en": {"n": 8, "reached": 9, "accuracy": 0.5}}}, "reached 9 of 8"),
    "scores as a list": ({"scores": []}, "scores"),
    "scores as nothing": ({"scores": None}, "scores"),
    "scores as text": ({"scores": "good"}, "scores"),
    "a title that is an object": ({"title": {"a": 1}}, "title"),
    "half a letter": ({"title": "\ud800"}, "surrogate"),
    "more means than languages": (
        {"summary": {"languages": 3, "mean": 0.5, "mean_without_source": None}}, "summary.languages"
    ),
    "time beyond all bounds": ({"cost": {"seconds": 1e300}}, "cost.seconds"),
    "a key that is none": ({"upstream": ["../../x"]}, "upstream"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_record_that_cannot_be_is_refused_by_member_and_field(tmp_path, what):
    fields, match = WRONG[what]
    refused(tmp_path, packed(members(score(**fields))), match)
    with pytest.raises(Refused, match=r"steps/[0-9a-f]{16}/record\.json"):
        take_in(Store(tmp_path / "store"), tmp_path / "archive")


def test_a_name_twice_and_depth_are_refused(tmp_path):
    text = json.dumps(score())
    twice = text.replace('"outcome"', '"title": "another", "outcome"').encode()
    refused(tmp_path, packed(members(text=twice)), "'title' is there twice")
    deep = text.replace('"outcome"', f'"x": {"[" * 5000}{"]" * 5000}, "outcome"').encode()
    refused(tmp_path, packed(members(text=deep)), "nested more than")
    long = text.replace('"outcome"', f'"x": {"9" * 5001}, "outcome"').encode()
    refused(tmp_path, packed(members(text=long)), "not a record")


def lines(**fields):
    return parquet([{**line, **fields} for line in LINES])


JOURNAL = {
    "language": "en", "id": "r1", "outcome": "edited", "edits": 1, "rate": 0.1, "prediction": None,
    "row": {"class": "ClassificationRow", "id": "r1", "language": "en", "source": "", "first": "a", "second": "b", "label": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "match"),
    [
        ({"predictions_parquet": b"PAR1"}, "do not read back"),
        ({"predictions_parquet": parquet(LINES)[:-40]}, "do not read back"),
        ({"predictions_parquet": parquet([{"language": "en"}])}, "no column"),
        ({"predictions_parquet": lines(margin="big")}, "the column 'margin' holds"),
        ({"predictions_parquet": lines(id=b"\xff")}, "the column 'id' holds"),
        ({"attacked_jsonl": b"{}\n"}, "line 1 is no row"),
        ({"attacked_jsonl": json.dumps({**JOURNAL, "edits": "many"}).encode() + b"\n"}, "line 1 is no row"),
        ({"attacked_jsonl": json.dumps({**JOURNAL, "row": {"class": "dict"}}).encode() + b"\n"}, "line 1 is no row"),
        ({"attacked_jsonl": json.dumps(JOURNAL).encode()}, "the line has no end"),
    ],
)
def test_what_lies_beside_a_record_is_looked_at_too(tmp_path, beside, match):
    refused(tmp_path, packed(members(**beside)), match)


def test_predictions_of_no_rows_come_in(tmp_path):
    """Of an attack that applies nowhere; files of earlier versions have no columns then."""
    content = write_predictions(tmp_path, []).read_bytes()
    for name, found in (("now", content), ("earlier", parquet([]))):
        (tmp_path / name).write_bytes(packed(members(predictions_parquet=found)))
        store = Store(tmp_path / f"store-{name}")
        (key,) = take_in(store, tmp_path / name).new
        assert read_columns(store.folder(key) / "predictions.parquet").num_rows == 0
        assert read_predictions(store.folder(key)) == {}


def test_a_broken_journal_does_not_go_out(tmp_path):
    (tmp_path / "archive").write_bytes(packed(members()))
    store = Store(tmp_path / "store")
    take_in(store, tmp_path / "archive")
    (store.root / "journal.jsonl").write_text("[1]\n")
    with pytest.raises(CorruptArtefact, match="the journal is broken: line 1"):
        pool(store, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_journal_that_is_one_comes_in(tmp_path):
    (tmp_path / "archive").write_bytes(packed(members(attacked_jsonl=json.dumps(JOURNAL).encode() + b"\n")))
    assert take_in(Store(tmp_path / "store"), tmp_path / "archive").new


def with_manifest(stem, **fields):
    told = {"schema": 1, "name": stem, "settings": {}, "cells": [], "digest": ids.digest({"settings": {}, "cells": []})}
    return {**members(), f"sweeps/{stem}.json": json.dumps({**told, **fields}).encode()}


@pytest.mark.parametrize(
    ("found", "match"),
    [
        (with_manifest("k", digest="0"), "sweeps/k.json"),
        (with_manifest("k", name="other"), "of another name"),
        (with_manifest(".hidden"), "no name of a sweep"),
        (with_manifest("x" * 99), "no name of a sweep"),
        (with_manifest("x" * 300), "does not belong"),
        (with_manifest("\x1b[31mred"), "does not belong"),
        ({**members(), **{f"sweeps/s{i}.json": b"" for i in range(500)}}, "sweeps/s0.json"),
        ({**members(), "preregistration.json": b"{}"}, "preregistration.json"),
    ],
)
def test_manifests_and_plans_are_looked_at_too(tmp_path, found, match):
    refused(tmp_path, packed(found), match)


ZEROS = bytes(120 << 20)
OBJECTS = b'{"x":[' + b'{"":1},' * (2 << 20) + b"0]}"
SWOLLEN = {
    "a member": lambda: gzip.compress(packed(members(predictions_parquet=ZEROS))),
    "a record": lambda: gzip.compress(packed(members(text=ZEROS))),
    "what comes after the end": lambda: gzip.compress(TAR + ZEROS),
    "a member of a zip": lambda: zipped(members(predictions_parquet=ZEROS)),
    "the name of a member": lambda: gzip.compress(packed({"x" * (8 << 20): b""}), 1),
    "many members": lambda: gzip.compress(
        packed({f"steps/{i:016x}/predictions.parquet": bytes(1 << 20) for i in range(200)}), 1
    ),
    "values of a record": lambda: gzip.compress(packed(members(text=OBJECTS)), 1),
    "values of a manifest": lambda: gzip.compress(packed({**members(), "sweeps/s.json": OBJECTS}), 1),
    "values of what it holds": lambda: gzip.compress(packed({**members(), "store.json": OBJECTS}), 1),
    "values of a row": lambda: gzip.compress(packed(members(attacked_jsonl=OBJECTS + b"\n")), 1),
    "lines of a journal": lambda: gzip.compress(packed({**members(), "journal.jsonl": b"\n" * (60 << 20)}), 1),
}
CHILD = """
import re, sys
from pathlib import Path
from adaptstilts.store.pool import take_in
from adaptstilts.store.store import Store
try:
    take_in(Store(Path(sys.argv[2])), Path(sys.argv[1]))
except Exception as error:
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
    print(type(error).__name__, error, int(peak[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("what", SWOLLEN)
def test_what_unpacks_to_too_much_is_refused_in_little_memory_and_time(tmp_path, what):
    (tmp_path / "archive").write_bytes(SWOLLEN[what]())
    began = time.monotonic()
    words = [sys.executable, "-c", CHILD, tmp_path / "archive", tmp_path / "store"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("Refused"), done.stderr
    assert int(done.stdout.split()[-1]) < 500 and time.monotonic() - began < 30
    assert not (tmp_path / "store").exists()


def test_a_hole_in_a_tar_is_no_plain_file(tmp_path):
    """GNU's sparse files say that they are large and hold nothing."""
    info = tarfile.TarInfo(f"steps/{score()['key']}/predictions.parquet")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(info)
    refused(tmp_path, sink.getvalue(), "no plain file|damaged")


def test_what_a_killed_import_left_goes_with_the_next_and_with_gc(tmp_path):
    root = tmp_path / "store"
    for name in (".import-1", ".import-2"):
        (root / name / "steps").mkdir(parents=True)
        (root / name / "x").write_bytes(b"x" * 100)
        (root / name / "lock").touch()
    found = spare(Store(root))
    assert {one.path.name for one in found} == {".import-1", ".import-2"}
    assert remove(Store(root), found[:1]) >= 100
    (tmp_path / "archive").write_bytes(TAR)
    assert take_in(Store(root), tmp_path / "archive").new
    assert not list(root.glob(".import-*"))
