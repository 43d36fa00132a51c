"""The store: done means a whole record, a damaged one says so, a full or closed disk is told plainly."""

import errno
import multiprocessing
import os
import time

import pytest

from adaptstilts.errors import CorruptArtefact, EnvironmentProblem
from adaptstilts.files import write_json, writing
from adaptstilts.store.store import Store
from tests.store.filled import record

KEY = "0123456789abcdef"


def test_done_is_the_record_and_nothing_else(tmp_path):
    store = Store(tmp_path)
    with store.claim(KEY) as folder:
        (folder / "weights").write_bytes(b"x")
        assert not store.done(KEY)
        store.finish(KEY, record("adapter", key=KEY))
    assert store.done(KEY)
    assert store.record(KEY).key == KEY
    assert [r.key for r in store.records()] == [KEY]


def test_a_damaged_record_names_the_folder_to_remove(tmp_path):
    store = Store(tmp_path)
    store.folder("k").mkdir(parents=True)
    (store.folder("k") / "record.json").write_text('{"key": "k", ')
    with pytest.raises(CorruptArtefact, match="Remove the folder") as caught:
        store.record("k")
    assert caught.value.exit_code == 3


def test_a_failure_is_kept_and_cleared_by_success(tmp_path):
    store = Store(tmp_path)
    with store.claim("k") as folder:
        store.fail("k", "boom")
        assert (folder / "error.txt").read_text() == "boom"
        store.finish("k", record("score"))
        assert not (folder / "error.txt").exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_says_no(tmp_path, code):
    with pytest.raises(EnvironmentProblem, match="--out") as caught, writing(tmp_path):
        raise OSError(code, os.strerror(code))
    assert caught.value.exit_code == 3


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(OSError, match="Input/output"), writing(tmp_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "steps").write_text("")
    with pytest.raises(EnvironmentProblem), Store(tmp_path).claim("k"):
        pass


def test_nan_never_reaches_a_record(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "r.json", {"x": float("nan")})
    assert not (tmp_path / "r.json").exists()


def test_a_number_that_is_not_finite_is_refused_wherever_it_stands_in_a_record(tmp_path):
    store = Store(tmp_path)
    for fields in ({"provenance": {"settings": {"rate": float("inf")}}}, {"tomorrow": [float("nan")]}):
        with store.claim(KEY), pytest.raises(ValueError, match="JSON"):
            store.finish(KEY, record("score", key=KEY, **fields))
        assert not store.done(KEY)


def test_a_step_whose_folder_has_vanished_is_not_done(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(FileNotFoundError):
        store.finish(KEY, record("adapter", key=KEY))
    assert not store.folder(KEY).exists()


@pytest.mark.parametrize("text", ["{", "null", "[]", '{"key": "other", "step": "score"}', '{"key": "k"}', "\xff"])
def test_what_is_no_record_is_told_and_hides_no_other(tmp_path, text):
    store = Store(tmp_path)
    with store.claim(KEY):
        store.finish(KEY, record("score", key=KEY))
    store.folder("k").mkdir(parents=True)
    (store.folder("k") / "record.json").write_text(text, encoding="latin-1")
    with pytest.raises(CorruptArtefact):
        store.record("k")
    problems: list[str] = []
    assert [found.key for found in store.records(problems)] == [KEY]
    assert len(problems) == 1


def test_waiting_for_another_process_is_told(tmp_path, caplog):
    import threading

    held, free = threading.Event(), threading.Event()

    def hold():
        with Store(tmp_path).claim("k"):
            held.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    threading.Timer(1.0, free.set).start()
    with Store(tmp_path).claim("k"):
        pass
    holder.join()
    assert "another process" in caplog.messages[0]


def _append(root, barrier):
    store = Store(root)
    barrier.wait()
    with store.claim("k") as folder:
        log = folder / "log"
        before = log.read_text() if log.exists() else ""
        time.sleep(0.02)
        log.write_text(before + "x")


def test_one_process_at_a_time(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    workers = [context.Process(target=_append, args=(tmp_path, barrier)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert (Store(tmp_path).folder("k") / "log").read_text() == "xxxx"
