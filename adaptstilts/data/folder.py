"""Which files of a folder hold a task's rows: the Hub's layout by each README's front matter, or a user's own files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from adaptstilts.data.files import read_file
from adaptstilts.errors import DataMissing
from adaptstilts.tasks import Source, Task

HUB_SUFFIXES = (".parquet", ".jsonl", ".csv")
OWN_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".conll")
STEMS = {"train": ("train",), "dev": ("dev", "val", "validation"), "test": ("test",)}
LABELS = "tags_to_id.json"
_NUMBERED = f"{LABELS} maps each tag to its number, from 0 without gaps."


@dataclass(frozen=True)
class Part:
    """Files that are read as one: those of a Hub source, or, without a source, a user's own."""

    files: tuple[Path, ...]
    source: Source | None = None


def sources_for(task: Task, split: str, language: str) -> tuple[Source, ...]:
    """The sources whose rows of `split` are in `language`, configurations spelt out; none for an unknown language."""
    declared: dict[str, tuple[Source, ...]] = {"train": task.train, "dev": task.dev, "test": task.test}
    spelling = task.spellings.get(language, language)
    return tuple(
        Source(s.id, s.config.replace("{language}", spelling), s.split, s.revision, s.language)
        for s in declared[split]
        if (s.language or language) == language and (s.language or language in task.languages)
    )


def parts(task: Task, split: str, language: str, root: Path) -> tuple[Part, ...]:
    """The files of a split and language below `root`, a user's own before the Hub's; empty if any source is missing."""
    own = own_files(task, split, language, root)
    if own:
        return (Part(own),)
    found = [Part(_hub_files(root, source), source) for source in sources_for(task, split, language)]
    return tuple(found) if all(part.files for part in found) else ()


def languages_in(task: Task, root: Path) -> tuple[str, ...]:
    """The task's languages with rows to score below `root`, in declared order."""
    return tuple(code for code in task.languages if any(parts(task, split, code, root) for split in ("test", "dev")))


def own_files(task: Task, split: str, language: str, root: Path) -> tuple[Path, ...]:
    """A user's own file of one split: `{task}/{language}/{split}.jsonl` and the like, or `{task}/{task}.{split}`.

    The folder of the language may be left out where a task has one language only. Split names may be the Hub's.
    """
    for home in _own_homes(task, language, root):
        for stem in STEMS[split]:
            names = [f"{stem}{suffix}" for suffix in OWN_SUFFIXES] + [f"{task.name}.{stem}"]
            for name in names:
                if (home / name).is_file():
                    return (home / name,)
    return ()


def own_labels(task: Task, root: Path) -> tuple[str, ...]:
    """The labels of a task of the user's own files: in `tags_to_id.json`'s order, or else the sorted training tags.

    Empty if there is no training file; DataMissing if `tags_to_id.json` does not number the tags from 0 without gaps.
    """
    train = own_files(task, "train", task.languages[0], root)
    if not train:
        return ()
    listing = train[0].parent / LABELS
    source = listing if listing.is_file() else train[0]
    return _labels_in(source, source.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _labels_in(file: Path, _changed: int) -> tuple[str, ...]:
    if file.name != LABELS:
        tags = (tag for record in read_file(file, ("words", "tags")).all() for tag in record.get("tags", ()))
        return tuple(sorted({tag for tag in tags if isinstance(tag, str)}))
    try:
        numbers: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
        order = sorted(numbers, key=lambda label: numbers[label])
        gaps = [numbers[label] for label in order] != list(range(len(order)))
    except (ValueError, TypeError, LookupError) as error:
        raise DataMissing(f"this is no JSON of tags and numbers: {error}", where=str(file), do=_NUMBERED) from error
    if gaps:
        raise DataMissing("the numbers are not 0, 1, 2 and so on", where=str(file), do=_NUMBERED)
    return tuple(order)


def _own_homes(task: Task, language: str, root: Path) -> Iterator[Path]:
    for base in (root, root / "local", root.parent / "local"):
        yield base / task.name / language
        if task.languages == (language,):
            yield base / task.name


def _hub_files(root: Path, source: Source) -> tuple[Path, ...]:
    for home in (root / source.id, root / "datasets" / source.id):
        if home.is_dir():
            return _declared(home, source) or _conventional(home, source)
    return ()


def _declared(home: Path, source: Source) -> tuple[Path, ...]:
    """What the README's `configs` say."""
    readme = home / "README.md"
    if not readme.is_file():
        return ()
    for config in _configs(readme, readme.stat().st_mtime_ns):
        if config.get("config_name", "default") == source.config:
            patterns = _patterns(config.get("data_files", ()), source.split)
            return _matches(home / config.get("data_dir", ""), patterns)
    return ()


def _conventional(home: Path, source: Source) -> tuple[Path, ...]:
    """Where the Hub puts files that no README names, its parquet branch included; the first pattern with files wins."""
    config, split = source.config, source.split
    places = [f"{config}/{split}-*", f"{config}/{split}.*", f"{config}/{split}/*"]
    if config == "default" or not (home / config).is_dir():
        places += [f"data/{split}-*", f"{split}-*", f"{split}.*"] if config in ("default", "plain_text") else []
    for place in places:
        files = _matches(home, [place])
        if files:
            return files
    return ()


@lru_cache(maxsize=64)
def _configs(readme: Path, _changed: int) -> Sequence[dict[str, Any]]:
    text = readme.read_text(encoding="utf-8")
    if not text.startswith("---"):
        return ()
    try:
        front = yaml.safe_load(text.split("\n---", 1)[0].removeprefix("---"))
    except yaml.YAMLError as error:
        raise DataMissing(
            f"the front matter is not YAML: {error}", where=str(readme), do="Fetch the file again."
        ) from error
    return tuple((front or {}).get("configs") or ())


def _patterns(data_files: Any, split: str) -> list[str]:
    """`data_files` is a pattern or a list of them (all train), or a list of {split, path} with one path or several."""
    if isinstance(data_files, str):
        return [data_files] if split == "train" else []
    found: list[str] = []
    for entry in data_files:
        if isinstance(entry, str):
            found += [entry] if split == "train" else []
        elif entry.get("split") == split:
            path = entry["path"]
            found += [path] if isinstance(path, str) else list(path)
    return found


def _matches(home: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Files below `home` only: a pattern that climbs out of it matches nothing."""
    inside = [pattern for pattern in patterns if not pattern.startswith("/") and ".." not in Path(pattern).parts]
    files = {path for pattern in inside for path in home.glob(pattern) if path.suffix in HUB_SUFFIXES}
    return tuple(sorted(files))
