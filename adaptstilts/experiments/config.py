"""A config is a YAML file of names and differences; it is checked whole and every problem is told at once."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from adaptstilts.errors import ConfigError, InputError, UnknownName
from adaptstilts.places import shipped
from adaptstilts.settings import STRICT, AdapterSettings, BackboneSettings, Limits, Recipe


@dataclass(frozen=True)
class DataSettings:
    """Where rows come from: `pocket`, `hub`, or a folder in the Hub's layout; and the language that training is in."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    source: str = "hub"
    language: str = "en"


@dataclass(frozen=True)
class Training:
    """How one family of steps trains. `rows` bounds the training rows (None: all); `tasks` holds differences by task name."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    recipe: Recipe = field(default_factory=Recipe)
    rows: int | None = None
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def recipe_for(self, task: str) -> Recipe:
        """The recipe with this task's differences laid over it."""
        return dataclasses.replace(self.recipe, **{k: v for k, v in self.tasks.get(task, {}).items() if k != "rows"})


@dataclass(frozen=True)
class Evaluation:
    """What is scored: languages (empty: all of the task), rows a language, attacks, and how hard they try.

    `severity` is the target grapheme edit rate; `budget` the queries a search may spend on a row; `search_rows` the rows a
    language that searches attack; `depth` where retrieval reads the encoder, as a share of its layers.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    languages: tuple[str, ...] = ()
    rows: int | None = None
    attacks: tuple[str, ...] = ()
    severity: float = 0.1
    budget: int = 50
    search_rows: int = 100
    depth: float = 14 / 24


@dataclass(frozen=True)
class Config:
    """Everything a run needs to know beside its tasks, target and seed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    summary: str
    backbone: BackboneSettings = field(default_factory=BackboneSettings)
    data: DataSettings = field(default_factory=DataSettings)
    adapter: AdapterSettings = field(default_factory=AdapterSettings)
    limits: Limits = field(default_factory=Limits)
    intermediate: Training = field(default_factory=Training)
    transfer: Training = field(default_factory=Training)
    evaluation: Evaluation = field(default_factory=Evaluation)


def available() -> dict[str, Path]:
    """The shipped configs by name."""
    return {path.stem: path for path in sorted(shipped("configs").glob("*.yaml"))}


def load_config(name: str, settings: Iterable[str] = ()) -> Config:
    """The config called `name` (or the YAML file at that path), with `key=value` settings laid over it.

    Raises UnknownName for a name that is neither, ConfigError with all problems at once.
    """
    path = _find(name)
    tree = _read(path)
    problems = [p for text in settings for p in _lay(tree, text)]
    return build(tree, str(path) if path.name != f"{name}.yaml" else f"config {name!r}", problems)


def build(tree: Mapping[str, Any], where: str, problems: Iterable[str] = ()) -> Config:
    """A Config from plain values; ConfigError lists `problems` and every unknown key and wrong value."""
    import pydantic

    found = list(problems)
    config: Config | None = None
    try:
        config = pydantic.TypeAdapter(Config).validate_python(dict(tree))
    except pydantic.ValidationError as error:
        found += [_explain(dict(detail), tree) for detail in error.errors()]
    if config is not None:
        found += _check(config)
    if found or config is None:
        raise ConfigError(where, found)
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


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise ConfigError(str(path), ["the file must hold a mapping of settings"])
    base = tree.pop("extends", None)
    return _merged(_read(_find(base)), tree) if base else tree


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
    *parents, last = key.strip().split(".")
    node = tree
    for part in parents:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            return [f"--set {key}: {part!r} is a value, not a section"]
    if not parents and last == "backbone":
        node, last = node.setdefault("backbone", {}), "name"
    node[last] = yaml.safe_load(raw) if raw else None
    return []


def _explain(detail: Mapping[str, Any], tree: Mapping[str, Any]) -> str:
    path = [str(part) for part in detail["loc"]]
    spelt = ".".join(path)
    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        known = _keys_at(path[:-1])
        near = difflib.get_close_matches(path[-1], known, n=1)
        return f"{spelt}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    return f"{spelt}: {detail['msg'][0].lower()}{detail['msg'][1:]} (got {detail.get('input')!r})"


def _keys_at(path: list[str]) -> list[str]:
    shape: Any = Config
    kinds = {
        "backbone": BackboneSettings, "data": DataSettings, "adapter": AdapterSettings, "limits": Limits,
        "intermediate": Training, "transfer": Training, "evaluation": Evaluation, "recipe": Recipe,
    }  # fmt: skip
    for part in path:
        shape = kinds.get(part, shape)
    return [f.name for f in dataclasses.fields(shape)]


def _check(config: Config) -> list[str]:
    """What types alone cannot say."""
    found = []
    for section in ("intermediate", "transfer"):
        training: Training = getattr(config, section)
        found += _check_recipe(training.recipe, f"{section}.recipe")
        known = [f.name for f in dataclasses.fields(Recipe)] + ["rows"]
        for task, changes in training.tasks.items():
            unknown = sorted(set(changes) - set(known))
            found += [f"{section}.tasks.{task}.{key}: unknown key; known: {', '.join(known)}" for key in unknown]
    if not 0 < config.evaluation.severity <= 1:
        found.append("evaluation.severity: must be in (0, 1]")
    if not 0 < config.evaluation.depth <= 1:
        found.append("evaluation.depth: must be in (0, 1]")
    if config.evaluation.budget < 1:
        found.append("evaluation.budget: must be at least 1 query")
    if config.limits.stride >= config.limits.max_length // 2:
        found.append("limits.stride: must be less than half of limits.max_length")
    return found


def _check_recipe(recipe: Recipe, where: str) -> list[str]:
    found = []
    if (recipe.steps is None) == (recipe.epochs is None):
        found.append(f"{where}: set exactly one of steps and epochs")
    if recipe.rows < 1:
        found.append(f"{where}.rows: must be at least 1")
    if recipe.rate <= 0 or recipe.fusion_rate <= 0:
        found.append(f"{where}: rates must be above 0")
    return found
