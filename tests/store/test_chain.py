"""The journal of a store: what is added stays, what was changed is told, and a kill or two writers at once harm nothing."""

import json
import subprocess
import sys
import time

import pytest

from adaptstilts.store import chain
from adaptstilts.store.chain import append, own_chain
from adaptstilts.store.store import Store
from tests.store.filled import record


def written(root, count=4):
    for number in range(count):
        append(root, "step", key=f"{number:016x}", step="score", record=f"{number:032x}")
    return root / chain.FILE


def test_entries_come_back_in_their_order_each_chained_to_the_one_before(tmp_path):
    written(tmp_path)
    append(tmp_path, "look", sweep="s", plan="p", done=3, planned=9)
    found = own_chain(tmp_path)
    assert not found.broken and [entry.kind for entry in found.entries] == ["step"] * 4 + ["look"]
    assert found.records["0" * 15 + "2"] == "0" * 31 + "2" and found.made["0" * 15 + "2"] == (3,)
    lines = [json.loads(line) for line in (tmp_path / chain.FILE).read_text().splitlines()]
    assert [line["previous"] for line in lines] == ["", *(entry.digest for entry in found.entries[:-1])]
    assert found.head == found.entries[-1].digest and own_chain(tmp_path / "nowhere") == chain.Chain()


CHANGES = {
    "a line is removed": lambda lines: [lines[0], *lines[2:]],
    "the first line is removed": lambda lines: lines[1:],
    "two lines change places": lambda lines: [lines[1], lines[0], *lines[2:]],
    "a line is changed": lambda lines: [lines[0], lines[1].replace('"score"', '"adapter"'), *lines[2:]],
    "a line is there twice": lambda lines: [*lines, lines[-1]],
    "a line is no JSON": lambda lines: [*lines, "{"],
    "a line is of no known kind": lambda lines: [lines[0].replace('"step",', '"stop",', 1)],
    "a line lacks what its kind says": lambda lines: [lines[0].replace('"record"', '"other"')],
    "a key is a path": lambda lines: [lines[0].replace("0" * 16, "../../x")],
    "a value is of another type": lambda lines: [lines[0].replace('"' + "0" * 32 + '"', "7")],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_line_is_told_with_its_place(tmp_path, change):
    path = written(tmp_path)
    path.write_text("".join(f"{line}\n" for line in CHANGES[change](path.read_text().splitlines())))
    assert own_chain(tmp_path).broken.startswith("line ")
    append(tmp_path, "step", key="f" * 16, step="score", record="f" * 32)  # work goes on, and it stays told
    assert own_chain(tmp_path).broken.startswith("line ")


@pytest.mark.parametrize("torn", [1, 30, -1])
def test_a_line_that_a_kill_tore_is_cut_off(tmp_path, torn):
    path = written(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:torn])
    assert not own_chain(tmp_path).broken and len(own_chain(tmp_path).entries) == 4
    append(tmp_path, "step", key="f" * 16, step="score", record="f" * 32)
    found = own_chain(tmp_path)
    assert path.read_bytes().startswith(whole) and not found.broken and len(found.entries) == 5


def test_what_is_added_costs_the_same_however_long_the_journal_is(tmp_path):
    path = written(tmp_path, 1)
    line = path.read_bytes()
    path.write_bytes(line * 200_000)  # no chain, and 40 MB: adding reads the last line only
    began = time.monotonic()
    append(tmp_path, "step", key="f" * 16, step="score", record="f" * 32)
    assert time.monotonic() - began < 1


def test_lines_longer_than_a_block_are_followed_too(tmp_path):
    append(tmp_path, "import", journal="", records={f"{n:016x}": f"{n:032x}" for n in range(3000)})
    append(tmp_path, "step", key="f" * 16, step="score", record="f" * 32)
    assert len((tmp_path / chain.FILE).read_bytes().splitlines()[0]) > 2 * chain._BLOCK
    assert not own_chain(tmp_path).broken and len(own_chain(tmp_path).records) == 3001


def test_a_journal_that_begins_late_says_which_records_were_there(tmp_path):
    folder = tmp_path / "steps" / ("a" * 16)
    folder.mkdir(parents=True)
    (folder / "record.json").write_text("{}")
    append(tmp_path, "step", key="f" * 16, step="score", record="f" * 32)
    found = own_chain(tmp_path)
    assert [entry.kind for entry in found.entries] == ["start", "step"] and set(found.records) == {"a" * 16, "f" * 16}
    assert set(found.made) == {"f" * 16}


def test_several_processes_that_add_at_once_leave_one_chain(tmp_path):
    code = (
        "import sys; from pathlib import Path; from adaptstilts.store.chain import append\n"
        "for n in range(20): append(Path(sys.argv[1]), 'step', key=sys.argv[2] * 16, step='score', record=f'{n:032x}')"
    )
    ran = [subprocess.Popen([sys.executable, "-c", code, tmp_path, letter]) for letter in "abc"]
    assert [process.wait() for process in ran] == [0, 0, 0]
    found = own_chain(tmp_path)
    assert not found.broken and {key: len(times) for key, times in found.made.items()} == {x * 16: 20 for x in "abc"}


def test_a_kill_between_journal_and_record_is_mended_with_that_very_record(tmp_path, monkeypatch):
    store, made = Store(tmp_path), record("score")
    with store.claim(made.key) as folder, monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)  # a kill tidies nothing up
        with pytest.raises(KeyboardInterrupt):
            store.finish(made.key, made)
    assert not store.done(made.key) and len(own_chain(tmp_path).entries) == 1
    (folder / ".record.json.1").write_text("another, of a run that was killed before")
    store.recover(made.key)
    assert store.record(made.key) == made and not chain.changed(tmp_path, [made.key])
    assert not list(folder.glob(".record*"))
    assert len(own_chain(tmp_path).entries) == 1


def test_a_record_that_was_changed_is_named(tmp_path):
    store, made = Store(tmp_path), record("score")
    with store.claim(made.key) as folder:
        store.finish(made.key, made)
    assert chain.changed(tmp_path, [made.key, "0" * 16]) == []
    (folder / "record.json").write_text((folder / "record.json").read_text().replace("3.11.0", "3.12.0"))
    assert chain.changed(tmp_path, [made.key, "0" * 16]) == [made.key]


def test_predictions_made_again_that_are_others_bring_their_record_and_the_same_ones_keep_it(tmp_path):
    store, first = Store(tmp_path), record("score", predictions="1" * 32)
    for later, stays in (
        (record("score", predictions="1" * 32, title="again"), True),
        (record("score", predictions="2" * 32), False),
    ):
        with store.claim(first.key):
            store.finish(first.key, first)
            store.finish(first.key, later)  # as when somebody had removed what it made
        assert (store.record(first.key) == first) is stays and not chain.changed(tmp_path, [first.key])
    assert len(own_chain(tmp_path).made[first.key]) == 2
