"""A store's steps told, tidied and pooled: on a real pocket sweep, with everything that may be wrong with a file from outside."""

import dataclasses
import hashlib
import io
import json
import shutil
import tarfile
import threading
import zipfile
from importlib import resources

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from adaptstilts import ids, load_records
from adaptstilts.cli.main import cli
from adaptstilts.errors import DataMissing, InputError, Refused, UnknownName
from adaptstilts.files import write_json
from adaptstilts.plan.cell import pending
from adaptstilts.report.frame import read_frame
from adaptstilts.steps.spec import spec
from adaptstilts.steps.step import Score
from adaptstilts.store.chain import own_chain
from adaptstilts.store.garbage import remove, spare
from adaptstilts.store.manifest import read_manifest
from adaptstilts.store.pool import pool, take_in
from adaptstilts.store.runs import config_of, transfer_named
from adaptstilts.store.status import OTHERS, keys_of, standings, why
from adaptstilts.store.store import Store
from adaptstilts.work.replay import Replay, matrix
from tests.store.filled import PROVENANCE
from tests.store.small_sweep import describe, do, planned


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The sweep and a store in which all of it was run."""
    folder = tmp_path_factory.mktemp("sweep")
    sweep, store = planned(folder), Store(folder / "store")
    describe(sweep, store)
    do(sweep.steps, sweep, store.root)
    return sweep, store


@pytest.fixture
def sweep(made):
    return made[0]


@pytest.fixture
def store(made, tmp_path):
    """A copy of the store that a test may spoil."""
    shutil.copytree(made[1].root, tmp_path / "store")
    return Store(tmp_path / "store")


def tell(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


def files(root, *, but=()):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*")) if path.is_file() and path.name not in but
    }  # fmt: skip


# --- records -------------------------------------------------------------------------------------------------------------


def test_every_record_of_a_real_run_is_valid_by_its_schema(store):
    """JSON Schema as its own reference validator reads it (the `jsonschema` package)."""
    schema = json.loads(resources.files("adaptstilts.store").joinpath("record.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    records = load_records(store.root)
    assert {record["step"] for record in records} == {"adapter", "transfer", "score"}
    assert not [error.message for record in records for error in validator.iter_errors(record)]
    for spoilt in (
        {"key": "x"},
        {"outcome": "failed"},
        {"upstream": ["x"]},
        {"step": "score", "scores": 3},
        {"cost": {}},
    ):
        assert not validator.is_valid({**records[0], **spoilt}), spoilt


def test_load_records_is_all_of_them(sweep, store):
    assert {record["key"] for record in load_records(str(store.root))} == {step.key for step in sweep.steps}


def test_a_transfer_of_a_sweep_is_taken_up_again_by_other_verbs(sweep, store):
    """With other attacks than those that the sweep replays, as `attack RUN` and `replay RUN RUN` ask for."""
    transfer = transfer_named(store, sweep.cells[0].transfer.key)
    assert transfer == sweep.cells[0].transfer
    assert config_of(store, transfer, {"evaluation.attacks": ("swap",)}).evaluation.attacks == ("swap",)
    file = store.folder(transfer.key) / "record.json"
    told = json.loads(file.read_text())
    told["provenance"]["settings"]["evaluation"]["attacks"].append("mine")
    file.write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"made with attack 'mine'.*which nothing declares here") as refused:
        config_of(store, transfer, {})
    assert "adaptstilts --include FILE" in str(refused.value)
    assert config_of(store, transfer, {"evaluation.attacks": ("swap",)}).evaluation.attacks == ("swap",)
    del told["provenance"]["settings"]
    file.write_text(json.dumps(told))
    with pytest.raises(InputError, match="does not hold its config"):
        config_of(store, transfer, {})


# --- status and why ------------------------------------------------------------------------------------------------------


def test_status_counts_done_running_failed_and_waiting_by_kind(sweep, store):
    scores = [step.key for step in sweep.steps if isinstance(step, Score)]
    for key in scores[:3]:
        (store.folder(key) / "record.json").unlink()
    store.fail(scores[0], "Traceback:\n  File x\nValueError: the last line\n")
    held, free = threading.Event(), threading.Event()

    def hold():
        with Store(store.root).claim(scores[1]):
            held.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    try:
        (standing,) = standings(store, [])
    finally:
        free.set()
        holder.join()
    assert standing.name == "tiny" and standing.steps == len(sweep.steps)
    assert standing.counts["score"] == {"done": len(scores) - 3, "failed": 1, "running": 1, "waiting": 1}
    assert standing.counts["adapter"] == {"done": 2} and standing.counts["transfer"] == {"done": 3}
    of = next(step for step in sweep.steps if step.key == scores[0])
    (failure,) = standing.failures
    assert (failure.key, failure.error) == (scores[0], "ValueError: the last line")
    assert failure.title == f"{of.title} of {of.transfer.title}"  # there are hundreds of scores of one name
    assert store.state(scores[1]) == "waiting"  # the lock is free again


def test_status_of_steps_without_a_sweep_and_as_json(store):
    (store.root / "sweeps" / "tiny.json").unlink()
    store.folder("0" * 16).mkdir()
    told, other = json.loads(tell("status", "--out", store.root, "--json").stdout)
    assert told["name"] == "(config tiny)" and told["counts"]["transfer"] == {"done": 3}
    assert other["name"] == OTHERS and other["counts"] == {"unknown": {"waiting": 1}}
    assert "nothing in" in tell("status", "--out", store.root / "none").stderr


def test_a_manifest_that_does_not_read_is_told_and_hides_nothing(store):
    (store.root / "sweeps" / "bad.json").write_text("{")
    problems: list[str] = []
    assert [standing.name for standing in standings(store, problems)] == ["tiny"]
    assert len(problems) == 1 and "bad.json" in problems[0]


def test_the_keys_of_a_sweep_are_its_steps_adapters_too(sweep, store):
    kinds = keys_of(read_manifest(store, "tiny"), store)
    assert kinds == {step.key: step.kind for step in sweep.steps}


def test_why_tells_spec_upstream_cell_and_the_nearest_steps_difference(sweep, store):
    cell = next(c for c in sweep.cells if c.k == 1)
    found = why(store, cell.transfer.key[:8])
    assert found.state == "done" and found.kind == "transfer" and found.spec == spec(cell.transfer)
    assert found.upstream == {a.key: "done" for a in cell.transfer.adapters}
    assert found.cells == ("tiny: k fuse k=1 ordering 0 → pawsx",)
    other = next(c for c in sweep.cells if c.transfer.key == found.nearest)
    assert found.differs["seed"] == (cell.seed, other.seed) and "target" not in found.differs


def test_why_looks_into_upstream_steps_for_what_differs(sweep, store):
    """A swap score of a transfer with another seed: its own spec differs in keys only, what counts is the seed below."""
    swap = next(s for s in sweep.steps if isinstance(s, Score) and s.attack == "swap")
    transfer = dataclasses.replace(swap.transfer, seed=7)
    clean = dataclasses.replace(swap.clean, transfer=transfer)
    for step in (transfer, clean, moved := dataclasses.replace(swap, transfer=transfer, clean=clean)):
        store.folder(step.key).mkdir()
        write_json(store.folder(step.key) / "planned.json", {"spec": spec(step), "title": step.title, "upstream": []})
    found = why(store, moved.key)
    assert found.state == "waiting" and found.nearest == swap.key
    assert found.differs == {
        "transfer.seed": (7, swap.transfer.seed), "clean.transfer.seed": (7, swap.transfer.seed),
    }  # fmt: skip


def test_why_tells_the_error_and_the_log(sweep, store):
    key = sweep.steps[-1].key
    (store.folder(key) / "record.json").unlink()
    store.fail(key, "Traceback\nValueError: boom\n")
    (store.folder(key) / "step.log").write_text("x")
    told = tell("why", key[:6], "--out", store.root).stdout
    assert (
        "state     failed" in told and "ValueError: boom" in told and f"log       {store.folder(key)}/step.log" in told
    )
    assert json.loads(tell("why", key, "--out", store.root, "--json").stdout)["state"] == "failed"


def test_why_of_what_is_not_there_or_not_one(sweep, store):
    for name in ("zzzzzz", sweep.steps[0].key[:3]):
        with pytest.raises(UnknownName, match="there is no step"):
            why(store, name)
    for number in range(2):
        store.folder(f"abcd{number:012x}").mkdir()
    with pytest.raises(InputError, match="2 steps begin with 'abcd'"):
        why(store, "abcd")


# --- gc ------------------------------------------------------------------------------------------------------------------


def test_gc_tells_first_and_never_takes_a_record_or_what_one_needs(store):
    orphan = store.folder("0" * 16)
    (orphan / "bundle").mkdir(parents=True)
    (orphan / "bundle" / "w.safetensors").write_bytes(b"x" * 100)
    done = next(key for key in store.known() if (store.folder(key) / "bundle").is_dir() and store.done(key))
    (store.folder(done) / "checkpoint").mkdir()
    (store.folder(done) / "checkpoint" / "w").write_bytes(b"y" * 10)
    before = files(store.root)
    told = json.loads(tell("gc", "--out", store.root, "--json").stdout)
    assert (told["bytes"], told["removed_bytes"], len(told["folders"])) == (110, 0, 2) and files(
        store.root, but=["lock"]
    ) == {name: content for name, content in before.items() if not name.endswith("lock")}
    assert json.loads(tell("gc", "--yes", "--out", store.root, "--json").stdout)["removed_bytes"] == 110
    gone = set(before) - set(files(store.root))
    assert gone == {f"steps/{'0' * 16}/bundle/w.safetensors", f"steps/{done}/checkpoint/w"}


def test_gc_takes_what_is_kept_for_speed_when_all_is_done(sweep, store):
    for name in ("encodings", "lowest"):
        (store.root / name).mkdir()
        (store.root / name / "ab-cd.arrow").write_bytes(b"z" * 50)
    shared = {store.root / "encodings", store.root / "lowest"}
    assert not shared & {one.path for one in spare(store)}
    key = next(step.key for step in sweep.steps if step.kind == "score")
    record = (store.folder(key) / "record.json").read_bytes()
    (store.folder(key) / "record.json").unlink()
    assert not shared & {one.path for one in spare(store, finished=True)}, "something is left to do"
    (store.folder(key) / "record.json").write_bytes(record)
    with store.claim(key):
        assert not shared & {one.path for one in spare(store, finished=True)}, "something runs"
    found = [one for one in spare(store, finished=True) if one.path in shared]
    assert {one.size for one in found} == {50} and remove(store, found) == 100
    assert not any(path.exists() for path in shared)


def test_gc_leaves_what_is_planned_and_what_runs(sweep, store):
    key = next(step.key for step in sweep.steps if step.kind == "transfer")
    (store.folder(key) / "record.json").unlink()
    (store.folder(key) / "checkpoint").mkdir()
    assert not spare(store)
    (store.root / "sweeps" / "tiny.json").unlink()
    (store.folder(key) / "planned.json").unlink()
    assert {one.path.name for one in spare(store)} == {"bundle", "checkpoint"}
    found = spare(store)
    with store.claim(key):
        assert not spare(store) and remove(store, found) == 0
    assert (store.folder(key) / "bundle").is_dir()


def test_weights_that_gc_took_are_made_again_when_needed_and_the_record_stays(sweep, store, tmp_path):
    assert {one.path.name for one in spare(store, finished=True)} == {"adapter", "bundle"}
    score = next(
        s for s in sweep.steps if isinstance(s, Score) and s.attack == "swap" and len(s.transfer.adapters) == 1
    )
    (store.folder(score.key) / "record.json").unlink()
    kept = {score.transfer.key, score.transfer.adapters[0].key}
    assert not kept & {one.key for one in spare(store, finished=True)}  # the sweep is not finished
    write_json(store.folder(score.key) / "record.json", {"key": score.key, "step": "score", "spec": {}})
    records = {key: (store.folder(key) / "record.json").read_bytes() for key in kept}
    remove(store, spare(store, finished=True))
    assert all(store.bare(key) and store.done(key) for key in kept) and not pending(sweep.steps, store)
    (store.folder(score.key) / "record.json").unlink()
    assert [step.key for step in pending(sweep.steps, store)] == [
        score.transfer.adapters[0].key,
        score.transfer.key,
        score.key,
    ]
    do(pending(sweep.steps, store), sweep, store.root)
    assert not any(store.bare(key) for key in kept) and store.done(score.key)
    assert records == {key: (store.folder(key) / "record.json").read_bytes() for key in kept}


def test_weights_that_somebody_removed_are_made_again_when_needed_and_the_record_stays(sweep, store):
    score = next(
        s for s in sweep.steps if isinstance(s, Score) and s.attack == "swap" and len(s.transfer.adapters) == 1
    )
    gone = {score.transfer.key: "bundle", score.transfer.adapters[0].key: "adapter"}
    records = {key: (store.folder(key) / "record.json").read_bytes() for key in gone}
    before = {key: files(store.folder(key) / name) for key, name in gone.items()}
    for key, name in gone.items():
        shutil.rmtree(store.folder(key) / name)
    assert all(store.bare(key) and store.done(key) and why(store, key).bare for key in gone)
    assert not pending(sweep.steps, store), "nothing needs them now"
    (store.folder(score.key) / "record.json").unlink()
    left = pending(sweep.steps, store)
    assert [step.key for step in left] == [score.transfer.adapters[0].key, score.transfer.key, score.key]
    do(left, sweep, store.root)
    assert records == {key: (store.folder(key) / "record.json").read_bytes() for key in gone}
    assert before == {key: files(store.folder(key) / name) for key, name in gone.items()}


# --- export and import ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".tar.gz", ".zip"])
def test_a_pooled_store_comes_back_as_it_was_but_for_weights(sweep, store, tmp_path, ending):
    file, other = tmp_path / f"pooled{ending}", tmp_path / "other"
    tell("export", "--records", file, "--texts", "--out", store.root)
    told = json.loads(tell("import", file, "--out", other, "--json").stdout)
    assert set(told["new"]) == {step.key for step in sweep.steps} and told["files"] == ["sweeps/tiny.json"]
    taken = files(other, but=["lock", "bare", "journal.jsonl"])
    journal = f"journals/{own_chain(store.root).head}.jsonl"
    assert taken == {
        name.replace("journal.jsonl", journal): content
        for name, content in files(store.root, but=["lock", "planned.json", "log.txt"]).items()
        if not {"adapter", "bundle", "encodings"} & set(name.split("/"))
    }
    assert own_chain(other).records == own_chain(store.root).records
    weighty = {step.key for step in sweep.steps if step.kind != "score"}
    assert {key for key in Store(other).known() if Store(other).bare(key)} == weighty
    assert json.loads(tell("import", file, "--out", other, "--json").stdout) == {
        "new": [],
        "known": len(sweep.steps),
        "files": [],
    }
    assert not list(other.glob(".import*")) and not list(tmp_path.glob(".pooled*"))


def test_a_store_is_pooled_without_texts_unless_they_are_asked_for(sweep, store, tmp_path):
    file, other = tmp_path / "pooled.tar.gz", Store(tmp_path / "other")
    assert "without texts" in tell("export", "--records", file, "--out", store.root).stderr
    with tarfile.open(file) as archive:
        assert not any(member.name.endswith("attacked.jsonl") for member in archive)
    take_in(other, file)
    scores = [step for step in sweep.steps if step.kind == "score"]
    for step in scores:
        mine, theirs = (pq.read_table(s.folder(step.key) / "predictions.parquet") for s in (store, other))
        assert theirs.to_pylist() == mine.drop_columns(["gold", "text"]).to_pylist()
    assert all(store.score(step.key).predictions == other.score(step.key).predictions for step in scores)
    assert not read_frame(other.root, examine=True).examination.left_out, "digests hold without texts"
    assert {step.key for step in scores if other.bare(step.key)} == {step.key for step in scores if step.attack}
    changed = other.folder(scores[0].key) / "predictions.parquet"
    table = pq.read_table(changed)
    margins = pa.array([value.as_py() + 1 for value in table["margin"]])
    pq.write_table(table.set_column(table.column_names.index("margin"), "margin", margins), changed)
    assert scores[0].key in read_frame(other.root, examine=True).examination.left_out
    again, third = tmp_path / "again.zip", Store(tmp_path / "third")
    shutil.copy(store.folder(scores[0].key) / "predictions.parquet", changed)
    pool(other, again)  # of one with texts and many without
    take_in(third, again)
    assert not read_frame(third.root, examine=True).examination.left_out


def test_a_replay_of_texts_that_did_not_come_has_the_attack_done_again(sweep, store, tmp_path):
    file, other = tmp_path / "pooled.tar.gz", Store(tmp_path / "other")
    pool(store, file)
    take_in(other, file)
    replayed = next(step for step in sweep.steps if step.kind == "score" and step.texts)
    record = other.folder(replayed.key) / "record.json"
    record.unlink()
    assert replayed.texts in pending(sweep.steps, other)
    done = Replay(sweep.config, (), (replayed.texts.clean,), ((replayed.texts,),))
    with pytest.raises(DataMissing, match="exported with --texts"):
        matrix(other, done)
    assert matrix(store, done).success


def test_scores_whose_digest_needs_their_texts_are_told(sweep, store, tmp_path):
    key = sweep.cells[0].scores[0].key
    path, (problems, again) = store.folder(key) / "record.json", ([], [])
    predictions = ids.read_digest(store.folder(key) / "predictions.parquet")  # as earlier versions had it
    path.write_text(json.dumps({**json.loads(path.read_text()), "predictions": predictions}))
    (store.root / "journal.jsonl").unlink()
    pool(store, tmp_path / "bare.zip", problems=problems)
    assert len(problems) == 1 and problems[0].startswith("1 scores") and "--texts" in problems[0]
    pool(store, tmp_path / "whole.zip", problems=again, texts=True)
    take_in(Store(tmp_path / "other"), tmp_path / "whole.zip")
    assert not again and not read_frame(tmp_path / "other", examine=True).examination.left_out


def test_some_runs_are_pooled_with_what_they_need(sweep, store, tmp_path):
    cell = next(c for c in sweep.cells if c.k == 1)
    pool(store, tmp_path / "one.tar.gz", [cell.transfer.key[:8]])
    taken = take_in(Store(tmp_path / "other"), tmp_path / "one.tar.gz")
    assert set(taken.new) >= {
        cell.transfer.key,
        *(a.key for a in cell.transfer.adapters),
        *(s.key for s in cell.scores),
    }
    assert len(taken.new) < len(sweep.steps) and not taken.files


def edited(file, target, change):
    """A pooled file with its members, {name: bytes}, changed; what it says of their digests is made to fit."""
    with tarfile.open(file) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    change(members)
    told = json.loads(members.get("store.json", b"{}"))
    if told.get("files"):
        digests = {name: hashlib.blake2b(content, digest_size=16).hexdigest() for name, content in members.items()}
        told["files"] = {name: digest for name, digest in digests.items() if name != "store.json"}
        members["store.json"] = json.dumps(told).encode()
    with tarfile.open(target, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target


def redo(members, step, **changes):
    name = f"steps/{step}/record.json"
    members[name] = json.dumps({**json.loads(members[name]), **changes}).encode()


def test_records_that_contradict_the_store_are_refused_unless_only_cost_and_provenance_differ(sweep, store, tmp_path):
    file = tmp_path / "pooled.tar.gz"
    pool(store, file)
    key = sweep.cells[0].scores[0].key
    before = files(store.root, but=["lock"])

    def by_another(name, **changes):  # an old version's, which kept no journal
        return edited(
            file, tmp_path / name, lambda members: (members.pop("journal.jsonl"), redo(members, key, **changes))
        )

    cost = {"seconds": 9.0, "peak_memory": 1}
    other = by_another("b.tar.gz", cost=cost, provenance={**PROVENANCE, "device": "x"}, predictions="f" * 32)
    assert not take_in(store, other).new and files(store.root, but=["lock"]) == before
    wrong = by_another("c.tar.gz", scores={"en": {"n": 1}, "qaa": {"n": 1}})
    shutil.rmtree(store.folder(sweep.steps[-1].key))
    before = files(store.root, but=["lock"])
    with pytest.raises(InputError, match=f"steps/{key} .*other scores"):
        take_in(store, wrong)
    assert files(store.root, but=["lock"]) == before  # nothing was taken in, not even what is new


SPOILT = {
    "a path that leads out": lambda m, key: m.update({"../evil.json": b"{}"}),
    "an absolute path": lambda m, key: m.update({"/tmp/evil.json": b"{}"}),
    "a path that leads out below steps": lambda m, key: m.update({f"steps/{key}/../../evil.json": b"{}"}),
    "weights": lambda m, key: m.update({f"steps/{key}/bundle/w.safetensors": b"x"}),
    "code": lambda m, key: m.update({f"steps/{key}/record.py": b"x"}),
    "a record of another step": lambda m, key: redo(m, key, key="0" * 16),
    "a spec that is not the key's": lambda m, key: redo(m, key, spec={"step": "score", "rows": 3}),
    "a record that is no JSON": lambda m, key: m.update({f"steps/{key}/record.json": b"{"}),
    "a step without a record": lambda m, key: m.pop(f"steps/{key}/record.json"),
    "no contents": lambda m, key: m.pop("store.json"),
    "another version": lambda m, key: m.update({"store.json": b'{"schema": 9}'}),
}


def test_a_key_is_the_digest_of_the_spec_as_it_is_spelt(sweep, store, tmp_path):
    pool(store, tmp_path / "pooled.tar.gz")
    key = sweep.cells[0].scores[0].key
    told = store.record(key).plain()
    spec = {**told["spec"], "severity": 1}
    own = ids.digest(spec)

    def renamed(members):
        for name in [name for name in members if name.startswith(f"steps/{key}/")]:
            members.pop(name)
        members[f"steps/{own}/record.json"] = json.dumps({**told, "key": own, "spec": spec}).encode()

    file = edited(tmp_path / "pooled.tar.gz", tmp_path / "own.tar.gz", renamed)
    assert own in take_in(Store(tmp_path / "other"), file).new
    texts = {**told["spec"], "rows": str(told["spec"]["rows"])}
    file = edited(tmp_path / "pooled.tar.gz", tmp_path / "t.tar.gz", lambda members: redo(members, key, spec=texts))
    with pytest.raises(Refused, match="rows"):
        take_in(Store(tmp_path / "third"), file)


@pytest.mark.parametrize("what", sorted(SPOILT))
def test_a_file_that_is_not_ours_is_refused_whole(sweep, store, tmp_path, what):
    pool(store, tmp_path / "pooled.tar.gz")
    key = sweep.cells[0].scores[0].key
    spoilt = edited(tmp_path / "pooled.tar.gz", tmp_path / "s.tar.gz", lambda m: SPOILT[what](m, key))
    root = tmp_path / "deep" / "other"
    with pytest.raises(Refused) as caught:
        take_in(Store(root), spoilt)
    assert caught.value.exit_code == 2
    assert not any(path.is_file() for path in root.rglob("*")) and not list(tmp_path.rglob("evil*"))


def test_links_are_refused(tmp_path):
    file = tmp_path / "link.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        info = tarfile.TarInfo("preregistration.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(Refused, match="does not belong"):
        take_in(Store(tmp_path / "other"), file)
    packed = tmp_path / "link.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("preregistration.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="does not belong"):
        take_in(Store(tmp_path / "other"), packed)


def test_what_is_no_archive_or_cut_off(store, tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(b"nothing")
    with pytest.raises(Refused, match="not an archive"):
        take_in(Store(tmp_path / "other"), tmp_path / "x.tar.gz")
    pool(store, tmp_path / "whole.tar.gz")
    (tmp_path / "cut.tar.gz").write_bytes((tmp_path / "whole.tar.gz").read_bytes()[:2000])
    with pytest.raises(Refused):
        take_in(Store(tmp_path / "other"), tmp_path / "cut.tar.gz")
    with pytest.raises(InputError, match="no such file"):
        take_in(store, tmp_path / "none.zip")
    with pytest.raises(InputError, match=r"\.tar\.gz or a \.zip"):
        pool(store, tmp_path / "x.rar")


def test_export_takes_one_way_or_the_other(tmp_path):
    for words in (["export"], ["export", "--xtreme", "x", "--records", "y.zip"], ["export", "--xtreme", "x"]):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 2 and "Usage" in done.stderr
