"""Whole commands killed at random moments: sweeps with workers, and verbs that write. What is left must be whole, and the same in the end.

    python -m tests.launch.killing sweeps FOLDER 100 7         the issue's hundred kills; half an hour on idle cores
    python -m tests.launch.killing forked FOLDER 100 7         the same in minutes: processes are forks of one that has torch imported
    python -m tests.launch.killing verbs FOLDER 20 7           twenty of each verb
    python -m tests.launch.killing verbs FOLDER 20 7 import    of this one alone

The last line is JSON: what was killed how often, and what was not as it should be. Linux alone: processes are found in /proc.
"""

import contextlib
import dataclasses
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from adaptstilts.store.store import Store
from tests.conftest import REPOSITORY
from tests.launch import tiny

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
STUCK, GONE = 240.0, 15.0
"""Seconds after which a command is stuck, and within which what it started must have ended after it."""

MARK = "ADAPTSTILTS_KILLING"
SWEEP = tiny.SWEEP.replace("pool: [mnli, squad], k: [0, 1, 2]", "pool: [mnli], k: [0, 1]")
"""Seven steps."""

EVENTS = 16
"""As many as a run of it tells of."""


class Wrong(Exception):
    """Something is not as it should be."""


def marked(mark):
    """The numbers of living processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@dataclasses.dataclass
class Command:
    """A command of ours, with a mark that all it starts inherit."""

    words: list
    folder: Path
    more: dict = dataclasses.field(default_factory=dict)

    start = subprocess.Popen
    """How processes are started."""

    def __enter__(self):
        self.mark = secrets.token_hex(8)
        self.said = tempfile.TemporaryFile("w+")
        self.process = type(self).start(
            [sys.executable, "-m", "adaptstilts", *self.words], cwd=self.folder, stdout=subprocess.PIPE, text=True,
            stderr=self.said, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY), MARK: self.mark, **self.more},
        )  # fmt: skip
        return self

    def living(self):
        """The numbers of the command's processes, those that it started among them."""
        return marked(self.mark)

    def __exit__(self, *_):
        for number in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.communicate()
        self.said.close()

    def ended(self):
        """Its exit code, once all that it started has ended too; Wrong if that takes too long."""
        try:
            self.process.communicate(timeout=STUCK)
        except subprocess.TimeoutExpired as error:
            raise Wrong(f"stuck: {self.words}: {self.told()}") from error
        until = time.monotonic() + GONE
        while orphans := self.living():
            if time.monotonic() > until:
                raise Wrong(f"orphans {orphans} of {self.words}")
            time.sleep(0.1)
        return self.process.returncode

    def told(self):
        self.said.seek(0)
        return self.said.read()[-600:]

    def kill(self, who, number):
        """Send a signal to the command or to one that it started; to whom, or "" if there was nobody any more."""
        others = [found for found in self.living() if found != self.process.pid]
        if who == "worker" and others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(others[0], number)
                return "worker"
        if self.process.poll() is None:
            self.process.send_signal(number)
            return "parent"
        return ""


def expected(who, number):
    """The codes with which a command may end that this was done to; a signal may come before it is heeded, or too late."""
    if who == "parent":
        return {-number} if number == signal.SIGKILL else {75, 0, -number}
    return {0} if who == "" or number == signal.SIGKILL else {75, 0}


def same(one, other, what):
    if differ := [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]:
        shown = [
            f"{key}: {str(one.get(key))[:99]} / {str(other.get(key))[:99]}" for key in sorted(map(str, differ))[:3]
        ]
        raise Wrong(f"{what}: not the same at the end: {shown}")


def final(root):
    """All that a store holds in the end, by step and field, but for what it took and when: records, weights, predictions."""
    from tests.launch.test_forked import artefacts, lasting

    found = {}
    for record in Store(root).records():
        for name, value in lasting(record.plain()).items():
            whole = {k: v for k, v in value.items() if k != "resumed_at"} if name == "training" else value
            found[f"{record.key} {name}"] = whole
        for files in artefacts(root, record.key):
            found |= {f"{record.key} {name}": content for name, content in files.items()}
    return found


def sweep(folder, workers, command):
    (folder / "tiny.yaml").write_text(SWEEP)
    settings = [word for setting in tiny.SETTINGS for word in ("--set", setting)]
    engine = ["--engine", "processes", "--option", f"workers={workers}"]
    return command(["sweep", "tiny.yaml", *settings, *engine, "--json"], folder)


def killed_sweep(folder, rng, kill, command=Command):
    """One attempt at a sweep, killed unless it ends before or `kill` is no: its exit code, who was killed, how."""
    who, number = rng.choice(("parent", "worker")), rng.choice(SIGNALS)
    event, pause = rng.randrange(EVENTS), rng.random() / 2
    with sweep(folder, rng.choice((1, 1, 2)), command) as running:
        hit = ""
        if kill:
            for _ in range(event):
                if not running.process.stdout.readline():
                    break
            time.sleep(pause)
            hit = running.kill(who, number)
        code = running.ended()
        if code == 0 and hit == "parent":
            hit = ""  # it had ended before the signal came
        if code not in expected(hit, number):
            raise Wrong(f"{hit} {number.name}: code {code}: {running.told()}")
    return code, hit, number.name


def finished(root):
    """See to it that the sweep has run here, killed by nobody."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "runs").is_dir():
        killed_sweep(root, random.Random(), False)


def sweeps(root, wanted, seed, command=Command):
    """Kill sweeps in fresh stores until so many kills have hit; each is begun again until it ends well."""
    rng, hits, wrong, number = random.Random(seed), Counter(), [], 0
    finished(root)
    whole = final(root / "runs")
    while sum(hits.values()) < wanted:
        number += 1
        folder = root / str(number)
        folder.mkdir()
        try:
            code = None
            while code != 0:
                code, hit, name = killed_sweep(folder, rng, sum(hits.values()) < wanted, command)
                hits[f"{hit} {name}"] += bool(hit)
                _say(f"sweep {number}: {hit} {name}: {code}")
            same(final(folder / "runs"), whole, f"sweep {number}")
            if left := [*folder.glob("runs/steps/*/error.txt"), *folder.glob("runs/steps/*/.*")]:
                raise Wrong(f"left over: {left[:3]}")
        except Wrong as error:
            wrong.append(str(error))
            _say(f"WRONG {error}")
        shutil.rmtree(folder)
    return {"kills": dict(hits), "stores": number, "wrong": wrong}


def _say(text):
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    from tests.launch import forked, killing_verbs

    what, place, *numbers = sys.argv[1:]
    doing = {"sweeps": sweeps, "forked": forked.sweeps, "verbs": killing_verbs.verbs}[what]
    found = doing(Path(place).resolve(), int(numbers[0]), int(numbers[1]), *numbers[2:])
    sys.stdout.write(json.dumps(found) + "\n")
    sys.exit(bool(found["wrong"]))
