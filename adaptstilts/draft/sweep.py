"""A sweep's config, drafted from names: the smallest design over k of these tasks and targets that a verdict can be asked of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from adaptstilts.config.design import Adapters
from adaptstilts.config.load import extended, lay
from adaptstilts.plan.sweeps.heads import heads
from adaptstilts.tasks import TASKS
from adaptstilts.tasks.naming import spelt_out

HOURS, GIGABYTES = 12.0, 20.0
"""What a sweep may take before it asks, unless its file is changed."""

END = "\n..."
"""What YAML puts after a value that stands alone."""

REFERENCE = """\
  # A verdict of an effect needs models without adapters, spread in accuracy (14 more a target); without, it can only say how
  # sure it is that there is none:
  # reference: {fractions: [0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0], seeds: [0, 1]}
"""

ADAPTERS = "  # Controls `copies` and `wide` train a task anew: name one that has rows, as `task` (the pool is of trained adapters):\n"


def draft_sweep(
    name: str, base: str, pool: Sequence[str], targets: Sequence[str], *, k: Sequence[int] = (), orderings: int = 0,
    data: str = "", language: str = "", adapters: Adapters | None = None,
) -> str:  # fmt: skip
    """The text of a config that extends `base`; ConfigError names all that is wrong with it.

    Without `k` it is 0, 1 and doublings up to half the pool; without a number of orderings there are as many as tasks.
    `adapters` gives the names of the zoos' adapters, which may stand in the pool.
    """
    levels = list(k) or _levels(len(pool))
    head: dict[str, Any] = {"extends": base, "name": name, "summary": f"sweep over k {' '.join(map(str, levels))}"}
    if data or language:
        head["data"] = {key: value for key, value in (("source", data), ("language", language)) if value}
    spending = {"device_hours": HOURS, "disk_gb": GIGABYTES}
    design = {
        "pool": list(pool), "k": levels, "orderings": orderings or len(pool), "targets": list(targets), "compositions": ["fuse"],
        "spending": spending,
    }  # fmt: skip
    lay(extended({**head, "sweep": design}), name, (), {}, adapters)
    return "".join([*_lines(head), "sweep:\n", *_lines(design, "  "), _hints(pool, levels)])


def _hints(pool: Sequence[str], levels: Sequence[int]) -> str:
    """What may be added: the controls stand beside the largest k, and train the pool's first task anew where it has any."""
    task = next((name for name in pool if name in TASKS), "")
    controls: dict[str, Any] = {"compositions": ["random"], "k": [max([1, *levels])]}
    if task:
        controls = {"compositions": ["random", "copies", "wide"], "k": controls["k"], "task": task}
    return f"{REFERENCE}{'' if task else ADAPTERS}  # controls: {_flow(controls)}\n"


def doubts(targets: Sequence[str]) -> Iterator[str]:
    """Why no verdict can come of these targets: it takes two that are trained on data of their own."""
    independent = set(heads([TASKS.get(name) for name in spelt_out(targets)]).values()) - {""}
    if len(independent) < 2:
        learning = "one target alone" if len(targets) == 1 else "targets of one training, or of none,"
        yield f"{learning} can give no verdict: add another that is trained on rows of its own (--target {','.join(targets)},OTHER)"


def _lines(tree: dict[str, Any], indent: str = "") -> list[str]:
    """A line of YAML a key."""
    return [f"{indent}{key}: {_flow(value)}\n" for key, value in tree.items()]


def _flow(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    return yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=1000).split(END)[0].strip()


def _levels(size: int) -> list[int]:
    """0, 1, 2, 4 … up to half the pool: where all orderings end in one set, what it does looks like an effect of k."""
    most = max(1, size // 2)
    return [0, *(1 << power for power in range(most.bit_length()) if 1 << power <= most)]
