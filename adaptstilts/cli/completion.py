"""What a shell may put in for a value: names of tasks, attacks, configs, adapters and languages, found when it asks.

docs/platforms.md has the line that tells bash, zsh or fish to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from adaptstilts.errors import AdaptstiltsError

Found = Callable[[click.Context], Mapping[str, str]]
"""Names with what each is, in the light of what was typed before."""

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def one(*found: Found) -> Complete:
    """A value that is one name."""
    return lambda context, parameter, typed: _items(context, found, "", typed, ())


def several(*found: Found) -> Complete:
    """A value of names with commas between, none of them twice."""

    def complete(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        before, comma, last = typed.rpartition(",")
        return _items(context, found, before + comma, last, before.split(","))

    return complete


def _items(
    context: click.Context, found: tuple[Found, ...], before: str, typed: str, taken: tuple[str, ...] | list[str]
) -> list[CompletionItem]:
    """What begins as typed; nothing where a broken file or store is in the way, for a shell has no place to tell of it."""
    try:
        names = {name: told for of in found for name, told in of(context).items()}
    except (AdaptstiltsError, OSError):
        return []
    fitting = (name for name in names if name.startswith(typed) and name not in taken)
    return [CompletionItem(before + name, help=names[name]) for name in fitting]


def _tasks(role: str) -> Mapping[str, str]:
    from adaptstilts.tasks import TASKS

    return {task.name: task.summary for task in TASKS if task.role == role}


def tasks(context: click.Context) -> Mapping[str, str]:
    """Intermediate tasks, and groups of them."""
    from adaptstilts.tasks import GROUPS

    return {**_tasks("intermediate"), **{group.name: group.summary for group in GROUPS}}


def targets(context: click.Context) -> Mapping[str, str]:
    """Target tasks."""
    return _tasks("target")


def challenges(context: click.Context) -> Mapping[str, str]:
    """Challenge sets, of the target's head where one is named."""
    from adaptstilts.tasks import TASKS

    target = context.params.get("target")
    return {name: told for name, told in _tasks("challenge").items() if not target or target in TASKS.get(name).of}


def attacks(context: click.Context) -> Mapping[str, str]:
    """Attacks."""
    from adaptstilts.attacks import ATTACKS

    return {attack.name: attack.summary for attack in ATTACKS}


def compositions(context: click.Context) -> Mapping[str, str]:
    """Compositions."""
    from adaptstilts.compositions import COMPOSITIONS

    return {composition.name: composition.summary for composition in COMPOSITIONS}


def configs(context: click.Context) -> Mapping[str, str]:
    """Configs that travel with the package."""
    return _configs(swept=False)


def sweeps(context: click.Context) -> Mapping[str, str]:
    """Those of them that have a sweep."""
    return _configs(swept=True)


def _configs(*, swept: bool) -> Mapping[str, str]:
    from adaptstilts.config.load import available
    from adaptstilts.config.tree import read_tree

    trees = {name: read_tree(path) for name, path in available().items()}
    return {name: str(tree.get("summary", "")) for name, tree in trees.items() if "sweep" in tree or not swept}


def adapters(context: click.Context) -> Mapping[str, str]:
    """Adapters of the shipped zoo and the user's own."""
    from adaptstilts.zoo.zoo import zoos

    shelves = zoos(Path(context.params.get("out") or "runs"))
    return {entry.name: f"{entry.task} on {entry.backbone}" for entry in shelves}


def kinds(context: click.Context) -> Mapping[str, str]:
    """Kinds of task."""
    from adaptstilts.kinds import KINDS

    return {kind.name: kind.summary for kind in KINDS.values()}


def engines(context: click.Context) -> Mapping[str, str]:
    """Where steps may run."""
    from adaptstilts.launch.engines import MODULES

    return dict.fromkeys(MODULES, "")


def languages(context: click.Context) -> Mapping[str, str]:
    """Languages of the task that is named, as its config has them; else all that the attacks know."""
    from adaptstilts.attacks.text.languages import coded
    from adaptstilts.config.load import load_config
    from adaptstilts.data.sources import source_of
    from adaptstilts.tasks import TASKS

    named = str(context.params.get("target") or context.params.get("task"))
    source = source_of(load_config(context.params.get("config_name") or "pocket").data.source)
    task = TASKS.get(named) if named in TASKS else None
    codes = source.languages(task) if task else coded()
    return dict.fromkeys(codes, "")
