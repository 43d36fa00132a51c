"""What others wrote is read within bounds, and only where it says one thing: one law for JSON and one for YAML, over all readers of each.

That a text is wrong is Python's `json` or PyYAML's to say where it is broken; what is asked for beyond that are the words of RFC 8259
(names should be unique, numbers have no NaN) and YAML 1.2 (keys are unique, there is no base 60, nor 8 without `0o`).
"""

import gzip
import io
import json
import tarfile
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adaptstilts import ids
from adaptstilts.attacks.text.lexicon import read_lexicon, read_tautologies
from adaptstilts.bounds import parse
from adaptstilts.config.load import load_config
from adaptstilts.config.yaml_text import load
from adaptstilts.data.check import check
from adaptstilts.data.files.folder import own_labels, readme_names, shards_of
from adaptstilts.data.files.records import read_file
from adaptstilts.data.hub.layout import data_files
from adaptstilts.data.hub.pins import read_lock
from adaptstilts.data.sources import source_of
from adaptstilts.data.text import sentences
from adaptstilts.errors import AdaptstiltsError, ConfigError, DataMissing, InputError
from adaptstilts.launch.engines import engine_named, options_of
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.planned import read_planned
from adaptstilts.store.registration import Plan, registered
from adaptstilts.store.store import Store
from adaptstilts.tasks import TASKS, Source
from adaptstilts.zoo.index import read_index
from tests.store.filled import whole

SECONDS = 5.0
KEY = whole("score")["key"]
STEP = f"steps/{KEY}"
STEP_PLAN = {"key": KEY, "spec": whole("score")["spec"], "settings": {}}
RECORD = {"first": "a", "second": "b", "label": 0}
PLAN = {"schema": 1, "digest": Plan().digest, "plan": ids.plain(Plan())}
MANIFEST = {"schema": 1, "name": "s", "settings": {}, "cells": [], "digest": ids.digest({"settings": {}, "cells": []})}


def tarred(content):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.jsonl")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def tagged(root):
    (root / "ccg").mkdir(exist_ok=True)
    (root / "ccg" / "train.auto").write_text("ID=1\n(<L N NN NN cat N>)\n")
    return own_labels(TASKS.get("ccg"), root)


READERS = {  # a right document, where it lies, how it is packed, who reads it
    "a record": (whole("score"), f"{STEP}/record.json", bytes, lambda root: Store(root).record(KEY)),
    "a plan of a step": (STEP_PLAN, f"{STEP}/planned.json", bytes, lambda root: read_planned(Store(root), KEY)),
    "a manifest": (MANIFEST, "sweeps/s.json", bytes, lambda root: read_manifest(Store(root), "s")),
    "a registered plan": (PLAN, "preregistration.json", bytes, registered),
    "a zoo's index": ({"schema": 1, "adapters": []}, "index.json", bytes, read_index),
    "a lock file": ({"schema": 1}, "lock.json", bytes, lambda root: read_lock(root / "lock.json")),
    "numbers of tags": ({"N": 0}, "ccg/tags_to_id.json", bytes, tagged),
    "rows in lines": (RECORD, "it.jsonl", bytes, lambda root: read_file(root / "it.jsonl")),
    "a list of rows": (RECORD, "it.json", lambda text: b"[" + text + b"]", lambda root: read_file(root / "it.json")),
    "packed rows": (RECORD, "it.jsonl.gz", gzip.compress, lambda root: read_file(root / "it.jsonl.gz")),
    "an archive of rows": (RECORD, "it.tar.gz", tarred, lambda root: read_file(root / "it.tar.gz")),
}  # fmt: skip
WRONG = {
    "deep": b'"x": ' + b"[" * 1000 + b"]" * 1000,
    "very deep": b'"x": ' + b"[" * 100_000 + b"]" * 100_000,
    "NaN": b'"x": NaN',
    "an infinity": b'"x": -Infinity',
    "a number beyond a double": b'"x": 1e999',
    "an integer of 5,001 digits": b'"x": ' + b"9" * 5001,
    "a name twice": b'"x": 1, "x": 2',
    "no UTF-8": b'"x": "\xff"',
    "cut off": b'"x": [1',
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("reader", READERS)
def test_json_is_refused_in_words(tmp_path, reader, wrong):
    document, name, pack, read = READERS[reader]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document).encode()
    (tmp_path / name).write_bytes(pack(text))
    if reader not in ("a plan of a step", "numbers of tags"):  # which are read here for what is wrong with them alone
        read(tmp_path)
    (tmp_path / name).write_bytes(pack(text[:-1] + (b", " if document else b"") + WRONG[wrong] + b"}"))
    began = time.process_time()
    with pytest.raises(AdaptstiltsError) as told:
        read(tmp_path)
    assert name in told.value.where and told.value.exit_code in (2, 3) and time.process_time() - began < SECONDS


def test_lines_are_told_by_number(tmp_path):
    (tmp_path / "it.jsonl").write_text(json.dumps(RECORD) + "\n" + '{"x": NaN}\n')
    with pytest.raises(DataMissing, match="line 2: x: NaN is no number"):
        read_file(tmp_path / "it.jsonl")


