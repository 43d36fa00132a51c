"""A config is a YAML file of names and differences; it is checked whole and every problem is told at once."""

from __future__ import annotations

import copy
import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from adaptstilts.config.design import Baseline, Controls, Design, Reference, Spending, mistakes, strangers
from adaptstilts.config.sections import Config as Config
from adaptstilts.config.sections import DataSettings, Difference, Evaluation, RetrievalSettings, Training
from adaptstilts.errors import ConfigError, InputError, UnknownName
from adaptstilts.places import shipped
from adaptstilts.settings import AdapterSettings, BackboneSettings, DeviceSettings, Limits, Recipe
from adaptstilts.tasks import TASKS


def available() -> dict[str, Path]:
    """The shipped configs by name."""
    folder = shipped("configs")
    return {path.stem: path for path in (*sorted(folder.glob("*.yaml")), *sorted(folder.glob("sweeps/*.yaml")))}


def labs() -> list[str]:
    """The names of the shipped configs that are no sweeps: a model and its data each."""
    return [name for name, path in available().items() if path.parent.name != "sweeps"]


def load_config(name: str, settings: Iterable[str] = (), values: Mapping[str, Any] | None = None) -> Config:
    """The config called `name` (or the YAML file at that path), with settings laid over it.

    `settings` are `key=value` texts whose values are YAML; `values` are values as they are, by dotted key; they win.
    Raises UnknownName for a name that is neither, ConfigError with all problems at once.
    """
    path = _find(name)
    where = str(path) if path.name != f"{name}.yaml" else f"config {name!r}"
    return lay(_read(path), where, settings, values or {})


def lay(tree: Mapping[str, Any], where: str, settings: Iterable[str], values: Mapping[str, Any]) -> Config:
    """The config of plain values with `key=value` texts and then values by dotted key laid over them; ConfigError."""
    changed = copy.deepcopy(dict(tree))
    problems = [problem for text in settings for problem in _lay(changed, text)]
    problems += [problem for key, value in values.items() for problem in _put(changed, key, value)]
    return build(changed, where, problems)


def build(tree: Mapping[str, Any], where: str, problems: Iterable[str] = ()) -> Config:
    """A Config from plain values; ConfigError lists `problems` and every unknown key and wrong value."""
    import pydantic

    found = list(problems)
    shape = pydantic.TypeAdapter(Config)
    config: Config | None
    try:
        config = shape.validate_python(dict(tree))
    except pydantic.ValidationError as error:
        found += [_explain(dict(detail)) for detail in error.errors()]
        config = _without(tree, [detail["loc"] for detail in error.errors()], shape)
    if config is not None:
        found += _check(config)
    if found or config is None:
        raise ConfigError(where, found)
    return config


def _without(tree: Mapping[str, Any], places: Iterable[tuple[int | str, ...]], shape: Any) -> Config | None:
    """The config that is left when what is wrong is taken out, so that the rest can be checked too; None if nothing is."""
    import pydantic

    rest = copy.deepcopy(dict(tree))
    for place in places:
        node: Any = rest
        for part in place[:-1]:
            node = node[int(part)] if isinstance(node, list) else node.get(part, {}) if isinstance(node, dict) else {}
        if isinstance(node, dict):
            node.pop(place[-1], None)
    try:
        config: Config = shape.validate_python(rest)
    except pydantic.ValidationError:
        return None
    return config


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
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise ConfigError(str(path), ["the file must hold a mapping of settings"])
    base = tree.pop("extends", None)
    return _merged(_read(_find(str(base)), (*above, path)), tree) if base else tree


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _lay(tree: dict[str, Any], text: str) -> list[str]:
    """Lay one `a.b=value` over the tree; a section that has a `name` may be set by that name alone (`backbone=DIR`)."""
    key, equals, raw = text.partition("=")
    if not equals or not key:
        return [f"--set {text!r} is not key=value"]
    try:
        value = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        return [f"--set {key}: {raw!r} is not YAML"]
    return _put(tree, key.strip(), value)


