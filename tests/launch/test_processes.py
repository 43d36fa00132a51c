"""Workers side by side: a step each, a death missed and told, and how many of them there are."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from adaptstilts.errors import ConfigError, EnvironmentProblem, InputError, Interrupted
from adaptstilts.launch import run
from adaptstilts.launch.engines import MODULES, engine_named, engines, options_of
from adaptstilts.launch.job import Job
from adaptstilts.launch.processes import Settings, WorkerSlot, gpus, places
from adaptstilts.launch.worker import Worker, death
from adaptstilts.store.store import Store
from tests.launch import tiny

FATAL = '''\
"""An attack that ends the process, as a kernel without memory does."""

import os
import signal

from adaptstilts.attacks import Attack


def perturb(row, scene, rng):
    os.kill(os.getpid(), signal.SIGKILL)


attack = Attack(
    name="fatal", summary="ends the process", family="static", needs=frozenset({"letters"}), perturb=perturb,
    citation="this file",
)
'''


@pytest.mark.parametrize(
    ("settings", "devices", "cores", "expected"),
    [
        (Settings(), [], 8, [WorkerSlot(None, 1)] * 8),
        (Settings(threads=4), [], 8, [WorkerSlot(None, 4)] * 2),
        (Settings(workers=3), [], 8, [WorkerSlot(None, 2)] * 3),
        (Settings(), ["0", "1"], 8, [WorkerSlot("0", 4), WorkerSlot("1", 4)]),
        (Settings(workers=4), ["0", "1"], 8, [WorkerSlot("0", 2), WorkerSlot("1", 2)] * 2),
        (Settings(threads=16), [], 8, [WorkerSlot(None, 16)]),
    ],
)
def test_a_worker_per_device_or_group_of_cores(settings, devices, cores, expected):
    assert places(settings, 100, devices, cores) == expected


def test_there_are_no_more_workers_than_steps():
    assert len(places(Settings(), 3, [], 64)) == 3


def test_the_environment_says_which_gpus_there_are(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert gpus() == ["2", "5"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus() == []


def test_gpus_are_listed_by_their_ids(monkeypatch, tmp_path):
    """The format is that of `nvidia-smi -L` in NVIDIA's manual."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        "#!/bin/sh\necho 'GPU 0: NVIDIA A100 (UUID: GPU-ab-1)'\necho 'GPU 1: NVIDIA A100 (UUID: GPU-cd-2)'\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert gpus() == ["GPU-ab-1", "GPU-cd-2"]


def test_a_death_is_told_in_words():
    assert "SIGKILL; the kernel does that when memory runs out" in death(-signal.SIGKILL).text
    assert "SIGSEGV" in death(-signal.SIGSEGV).text
    assert {death(code).code for code in (75, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)} == {75}


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_worker_may_end_while_it_is_stopped(how):
    """As happens when its thread learns of the end between two lines."""
    worker, asked = Worker(["python"], {}), []

    class Ending:
        def poll(self):
            worker._process = None

        terminate = kill = lambda self: asked.append(how)

    worker._process = Ending()
    getattr(worker, how)()
    assert asked == [how]


def test_every_engine_has_a_file_of_settings_that_are_its_defaults():
    assert set(engines()) == set(MODULES)
    for name in MODULES:
        module, settings = engine_named(name)
        assert settings == module.Settings(), name


def test_options_lie_over_the_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("engine: processes\nworkers: 3\n")
    _, settings = engine_named(str(tmp_path / "mine.yaml"), options_of(("threads=2",)))
    assert (settings.workers, settings.threads) == (3, 2)
    assert options_of(("step.cpus=2", "step.gpus=1", "address=")) == {"step": {"cpus": "2", "gpus": "1"}, "address": ""}
    with pytest.raises(ConfigError, match="workers"):
        engine_named("processes", {"workers": "many"})
    with pytest.raises(InputError, match="key=value"):
        options_of(("workers",))
    with pytest.raises(ConfigError, match="not YAML"):
        engine_named("processes", options_of(("workers=[",)))
    with pytest.raises(InputError, match="'step' is a value"):
        options_of(("step=1", "step.cpus=2"))


@pytest.mark.parametrize(
    ("engine", "options", "told"),
    [
        ("processes", {"workers": 0, "threads": -1}, r"(?s)workers: must be at least 1 \(got 0\).*threads"),
        ("ray", {"kinds": {"score": {"cpus": -1}}, "step": {"gpus": -1}}, r"(?s)step\.gpus.*kinds\.score\.cpus"),
        ("slurm", {"array": 0, "seconds": -1.0}, r"(?s)array.*seconds"),
    ],
)
def test_settings_that_no_engine_can_follow_are_refused(engine, options, told):
    with pytest.raises(ConfigError, match=told):
        engine_named(engine, options)


