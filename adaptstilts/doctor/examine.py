"""The whole examination: versions, machine, disks, zoo, Hub, cache, and every config that is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adaptstilts.config.load import Config
from adaptstilts.doctor.cache import kept, scan
from adaptstilts.doctor.finding import Finding
from adaptstilts.doctor.machine import Device, devices, disk, free_memory, processor
from adaptstilts.doctor.needs import Surroundings, needs
from adaptstilts.doctor.reach import Hub, reach
from adaptstilts.doctor.versions import versions
from adaptstilts.errors import EnvironmentProblem
from adaptstilts.tasks import Task
from adaptstilts.zoo.index import NAME as INDEX
from adaptstilts.zoo.verification import verify
from adaptstilts.zoo.zoo import zoos


def examine(
    asked: Sequence[Config], others: Sequence[Config], store: Path, tasks: Sequence[Task] = (), *, quick: bool = False
) -> list[Finding]:
    """Everything that was found out. What the configs in `others` lack is no more than a warning.

    `tasks` narrow data and adapters down to those that will be run. `quick` asks neither torch nor the Hub.
    """
    found = [*versions(), processor()]
    device, seen = (Device("cpu", free_memory()), []) if quick else devices()
    hub = Hub("unasked") if quick else reach()
    cache, shelves = scan(), zoos(store)
    found += [*seen, disk("store", store), disk("cache", cache.root), *_zoo(store)]
    found += [*hub.findings, cache.finding, *kept(store)]
    around = Surroundings(device, hub, cache, shelves)
    if any(finding.section == "zoo" and finding.name == INDEX for finding in found):
        return found  # no command runs with a zoo that does not read
    for config in asked:
        found += needs(config, around, tasks)
    for config in others:
        found += [finding.softened() for finding in needs(config, around, ())]
    return found


def _zoo(store: Path) -> list[Finding]:
    """Each zoo in a line, or its damage."""
    found = []
    for zoo in zoos(store).zoos:
        wrong = [each for each in verify(zoo) if each.level == "damaged"]
        found += [Finding("zoo", each.name, "problem", f"{each.where}: {each.what}", each.do) for each in wrong]
        try:
            count = len(list(zoo))
        except EnvironmentProblem:
            continue  # told above
        if not wrong and count:
            found.append(Finding("zoo", zoo.root.name, "ok", f"{zoo.root}: {count} adapters, all whole"))
    return found
