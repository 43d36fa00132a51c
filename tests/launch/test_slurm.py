"""The Slurm engine: on a real Slurm on loopback, and what it asks and answers."""

import json
import signal
import subprocess
import sys
import time

import pytest

from adaptstilts.errors import EnvironmentProblem
from adaptstilts.launch import run
from adaptstilts.launch.slurm import Settings, StepJob, _parameters, requeue
from adaptstilts.store.store import Store
from tests.launch import tiny
from tests.launch.slurm_cluster import CannotStart, cluster

STEPS = 400
"""Of the transfer that is preempted: 14 s of training on an idle core."""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    pytest.importorskip("submitit", reason="submitit is not installed (extra `slurm`)")
    try:
        with cluster(tmp_path_factory.mktemp("slurm")) as environment:
            yield environment
    except CannotStart as reason:
        pytest.skip(f"no Slurm here: {reason}")


def wait_for(condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.2)


@pytest.mark.timeout(290)
def test_a_sweep_runs_under_slurm_and_a_preempted_job_goes_on_where_it_was(slurm, tmp_path):
    """About a minute on idle cores: four steps in three levels; the transfer's job is preempted once by another of a higher partition."""
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)
    settings = [w for s in (*tiny.SETTINGS, f"transfer.recipe.steps={STEPS}") for w in ("--set", s)]
    options = [w for o in ("partition=low", "minutes=10", "cpus=1", "seconds=1") for w in ("--option", o)]
    words = [*settings, "--engine", "slurm", *options, "--only", "none,squad", "--json"]
    command = [sys.executable, "-m", "adaptstilts", "sweep", "tiny.yaml", *words]
    environment = {**slurm, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        steps = tmp_path / "runs" / "steps"
        training = "parameters to train"
        wait_for(
            lambda: any("none()" in (text := p.read_text()) and training in text for p in steps.glob("*/log.txt")), 120
        )
        (log,) = [p for p in steps.glob("*/log.txt") if "none()" in p.read_text()]
        urgent = ["sbatch", "--partition=high", "--output=/dev/null", "--wrap=sleep 1"]
        subprocess.run(urgent, env=slurm, cwd=tmp_path, check=True, capture_output=True)
        wait_for(lambda: "stopped" in log.read_text(), 60)
        assert (log.parent / "checkpoint" / "training.safetensors").is_file()
        out, err = process.communicate(timeout=200)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, err
    records = list(Store(tmp_path / "runs").records())
    assert sorted(record.step for record in records) == ["adapter", "score", "score", "transfer"]
    assert {record.provenance.engine for record in records} == {"slurm"}
    (transfer,) = [record for record in records if record.step == "transfer"]
    assert 0 < transfer.training.resumed_at < STEPS == transfer.training.steps
    events = [json.loads(line) for line in out.splitlines()]
    (done,) = [event for event in events if event["what"] == "done" and event["step"] == "transfer"]
    number = done["worker"].removeprefix("job ")
    shown = subprocess.run(["scontrol", "show", "job", number], env=slurm, capture_output=True, text=True, check=True)
    assert "Restarts=1" in shown.stdout


def test_what_an_array_asks_of_slurm():
    asked = _parameters(
        Settings(partition="gpu", minutes=30, memory=1.5, gpus=1, more={"constraint": "a100"}), ["7", "8"]
    )
    assert (asked["partition"], asked["time"], asked["mem"], asked["gpus_per_node"]) == ("gpu", 30, "1536MB", 1)
    assert asked["dependency"] == "afterany:7:8"
    assert asked["additional_parameters"] == {"requeue": True, "constraint": "a100"}
    assert "dependency" not in _parameters(Settings(), []) and "mem" not in _parameters(Settings(), [])


class Scontrol:
    """In place of `subprocess.run`: a job in some state."""

    def __init__(self, state):
        self.state, self.asked = state, []

    def __call__(self, words, **how):
        self.asked.append(words)
        return subprocess.CompletedProcess(words, 0, f"JobId=7 JobState={self.state} Reason=None", "")


@pytest.mark.parametrize(("state", "again"), [("RUNNING", True), ("CANCELLED", False), ("COMPLETING", False)])
def test_a_stopped_job_goes_back_into_the_queue_unless_it_was_cancelled(state, again, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "9")
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "7")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    scontrol = Scontrol(state)
    requeue(scontrol)
    assert scontrol.asked[0] == ["scontrol", "show", "job", "7_3"]
    assert (["scontrol", "requeue", "7_3"] in scontrol.asked) is again


@pytest.fixture
def handlers():
    """Signals as they were, after a test in which a job set them."""
    numbers = (signal.SIGTERM, signal.SIGUSR2, signal.SIGCONT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_job_whose_command_is_killed_keeps_that_as_the_steps_error(tmp_path, handlers):
    store = Store(tmp_path)
    job = StepJob(["-c", "import os; os.kill(os.getpid(), 9)"], {}, str(tmp_path))
    assert job("some-key") == -9
    assert "SIGKILL" in store.error("some-key")


def test_without_slurm_the_engine_says_so(store, config, steps, monkeypatch):
    pytest.importorskip("submitit", reason="submitit is not installed (extra `slurm`)")
    monkeypatch.setenv("PATH", str(store.root))
    with pytest.raises(EnvironmentProblem, match="Slurm does not take the jobs"):
        run(steps, store, config, engine="slurm")
