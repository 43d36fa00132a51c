"""Adapters that a composition takes as they are: named by repository, folder or zoo, and held against the config's backbone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.errors import InputError, UnknownName
from adaptstilts.models.door.folder import local_folder, open_config
from adaptstilts.models.door.identity import identity
from adaptstilts.names import HUB, foreign
from adaptstilts.tasks import TASKS
from adaptstilts.zoo.zoo import Entry, Zoo, Zoos, shipped_zoo

if TYPE_CHECKING:
    from adaptstilts.config.load import Config


def zoo_members(
    config: Config, names: Iterable[str], zoo: Zoo | Zoos | None, where: str = "--tasks"
) -> dict[str, Entry]:
    """The entries behind the names that are no tasks', by these names; repositories and folders are taken into the zoo first.

    It comes before planning, which fetches and writes nothing. Raises UnknownName for a name that is nothing, InputError
    for an adapter of another backbone, and as `arrive` does; `where` is where the names were given.
    """
    found = {}
    for name in dict.fromkeys(names):
        if name not in TASKS:
            found[name] = _entry(config, name, zoo, where)
            _check_fit(config, name, found[name], where)
    return found


def pool_members(config: Config, zoo: Zoo | Zoos) -> dict[str, Entry]:
    """The entries behind the names in a sweep's pool and baselines that are no tasks'; as `zoo_members`."""
    design = config.sweep
    return zoo_members(config, design.members if design else (), zoo, "sweep.pool")


def shelved(config: Config, names: Iterable[str], zoo: Zoo | Zoos) -> dict[str, Entry]:
    """The same of names in the zoo alone; nothing is asked of the Hub, so that encoders are compared by name.

    InputError for a repository or a folder, and for an adapter of another encoder.
    """
    here = config.backbone.name
    found, entries = {}, {entry.name: entry for entry in reversed(list(zoo))}
    for name in dict.fromkeys(names):
        if name in TASKS:
            continue
        if foreign(name):
            raise InputError(f"{name!r} is not in the zoo", where="sweep.pool", do=_PULL)
        if name not in entries:
            raise UnknownName("task or adapter", name, [*TASKS.names(), *entries], where="sweep.pool")
        found[name] = entries[name]
        if found[name].backbone != here and not Path(here).expanduser().is_dir():
            do = f"Use a config with the backbone {found[name].backbone}, or an adapter that was trained on this one."
            raise InputError(
                f"{name!r} is for the backbone {found[name].backbone}, the config's is {here}",
                where="sweep.pool",
                do=do,
            )
    return found


_PULL = "Take it in with `adaptstilts pull`, and name it by its name in the zoo."


def _entry(config: Config, name: str, zoo: Zoo | Zoos | None, where: str) -> Entry:
    if foreign(name):
        if not isinstance(zoo, Zoos) or zoo.root.resolve() == shipped_zoo().root.resolve():
            raise InputError(f"there is no zoo here that {name!r} could be taken into", where=where, do=_PULL)
        from adaptstilts.zoo.arrival import Terms, arrive

        spelt = name if name.startswith((HUB, ".", "/", "~")) or Path(name).is_dir() else HUB + name
        return arrive(spelt, zoo, Terms(otherwise=config.backbone))
    entries = {entry.name: entry for entry in zoo or ()}
    if name not in entries:
        do = "`adaptstilts list tasks` and `adaptstilts list adapters` name all; others: hub:user/repo, or a folder."
        raise UnknownName("task or adapter", name, [*TASKS.names(), *entries], where=where, do=do)
    return entries[name]


def _check_fit(config: Config, name: str, entry: Entry, where: str) -> None:
    """InputError unless the adapter was made for a backbone of this name and shape."""
    here = config.backbone.name if local_folder(config.backbone.name) is None else ""
    fits = entry.recipe.get("fits")
    described = open_config(config.backbone.name, config.backbone.revision)
    layers = config.backbone.layers or described.shape.layers
    shape = {"hidden_size": described.shape.width, "num_hidden_layers": layers, "type": described.model_type}
    do = f"Use a config with the backbone {entry.backbone}, or an adapter that was trained on this one."
    if fits and fits != shape:
        what = f"{name!r} is for an encoder {_spelt(fits)}; the config's is {_spelt(shape)}"
        raise InputError(what, where=where, do=do)
    if here and "/" in entry.backbone and entry.backbone != here:
        what = f"{name!r} is for the backbone {entry.backbone}, the config's is {here}"
        raise InputError(what, where=where, do=do)
    made = entry.recipe.get("identity") or entry.recipe.get("backbone") or {}
    content = made.get("content")
    if content and local_folder(config.backbone.name) is not None:
        found = identity(config.backbone).get("content")
        if found and found != content:
            what = f"{name!r} was trained on other weights ({content}) than those of the config's backbone ({found})"
            raise InputError(what, where=where, do=do)


def _spelt(shape: dict[str, object]) -> str:
    return f"of type {shape['type']}, {shape['hidden_size']} wide and {shape['num_hidden_layers']} deep"
