"""The files of a Hub repository at one commit: listed once, fetched as they are asked for, read again without a network."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from adaptstilts.bounds import read_json
from adaptstilts.data.hub.retry import persist
from adaptstilts.errors import Refused
from adaptstilts.files import read_text, write_whole

Kind = Literal["dataset", "model"]
MOST_FILES = 1000
"""In a repository of a model or an adapter."""
_HASH = re.compile(r"[0-9a-f]{40}")
_AROUND = {
    "dataset": "Or fetch the data set elsewhere and name its folder with --data.",
    "model": "Or name a local model folder with `--set backbone.name=DIR`.",
}


@dataclass(frozen=True)
class Snapshot:
    """One commit of a repository. `revision` is what was asked for; `paths` are all its files."""

    kind: Kind
    id: str
    revision: str
    commit: str
    paths: tuple[str, ...]

    def fetch(self, path: str, most: int | None = None) -> Path:
        """Where a file lies in the Hub's cache, downloaded if need be; a download that broke off goes on from there.

        Raises EnvironmentProblem or DataMissing, naming the file, and Refused, before a byte of it comes, for a path
        that leads out of the repository or a file of more than `most` bytes.
        """
        from huggingface_hub import hf_hub_download

        if not _tame(path):
            raise Refused(f"the repository holds a file called {path[:120]!r}", where=str(self))
        if most is not None:
            self._bound(path, most)

        def load() -> str:
            return str(hf_hub_download(self.id, path, repo_type=self.kind, revision=self.commit))

        return Path(persist(load, f"{path} of {self}", _AROUND[self.kind]))

    def _bound(self, path: str, most: int) -> None:
        """Refused for a file that is larger than `most` bytes, as the cache or the Hub says."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache

        cached = try_to_load_from_cache(self.id, path, repo_type=self.kind, revision=self.commit)

        def ask() -> int:
            url = hf_hub_url(self.id, path, repo_type=self.kind, revision=self.commit)
            return int(get_hf_file_metadata(url).size or 0)

        where = f"{path} of {self}"
        size = Path(cached).stat().st_size if isinstance(cached, str) else persist(ask, where, _AROUND[self.kind])
        if size > most:
            what = f"{path} has {size:,} bytes, where {most:,} are the most that such a file may have"
            raise Refused(what, where=str(self))

    def check_names(self) -> None:
        """Refused if a file's name leads out of the repository or hides what it is, or there are too many files."""
        if len(self.paths) > MOST_FILES:
            raise Refused(f"the repository holds {len(self.paths):,} files", where=str(self))
        for path in self.paths:
            if not _tame(path):
                raise Refused(f"the repository holds a file called {path[:120]!r}", where=str(self))

    def text(self, path: str) -> str:
        """A small file's text; empty if there is no such file."""
        return read_text(self.fetch(path)) if path in self.paths else ""

    def __str__(self) -> str:
        return f"{self.id}@{self.revision}"


def _tame(path: str) -> bool:
    """Whether a path stays below its folder on every system, and is printable."""
    steps = path.split("/")
    return path.isprintable() and "\\" not in path and not {"", ".", ".."} & set(steps) and len(path) < 512


def is_hash(revision: str) -> bool:
    """Whether a revision names one commit for ever, as branches and tags do not."""
    return bool(_HASH.fullmatch(revision))


def snapshot(kind: Kind, id: str, revision: str) -> Snapshot:
    """A repository at a revision; the Hub is asked once a process for a branch, and once for ever for a commit's hash.

    With HF_HUB_OFFLINE set a branch is where it was last seen. Raises DataMissing (no such repository or revision) and
    EnvironmentProblem (no access, no answer).
    """
    from huggingface_hub import constants

    if is_hash(revision) or constants.HF_HUB_OFFLINE:
        known = _listed(kind, id, revision) or _downloaded(kind, id, revision)
        if known is not None:
            return known
    return _asked_once(kind, id, revision)


def ask(kind: Kind, id: str, revision: str) -> Snapshot:
    """What the Hub says now about a revision; raises as `snapshot` does."""
    from huggingface_hub import HfApi

    info = persist(lambda: HfApi().repo_info(id, repo_type=kind, revision=revision), f"{id}@{revision}", _AROUND[kind])
    paths = tuple(sorted(sibling.rfilename for sibling in info.siblings or ()))
    found = Snapshot(kind, id, revision, str(info.sha), paths)
    _list(found)
    return found


_asked_once = lru_cache(maxsize=256)(ask)


def _listing(kind: Kind, id: str, revision: str) -> Path:
    from huggingface_hub import constants

    name = f"{quote(revision, safe='')}.json"
    return Path(constants.HF_HOME) / "adaptstilts" / "listings" / f"{kind}s--{id.replace('/', '--')}" / name


def _list(found: Snapshot) -> None:
    """Remember a listing: files that are there are no sign of those that a fetch has yet to bring."""
    for revision in {found.revision, found.commit}:
        path = _listing(found.kind, found.id, revision)
        write_whole(path, json.dumps({"commit": found.commit, "paths": found.paths}))


def _listed(kind: Kind, id: str, revision: str) -> Snapshot | None:
    path = _listing(kind, id, revision)
    try:
        known = read_json(path)
        return Snapshot(kind, id, revision, known["commit"], tuple(known["paths"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _downloaded(kind: Kind, id: str, revision: str) -> Snapshot | None:
    """What another program has put into the Hub's cache, such as `hf download`; taken as all there is."""
    from huggingface_hub import constants

    home = Path(constants.HF_HUB_CACHE) / f"{kind}s--{id.replace('/', '--')}"
    ref = home / "refs" / revision
    commit = read_text(ref).strip() if ref.is_file() else revision
    folder = home / "snapshots" / commit
    if not (is_hash(commit) and folder.is_dir()):
        return None
    paths = sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())
    return Snapshot(kind, id, revision, commit, tuple(paths))
