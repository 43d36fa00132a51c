"""The adapter zoo: what its index holds, what is refused, what verify finds, and several processes at once."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import torch
from safetensors.torch import load_file

from adaptstilts import ids
from adaptstilts.errors import CorruptArtefact, EnvironmentProblem, InputError, Refused, UnknownName
from adaptstilts.store.store import Store
from adaptstilts.zoo.schema import index_schema
from adaptstilts.zoo.verification import verify
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos, shipped_zoo, zoos
from tests.store.filled import record

ROOT = shipped_zoo().root
SHIPPED = 20
FIELDS = {
    "name",
    "digest",
    "task",
    "backbone",
    "config",
    "scores",
    "above_chance",
    "licence",
    "origin",
    "step",
    "recipe",
    "trainable",
}


def adapter(folder, seed=0, **config):
    """A folder as `adapters` lays it out, with a safetensors file written by hand from the format's own description."""
    folder.mkdir(parents=True)
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    (folder / "adapter.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", seed, 1))
    (folder / "adapter_config.json").write_text(json.dumps({"config": {"reduction_factor": 16, **config}, "name": "x"}))
    return folder


def entry(folder, name="mine", **fields):
    digest = ids.files_digest(sorted(folder.iterdir()))
    return replace(Entry(name, digest, "mnli", "pocket", "", "folder made", "MIT", 2, {"accuracy": 0.5}), **fields)


@pytest.fixture
def zoo(tmp_path):
    made = Zoo(tmp_path / "zoo")
    source = adapter(tmp_path / "source")
    made.add(entry(source), source)
    return made


