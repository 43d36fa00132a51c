"""How many threads a process may use, and torch held to them."""

from __future__ import annotations

import os


def threads() -> int:
    """How many threads this process may use: every core it may run on, or ADAPTSTILTS_THREADS where jobs run side by side."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("ADAPTSTILTS_THREADS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else cores


def cap_threads() -> int:
    """Let torch use as many threads as this process may; so many."""
    import torch

    torch.set_num_threads(threads())
    return threads()
