"""Which records can be compared: the same backbone and data, unseen by adapters that have learnt, a clean tree, one class of device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from adaptstilts import ids
from adaptstilts.store.records.record import ScoreRecord, TransferRecord

Compared = TransferRecord | ScoreRecord

REASONS = {
    "backbone": "another backbone",
    "data": "another version of the data",
    "exposure": "data that the adapters have seen",
    "dirty": "made from a tree with changes",
    "device": "another class of device",
    "untaught": "an adapter that does not beat chance, which is no task",
    "n/a": "the attack does not apply",
}
"""What each flag means."""


class Standard:
    """What most records of a report were made with; `flags` says where one of them departs from it.

    The majority is the standard, the first in spelling where two are equally many. Data are compared by use: training
    rows of a target, its test rows under an attack, a challenge set.
    """

    def __init__(self, records: Iterable[Compared]) -> None:
        found = list(records)
        self._backbone = _commonest(_backbone(record) for record in found)
        self._device = _commonest(_device(record) for record in found)
        by_use: dict[tuple[str, ...], list[Compared]] = {}
        for record in found:
            by_use.setdefault(_use(record), []).append(record)
        self._data = {use: _commonest(_data(record) for record in group) for use, group in by_use.items()}

    def flags(self, record: Compared) -> tuple[str, ...]:
        """The keys of REASONS that hold for this record."""
        wrong = {
            "backbone": _backbone(record) != self._backbone,
            "data": _data(record) != self._data[_use(record)],
            "exposure": _exposure(record) != "unseen",
            "dirty": bool(record.provenance.dirty),
            "device": _device(record) != self._device,
            "untaught": record.step == "transfer" and bool(record.untaught),
        }
        return tuple(flag for flag, holds in wrong.items() if holds)


def why(flags: Iterable[str], exposure: str = "", refused: str = "") -> str:
    """The flags as text; empty for none."""
    told = {"exposure": f"{exposure} data", "n/a": refused}
    return "; ".join(told.get(flag) or REASONS[flag] for flag in flags)


def _use(record: Compared) -> tuple[str, ...]:
    if record.step == "transfer":
        return record.step, record.target, ""
    return record.step, record.challenge or record.target, record.attack or ""


def _data(record: Compared) -> str:
    """What was read; of scores also how many rows a language, and which these are."""
    bounded = [record.spec.rows, record.spec.version] if record.step == "score" else None
    return ids.canonical([record.spec.data, bounded])


def _exposure(record: Compared) -> str:
    return record.exposure if record.step == "score" else "unseen"


def _backbone(record: Compared) -> str:
    return ids.canonical(record.provenance.backbone.plain())


def _device(record: Compared) -> str:
    return record.provenance.device.partition(":")[0]


def _commonest(values: Iterable[str]) -> str:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else ""
