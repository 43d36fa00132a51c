"""Faults on a script: which requests go wrong, how, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass
class Fault:
    """What happens to the next `times` requests whose path matches the pattern `path` (and the method, if given).

    One of: `status` answers with that code (and `text`, if given); `cut` sends this many bytes of the body and closes the
    connection; `drop` closes it without an answer, `stall` keeps it open without one; `lost` does what was asked and then
    closes it; `taken` takes so many bytes of what is being sent and closes it.
    """

    path: str
    times: int = 1
    method: str = ""
    status: int = 0
    cut: int | None = None
    drop: bool = False
    stall: bool = False
    text: str = ""
    lost: bool = False
    taken: int | None = None


class Script:
    """The faults still to come; safe to ask from many threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.method in ("", method) and fnmatchcase(path, fault.path):
                    fault.times -= 1
                    return fault
        return None
