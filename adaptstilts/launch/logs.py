"""What a run on other machines shows of itself: a step's log appears when somebody starts on it."""

from __future__ import annotations

from adaptstilts.launch.front import Front
from adaptstilts.store.store import LOG, Store

MOST = 200
"""How many steps are looked at each time: more do not run at once for long, and each look asks the file system."""


def tell_started(front: Front, store: Store, since: float) -> None:
    """Tell the front which steps have been started `since` (seconds of the epoch) that it does not know of yet."""
    for key in front.startable()[:MOST]:
        try:
            written = (store.folder(key) / LOG).stat().st_mtime
        except OSError:
            continue
        if written >= since:
            front.started(key)
