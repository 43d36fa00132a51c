"""Processes end when they are asked to or when their parent does; and who waits for a lock says who holds it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adaptstilts.locks import HOLDER, Busy, free, held, holder_of
from adaptstilts.store.store import Store
from tests.launch.holding import holding

CHILD = """\
import os, sys, time
from adaptstilts import stops
if {thread}:
    stops._told_by_kernel = lambda: False
stops.heed_signals()
try:
    stops.end_with({parent})
    print(os.getpid(), flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    open({told!r}, "w").close()
"""
PARENT = """\
import subprocess, sys
subprocess.run([sys.executable, "-c", sys.argv[1].replace("PARENT", str(__import__("os").getpid()))])
"""


def alive(number):
    """Whether a process runs; one that only waits to be missed does not."""
    try:
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no ps here")
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@pytest.mark.parametrize("thread", [False, True], ids=["kernel", "thread"])
def test_a_child_is_told_to_end_when_its_parent_is_killed(thread, tmp_path):
    told = tmp_path / "told"
    child = CHILD.format(thread=thread, parent="PARENT", told=str(told))
    parent = subprocess.Popen([sys.executable, "-c", PARENT, child], stdout=subprocess.PIPE, text=True)
    number = int(parent.stdout.readline())
    time.sleep(0.3)
    assert alive(number)
    parent.kill()
    parent.communicate(timeout=20)
    wait_for(lambda: told.exists() and not alive(number), 5)


@pytest.mark.parametrize("thread", [False, True], ids=["kernel", "thread"])
def test_a_child_whose_parent_has_ended_before_it_could_ask_ends_too(thread, tmp_path):
    told = tmp_path / "told"
    command = [sys.executable, "-c", CHILD.format(thread=thread, parent=os.getppid(), told=str(told))]
    assert subprocess.run(command, timeout=20, check=False, capture_output=True).returncode == 0 and told.exists()


def test_signals_that_follow_closely_disturb_nothing():
    code = (
        "import os, signal, time\nfrom adaptstilts import stops\nstops.heed_signals()\n"
        "def ask(*names): [os.kill(os.getpid(), getattr(signal, name)) for name in names]\n"
        "try:\n ask('SIGTERM'); time.sleep(9)\nexcept stops.Stopped:\n ask('SIGTERM', 'SIGINT', 'SIGHUP'); time.sleep(0.2)\n"
        "stops.PATIENCE = 0\n"
        "try:\n ask('SIGINT'); time.sleep(9)\nexcept stops.Stopped:\n print('heard')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == "heard\n", done.stderr


def test_a_signal_that_comes_while_a_finalizer_runs_is_not_lost():
    code = (
        "import os, signal, time\nfrom adaptstilts import stops\nstops.heed_signals()\n"
        "class Thing:\n def __del__(self):\n  os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.1)\n"
        "thing = Thing(); del thing\n"
        "try:\n time.sleep(9)\nexcept stops.Stopped:\n print('heard')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_a_signal_that_a_process_was_started_to_ignore_stays_ignored():
    code = (
        "import os, signal, time\nfrom adaptstilts import stops\nstops.heed_signals()\n"
        "os.kill(os.getpid(), signal.SIGHUP); time.sleep(0.2); print('here')"
    )
    done = subprocess.run(
        ["nohup", sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout == "here\n", done.stderr


def test_who_waits_says_who_holds_the_lock(tmp_path, caplog):
    with holding(tmp_path / "lock", 2) as process:
        with pytest.raises(Busy), held(tmp_path / "lock", "it", wait=False):
            pass
        with free(tmp_path / "lock") as mine:
            assert not mine
        with held(tmp_path / "lock", "the thing"):
            assert str(os.getpid()) in holder_of(tmp_path / "lock")
    (message,) = caplog.messages
    assert message.startswith(
        f"waiting for the thing, which another process ({process.pid} on {socket.gethostname()}, "
    )
    assert f"since {time.strftime('%Y-')}" in message and f"{Path(sys.executable).name} -c" in message
    assert "secret" not in message and "\x1b" not in message
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(HOLDER)] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": "x"}', '{"pid": 1, "host": 2}', "\xff"])
def test_a_holder_that_does_not_read_is_another_process(text, tmp_path):
    (tmp_path / f"lock{HOLDER}").write_text(text, encoding="latin-1")
    assert holder_of(tmp_path / "lock") == "another process"


def test_what_a_killed_holder_leaves_is_in_nobodys_way(tmp_path, caplog):
    with holding(tmp_path / "lock", 60) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert (tmp_path / f"lock{HOLDER}").exists()
    with held(tmp_path / "lock", "it"):
        pass
    assert not caplog.messages and not (tmp_path / f"lock{HOLDER}").exists()


def test_the_log_of_a_step_tells_who_was_waited_for(store, config, steps, feigned):
    from adaptstilts.launch import run

    folder = store.folder(steps[0].key)
    folder.mkdir(parents=True)
    events = []
    with holding(folder / "lock", 1.5) as process:
        run(steps[:1], Store(store.root), config, events=events.append)
    log = (folder / "log.txt").read_text()
    assert f"waiting for step {steps[0].key}, which another process ({process.pid} on " in log
    (warned,) = [event for event in events if event.what == "warned"]
    assert warned.key == steps[0].key and warned.text in log
