"""The shipped zoo and the user's own as one: reading goes to both, what is taken in goes to the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from adaptstilts.experiments.zoo import Entry, Zoo, shipped_zoo

VARIABLE = "ADAPTSTILTS_ZOO"


class Shelves(Zoo):
    """A zoo at `root` that others' adapters are taken into, with the shipped one, which is never written to, behind it."""

    def __init__(self, root: Path, shipped: Zoo | None = None) -> None:
        super().__init__(root)
        self.shipped = shipped or shipped_zoo()

    def __iter__(self) -> Iterator[Entry]:
        yield from self.shipped
        yield from super().__iter__()

    @property
    def own(self) -> Zoo:
        """The user's zoo alone."""
        return Zoo(self.root)

    def made_by(self, step: str) -> Entry | None:
        return self.shipped.made_by(step) or self.own.made_by(step)

    def get(self, digest: str) -> Entry:
        return (self.shipped if any(entry.digest == digest for entry in self.shipped) else self.own).get(digest)

    def files(self, digest: str) -> Path:
        return (self.shipped if (self.shipped.root / "files" / digest).is_dir() else self.own).files(digest)


def zoo_of(store: Path) -> Shelves:
    """The zoos that runs of a store use: the shipped one and `<store>/zoo`, or what ADAPTSTILTS_ZOO names in its place."""
    named = os.environ.get(VARIABLE)
    return Shelves(Path(named).expanduser() if named else store / "zoo")
