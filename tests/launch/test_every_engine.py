"""One law on every engine: what failed stays failed until --retry, a stop is no failure, whose worker always dies has failed."""

import _thread
import signal
import subprocess
import sys
import types

import pytest

from adaptstilts.errors import EnvironmentProblem, Interrupted
from adaptstilts.launch import processes, run, slurm
from adaptstilts.launch import ray as on_ray
from adaptstilts.launch.engines import MODULES
from adaptstilts.launch.job import Job
from adaptstilts.store.store import MADE
from tests.launch import tiny
from tests.store.filled import record

ATTEMPTS = 2
OPTIONS = {
    "processes": {"workers": 2, "attempts": ATTEMPTS},
    "slurm": {"seconds": 0.0, "attempts": ATTEMPTS},
    "ray": {"retries": ATTEMPTS - 1},
}
REMOTE = [engine for engine in MODULES if engine != "inline"]

SCRIPT = """\
import json, os, pathlib, signal, sys, time

def do(key):
    with open({asked!r}, "a") as stream:
        stream.write(key + "\\n")
    {line}
    for name in {weights!r}:
        path = pathlib.Path({steps!r}, key, name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    pathlib.Path({made!r}, key).replace(pathlib.Path({steps!r}, key, "record.json"))

def answer(**said):
    print(json.dumps(said), flush=True)

named = sys.argv[sys.argv.index("--key") + 1]
if named != "-":
    do(named)
    sys.exit()
for key in map(str.strip, sys.stdin):
    answer(key=key, what="started")
    do(key)
    answer(key=key, code=0, seconds=0.0, text="")
"""
"""A step's command that notes which steps it is asked for, runs a line, and leaves a record beside empty weights."""


class Ref:
    """A future, whose task was done when it was made."""

    def __init__(self, found):
        self.found = found


class FeignedRay:
    """In place of Ray: what a task does is done when it is submitted, in this process."""

    exceptions = types.SimpleNamespace(RayError=OSError, TaskCancelledError=TimeoutError)

    def remote(self, do):
        def submit(*given):
            return Ref(do(*(value.found if isinstance(value, Ref) else value for value in given)))

        return types.SimpleNamespace(options=lambda **_: types.SimpleNamespace(remote=submit))

    def wait(self, refs, **_):
        return refs, []

    def get(self, ref):
        return ref.found

    def cancel(self, ref, **_):
        pass

    def shutdown(self):
        if on_ray._worker is not None:
            on_ray._worker.close()
            on_ray._worker = None


class FeignedSlurm:
    """In place of a queue: a job is done when it is submitted, in this process."""

    def submitted(self, keys, job, settings, before):
        doing = slurm.StepJob(job.words("slurm", "-")[:-1], {}, str(job.store.root), settings.attempts)
        return {key: self._ended(doing(key)) for key in keys}

    def _ended(self, code):
        paths = types.SimpleNamespace(result_pickle=types.SimpleNamespace(exists=lambda: True), stderr="job.err")
        return types.SimpleNamespace(job_id="1", result=lambda: code, paths=paths)


