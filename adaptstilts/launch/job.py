"""What every engine is given beside the steps: store, config, zoos, and who watches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adaptstilts.config.include import INCLUDED
from adaptstilts.config.load import Config
from adaptstilts.store.store import Store
from adaptstilts.zoo.zoo import Zoos

if TYPE_CHECKING:
    from adaptstilts.progress import Progress


@dataclass(frozen=True)
class Job:
    """One run's surroundings. `progress` watches inside a step where the engine is this process; `apart` as in `Session`."""

    store: Store
    config: Config
    zoo: Zoos
    progress: Progress | None = None
    apart: bool = False

    def words(self, engine: str, key: str) -> list[str]:
        """What Python is told to do a step, whatever the engine; key `-` reads keys from standard input."""
        words = ["-m", "adaptstilts", "work", "--store", str(self.store.root.resolve())]
        named = [word for root in self.zoo.roots for word in ("--zoo", str(root.resolve()))]
        return [*words, *named, "--engine", engine, "--key", key]

    def variables(self, threads: int) -> dict[str, str]:
        """What the environment of a process that does steps must say: its threads, and the declarations that were let in."""
        found = dict.fromkeys(("ADAPTSTILTS_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        return {**found, "ADAPTSTILTS_INCLUDE": os.pathsep.join(map(str, INCLUDED))} if INCLUDED else found
