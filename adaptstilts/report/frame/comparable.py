"""Which records can be compared: the same backbone, the same data, unseen by the adapters, a clean tree, one class of device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from adaptstilts import ids

Record = Mapping[str, Any]

REASONS = {
    "backbone": "another backbone",
    "data": "another version of the data",
    "exposure": "data that the adapters have seen",
    "dirty": "made from a tree with changes",
    "device": "another class of device",
    "n/a": "the attack does not apply",
}
"""What each flag means."""


class Standard:
    """What most records of a report were made with; `flags` says where one of them departs from it.

    The majority is the standard, the first in spelling where two are equally many. Data are compared by use: training
    rows of a target, its test rows under an attack, a challenge set.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        found = list(records)
        self._backbone = _commonest(_backbone(record) for record in found)
        self._device = _commonest(_device(record) for record in found)
        by_use: dict[tuple[str, ...], list[Record]] = {}
        for record in found:
            by_use.setdefault(_use(record), []).append(record)
        self._data = {use: _commonest(_data(record) for record in group) for use, group in by_use.items()}

    def flags(self, record: Record) -> tuple[str, ...]:
        """The keys of REASONS that hold for this record."""
        wrong = {
            "backbone": _backbone(record) != self._backbone,
            "data": _data(record) != self._data[_use(record)],
            "exposure": record.get("exposure", "unseen") != "unseen",
            "dirty": bool(record["provenance"].get("dirty")),
            "device": _device(record) != self._device,
        }
        return tuple(flag for flag, holds in wrong.items() if holds)


def why(flags: Iterable[str], exposure: str = "", refused: str = "") -> str:
    """The flags as text; empty for none."""
    told = {"exposure": f"{exposure} data", "n/a": refused}
    return "; ".join(told.get(flag) or REASONS[flag] for flag in flags)


def _use(record: Record) -> tuple[str, ...]:
    return str(record["step"]), str(record.get("challenge") or record.get("target")), str(record.get("attack") or "")


def _data(record: Record) -> str:
    """What was read; of scores also how many rows a language, of which the first are taken."""
    told = record["spec"]
    return ids.canonical([told.get("data"), told.get("rows") if record["step"] == "score" else None])


def _backbone(record: Record) -> str:
    return ids.canonical(record["provenance"].get("backbone", {}))


def _device(record: Record) -> str:
    return str(record["provenance"].get("device", "")).partition(":")[0]


def _commonest(values: Iterable[str]) -> str:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else ""