def test_halves_of_letters_are_left_to_the_rows(tmp_path):
    (tmp_path / "it.jsonl").write_text('{"x": "\\ud800"}\n')
    assert list(read_file(tmp_path / "it.jsonl").all()) == [{"x": "\ud800"}]
    with pytest.raises(ValueError, match="surrogate"):
        parse('{"x": "\\ud800"}')


def multiplied(first, then):
    """Ten aliases of ten aliases of ten …: a few hundred bytes that come to 10^10 values."""
    lines = [f"a: &a {first}"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} {then % ', '.join([f'*{before}'] * 10)}")
    return "\n".join(lines)


TEXTS = {
    "aliases that multiply": (multiplied("[x]", "[%s]"), "values that such a text may come to"),
    "merges that multiply": (multiplied("{x: 1}", "{<<: [%s]}"), "values that such a text may come to"),
    "an alias in itself": ("a: &a [*a]", "stands within itself"),
    "a chain of aliases": ("a0: &a0 [x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 99)), "nested"),
    "deep": ("a: " + "[" * 900 + "]" * 900, "nested"),
    "very deep": ("a: " + "[" * 100_000, "nest"),
    "a key twice": ("a: 1\nb: 2\na: 3", "'a' is there twice .line [34]"),
    "a key of two types": ("1: x\n'1': y", "'1' is there twice"),
    "too large": ("a: " + "x" * (1 << 20), "bytes that such a"),
    "no UTF-8": (b"a: \xff", "utf-8|UTF-8"),
    "a control": ("a: \x01", "not allowed"),
    "no YAML": ("a: [1", "expected"),
    "Python": ("a: !!python/object/apply:os.system [x]", "constructor"),
    "a number of a text": ("a: !!int ''", "index out of range"),
    "no date": ("a: 2020-13-45", "month"),
}  # fmt: skip


def config(path):
    load_config(str(path))


def front_matter(path):
    path.write_bytes(b"---\n" + path.read_bytes() + b"\n---\n")
    data_files([], path.read_text(encoding="utf-8-sig"), Source("me/it", "en", "train"), str(path))


YAML = {
    "a config": config,
    "settings of an engine": lambda path: engine_named(str(path)),
    "a card of rows": front_matter,
}


@pytest.mark.parametrize("wrong", TEXTS)
@pytest.mark.parametrize("reader", YAML)
def test_yaml_is_refused_in_words(tmp_path, reader, wrong):
    content, words = TEXTS[wrong]
    if (reader, wrong) == ("a card of rows", "no UTF-8"):
        pytest.skip("its text is decoded before")
    if reader != "a card of rows" and wrong in ("a number of a text", "no date"):
        pytest.skip("a setting is read as it is written")
    path = tmp_path / "it.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    began = time.process_time()
    with pytest.raises(AdaptstiltsError, match=words) as told:
        YAML[reader](path)
    assert str(path) in told.value.where and told.value.exit_code == 2 and time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    "wrong", ["an alias in itself", "deep", "very deep", "too large", "a control", "no YAML", "Python"]
)
def test_values_on_the_command_line_are_yaml_too(wrong):
    value = TEXTS[wrong][0].partition(": ")[2]
    with pytest.raises(ConfigError):
        load_config("pocket", [f"sweep={value}"])
    with pytest.raises(InputError):
        engine_named("slurm", options_of((f"more={value}",)))


def test_there_is_no_base_60():
    assert load("[1:30, 1:30.5, 90, 1.5]") == ["1:30", "1:30.5", 90, 1.5]
    with pytest.raises(ConfigError, match=r"steps: input should be a valid integer.*1:30"):
        load_config("pocket", ["transfer.recipe.steps=1:30"])


def test_a_nought_in_front_makes_no_base_8(tmp_path):
    """YAML 1.2: `0150` is no other number than `150` (PyYAML, which has 1.1, makes 104 of it)."""
    assert load("[0150, -017, 0, 0.5, 0x10]") == ["0150", "-017", 0, 0.5, 16]
    path = tmp_path / "mine.yaml"
    path.write_text("extends: pocket\nname: mine\ntransfer: {recipe: {steps: 0150}}\n")
    for config in (load_config("pocket", ["transfer.recipe.steps=0150"]), load_config(str(path))):
        assert config.transfer.recipe.steps == 150


CARDS = {
    "configs: abc": "configs",
    "configs: [1]": "configs",
    "configs: [{config_name: en, data_files: 5}]": "configs",
    "configs: [{config_name: en, data_files: [5]}]": "configs",
    "configs: [{config_name: en, data_files: [{split: train, path: 5}]}]": "configs",
    "configs: [{config_name: en, data_files: [{split: train, path: [5]}]}]": "is no path",
    "configs: [{config_name: en, data_files: [{split: train}]}]": "configs",
    "configs: [{config_name: en, data_files: 'a**b/*'}]": "entire path component",
    "configs: [{config_name: en, data_files: ''}, {config_name: en}]": "",
    "configs: [{config_name: en, data_files: ['']}]": "names no file",
    "configs: [{config_name: en, data_files: '*a*a*a*a*a*a*a*a'}]": "more of a pattern",
    "dataset_info: 7": "dataset_info",
    "dataset_info: {config_name: en, features: 5}": "dataset_info",
    "dataset_info: {config_name: en, features: [5]}": "dataset_info",
    "dataset_info: {config_name: en, features: [{dtype: x}]}": "dataset_info",
    "dataset_info: {config_name: en, features: [{name: l, dtype: {class_label: {names: {a: x}}}}]}": "dataset_info",
    "dataset_info: {config_name: en, features: [{name: l, dtype: {class_label: {names: 5}}}]}": "no list",
    "dataset_info: {config_name: en, features: [{name: l, dtype: {class_label: 5}}]}": "dataset_info",
}


