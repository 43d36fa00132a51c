"""The Ray engine: on a real cluster of two nodes on this machine, one of which is killed in the middle of a sweep."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from adaptstilts.errors import EnvironmentProblem
from adaptstilts.launch import run
from adaptstilts.store.store import Store
from tests.launch import tiny

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "OMP_NUM_THREADS": "1"}
"""Nobody is told of the cluster, and a token that some other cluster left in the home folder is not asked for."""
STEPS = 150
"""Of a transfer: long enough to be killed in."""


def ports(count):
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [str(one.getsockname()[1]) for one in found]


class Cluster:
    """Two nodes, each a `ray start` of its own in a process group of its own, with one CPU each."""

    def __init__(self, folder):
        self.folder, self.nodes = folder, []
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        self.environment = {**clean, **QUIET}

    def start(self):
        """Start both nodes; the reason why not, if they are not there in time."""
        port, *rest = ports(7)
        self.address = f"127.0.0.1:{port}"
        head = ["--head", f"--port={port}", f"--temp-dir={self.folder}", "--include-dashboard=false"]
        for count, words in ((1, head), (2, [f"--address={self.address}"])):
            self.nodes.append(self._start(*words, *self._own(rest[3 * count - 3 :])))
            if (found := self.settled(count)) != count:
                return f"{found} nodes of {count}; {log_of(self.folder)}"
        return ""

    def settled(self, count):
        """How many nodes the cluster has, waiting a minute for it to have so many: it learns of births and deaths late."""
        until = time.monotonic() + 60
        while (found := self.alive()) != count and time.monotonic() < until:
            time.sleep(0.5)
        return found

    def _own(self, ports):
        names = ("node-manager-port", "object-manager-port", "metrics-export-port")
        return [f"--{name}={port}" for name, port in zip(names, ports, strict=False)]

    def _start(self, *words):
        limits = ["--num-cpus=1", "--num-gpus=0", "--object-store-memory=80000000", "--node-ip-address=127.0.0.1"]
        command = [
            sys.executable,
            "-m",
            "ray.scripts.scripts",
            "start",
            "--block",
            "--disable-usage-stats",
            *limits,
            *words,
        ]
        with open(f"{self.folder}/start.log", "ab") as log:  # noqa: PTH123
            return subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def kill(self, number):
        """Kill every process of a node at once, as when its machine goes down."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.nodes[number].pid, signal.SIGKILL)
        self.nodes[number].wait()

    def alive(self):
        """How many nodes the cluster has; asking takes no place in it."""
        host, port = self.address.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return 0
        code = (
            "import sys\nfrom ray._raylet import GcsClient\n"
            "print(sum(node.state == 0 for node in GcsClient(address=sys.argv[1]).get_all_node_info(timeout=10).values()))"
        )
        command = [sys.executable, "-c", code, self.address]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        return int(done.stdout.split()[-1]) if done.returncode == 0 else 0

    def close(self):
        while self.nodes:
            self.kill(len(self.nodes) - 1)
            self.nodes.pop()


@pytest.fixture
def cluster():
    pytest.importorskip("ray", reason="Ray is not installed (extra `ray`)")
    with tempfile.TemporaryDirectory(
        prefix="ray", dir="/tmp", ignore_cleanup_errors=True
    ) as folder:  # sockets' paths are short
        made = Cluster(folder)
        try:
            if why := made.start():
                pytest.skip(f"Ray does not start here: {why}")
            yield made
        finally:
            made.close()


def log_of(folder):
    with open(f"{folder}/start.log", encoding="utf-8", errors="replace") as log:  # noqa: PTH123
        return log.read()[-500:]


@pytest.mark.timeout(290)
def test_a_sweep_ends_well_though_a_node_of_the_cluster_is_killed_in_its_middle(cluster, tmp_path):
    """About a minute on idle cores: two nodes with a CPU each, seven steps; both nodes are at work when one dies."""
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)
    settings = [w for s in (*tiny.SETTINGS, f"transfer.recipe.steps={STEPS}") for w in ("--set", s)]
    words = [
        *settings,
        "--engine",
        "ray",
        "--option",
        f"address={cluster.address}",
        "--only",
        "none,squad,pawsx",
        "--json",
    ]
    command = [sys.executable, "-m", "adaptstilts", "sweep", "tiny.yaml", *words, "--limit", "7"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=cluster.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    events = []
    try:
        for line in process.stdout:
            events.append(json.loads(line))
            if {"none() → pawsx", "adapter squad"} <= {event.get("title") for event in events}:
                break
        cluster.kill(1)
        out, err = process.communicate(timeout=230)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, err
    events += [json.loads(line) for line in out.splitlines()]
    done = [event["key"] for event in events if event["what"] == "done"]
    records = {record.key: record for record in Store(tmp_path / "runs").records()}
    assert len(done) == len(set(done)) == 7 and set(done) == set(records)
    for record in records.values():
        assert all(need in records for need in record.upstream)
        assert record.provenance.engine == "ray"
    assert cluster.settled(1) == 1


def test_without_ray_the_engine_says_what_to_install(store, config, steps, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'adaptstilts\[ray\]'"):
        run(steps, store, config, engine="ray")
