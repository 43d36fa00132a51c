"""Files read as text, and written whole or not at all, whoever else writes them at the same moment; disks that say no."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adaptstilts.errors import EnvironmentProblem, NotText

UTF8 = "utf-8-sig"
"""How text that somebody else wrote is decoded: a byte order mark, which some programs put before it, is no part of it."""
MARK = "\ufeff"


def read_text(path: Path) -> str:
    """The text of a UTF-8 file without a byte order mark, every end of line as a newline; NotText, OSError."""
    try:
        return path.read_text(encoding=UTF8)
    except UnicodeDecodeError as error:
        raise NotText(f"the file is not UTF-8 ({error})", where=str(path), do="Write it as UTF-8.") from error


def read_lines(path: Path) -> list[str]:
    """Its lines, which newlines end and no other character; raises as `read_text`."""
    return read_text(path).removesuffix("\n").split("\n")


def write_whole(path: Path, content: str | bytes, *, lasting: bool = False) -> Path:
    """Put a text (as UTF-8) or bytes at `path`, through a file beside it and a rename; its folder is made. The path comes back.

    A reader sees the old file or the whole new one. With `lasting` the bytes are on the disk before the name is, so that a crash
    of the machine cannot leave an empty file. Raises EnvironmentProblem where the disk says no.
    """
    with replacing(path, lasting=lasting) as beside:
        beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@contextlib.contextmanager
def replacing(path: Path, *, lasting: bool = False) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place unless an error comes between; lasting and errors as `write_whole`."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            as_created(beside)
            if lasting:
                on_disk(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def as_created(place: Path) -> None:
    """Give a file, or a folder and all below it, the rights that the umask leaves; what belongs to somebody else stays.

    safetensors (0.8) and `tempfile` leave what they make to its owner alone, so that nobody else could read a shared zoo.
    """
    mask = _umask()
    for path in (place, *(place.rglob("*") if place.is_dir() else ())):
        if path.is_symlink():
            continue
        with contextlib.suppress(PermissionError, FileNotFoundError):
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = (mode & 0o7000) | ((0o777 if path.is_dir() else 0o666) & ~mask)
            if mode != wanted:
                path.chmod(wanted)


def _umask() -> int:
    """The process's umask; where the system does not tell it, it has to be set for a moment, to the strictest."""
    try:
        return int(re.findall(r"^Umask:\s*([0-7]+)$", Path("/proc/self/status").read_text(), re.MULTILINE)[0], 8)
    except (OSError, IndexError):
        mask = os.umask(0o077)
        os.umask(mask)
        return mask


def on_disk(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("r+b") as stream:  # Windows lets no reader ask for it
        os.fsync(stream.fileno())


def write_json(path: Path, value: Any) -> Path:
    """Write JSON as `write_whole` does, to last; NaN is refused (ValueError)."""
    return write_whole(path, json_text(value), lasting=True)


def json_text(value: Any) -> str:
    """JSON as files of ours hold it; NaN is refused (ValueError)."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the ways a disk says no into one clear error that names the place."""
    advice = {
        errno.ENOSPC: "The disk is full: free some space, or choose another place with --out. Finished steps are kept.",
        errno.EDQUOT: "Your quota is used up: free some space, or choose another place with --out.",
        errno.EROFS: "The file system is read-only: choose another place with --out.",
        errno.EACCES: "No permission to write here: choose another place with --out.",
        errno.EPERM: "No permission to write here: choose another place with --out.",
        errno.ENOTDIR: "A file stands where a folder should be: choose another place with --out.",
        errno.EEXIST: "A file stands where a folder should be: choose another place with --out.",
    }
    try:
        yield
    except OSError as error:
        if error.errno in advice:
            raise EnvironmentProblem(
                f"cannot write ({error.strerror})", where=str(path), do=advice[error.errno]
            ) from error
        raise
