"""Which files of a Hub repository hold one configuration and split: those its README names, or those the Hub would look for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from adaptstilts.config.yaml_text import load
from adaptstilts.errors import DataMissing
from adaptstilts.tasks import Source

README = "README.md"
_AGAIN = "Fetch the file again."
SUFFIXES = (".parquet", ".jsonl", ".jsonl.gz", ".tar.gz", ".json", ".csv", ".tsv")
"""What can be read; other files of a repository are never data."""

LONGEST, STARS = 500, 4
"""Letters of a pattern and runs of stars in it: matching takes time to the power of the latter, and published ones have one or two."""


def data_files(paths: Sequence[str], readme: str, source: Source, where: str) -> tuple[str, ...]:
    """The paths among `paths` that hold `source`, in order; `readme` is the README's text, empty if there is none.

    Empty if there are none. Raises DataMissing if the README's front matter does not read; `where` names it.
    """
    readable = [path for path in paths if path.endswith(SUFFIXES)]
    folder = any(path.startswith(f"{source.config}/") for path in readable)
    found = (_matches(readable, patterns) for patterns in places(readme, source, where, folder=folder))
    return next(filter(None, found), ())


def places(readme: str, source: Source, where: str, *, folder: bool) -> Iterator[Sequence[str]]:
    """Patterns for the files of `source`, those that the README gives first; the first with files are right.

    `folder` says whether the repository has a folder of the configuration's name. Raises as `data_files` does.
    """
    declared = _declared(readme, source, where)
    if declared:
        yield declared
    yield from ([pattern] for pattern in _conventional(source, folder))


def label_names(readme: str, config: str, where: str) -> dict[str, tuple[str, ...]]:
    """Column -> label names, where the README's `dataset_info` gives them for a configuration."""
    with _laid_out("dataset_info", where):
        infos = front_matter(readme, where).get("dataset_info") or ()
        for info in [infos] if isinstance(infos, Mapping) else infos:
            if info.get("config_name", "default") == config:
                found = {str(feature["name"]): _names(feature) for feature in info.get("features") or ()}
                return {column: names for column, names in found.items() if names}
    return {}


@lru_cache(maxsize=64)
def front_matter(readme: str, where: str) -> dict[str, Any]:
    """The YAML between a README's first two lines of dashes; empty if there is none."""
    if not readme.startswith("---"):
        return {}
    try:
        found = load(readme.split("\n---", 1)[0].removeprefix("---"))
    except ValueError as error:
        raise DataMissing(f"the front matter does not read as YAML: {error}", where=where, do=_AGAIN) from error
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def _laid_out(part: str, where: str) -> Iterator[None]:
    """DataMissing where a part of the front matter turns out to be none that the Hub would read."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"`{part}` of the front matter is not laid out as the Hub has it ({error})"
        raise DataMissing(what, where=where, do=_AGAIN) from error


def _declared(readme: str, source: Source, where: str) -> list[str]:
    """The patterns of the README's `configs`."""
    with _laid_out("configs", where):
        for config in front_matter(readme, where).get("configs") or ():
            if config.get("config_name", "default") == source.config:
                folder = str(config.get("data_dir") or "").strip("/")
                found = _patterns(config.get("data_files") or (), source.split)
                return [_usable(f"{folder}/{pattern}" if folder else pattern) for pattern in found]
    return []


def _usable(pattern: Any) -> str:
    """The pattern; TypeError or ValueError for what is none, or takes too long to match."""
    if not isinstance(pattern, str):
        raise TypeError(f"{pattern!r} is no path")
    if len(pattern) > LONGEST or len(re.findall(r"\*+", pattern)) > STARS:
        raise ValueError(f"{pattern[:80]!r} is more of a pattern than data sets need")
    if not pattern.strip("./"):
        raise ValueError(f"{pattern!r} names no file")
    _expression(pattern)
    return pattern


def _patterns(declared: Any, split: str) -> list[str]:
    """`data_files` is a pattern or a list of them (all train), a mapping from splits, or a list of {split, path}."""
    if isinstance(declared, Mapping):
        declared = [{"split": name, "path": path} for name, path in declared.items()]
    found: list[str] = []
    for entry in [declared] if isinstance(declared, str) else declared:
        if isinstance(entry, str):
            found += [entry] if split == "train" else []
        elif entry.get("split") == split:
            path = entry["path"]
            found += [path] if isinstance(path, str) else list(path)
    return found


def _conventional(source: Source, folder: bool) -> Iterator[str]:
    """Where files lie that no README names, the Hub's own parquet branch included."""
    config, split = source.config, source.split
    yield from (f"{config}/{split}-*", f"{config}/{split}.*", f"{config}/{split}/*")
    if config in ("default", "plain_text") and (config == "default" or not folder):
        yield from (f"data/{split}-*", f"data/{split}.*", f"{split}-*", f"{split}.*", f"{split}/*")


def _matches(paths: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """A star stays within one folder and a double star does not, as in the Hub's own file system."""
    expressions = [_expression(pattern) for pattern in patterns]
    return tuple(sorted({path for path in paths for expression in expressions if expression.match(path)}))


def _expression(pattern: str) -> re.Pattern[str]:
    """What a pattern matches, as an expression; ValueError for what is no pattern."""
    from fsspec.utils import glob_translate  # type: ignore[import-untyped]

    try:
        return re.compile(glob_translate(pattern.removeprefix("./")))
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern ({error})") from error


def _names(feature: Mapping[str, Any]) -> tuple[str, ...]:
    """Label names of a feature, or of a list of such features."""
    kind = feature.get("dtype", feature.get("list", feature.get("sequence")))
    while isinstance(kind, Mapping) and "dtype" in kind:
        kind = kind["dtype"]
    names = kind.get("class_label", {}).get("names") if isinstance(kind, Mapping) else None
    if isinstance(names, Mapping):
        return tuple(str(names[key]) for key in sorted(names, key=int))
    if not isinstance(names or [], list):
        raise TypeError(f"`names: {names!r}` is no list")
    return tuple(map(str, names or ()))
