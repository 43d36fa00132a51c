"""Folders in a store for what is looked at and may not stay, an import or a score made again, and those that a kill left behind."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from adaptstilts.files import writing
from adaptstilts.locks import free, held

PREFIX, LOCK = ".import-", "lock"
MINUTE = 60.0


@contextlib.contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """A folder of one's own below `root`, which is made for it; afterwards both are gone, `root` if nothing came into it."""
    new = not root.exists()
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        for path in left_behind(root):
            shutil.rmtree(path, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        try:
            with held(folder / LOCK, "a folder of its own"):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if new:
                with contextlib.suppress(OSError):
                    root.rmdir()


def left_behind(root: Path) -> list[Path]:
    """Such folders whose process is no more: nobody holds their lock."""
    return [path for path in sorted(root.glob(f"{PREFIX}*")) if path.is_dir() and not _held(path)]


def _held(folder: Path) -> bool:
    try:
        if not (folder / LOCK).is_file():  # made this moment, or by a version that held none
            return time.time() - folder.stat().st_mtime < MINUTE
        with free(folder / LOCK) as mine:
            return not mine
    except OSError:
        return False
