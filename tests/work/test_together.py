"""Two processes at one command: killed, they go on from one checkpoint, and what one process makes is what two make."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

JOB = ("none", "--target", "pawsx", "--limit", "24", "--train-rows", "24", "--attacks", "none", "--langs", "en", "--json",
       "--set", "transfer.tasks={}", "--set", "transfer.recipe.steps=400")  # fmt: skip
TOGETHER = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")


def start(*command, cwd):
    env = {**os.environ, "ADAPTSTILTS_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


@pytest.mark.timeout(280)
def test_two_processes_go_on_from_one_checkpoint_and_end_as_one_does(tmp_path):
    alone = start(sys.executable, "-m", "adaptstilts", *JOB, "--out", "alone", cwd=tmp_path)
    out, err = alone.communicate(timeout=120)
    assert alone.returncode == 0, err
    one = json.loads(out)
    half = start(sys.executable, "-m", "adaptstilts", *JOB, "--out", "both", cwd=tmp_path)
    until = time.monotonic() + 100
    while not list(tmp_path.glob("both/steps/*/checkpoint/*.safetensors")):
        assert half.poll() is None and time.monotonic() < until, "no checkpoint"
        if any("parameters to train" in line for line in iter(half.stderr.readline, "")):
            time.sleep(1)
            half.send_signal(signal.SIGTERM)
            break
    half.communicate(timeout=60)
    assert half.returncode == 75
    both = start(*TOGETHER, "-m", "adaptstilts", *JOB, "--out", "both", cwd=tmp_path)
    try:
        out, err = both.communicate(timeout=150)
    finally:
        if both.poll() is None:
            os.killpg(both.pid, signal.SIGKILL)
    assert both.returncode == 0, err[-2000:]
    two = json.loads(out)
    assert 0 < two["transfer"]["training"]["resumed_at"] < 400
    losses = [[loss for _, loss in told["transfer"]["training"]["loss"]] for told in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3, abs=1e-4)
    assert one["transfer"]["key"] == two["transfer"]["key"]
