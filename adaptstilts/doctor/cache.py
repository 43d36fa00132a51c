"""Caches: the Hub's on this machine (which repositories, at which commits, how large), and what a store keeps for speed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from humanize import naturalsize

from adaptstilts.data.hub.pins import Pin, pinned
from adaptstilts.doctor.finding import Finding
from adaptstilts.store.store import ENCODINGS, LOWEST


@dataclass(frozen=True)
class Cache:
    """`held` are commits and branches by (kind, id)."""

    root: Path
    held: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    size: int = 0
    broken: int = 0

    def has(self, pin: Pin) -> bool:
        """Whether something of a repository lies here at the commit that a pin means."""
        return pinned(pin.kind, pin.id, pin.revision) in self.held.get((pin.kind, pin.id), ())

    @property
    def finding(self) -> Finding:
        """What lies in the cache, in a line."""
        models, sets = (sum(kind == wanted for kind, _ in self.held) for wanted in ("model", "dataset"))
        what = f"{self.root}: {models} models and {sets} data sets, {naturalsize(self.size)}"
        values = {"models": models, "datasets": sets, "size": self.size, "broken": self.broken}
        if self.broken:
            do = "`hf cache scan` names them; remove their folders."
            return Finding("cache", "hub", "warning", f"{what}; {self.broken} folders do not read", do, values)
        return Finding("cache", "hub", "ok", what, values=values)


def kept(store: Path) -> list[Finding]:
    """What lies beside a store's steps only to be made once: encoded rows, and outputs of the layers below all adapters."""
    found = []
    for name, what in ((ENCODINGS, "encoded rows"), (LOWEST, "outputs of the lowest layers")):
        sizes = [path.stat().st_size for path in (store / name).glob("*.arrow")]
        if sizes:
            told = (
                f"{store / name}: {len(sizes)} files of {what}, {naturalsize(sum(sizes))}; may be removed at any time"
            )
            found.append(Finding("cache", name, "ok", told, values={"files": len(sizes), "size": sum(sizes)}))
    return found


def scan() -> Cache:
    """Read the cache as `huggingface_hub` does; an empty one where there is none."""
    from huggingface_hub import CacheNotFound, constants, scan_cache_dir

    root = Path(constants.HF_HUB_CACHE)
    try:
        found = scan_cache_dir(root)
    except (CacheNotFound, ValueError, OSError):
        return Cache(root)
    held = {
        (str(repo.repo_type), repo.repo_id): frozenset({*repo.refs, *(r.commit_hash for r in repo.revisions)})
        for repo in found.repos
    }
    return Cache(root, held, found.size_on_disk, len(found.warnings))
