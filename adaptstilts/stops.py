"""What stops a process before its work is done: signals, and the end of the process that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time

STOPS = frozenset(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2") if hasattr(signal, name))
"""Signals that ask a process to end: the system's, the terminal's, and the one that Slurm sends before a job's time is over."""

PATIENCE = 10.0
"""Seconds for which further signals do not disturb what the first one has tidied up."""

_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux's prctl(2)."""


class Stopped(KeyboardInterrupt):
    """A signal asks this process to end.

    A class of its own: of a KeyboardInterrupt that passes through `exec` of a text Python ends by SIGINT at last, even if it was caught.
    """


class _Once:
    """Raises Stopped for a signal, and for none that follow it closely; again if it came where Python lets no error out."""

    def __init__(self) -> None:
        self.heard = float("-inf")
        self._usual = sys.unraisablehook

    def __call__(self, number: int, frame: object) -> None:
        if time.monotonic() - self.heard >= PATIENCE:
            self.heard = time.monotonic()
            raise Stopped

    def lost(self, found: sys.UnraisableHookArgs) -> None:
        """An error went no further than a finalizer, or the callback of a weak reference."""
        if not isinstance(found.exc_value, Stopped):
            self._usual(found)
            return
        self.heard = float("-inf")
        again = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
        again.daemon = True
        again.start()


_ONCE = _Once()


def heed_signals() -> None:
    """From now on signals that ask this process to end raise Stopped in its main thread, but those that it was started to ignore."""
    sys.unraisablehook = _ONCE.lost
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ONCE)


def asked() -> bool:
    """Whether a signal asked this process to end a moment ago: an error that comes then may be that one in another shape.

    Code in C that reads tensors makes a ValueError of it.
    """
    return time.monotonic() - _ONCE.heard < PATIENCE


def end_with(parent: int) -> None:
    """Have this process be sent SIGTERM when its parent, the process with this number, ends; now, if it has ended already.

    Linux does that when the thread ends that started this process; elsewhere a thread looks who the parent is.
    """
    if not _told_by_kernel():
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before anybody was asked to tell
        os.kill(os.getpid(), signal.SIGTERM)


def _told_by_kernel() -> bool:
    """Whether the kernel was asked to tell; only Linux can be."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        asked: int = ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGTERM), 0, 0, 0)
        return asked == 0
    return False


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
