"""Progress: who watches long work, and what they are told."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Who watches: `total` and `n` count steps or inputs, `note` is a few words such as the loss."""

    def start(self, total: int, what: str) -> None: ...
    def advance(self, n: int = 1, note: str = "") -> None: ...
    def stop(self) -> None: ...


class Silent:
    """Nobody watches."""

    def start(self, total: int, what: str) -> None: ...
    def advance(self, n: int = 1, note: str = "") -> None: ...
    def stop(self) -> None: ...
