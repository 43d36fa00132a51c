"""A Slurm of our own on loopback: munge's key, a configuration, munged, slurmctld and slurmd, all ended afterwards."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue")

CONF = """\
ClusterName=loop
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge/socket,cred_expire=5
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=bf_interval=1
KillWait=30
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=60 MaxTime=60
PartitionName=high Nodes=ALL PriorityTier=10 MaxTime=60
"""


class CannotStart(Exception):
    """Why there is no Slurm here."""


@contextlib.contextmanager
def cluster(root: Path):
    """The environment in which Slurm's commands reach the cluster below `root`; CannotStart if this machine has none."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    missing = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if missing:
        raise CannotStart(f"not installed: {', '.join(missing)} (Debian: slurm-wlm, munge)")
    if os.geteuid() != 0:
        raise CannotStart("slurmd has to be started by root")
    environment = {**os.environ, "PATH": path, "SLURM_CONF": str(root / "slurm.conf")}
    _write(root)
    try:
        _start(root, environment)
        yield environment
    finally:
        _cancel(environment)
        for file in ("slurmctld.pid", "slurmd.pid", "munge/pid"):
            _end(root / file)


def _cancel(environment: dict[str, str]) -> None:
    """Cancel all jobs and wait until their processes are gone."""
    how = {"env": environment, "capture_output": True, "text": True, "timeout": 30, "check": False}
    subprocess.run(["scancel", "--user=root"], **how)
    for _ in range(90):
        if not subprocess.run(["squeue", "--noheader"], **how).stdout.strip():
            return
        time.sleep(0.5)


def _write(root: Path) -> None:
    for name in ("state", "spool", "munge"):
        (root / name).mkdir(parents=True)
    (root / "munge").chmod(0o700)
    (root / "munge" / "key").write_bytes(secrets.token_bytes(1024))
    (root / "munge" / "key").chmod(0o400)
    host = socket.gethostname().split(".")[0]
    (root / "slurm.conf").write_text(CONF.format(host=host, root=root, ports=_ports(2)))


def _ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]


def _start(root: Path, environment: dict[str, str]) -> None:
    munge = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    options = [f"--{option}={root / 'munge' / name}" for option, name in munge.items()]
    for command in (["munged", "--force", *options], ["slurmctld", "-c"], ["slurmd"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise CannotStart(f"{command[0]} does not start: {done.stderr.strip()[-300:]}")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        shown = subprocess.run(
            ["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True, check=False
        )
        if "idle" in shown.stdout:
            return
        time.sleep(0.5)
    log = (root / "slurmd.log").read_text() if (root / "slurmd.log").exists() else ""
    raise CannotStart(f"the node is not ready: {shown.stdout} {shown.stderr} {log[-300:]}")


def _end(file: Path) -> None:
    """End the daemon whose number is in this file, and wait until it is gone."""
    with contextlib.suppress(OSError, ValueError):
        number = int(file.read_text())
        os.kill(number, signal.SIGTERM)
        for _ in range(100):
            os.kill(number, 0)
            time.sleep(0.1)
        os.kill(number, signal.SIGKILL)