@pytest.mark.parametrize("text", CARDS)
def test_a_card_that_is_laid_out_otherwise_is_told(tmp_path, text):
    home = tmp_path / "me" / "it"
    home.mkdir(parents=True)
    (home / "README.md").write_text(f"---\n{text}\n---\n")
    source = Source("me/it", "en", "train")

    def read():
        data_files(["en/train-0.jsonl"], (home / "README.md").read_text(), source, str(home / "README.md"))
        readme_names(tmp_path, source)

    def read_here():
        import dataclasses

        shards_of(dataclasses.replace(TASKS.get("pawsx"), train=(source,), files={}), "train", "en", tmp_path)
        readme_names(tmp_path, source)

    for each in (read, read_here):
        if not CARDS[text]:
            each()
            continue
        with pytest.raises(DataMissing, match=CARDS[text]) as told:
            each()
        assert told.value.where == str(home / "README.md")


METADATA = {
    b"{": "huggingface",
    b"[1]": "huggingface",
    b"[" * 5000: "nested",
    b'{"info": []}': "huggingface",
    b'{"info": {"features": 5}}': "huggingface",
    b'{"info": {"features": {"label": {"names": 5}}}}': "'label' no list of names",
    b'{"info": {"features": {"label": {"feature": {"names": [1, 2]}}}}}': "'label' no list of names",
    b"\xff": "huggingface",
}


@pytest.mark.parametrize("metadata", METADATA)
def test_metadata_of_parquet_that_is_no_features(tmp_path, metadata):
    table = pa.Table.from_pylist([RECORD]).replace_schema_metadata({b"huggingface": metadata})
    pq.write_table(table, tmp_path / "it.parquet")
    with pytest.raises(DataMissing, match=METADATA[metadata]) as told:
        read_file(tmp_path / "it.parquet")
    assert told.value.where == str(tmp_path / "it.parquet")


def test_texts_of_parquet_that_are_no_utf8(tmp_path):
    texts = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"first": texts}), tmp_path / "it.parquet")
    with pytest.raises(DataMissing, match=r"UTF8|UTF-8|utf-8"):
        read_file(tmp_path / "it.parquet")


def test_rows_of_parquet_that_nothing_tells_apart(tmp_path):
    pq.write_table(pa.table({"label": pa.array([0] * 3_000_000, pa.int8())}), tmp_path / "it.parquet")
    with pytest.raises(DataMissing, match="3,000,000 rows are more than"):
        read_file(tmp_path / "it.parquet")


def test_shards_that_do_not_fit_together(tmp_path):
    for name, value in (("test-0", ["a"]), ("test-1", [{"b": 1}])):
        pq.write_table(pa.table({"first": value}), tmp_path / f"{name}.parquet")
    from adaptstilts.data.files.records import read_parquet

    with pytest.raises(DataMissing, match="does not read as parquet"):
        read_parquet([tmp_path / "test-0.parquet", tmp_path / "test-1.parquet"])


@pytest.mark.parametrize("name", ["it.jsonl.gz", "it.tar.gz"])
def test_rows_that_unpack_to_too_much(tmp_path, name):
    """A gigabyte of blanks in a megabyte: a two-stage gzip is made without holding it."""
    with gzip.open(tmp_path / name, "wb", 6) as sink:
        if name.endswith(".tar.gz"):
            info = tarfile.TarInfo("a.jsonl")
            info.size = 1 << 30
            sink.write(info.tobuf())
        for _ in range(160):
            sink.write(b" " * (1 << 20))
    with pytest.raises(DataMissing, match=r"unpacks to more|compressed JSON lines"):
        read_file(tmp_path / name)


def test_files_of_text_that_are_none(tmp_path):
    bad = tmp_path / "it.txt"
    bad.write_bytes(b"de\tx\xff\n")
    readers = [
        lambda: sentences(str(bad), source_of("pocket")),
        lambda: read_lexicon(bad, "de"),
        lambda: read_tautologies(bad),
        lambda: read_file(bad),
    ]
    for read in readers:
        with pytest.raises(InputError, match=r"UTF-8|utf-8"):
            read()
    home = tmp_path / "google-research-datasets" / "paws-x"
    home.mkdir(parents=True)
    (home / "README.md").write_bytes(b"---\n\xff\n---\n")
    with pytest.raises(InputError, match="not UTF-8"):
        check(TASKS.get("pawsx"), source_of(str(tmp_path)))