def test_the_shipped_index_says_everything_and_fits_its_schema():
    index = json.loads((ROOT / "index.json").read_text())
    schema = json.loads((ROOT / "index.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(index, schema)
    assert len(index["adapters"]) == SHIPPED
    for found in index["adapters"]:
        assert set(found) == FIELDS
        saved = json.loads((ROOT / "files" / found["digest"] / "adapter_config.json").read_text())
        assert found["config"] == saved["config"]
    assert schema["properties"]["adapters"]["items"] == {"$ref": "#/$defs/Entry"}
    assert set(schema["$defs"]["Entry"]["properties"]) == FIELDS
    assert (ROOT / "index.schema.json").read_text() == index_schema(), "stale: run `python -m adaptstilts.zoo.schema`"
    table = (ROOT / "README.md").read_text()
    assert all(f"`{name}`" in table for name in FIELDS)


def test_the_shipped_zoo_is_whole():
    assert verify(shipped_zoo()) == []


def test_a_digest_is_what_the_readme_says(tmp_path):
    folder = adapter(tmp_path / "x")
    total = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        total.update(
            path.name.encode() + b"\0" + hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest().encode() + b"\n"
        )
    assert total.hexdigest() == entry(folder).digest


def test_what_is_added_is_found_with_its_configuration(zoo, tmp_path):
    (found,) = zoo
    assert found.config == {"reduction_factor": 16}
    assert zoo.named("mine") == zoo.get(found.digest) == found
    assert ids.files_digest(sorted(zoo.files(found.digest).iterdir())) == found.digest
    jsonschema.validate(
        json.loads((zoo.root / "index.json").read_text()), json.loads((ROOT / "index.schema.json").read_text())
    )
    with pytest.raises(UnknownName, match="did you mean mine"):
        zoo.named("mime")


def test_an_adapter_of_no_known_step_is_made_by_none(zoo):
    assert zoo.made_by("") is None


def test_fields_that_are_not_understood_are_kept(zoo, tmp_path):
    path = zoo.root / "index.json"
    index = json.loads(path.read_text())
    index["curator"], index["adapters"][0]["stars"] = "somebody", [1, 2]
    path.write_text(json.dumps(index))
    other = adapter(tmp_path / "other", 1)
    zoo.add(entry(other, "another"), other)
    after = json.loads(path.read_text())
    assert after["curator"] == "somebody"
    assert [found.get("stars") for found in after["adapters"]] == [None, [1, 2]]
    zoo.remove("another")
    assert json.loads(path.read_text())["adapters"][0]["stars"] == [1, 2]


def test_a_newer_schema_is_told_so(zoo):
    path = zoo.root / "index.json"
    path.write_text(json.dumps({"schema": 2, "adapters": {"quite": "other"}}))
    with pytest.raises(EnvironmentProblem, match=r"schema 2.*\n.*newer adaptstilts") as told:
        list(zoo)
    assert not isinstance(told.value, CorruptArtefact)
    assert verify(zoo)[0].level == "damaged"


DAMAGED = {
    "cut": lambda text: text[: len(text) // 2],
    "a list": lambda text: "[]",
    "no schema": lambda text: text.replace('"schema": 1', '"scheme": 1'),
    "a digest that leads out": lambda text: text.replace(json.loads(text)["adapters"][0]["digest"], "../../etc"),
    "no task": lambda text: text.replace('"task"', '"tusk"'),
    "a number as a name": lambda text: text.replace('"name": "mine"', '"name": 7'),
    "text for scores": lambda text: text.replace('"recipe": {}', '"recipe": "none"'),
    "not UTF-8": lambda text: b"\xff\xfe\x00",
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_index_is_told_and_not_written_over(zoo, tmp_path, how):
    path = zoo.root / "index.json"
    made = DAMAGED[how](path.read_text())
    path.write_bytes(made if isinstance(made, bytes) else made.encode())
    before = path.read_bytes()
    with pytest.raises(CorruptArtefact, match=r"index\.json"):
        list(zoo)
    other = adapter(tmp_path / "other", 1)
    with pytest.raises(CorruptArtefact):
        zoo.add(entry(other, "another"), other)
    assert path.read_bytes() == before
    assert [found.name for found in verify(zoo)] == ["index.json"]


def test_what_is_no_adapter_is_refused(zoo, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "adapter_config.json").write_text('{"config": {}}')
    pickled = adapter(tmp_path / "pickled")
    (pickled / "pytorch_adapter.bin").write_bytes(b"\x80\x04.")
    nested = adapter(tmp_path / "nested")
    (nested / "deeper").mkdir()
    garbled = adapter(tmp_path / "garbled")
    (garbled / "adapter_config.json").write_text("[]")
    good = entry(tmp_path / "source", "new")
    for folder, why in (
        (bare, "no adapter.safetensors"),
        (pickled, "pytorch_adapter.bin"),
        (nested, "deeper"),
        (garbled, "read"),
    ):
        with pytest.raises(Refused, match=why):
            zoo.add(good, folder)
    with pytest.raises(Refused, match="no folder"):
        zoo.add(good, tmp_path / "nowhere")
    source = tmp_path / "source"
    for wrong in ({"name": "two words"}, {"name": "a,b"}, {"name": ""}, {"origin": "somewhere"}, {"digest": "../x"}):
        with pytest.raises(InputError, match="no entry"):
            zoo.add(replace(good, **wrong), source)
    with pytest.raises(CorruptArtefact, match="digest"):
        zoo.add(replace(good, digest="0" * 32), source)
    assert [found.name for found in zoo] == ["mine"] and verify(zoo) == []


def test_removing_takes_files_that_no_other_name_has(zoo, tmp_path):
    digest = zoo.named("mine").digest
    zoo.add(entry(tmp_path / "source", "same"), tmp_path / "source")
    zoo.remove("mine")
    assert [found.name for found in zoo] == ["same"] and zoo.files(digest)
    zoo.remove("same")
    assert list(zoo) == [] and list((zoo.root / "files").iterdir()) == [] and verify(zoo) == []
    with pytest.raises(UnknownName):
        zoo.remove("same")


def change(path):
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


def reword(path):
    path.write_text(path.read_text().replace("16", "4"))


def header(path):
    path.write_bytes(struct.pack("<Q", 10**15) + path.read_bytes()[8:])


WOUNDS = {
    "a changed byte": (lambda folder: change(folder / "adapter.safetensors"), "digest"),
    "a lost file": (lambda folder: (folder / "adapter.safetensors").unlink(), "missing"),
    "a lost folder": (shutil.rmtree, "missing"),
    "a file too many": (lambda folder: (folder / "more.json").write_text("{}"), "digest"),
    "a folder too many": (lambda folder: (folder / "more").mkdir(), "not a plain file: more"),
    "another architecture": (lambda folder: reword(folder / "adapter_config.json"), "reduction_factor"),
    "a header that lies": (lambda folder: header(folder / "adapter.safetensors"), "header"),
    "a config that is none": (lambda folder: (folder / "adapter_config.json").write_text("{"), "does not read"),
}


@pytest.mark.parametrize("wound", WOUNDS)
def test_verify_names_what_is_damaged_and_adding_again_heals_it(zoo, tmp_path, wound):
    strike, told = WOUNDS[wound]
    strike(zoo.root / "files" / zoo.named("mine").digest)
    found = verify(zoo)
    assert {(each.level, each.name) for each in found} == {("damaged", "mine")}
    assert any(told in each.what for each in found) and all("zoo rm mine" in each.do for each in found)
    with pytest.raises(CorruptArtefact):
        zoo.files(zoo.named("mine").digest)
    zoo.add(entry(tmp_path / "source"), tmp_path / "source")
    assert verify(zoo) == []


def test_leftovers_are_named_and_the_next_change_clears_them(zoo, tmp_path):
    shutil.copytree(tmp_path / "source", zoo.root / "files" / ("a" * 32))
    (zoo.root / "files" / ("." + "b" * 32)).mkdir()
    (zoo.root / ".index.json.77").write_text("{")
    (zoo.root / "notes.txt").write_text("the user's own")
    (zoo.root / ".arriving-now").mkdir()
    (zoo.root / ".arriving-long-ago").mkdir()
    os.utime(zoo.root / ".arriving-long-ago", (0, 0))
    found = verify(zoo)
    assert {each.level for each in found} == {"leftover"}
    assert {each.name for each in found} == {
        "a" * 32,
        "." + "b" * 32,
        ".index.json.77",
        "notes.txt",
        ".arriving-long-ago",
    }
    zoo.add(entry(tmp_path / "source", "more"), tmp_path / "source")
    assert [each.name for each in verify(zoo)] == ["notes.txt"]
    assert (zoo.root / ".arriving-now").is_dir() and not (zoo.root / ".arriving-long-ago").exists()


def test_several_zoos_read_as_one_in_order(zoo, tmp_path):
    other, source = Zoo(tmp_path / "other"), adapter(tmp_path / "second", 2)
    both = Zoos(zoo, other)
    both.add(entry(source, "second", step="1234"), source)
    assert [found.name for found in both] == ["mine", "second"] and [found.name for found in other] == ["second"]
    assert both.made_by("1234") == both.named("second") and both.made_by("") is None
    assert both.files(both.named("second").digest).is_relative_to(other.root)
    assert both.files(both.named("mine").digest).is_relative_to(zoo.root)
    with pytest.raises(InputError, match="--as"):
        both.add(entry(source, "mine"), source)
    with pytest.raises(UnknownName, match="did you mean second"):
        both.named("secund")


def test_the_users_zoo_lies_in_the_store_or_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.delenv("ADAPTSTILTS_ZOO", raising=False)
    assert zoos(tmp_path).roots == (ROOT.resolve(), (tmp_path / "zoo").resolve()) or zoos(tmp_path).roots == (
        ROOT,
        tmp_path / "zoo",
    )
    monkeypatch.setenv("ADAPTSTILTS_ZOO", str(tmp_path / "mine"))
    assert zoos(tmp_path).own.root == tmp_path / "mine"
    monkeypatch.setenv("ADAPTSTILTS_ZOO", str(ROOT))
    assert zoos(tmp_path).roots == (ROOT,)


def busy(root, sources, number):
    """Add, replace and remove, and read the index after each: it is whole every time."""
    zoo = Zoo(root)
    for turn in range(6):
        source = sources[(number + turn) % len(sources)]
        zoo.add(entry(source, f"of-{number}"), source)
        assert any(found.name == f"of-{number}" for found in zoo)
        zoo.add(entry(source, f"passing-{number}"), source)
        zoo.remove(f"passing-{number}")


def test_eight_processes_add_and_remove_at_once(tmp_path):
    sources = [adapter(tmp_path / f"source-{number}", number) for number in range(3)]
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=busy, args=(tmp_path / "zoo", sources, number)) for number in range(8)]
    for worker in workers:
        worker.start()
    zoo = Zoo(tmp_path / "zoo")
    while any(worker.is_alive() for worker in workers):
        assert {found.name for found in zoo} <= {f"{kind}-{n}" for kind in ("of", "passing") for n in range(8)}
        assert [each for each in verify(zoo) if each.level == "damaged"] == []
        time.sleep(0.05)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert [found.name for found in zoo] == [f"of-{n}" for n in range(8)]
    assert verify(zoo) == []


MOMENTS = {
    "before the files have come": "shutil.copytree",
    "with half of the files": "Path.rename",
    "before the index names them": "write_index",
    "before the index is renamed": "Path.replace",
    "before the old files have gone": "shutil.rmtree",
}
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from adaptstilts.zoo import zoo as module
from test_zoo import entry
def killed(*words, **named): os.kill(os.getpid(), signal.SIGKILL)
owner, name = {moment!r}.rpartition(".")[::2]
setattr({{"shutil": shutil, "Path": Path, "": module}}[owner], name, killed)
source = Path({source!r})
module.Zoo(Path({root!r})).add(entry(source), source)
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_in_the_middle_leaves_a_zoo_that_reads(zoo, tmp_path, moment):
    new = adapter(tmp_path / "new", 5)
    if moment == "before the old files have gone":
        (zoo.root / "files" / ("." + entry(new).digest)).mkdir()
    code = KILLED.format(tests=str(Path(__file__).parent), moment=MOMENTS[moment], source=str(new), root=str(zoo.root))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [found.name for found in zoo] == ["mine"]
    assert {each.level for each in verify(zoo)} <= {"leftover"}
    zoo.add(entry(new), new)
    assert zoo.named("mine").digest == entry(new).digest and verify(zoo) == []


def call(*words, cwd, **env):
    clean = {name: value for name, value in os.environ.items() if name != "ADAPTSTILTS_ZOO"}
    return subprocess.run(
        [sys.executable, "-m", "adaptstilts", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**clean, **env},
        timeout=120,
    )


def test_the_verb_lists_verifies_and_removes(zoo, tmp_path):
    (tmp_path / "runs").mkdir()
    shutil.move(zoo.root, tmp_path / "runs" / "zoo")
    listed = json.loads(call("zoo", "list", "--json", cwd=tmp_path).stdout)
    assert listed == json.loads(call("list", "adapters", "--json", cwd=tmp_path).stdout)
    assert [row["name"] for row in listed][-1] == "mine" and len(listed) == SHIPPED + 1
    assert listed[-1]["licence"] == "MIT" and listed[-1]["from"] == "folder made"
    assert call("zoo", "verify", cwd=tmp_path).returncode == 0
    refused = call("zoo", "rm", "pocket-mnli", cwd=tmp_path)
    assert refused.returncode == 2 and "--zoo" in refused.stderr
    change(next((tmp_path / "runs" / "zoo" / "files").glob("*/adapter.safetensors")))
    damaged = call("zoo", "verify", "--json", cwd=tmp_path)
    assert damaged.returncode == 1
    (finding,) = json.loads(damaged.stdout)[-1]["findings"]
    assert (finding["level"], finding["name"]) == ("damaged", "mine")
    assert "mine" in call("zoo", "verify", cwd=tmp_path).stdout
    gone = call("zoo", "rm", "mine", "--json", cwd=tmp_path)
    assert json.loads(gone.stdout)[0]["files"] == "removed"
    assert call("zoo", "rm", "mine", cwd=tmp_path).returncode == 2
    assert call("zoo", "verify", cwd=tmp_path).returncode == 0


def test_an_adapter_that_finished_runs_need_goes_only_when_told_so(zoo, tmp_path):
    (tmp_path / "runs").mkdir()
    shutil.move(zoo.root, tmp_path / "runs" / "zoo")
    store, (mine,) = Store(tmp_path / "runs"), Zoo(tmp_path / "runs" / "zoo")
    for digest in (mine.digest, "0" * 32):
        made = record(
            "transfer", title=f"single({digest[:4]})", spec={"adapters": [{"task": "mnli", "digest": digest}]}
        )
        with store.claim(made.key):
            store.finish(made.key, made)
    needing = next(one.key for one in store.records() if mine.digest[:4] in one.title)
    refused = call("zoo", "rm", "mine", cwd=tmp_path)
    assert refused.returncode == 2 and refused.stderr.count("single(") == 1 and "--yes" in refused.stderr
    assert f"mine: single({mine.digest[:4]}) [{needing}]" in refused.stderr
    assert [entry.name for entry in Zoo(tmp_path / "runs" / "zoo")] == ["mine"]
    assert call("zoo", "rm", "mine", "--yes", cwd=tmp_path).returncode == 0
    assert not list(Zoo(tmp_path / "runs" / "zoo"))


def test_a_copy_of_the_shipped_zoo_may_be_named(tmp_path):
    shutil.copytree(ROOT, tmp_path / "copy")
    done = call("zoo", "rm", "pocket-mnli", "--zoo", "copy", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(call("zoo", "list", "--json", "--zoo", "copy", cwd=tmp_path).stdout)) == SHIPPED - 1
    both = json.loads(call("zoo", "list", "--json", cwd=tmp_path, ADAPTSTILTS_ZOO="copy").stdout)
    assert both == json.loads(call("list", "adapters", "--json", cwd=tmp_path, ADAPTSTILTS_ZOO="copy").stdout)
    assert len(both) == 2 * SHIPPED - 1
    assert len(list(shipped_zoo())) == SHIPPED
    missing = call("zoo", "verify", "--zoo", "nowhere", cwd=tmp_path)
    assert missing.returncode == 2 and "index.json" in missing.stderr


SMALL = ("--set", "intermediate.tasks.qqp.steps=2", "--train-rows", "16", "--out", "runs", "--quiet")


def test_a_trained_adapter_enters_the_zoo_and_another_store_takes_it(tmp_path):
    assert call("train", "qqp", *SMALL, cwd=tmp_path).returncode == 0
    (made,) = [
        row for row in json.loads(call("list", "adapters", "--json", cwd=tmp_path).stdout) if row["from"] != "shipped"
    ]
    key = made["from"].split()[-1]
    added = call("zoo", "add", key[:8], "--as", "my-qqp", "--json", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    found = json.loads(added.stdout)
    assert (found["step"], found["origin"], found["name"]) == (key, "trained", "my-qqp")
    assert call("zoo", "add", key[:8], cwd=tmp_path).returncode == 2  # pocket-qqp is another adapter
    assert call("zoo", "add", "ffffffff", cwd=tmp_path).returncode == 2
    again = call("train", "qqp", *SMALL[:4], "--out", "other", cwd=tmp_path, ADAPTSTILTS_ZOO="runs/zoo")
    assert again.returncode == 0 and "in the zoo already" in again.stderr
    shown = json.loads(call("show", "my-qqp", "--json", cwd=tmp_path).stdout)
    assert shown["digest"] == found["digest"]


def test_a_shelf_is_made_by_one_command_with_weights_in_half_and_a_card(tmp_path):
    made = call("zoo", "build", "qqp", "--half", "--zoo", "shelf", "--json", *SMALL[:2], *SMALL[4:], cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (found,) = json.loads(made.stdout)
    shelf, folder = Zoo(tmp_path / "shelf"), tmp_path / "shelf" / "files" / found["digest"]
    assert (found["name"], found["origin"]) == ("pocket-qqp", "shipped") and not verify(shelf)
    step = next((tmp_path / "runs" / "steps").glob("*/adapter"))
    for name in ("adapter.safetensors", "model_head.safetensors"):
        half, whole = load_file(folder / name), load_file(step / name)
        assert {tensor.dtype for tensor in half.values()} == {torch.float16}
        assert all(torch.equal(half[key], tensor.half()) for key, tensor in whole.items())
    card = (tmp_path / "shelf" / "cards" / "pocket-qqp.md").read_text()
    assert found["digest"] in card and "adaptstilts zoo build qqp --config pocket --half" in card
    assert "no record of its making" not in card.lower()
    used = call("train", "qqp", *SMALL[:2], "--json", cwd=tmp_path, ADAPTSTILTS_ZOO="shelf")
    assert used.returncode == 0 and "in the zoo already" in used.stderr
