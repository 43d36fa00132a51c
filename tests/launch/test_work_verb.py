"""`adaptstilts work`: a step from its plan alone, and an exit code for each way in which it can end."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from adaptstilts.errors import EnvironmentProblem, InputError, Interrupted, StepsFailed, UnknownName
from adaptstilts.launch.serve import Doer, serve
from adaptstilts.store.planned import write_planned
from adaptstilts.store.store import Store
from adaptstilts.zoo.zoo import shipped_zoo
from tests.launch import tiny
from tests.launch.holding import holding


@pytest.fixture
def planned(store, config, steps):
    write_planned(steps, store, config)
    return store


@pytest.fixture
def doer(planned, feigned):
    return Doer(planned, shipped_zoo(), engine="work")


def command(store, *words, seed="0"):
    return subprocess.Popen(
        [sys.executable, "-m", "adaptstilts", "work", "--store", str(store.root), *words],
        env={**os.environ, "PYTHONHASHSEED": seed}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_another_process_with_another_hash_seed_rebuilds_the_same_step_and_does_it(planned, steps):
    adapter = next(step for step in steps if step.kind == "adapter")
    process = command(planned, "--key", adapter.key, "--json", seed="4711")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    record = json.loads(out)
    assert record["key"] == adapter.key and record["provenance"]["engine"] == "work"
    assert record == planned.record(adapter.key).plain()
    assert "parameters to train" in err and (planned.folder(adapter.key) / "adapter").is_dir()


def test_stopped_it_ends_with_75_and_goes_on_from_its_checkpoint(store, steps):
    config = tiny.config("transfer.recipe.steps=100000")
    (step, *_) = [step for step in tiny.steps(config) if step.kind == "transfer"]
    write_planned([step], store, config)
    process = command(store, "--key", step.key)
    for line in process.stderr:
        if "parameters to train" in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGUSR2)  # as submitit has Slurm do before the time is over
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert "goes on from there" in err and "Traceback" not in err
    assert (store.folder(step.key) / "checkpoint" / "training.safetensors").is_file()
    assert store.error(step.key) is None


def test_the_exit_code_of_an_unknown_key(planned):
    process = command(planned, "--key", "0123456789abcdef")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2 and "there is no planned step called '0123456789abcdef'" in err


def test_a_key_that_nothing_planned_suggests_the_nearest(doer, steps):
    wrong = steps[0].key[:-1] + ("0" if steps[0].key[-1] != "0" else "1")
    with pytest.raises(UnknownName, match=steps[0].key):
        doer.do(wrong)


def test_what_it_needs_is_named_or_done_too(doer, steps, feigned):
    score = steps[-1]
    transfer = score.transfer
    with pytest.raises(InputError) as caught:
        doer.do(score.key)
    assert caught.value.exit_code == 2
    assert (
        transfer.title in str(caught.value) and transfer.key in str(caught.value) and "--upstream" in str(caught.value)
    )
    doer.do(score.key, upstream=True)
    assert doer.store.done(score.key) and all(doer.store.done(adapter.key) for adapter in transfer.needs)


def test_a_failure_below_is_told_of(doer, steps, feigned):
    feigned(tiny.failing("adapter"))
    adapter, transfer = next((s.needs[0], s) for s in steps if s.kind == "transfer" and s.needs)
    with pytest.raises(StepsFailed, match="it cannot be") as caught:
        doer.do(adapter.key)
    assert caught.value.exit_code == 1 and "it cannot be" in doer.store.error(adapter.key)
    with pytest.raises(InputError, match="which failed"):
        doer.do(transfer.key)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("odd"), StepsFailed),
        (MemoryError(), StepsFailed),
        (OSError(28, "No space left on device"), EnvironmentProblem),
        (EnvironmentProblem("no network"), EnvironmentProblem),
        (KeyboardInterrupt(), Interrupted),
    ],
)
def test_each_end_has_its_error(doer, steps, feigned, error, expected):
    feigned(tiny.failing("transfer", error=error))
    with pytest.raises(expected):
        doer.do(steps[0].key)
    assert (doer.store.error(steps[0].key) is not None) == (expected is StepsFailed)


def test_keys_on_a_stream_are_answered_one_by_one_and_prints_go_to_the_log(planned, steps, feigned, capfd):
    def make(step, session, folder):
        os.write(1, b"printed by a library\n")
        return tiny.failing("score")(step, session, folder)

    feigned(make)
    said, (transfer, score) = [], steps[:2]
    keys = io.StringIO(f"{transfer.key}\n\n{score.key}\nno-such-key\n{transfer.key}\n")
    assert serve(Doer(planned, shipped_zoo(), engine="processes"), keys, said.append) == 0
    assert [(answer["key"], answer.get("code", answer.get("what"))) for answer in said] == [
        (transfer.key, "started"), (transfer.key, 0), (score.key, "started"), (score.key, 1), ("no-such-key", 2), (transfer.key, 0),
    ]  # fmt: skip
    assert "it cannot be" in said[3]["text"]
    assert "printed by a library" in (planned.folder(transfer.key) / "log.txt").read_text()
    assert capfd.readouterr().out == ""


def test_who_holds_a_step_that_is_waited_for_is_answered_before_it_starts(planned, steps, feigned):
    said = []
    with holding(planned.folder(steps[0].key) / "lock", 1.5) as process:
        serve(Doer(planned, shipped_zoo(), engine="processes"), io.StringIO(f"{steps[0].key}\n"), said.append)
    assert [answer.get("what", answer.get("code")) for answer in said] == ["warned", "started", 0]
    assert f"another process ({process.pid} on " in said[0]["text"] and said[0]["key"] == steps[0].key


def test_an_interrupt_ends_the_stream(planned, steps, feigned):
    feigned(tiny.failing("transfer", error=KeyboardInterrupt()))
    said = []
    keys = io.StringIO(f"{steps[0].key}\n{steps[1].key}\n")
    assert serve(Doer(planned, shipped_zoo(), engine="processes"), keys, said.append) == 75
    assert said[-1]["code"] == 75 and len(said) == 2


def test_a_done_step_stays_as_it_is(doer, steps):
    doer.do(steps[0].key)
    stamp = (doer.store.folder(steps[0].key) / "record.json").stat().st_mtime_ns
    Doer(Store(doer.store.root), shipped_zoo(), engine="other").do(steps[0].key)
    assert (doer.store.folder(steps[0].key) / "record.json").stat().st_mtime_ns == stamp