def _put(tree: dict[str, Any], key: str, value: Any) -> list[str]:
    *parents, last = key.split(".")
    node = tree
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return [f"--set {key}: {part!r} is a value, not a section"]
    if not parents and last == "backbone":
        node, last = node.setdefault("backbone", {}), "name"
    node[last] = value
    return []


def _explain(detail: Mapping[str, Any]) -> str:
    path = [str(part) for part in detail["loc"]]
    spelt = ".".join(path)
    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        known = _keys_at(path[:-1])
        near = difflib.get_close_matches(path[-1], known, n=1)
        return f"{spelt}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    return f"{spelt}: {detail['msg'][0].lower()}{detail['msg'][1:]} (got {detail.get('input')!r})"


def _keys_at(path: list[str]) -> list[str]:
    sections = {
        "backbone": BackboneSettings,
        "data": DataSettings,
        "adapter": AdapterSettings,
        "limits": Limits,
        "intermediate": Training,
        "transfer": Training,
        "evaluation": Evaluation,
        "recipe": Recipe,
        "full": Difference,
        "device": DeviceSettings,
        "retrieval": RetrievalSettings,
        "sweep": Design,
        "controls": Controls,
        "baselines": Baseline,
        "reference": Reference,
        "spending": Spending,
    }
    path = [part for part in path if not part.isdigit()]
    shape: Any = Difference if "tasks" in path else sections.get(path[-1], Config) if path else Config
    return [f.name for f in dataclasses.fields(shape)]


def _check(config: Config) -> list[str]:
    """What types alone cannot say."""
    found = []
    for section in ("intermediate", "transfer"):
        training: Training = getattr(config, section)
        found += _check_recipe(training.recipe, f"{section}.recipe")
        found += [f"{section}.tasks.{task}: there is no such task" for task in training.tasks if task not in TASKS]
        for task in training.tasks:
            found += _check_recipe(training.recipe_for(task), f"{section}.tasks.{task}")
    evaluation = config.evaluation
    counts = {
        "intermediate.rows": config.intermediate.rows,
        "transfer.rows": config.transfer.rows,
        "evaluation.rows": evaluation.rows,
        "evaluation.search_rows": evaluation.search_rows,
        "evaluation.budget": evaluation.budget,
        "backbone.layers": config.backbone.layers,
        "limits.max_length": config.limits.max_length,
    }
    found += [f"{key}: must be at least 1" for key, count in counts.items() if count is not None and count < 1]
    shares = {"evaluation.severity": evaluation.severity, "evaluation.depth": evaluation.depth}
    if evaluation.radius <= 0:
        found.append("evaluation.radius: must be above 0")
    found += [f"{key}: must be in (0, 1]" for key, share in shares.items() if not 0 < share <= 1]
    if config.limits.stride >= config.limits.max_length // 2:
        found.append("limits.stride: must be less than half of limits.max_length")
    if config.sweep is not None:
        found += [*mistakes(config.sweep), *strangers(config.sweep)]
    return found


def _check_recipe(recipe: Recipe, where: str) -> list[str]:
    found = []
    if (recipe.steps is None) == (recipe.epochs is None):
        found.append(f"{where}: set exactly one of steps and epochs")
    elif (recipe.steps or recipe.epochs or 0) <= 0 or recipe.batch < 1:
        found.append(f"{where}: steps, epochs and batch must be above 0")
    if recipe.rate <= 0 or recipe.fusion_rate <= 0:
        found.append(f"{where}: rates must be above 0")
    if (recipe.patience is not None and recipe.patience < 1) or recipe.evaluate_every < 1 or recipe.alpha < 0:
        found.append(f"{where}: patience and evaluate_every must be at least 1, alpha at least 0")
    if not 0 < recipe.held_out < 1:
        found.append(f"{where}: held_out must be between 0 and 1")
    return found
