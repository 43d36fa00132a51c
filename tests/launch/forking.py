"""A process that has torch imported forks others that run the tiny sweep: side by side, or killed at random moments.

    python -m tests.launch.forking crowd STORE 8       eight processes, one store
    python -m tests.launch.forking kills STORE 100 7   fresh stores below STORE until 100 kills have hit, seed 7

Every step's real work leaves its key in the file `worked` beside the store. The last line is JSON.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import adaptstilts.work.step as work
from adaptstilts.launch import run
from adaptstilts.store.store import Store
from tests.launch import tiny

CONFIG = tiny.config()
STEPS = tiny.steps(CONFIG)


def count_work(root):
    """Have the real work of each step say so, in one write to a file that all processes append to."""
    make = work._make

    def counted(step, session, folder):
        with root.with_suffix(".worked").open("ab", buffering=0) as stream:
            stream.write(f"{step.key} {os.getpid()}\n".encode())
        return make(step, session, folder)

    work._make = counted


def forked(root):
    """The number of a process that runs the sweep in this store, and ends with 0 if all went well."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        count_work(root)
        outcome = run(STEPS, Store(root), CONFIG)
        code = 2 if outcome.failed or outcome.left else 0
    finally:
        os._exit(code)


def crowd(root, count):
    """The exit codes of so many processes that run the sweep in one store at once."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in [forked(root) for _ in range(count)]]


def kills(root, wanted, seed):
    """Run the sweep in fresh stores, killing each attempt at a random moment, until `wanted` kills have hit.

    A store is done when an attempt lived to its end; the last one does, for there are no more kills. The first store,
    `whole`, is one that nothing was killed in.
    """
    whole = root / "whole"
    if crowd(whole, 1) != [0]:
        raise SystemExit("the sweep fails without being killed")
    rng, hits, stores = random.Random(seed), 0, []
    while hits < wanted:
        store = root / str(len(stores))
        stores.append(str(store))
        code = None
        while code is None:
            child, delay = forked(store), rng.expovariate(1 / TYPICAL)
            code = _ended(child, delay if hits < wanted else float("inf"))
            hits += code is None
        if code:
            raise SystemExit(f"an attempt that was not killed ended with {code}")
    return {"kills": hits, "whole": str(whole), "stores": stores}


TYPICAL = 0.25
"""Seconds after which an attempt is killed, on the average."""


def _ended(child, delay):
    """The exit code of a child that ends within so many seconds; None for one that is killed then."""
    until = time.monotonic() + delay
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == -signal.SIGKILL else code


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    what, root, *numbers = sys.argv[1:]
    began = time.monotonic()
    found = (crowd if what == "crowd" else kills)(Path(root), *map(int, numbers))
    sys.stdout.write(json.dumps({"found": found, "seconds": time.monotonic() - began}) + "\n")