@pytest.fixture
def signals():
    """As they were: a job of Slurm's sets some."""
    numbers = (signal.SIGTERM, signal.SIGUSR2, signal.SIGCONT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def command(monkeypatch, store, steps, tmp_path, feigned, signals):
    """Sets the line that steps run; gives a way to ask for the keys of the steps that were begun since it was asked last."""
    asked, made = tmp_path / "asked", tmp_path / "made"
    made.mkdir()
    for step in steps:
        (made / step.key).write_text(record(step.kind, key=step.key).model_dump_json(by_alias=True))
    monkeypatch.setattr(on_ray, "_connected", lambda settings: FeignedRay())
    monkeypatch.setattr(slurm, "_submitted", FeignedSlurm().submitted)
    for name, found in (("_queued", set()), ("_shown", ""), ("requeue", None)):
        monkeypatch.setattr(slurm, name, lambda *_, found=found: found)
    feigning = types.SimpleNamespace(Popen=subprocess.Popen, run=lambda *_, **__: None)  # scancel
    monkeypatch.setattr(slurm, "subprocess", feigning)

    def make(step, session, folder):
        with asked.open("a") as stream:
            stream.write(f"{step.key}\n")
        return tiny.made(step, session, folder)

    def begun():
        found = asked.read_text().splitlines() if asked.exists() else []
        asked.unlink(missing_ok=True)
        return found

    def set_line(line="pass"):
        script = SCRIPT.format(asked=str(asked), made=str(made), steps=str(store.steps), weights=MADE, line=line)
        monkeypatch.setattr(Job, "words", lambda job, engine, key: ["-c", script, "--key", key])
        feigned(make)
        return begun

    return set_line


@pytest.mark.parametrize("engine", MODULES)
@pytest.mark.parametrize("title", ["adapter squad", "stack(squad, mnli) → pawsx"])
def test_what_failed_before_is_left_alone_until_it_is_invited(engine, title, command, store, config, steps):
    """The case of the issue, an old failure and open steps beside it; and one that waits for open steps itself."""
    begun = command()
    failed = next(step for step in steps if step.title == title)
    built = {step.key for step in steps if failed in step.needs or any(failed in n.needs for n in step.needs)}
    store.fail(failed.key, "ValueError: no\n")
    options, events = OPTIONS.get(engine), []
    outcome = run(steps, store, config, engine=engine, options=options, events=events.append)
    others = {step.key for step in steps} - built - {failed.key}
    assert set(begun()) == set(outcome.done) == others and set(outcome.skipped) == built
    assert outcome.failed[failed.key].endswith("ValueError: no (in an earlier run; --retry tries again)")
    told = [event.key for event in events if event.what in ("done", "failed", "skipped")]
    assert sorted(told) == sorted(step.key for step in steps), "of each step once"
    again = run(steps, store, config, engine=engine, options=options)
    assert not begun() and set(again.failed) == {failed.key} and set(again.skipped) == built
    last = run(steps, store, config, engine=engine, options=options, retry=True)
    assert set(begun()) == {failed.key, *built} == set(last.done) and not last.failed
    assert last.before == len(steps) - len(built) - 1


@pytest.mark.parametrize("engine", REMOTE)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_an_interrupt_is_no_failure_whichever_signal_ends_a_worker(engine, name, command, store, config, steps):
    begun = command(f"os.kill(os.getpid(), signal.{name}); time.sleep(9)")
    with pytest.raises(Interrupted):
        run(steps[:1], store, config, engine=engine, options=OPTIONS[engine])
    assert begun() == [steps[0].key] and store.error(steps[0].key) is None
    command()
    assert run(steps[:1], store, config, engine=engine, options=OPTIONS[engine]).done == (steps[0].key,)


@pytest.mark.parametrize("engine", REMOTE)
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_a_step_that_kills_its_worker_is_tried_again_and_has_failed_at_last(
    engine, name, command, store, config, steps
):
    begun = command(f"os.kill(os.getpid(), signal.{name}); time.sleep(9)")
    outcome = run(steps[:1], store, config, engine=engine, options=OPTIONS[engine])
    assert begun() == [steps[0].key] * ATTEMPTS
    assert name in outcome.failed[steps[0].key] and name in store.error(steps[0].key)
    assert not run(steps[:1], store, config, engine=engine, options=OPTIONS[engine]).done and not begun()


@pytest.mark.parametrize("engine", ["processes", "ray"])
def test_a_store_that_is_removed_while_it_runs_is_a_problem_of_the_machine(engine, command, store, config, steps):
    command(
        f"import shutil; shutil.rmtree({str(store.root)!r}); answer(key=key, code=2, text='no such step'); time.sleep(9)"
    )
    with pytest.raises(EnvironmentProblem, match="what was planned here is gone"):
        run(steps[:1], store, config, engine=engine, options=OPTIONS[engine])
    assert not store.root.exists()


def test_a_worker_that_does_not_heed_a_stop_is_killed_and_its_step_has_not_failed(
    command, store, config, steps, monkeypatch
):
    monkeypatch.setattr(processes, "PATIENCE", 0.5)
    command("signal.signal(signal.SIGTERM, signal.SIG_IGN); answer(key=key, what='started'); time.sleep(60)")
    started = []

    def watch(event):
        if event.what == "started":
            started.append(event.key)
            if len(started) == 2:  # by now it ignores what asks it to end
                _thread.interrupt_main()

    with pytest.raises(Interrupted):
        run(steps[:1], store, config, engine="processes", options={"workers": 1}, events=watch)
    assert not store.done(steps[0].key) and store.error(steps[0].key) is None


def test_a_death_in_the_middle_is_told_when_it_is_tried_again(command, store, config, steps, tmp_path):
    flag = tmp_path / "flag"
    command(f"os.path.exists({str(flag)!r}) or (open({str(flag)!r}, 'w').close(), os.kill(os.getpid(), 9))")
    events = []
    outcome = run(steps[:1], store, config, engine="processes", options={"workers": 1}, events=events.append)
    assert outcome.done == (steps[0].key,)
    (warning,) = [event for event in events if event.what == "warned"]
    assert "killed by SIGKILL" in warning.text and "tried again" in warning.text


def test_an_interrupt_that_passes_through_text_of_python_leaves_the_exit_code_alone():
    """CPython ends by SIGINT after a bare KeyboardInterrupt came out of `exec` of a text, caught or not: 75 became -2."""
    code = "import sys\ntry:\n exec('from adaptstilts.stops import Stopped; raise Stopped')\nexcept KeyboardInterrupt:\n sys.exit(75)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 75
