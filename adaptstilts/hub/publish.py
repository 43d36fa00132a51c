"""Publishing: a package and its card become one commit of a repository of the Hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adaptstilts.errors import redact
from adaptstilts.files import write_whole, writing
from adaptstilts.hub.card import CONFIG, card, config_text
from adaptstilts.hub.package import PUBLISHED, Package, publications
from adaptstilts.hub.upload import Content, upload
from adaptstilts.locks import held
from adaptstilts.store.store import Store
from adaptstilts.zoo.claims import CARD, DESCRIPTION
from adaptstilts.zoo.names import on_hub


@dataclass(frozen=True)
class Publication:
    """What was published, or would be: files with their sizes in bytes, the commit (empty for a dry run)."""

    id: str
    kind: str
    files: Mapping[str, int]
    commit: str
    card: str

    def as_dict(self) -> dict[str, Any]:
        return {"repository": self.id, "type": self.kind, "commit": self.commit, "files": dict(self.files)}


def publish(found: Package, id: str, store: Store, *, private: bool, dry: bool) -> Publication:
    """Put a package on the Hub in one commit; a repeated call gives the same commit.

    `dry` makes everything but the commit. Raises InputError for a name that is none, and as `upload` does.
    """
    place = on_hub(id)
    files: dict[str, Content] = {**found.files, DESCRIPTION: found.description()}
    readme = redact(card(found, place.id))
    files[CARD] = readme.encode()
    config = config_text(found)
    if config:
        files[CONFIG] = redact(config).encode()
    commit = ""
    if not dry:
        title = f"{found.facts['name']} (digest {found.facts['digest']})"
        commit = upload(place.id, "model", files, title, private=private)
        if found.facts["kind"] == "adapter" and not private:
            _remember(store, str(found.facts["digest"]), f"{place.id}@{commit}")
    return Publication(place.id, "model", sizes(files), commit, readme)


def sizes(files: Mapping[str, Content]) -> dict[str, int]:
    """Bytes of each file."""
    return {n: len(c) if isinstance(c, bytes) else c.stat().st_size for n, c in sorted(files.items())}


def _remember(store: Store, digest: str, where: str) -> None:
    """Note in the store where an adapter is to be had, so that compositions can refer to it."""
    with writing(store.root):
        store.root.mkdir(parents=True, exist_ok=True)
        with held(store.root / f".{PUBLISHED}.lock", PUBLISHED):
            known = {**publications(store), digest: where}
            write_whole(store.root / PUBLISHED, json.dumps(known, indent=1, sort_keys=True) + "\n")
