"""The Dockerfile's steps without an engine: in a fresh view of this machine's root, and then its command without a network.

`python tests/image/replay.py [--arg NAME=VALUE] [--when-possible] [-- WORDS…]` takes Linux, root and util-linux. An
overlay over `/` stands in for the base image, with a new virtual environment of the asked Python in it: what the steps
write, users included, is in memory and gone at the end. RUN steps see the network; the health check and the command
(WORDS in place of CMD) run as the image's user in a network namespace of their own, in which nothing can be reached.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.image.dockerfile import Instruction, assignments, context, filled, read

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = "/opt/python"
PASSED = ("PIP_", "SSL_", "REQUESTS_")
"""Variables of this machine that its package installer needs."""


def main() -> int:
    """Replay, and end with the first exit code that is not 0; 0 too where it cannot be done and that was allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--when-possible", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    reason = "" if asked.inside else impossible()
    if reason:
        print(f"the image's steps are not replayed: {reason}", file=sys.stderr)
        return 0 if asked.when_possible else 3
    if not asked.inside:
        return subprocess.run(["unshare", "--mount", sys.executable, __file__, "--inside", *sys.argv[1:]]).returncode
    with tempfile.TemporaryDirectory() as scratch:
        root = fresh_root(Path(scratch))
        try:
            return Replay(root, assignments(" ".join(asked.arg))).run(asked.words)
        finally:
            subprocess.run(["umount", "--recursive", "--lazy", scratch], check=False)


def impossible() -> str:
    """Why this machine cannot do it; empty if it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it takes root on Linux"
    if not (shutil.which("unshare") and shutil.which("chroot")):
        return "it takes unshare and chroot"
    overlay = "mount -t overlay none -o lowerdir=/,upperdir=$d/u,workdir=$d/w $d/r"
    probe = f"d=$(mktemp -d) && mount -t tmpfs none $d && mkdir $d/u $d/w $d/r && {overlay}"
    done = subprocess.run(["unshare", "--mount", "--net", "sh", "-c", probe], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"no namespaces or overlays here ({done.stderr.strip()})"


def fresh_root(scratch: Path) -> Path:
    """A writable view of `/` whose changes are in memory; the repository is not in it, nor any package of this machine's."""
    mount = ["mount", "-t"]
    subprocess.run([*mount, "tmpfs", "none", str(scratch)], check=True)
    upper, work, root = (scratch / name for name in ("upper", "work", "root"))
    for folder in (upper, work, root):
        folder.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run([*mount, "overlay", "none", "-o", layers, str(root)], check=True)
    for name in ("proc", "dev"):
        subprocess.run(["mount", "--rbind", f"/{name}", str(root / name)], check=True)
    for hidden in (REPOSITORY, Path("/home")):
        subprocess.run([*mount, "tmpfs", "none", str(root / hidden.relative_to("/"))], check=True)
    for name in ("passwd", "group"):
        _system_only(root / "etc" / name)
    return root


def _system_only(path: Path) -> None:
    """Leave the system's own users or groups (numbers below 1000, and nobody's), as in a base image."""
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if int(line.split(":")[2]) < 1000 or ":65534:" in line))


