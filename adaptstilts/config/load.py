"""A config is a YAML file of names and differences; it is checked whole and every problem is told at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adaptstilts.config.build import build
from adaptstilts.config.design import Adapters, strangers
from adaptstilts.config.sections import Config as Config
from adaptstilts.config.tree import Written, merged, read_tree
from adaptstilts.config.typed import give_way, put_text, put_typed
from adaptstilts.errors import ConfigError, InputError, UnknownName
from adaptstilts.places import shipped
from adaptstilts.tasks.naming import spelt_out


def available() -> dict[str, Path]:
    """The shipped configs by name."""
    folder = shipped("configs")
    return {path.stem: path for path in (*sorted(folder.glob("*.yaml")), *sorted(folder.glob("sweeps/*.yaml")))}


def labs() -> list[str]:
    """The names of the shipped configs that are no sweeps: a model and its data each."""
    return [name for name, path in available().items() if path.parent.name != "sweeps"]


def load_config(
    name: str, settings: Iterable[str] = (), values: Mapping[str, Any] | None = None, adapters: Adapters | None = tuple
) -> Config:
    """The config called `name` (or the YAML file at that path), with settings laid over it.

    `settings` are `key=value` texts whose values are YAML, the last one wins; `values` are values as they are, by dotted key,
    and win over those.
    `adapters` gives the names in zoos that may stand in a pool beside tasks; None: any name may.
    Raises UnknownName for a name that is neither, ConfigError with all problems at once.
    """
    path = _find(name)
    where = str(path) if path.name != f"{name}.yaml" else f"config {name!r}"
    return lay(_read(path), where, settings, values or {}, adapters)


def lay(
    tree: Mapping[str, Any],
    where: str,
    settings: Iterable[str],
    values: Mapping[str, Any],
    adapters: Adapters | None = None,
) -> Config:
    """The config of plain values with `key=value` texts and then values by dotted key laid over them; ConfigError."""
    changed = copy.deepcopy(dict(tree))
    problems = [f"--set {problem}" for text in settings for problem in put_text(changed, text)]
    problems += [f"--set {problem}" for key, value in values.items() for problem in put_typed(changed, key, value)]
    _name_tasks(changed.get("sweep"))

    def unknown(config: Config) -> Iterator[tuple[str, str]]:
        yield from strangers(config.sweep, adapters) if config.sweep else ()

    return build(Config, changed, where, problems, unknown)


def _name_tasks(sweep: Any) -> None:
    """Put tasks in the place of groups, in a sweep's pool and its baselines; what is of another shape is told later."""
    if isinstance(sweep, dict) and "baselines" in sweep:
        sweep["baselines"] = _listed(sweep["baselines"])
    baselines = sweep.get("baselines") if isinstance(sweep, dict) else None
    for section in (sweep, *(baselines if isinstance(baselines, list) else ())):
        for key in section.keys() & {"pool", "tasks"} if isinstance(section, dict) else ():
            section[key] = _listed(section[key])
            named = [section[key]] if isinstance(section[key], str) else section[key]
            if isinstance(named, list) and all(isinstance(name, str) for name in named):
                section[key] = list(spelt_out(named))


def _listed(value: Any) -> Any:
    """A list that `--set` wrote as one; all else as it is."""
    return value.opened if isinstance(value, Written) and isinstance(value.opened, list) else value


def _find(name: str) -> Path:
    shelf = available()
    if name in shelf:
        return shelf[name]
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or "/" in name:
        if path.is_file():
            return path
        raise InputError("no such config file", where=name, do="`adaptstilts list configs` names the shipped ones.")
    raise UnknownName("config", name, shelf)


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path in above:
        raise ConfigError(str(path), ["`extends` comes back to this file"])
    return extended(read_tree(path), (*above, path))


def extended(tree: Mapping[str, Any], above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The tree laid over the config that it `extends`, if it does; `above` are the files that have come here.

    As with settings that are typed, its recipe replaces what the other's `tasks` say of the same.
    """
    own = {key: value for key, value in tree.items() if key != "extends"}
    base = tree.get("extends")
    return merged(give_way(_read(_find(str(base)), above), own), own) if base else own
