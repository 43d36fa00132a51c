"""What a loopback Hub serves: repositories with commits and branches, held in memory or read from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

Content = bytes | Path
LARGE = (".parquet", ".safetensors", ".gz", ".model", "tokenizer.json", ".bin")
"""Names that the Hub's default .gitattributes keep in large-file storage; their bytes come from another host."""


@dataclass(frozen=True)
class File:
    """One file of one commit."""

    path: str
    content: Content

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @property
    def large(self) -> bool:
        return self.path.endswith(LARGE)

    @property
    def sha256(self) -> str:
        return _digests(self.content)[0]

    @property
    def oid(self) -> str:
        """The blob's id in git."""
        return _digests(self.content)[1]

    def bytes(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@lru_cache(maxsize=4096)
def _digests(content: Content) -> tuple[str, str]:
    data = content if isinstance(content, bytes) else content.read_bytes()
    return hashlib.sha256(data).hexdigest(), hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repository:
    """A data set ("dataset") or model ("model") repository: commits by hash, branches that point at them.

    `gated` repositories show their pages to all and their files to holders of a token; `private` ones nothing.
    """

    kind: str
    id: str
    commits: dict[str, Mapping[str, Content]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    private: bool = False

    def commit(self, files: Mapping[str, Content], branch: str = "main", commit: str = "") -> str:
        """Put these files, and no others, at the head of a branch; the commit's hash, made up unless given."""
        made = commit or hashlib.sha1(f"{self.id}\x1f{branch}\x1f{len(self.commits)}".encode()).hexdigest()
        self.commits[made] = dict(files)
        self.refs[branch] = made
        return made

    def resolve(self, revision: str) -> str | None:
        """The commit that a branch, `refs/…` name or hash means; None if there is none."""
        found = self.refs.get(revision, revision)
        return found if found in self.commits else None

    def files(self, commit: str) -> list[File]:
        return [File(path, content) for path, content in sorted(self.commits[commit].items())]

    def file(self, commit: str, path: str) -> File | None:
        content = self.commits[commit].get(path)
        return None if content is None else File(path, content)


def from_folder(root: Path, revisions: Mapping[tuple[str, str], set[str]] | None = None) -> list[Repository]:
    """One repository for every `datasets/<org>/<name>` and `models/<org>/<name>` below `root`.

    Each has one commit on `main`; `revisions` gives, by (kind, id), further branches and hashes that mean the same files.
    """
    return [_one(kind, home, revisions or {}) for kind, home in _homes(root)]


def _homes(root: Path) -> Iterator[tuple[str, Path]]:
    for kind in ("dataset", "model"):
        for home in sorted(root.glob(f"{kind}s/*/*")):
            if home.is_dir():
                yield kind, home


def _one(kind: str, home: Path, revisions: Mapping[tuple[str, str], set[str]]) -> Repository:
    files = {str(path.relative_to(home)): path for path in sorted(home.rglob("*")) if path.is_file()}
    repository = Repository(kind, f"{home.parent.name}/{home.name}")
    head = repository.commit(files)
    for name in revisions.get((kind, repository.id), ()):
        if len(name) == 40:
            repository.commits[name] = files
        else:
            repository.refs[name] = head
    return repository