SCRIPT = """\
import json, os, sys
for line in sys.stdin:
    key = line.strip()
    print(json.dumps({"key": key, "what": "started"}), flush=True)
    %s
    print(json.dumps({"key": key, "code": code, "seconds": 0.0, "text": "told"}), flush=True)
"""
"""A worker that answers at once; what goes in its middle sets the code."""


@pytest.fixture
def scripted(monkeypatch):
    """Workers that run this line for each key, in place of the step's command."""

    def set_script(line):
        monkeypatch.setattr(Job, "words", lambda job, engine, key: ["-c", SCRIPT % line])

    return set_script


def test_each_step_is_handed_out_once_and_only_after_what_it_needs(store, config, steps, scripted):
    scripted("code = 0")
    events = []
    outcome = run(steps, store, config, engine="processes", options={"workers": 3}, events=events.append)
    assert sorted(outcome.done) == sorted(step.key for step in steps) and not outcome.failed
    ended = [event.key for event in events if event.what == "done"]
    began = {event.key: number for number, event in enumerate(events) if event.what == "started"}
    for step in steps:
        assert all(
            events.index(next(e for e in events if (e.what, e.key) == ("done", need.key))) < began[step.key]
            for need in step.needs
        )
    assert len(ended) == len(began) == len(steps)


def test_a_problem_of_the_machine_and_an_interrupt_end_the_run(store, config, steps, scripted):
    scripted("code = 3")
    with pytest.raises(EnvironmentProblem, match="told"):
        run(steps, store, config, engine="processes", options={"workers": 2})
    scripted("code = 75")
    with pytest.raises(Interrupted):
        run(steps, store, config, engine="processes", options={"workers": 2})
    assert not list(store.steps.glob("*/error.txt"))


def test_a_step_whose_worker_is_killed_can_be_tried_again(store, config, steps, scripted, tmp_path):
    flag = tmp_path / "killed"
    scripted(
        f"code = 0 if os.path.exists({str(flag)!r}) else (open({str(flag)!r}, 'w').close(), os.kill(os.getpid(), 9))"
    )
    options = {"workers": 1, "attempts": 2}
    assert not run(steps, store, config, engine="processes", options=options).failed
    flag.unlink()
    once = run(steps, store, config, engine="processes", options={"workers": 1, "attempts": 1})
    assert set(once.failed) == {steps[0].key} and "SIGKILL" in store.error(steps[0].key)


def test_a_watcher_that_fails_ends_the_run_and_leaves_nobody_waiting(store, config, steps, scripted):
    scripted("code = 0")

    def watch(event):
        if event.what == "done":
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(steps, store, config, engine="processes", options={"workers": 2}, events=watch)


def sweep(tmp_path, *words, **env):
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)
    settings = [word for setting in tiny.SETTINGS for word in ("--set", setting)]
    command = [sys.executable, "-m", "adaptstilts", *words[0], "sweep", "tiny.yaml", *settings, *words[1:]]
    return subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def events_of(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_worker_that_dies_fails_its_step_alone_and_another_takes_its_place(tmp_path):
    (tmp_path / "fatal.py").write_text(FATAL)
    words = (
        "--set",
        "evaluation.attacks=[fatal,swap]",
        "--engine",
        "processes",
        "--option",
        "workers=2",
        "--option",
        "attempts=1",
    )
    process = sweep(tmp_path, ("--include", "fatal.py"), *words, "--json")
    out, err = process.communicate(timeout=280)
    store = Store(tmp_path / "runs")
    assert process.returncode == 1, err
    events = events_of(out)
    failed = [event for event in events if event["what"] == "failed"]
    assert {event["title"] for event in failed} == {"score fatal"}
    assert all("killed by SIGKILL" in event["text"] for event in failed)
    assert all("killed by SIGKILL" in store.error(event["key"]) and event["key"] in err for event in failed)
    scores = [record for record in store.records() if record.step == "score"]
    assert {record.attack for record in scores} == {None, "swap"}
    assert len(scores) == 2 * len(failed), "the others went on"
    assert {record.provenance.engine for record in store.records()} == {"processes"}
    assert {event["worker"] for event in events if event["what"] == "done"} == {"worker 1", "worker 2"}
    assert len([event for event in events if event["what"] == "done"]) == len(list(store.records()))


def test_stopped_it_keeps_checkpoints_and_says_how_to_go_on(tmp_path):
    words = (
        "--set",
        "transfer.recipe.steps=100000",
        "--engine",
        "processes",
        "--option",
        "workers=1",
        "--only",
        "none,transfer",
    )
    process = sweep(tmp_path, (), *words, "--json")
    line = next(line for line in process.stdout if '"started"' in line)
    folder = tmp_path / "runs" / "steps" / json.loads(line)["key"]
    until = time.monotonic() + 120
    while "parameters to train" not in (folder / "log.txt").read_text():
        assert time.monotonic() < until
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert "Run the same command again" in err and "adaptstilts sweep tiny.yaml" in err and "Traceback" not in err
    assert (folder / "checkpoint" / "training.safetensors").is_file() and not (folder / "error.txt").exists()