@dataclass
class Replay:
    """The state that instructions build up: build arguments, environment, folder, user, and what is started at the end."""

    root: Path
    given: dict[str, str]
    args: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(
        default_factory=lambda: {"PATH": f"{PYTHON}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    folder: str = "/"
    user: str = "0"
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def run(self, words: list[str]) -> int:
        """Build, check health, run the command, check health again."""
        files = kept_aside(self.root)
        for instruction in read(files / "Dockerfile"):
            began = time.monotonic()
            code = self.do(instruction, files)
            print(f"[{time.monotonic() - began:6.1f} s] {instruction.name} {instruction.text[:100]}", file=sys.stderr)
            if code:
                return code
        return self.start("health check", self.health) or self.start("command", [*self.entry, *(words or self.command)])

    def do(self, step: Instruction, files: Path) -> int:
        """One instruction; its exit code."""
        values = {**self.args, **self.env}
        if step.name == "ARG":
            self.args |= {name: self.given.get(name, value) for name, value in assignments(step.text).items()}
        elif step.name == "ENV":
            self.env |= assignments(filled(step.text, values))
        elif step.name == "WORKDIR":
            self.folder = filled(step.text, values)
            self._inside(["mkdir", "-p", self.folder], folder="/")
        elif step.name == "USER":
            self.user = filled(step.text, values)
        elif step.name == "COPY":
            self._copy(filled(step.text, values).split(), files)
        elif step.name == "FROM":
            return self._base(filled(step.text, values))
        elif step.name == "RUN":
            passed = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
            return self._inside(["/bin/sh", "-c", step.text], {**passed, **self.args, "HOME": "/tmp"})
        elif step.name == "HEALTHCHECK":
            self.health = Instruction("CMD", step.text.partition("CMD ")[2]).words
        elif step.name == "ENTRYPOINT":
            self.entry = step.words
        elif step.name == "CMD":
            self.command = step.words
        else:
            raise NotImplementedError(step.name)
        return 0

    def start(self, what: str, words: list[str]) -> int:
        """Run something as the image's user without a network."""
        began = time.monotonic()
        owner, group = self._ids()
        code = self._inside(words, user=f"{owner}:{group}", network=False)
        seconds = time.monotonic() - began
        print(f"[{seconds:6.1f} s] {what} as {owner}:{group} without a network: exit {code}", file=sys.stderr)
        return code

    def _base(self, image: str) -> int:
        """A new virtual environment of the image's Python, readable to every user, in place of the image."""
        version = image.removeprefix("python:").split("-")[0]
        found = next((p for p in _pythons(version) if p.exists()), None)
        if found is None:
            print(f"there is no Python {version} here", file=sys.stderr)
            return 3
        home = found.resolve().parents[1]
        for above in (self.root / home.relative_to("/")).parents:
            if above.is_relative_to(self.root):
                above.chmod(above.stat().st_mode | 0o055)
        return self._inside([str(found.resolve()), "-m", "venv", PYTHON])

    def _copy(self, words: list[str], files: Path) -> None:
        *sources, target = words
        place = self.root / (Path(self.folder) / target).relative_to("/")
        for name in sources:
            source = files / name
            if source.is_dir():
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                into = place / source.name if target.endswith("/") else place
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, into)

    def _ids(self) -> tuple[int, int]:
        """User and group that USER means, by the image's own list of users."""
        for line in (self.root / "etc/passwd").read_text().splitlines():
            name, _, owner, group, *_ = line.split(":")
            if self.user in (name, owner):
                return int(owner), int(group)
        raise LookupError(f"the image has no user {self.user}")

    def _inside(
        self,
        words: list[str],
        more: dict[str, str] | None = None,
        *,
        user: str = "0:0",
        folder: str = "",
        network: bool = True,
    ) -> int:
        env = {**self.env, **(more or {})}
        apart = [] if network else ["unshare", "--net"]
        start = ["env", "-i", "-C", folder or self.folder, *(f"{name}={value}" for name, value in env.items())]
        done = subprocess.run([*apart, "chroot", f"--userspec={user}", "--groups=", str(self.root), *start, *words])
        return done.returncode


def kept_aside(root: Path) -> Path:
    """The build's context, copied to where the steps cannot see it."""
    aside = root.parent / "context"
    for file in [REPOSITORY / "Dockerfile", *context(REPOSITORY)]:
        place = aside / file.relative_to(REPOSITORY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    return aside


def _pythons(version: str) -> list[Path]:
    """Where an interpreter of this version may be: this one, on the path, or beside this one under its version."""
    base = Path(sys.base_prefix)
    own = [base / "bin" / "python3"] if version == ".".join(map(str, sys.version_info[:2])) else []
    there = shutil.which(f"python{version}")
    beside = sorted(base.parent.glob(f"{version}.*/bin/python3"))
    return [*own, *beside, *([Path(there)] if there else [])]


if __name__ == "__main__":
    sys.exit(main())
