"""Which files of a folder hold a task's rows: the Hub's layout by each README's front matter, or a user's own files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from adaptstilts.bounds import is_whole, read_json
from adaptstilts.data.files.records import read_file
from adaptstilts.data.hub.layout import README, SUFFIXES, label_names, places
from adaptstilts.data.hub.pins import pinned
from adaptstilts.errors import DataMissing
from adaptstilts.files import read_text
from adaptstilts.tasks import Source, Task

OWN_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".conll", ".conllu", ".auto")
STEMS = {"train": ("train",), "dev": ("dev", "val", "validation"), "test": ("test",)}
LABELS = "tags_to_id.json"
_NUMBERED = f"{LABELS} maps each tag to its number, from 0 without gaps."


@dataclass(frozen=True)
class Shards:
    """Files that are read as one: those of a Hub source, or, without a source, a user's own."""

    files: tuple[Path, ...]
    source: Source | None = None


def sources_for(task: Task, split: str, language: str) -> tuple[Source, ...]:
    """The sources whose rows of `split` are in `language`, configurations spelt out and revisions as pinned.

    Sources of one language take the place of those that have a configuration for each. None for an unknown language.
    """
    declared: dict[str, tuple[Source, ...]] = {"train": task.train, "dev": task.dev, "test": task.test}
    spelling = task.spellings.get(language, language)
    own = [s for s in declared[split] if s.language == language]
    every = [s for s in declared[split] if not s.language and language in task.languages]
    return tuple(
        Source(s.id, s.config.replace("{language}", spelling), s.split, pinned("dataset", s.id, s.revision), s.language)
        for s in own or every
    )


def shards_of(task: Task, split: str, language: str, root: Path) -> tuple[Shards, ...]:
    """The files of a split and language below `root`, a user's own before the Hub's; empty if any source is missing."""
    own = own_files(task, split, language, root)
    if own:
        return (Shards(own),)
    found = [Shards(_hub_files(root, source), source) for source in sources_for(task, split, language)]
    return tuple(found) if all(each.files for each in found) else ()


def languages_in(task: Task, root: Path) -> tuple[str, ...]:
    """The task's languages with rows to score below `root`, in declared order."""
    splits = ("test", "dev")
    return tuple(code for code in task.languages if any(shards_of(task, split, code, root) for split in splits))


def own_files(task: Task, split: str, language: str, root: Path) -> tuple[Path, ...]:
    """A user's own file of one split: `{task}/{language}/{split}.jsonl` and the like, or `{task}/{task}.{split}`.

    The folder of the language may be left out where a task has one language only. Split names may be the Hub's.
    """
    names = [[*(f"{stem}{suffix}" for suffix in OWN_SUFFIXES), f"{task.name}.{stem}"] for stem in STEMS[split]]
    tried = (home / name for home in _own_homes(task, language, root) for name in chain.from_iterable(names))
    first = next(filter(Path.is_file, tried), None)
    return (first,) if first else _published(task, split, language, root)


def _published(task: Task, split: str, language: str, root: Path) -> tuple[Path, ...]:
    """A user's copy under the names it was published with; DataMissing if several files have a name of one."""
    declared = task.files.get(split, ()) if language in task.languages else ()
    patterns = [declared] if isinstance(declared, str) else list(declared)
    patterns = [pattern.replace("{language}", task.spellings.get(language, language)) for pattern in patterns]
    homes = [home for base in _bases(root) for home in (base, base / task.name)] if patterns else []
    for home in homes:
        found = sorted(path for pattern in patterns for path in home.glob(pattern))
        if len(found) > 1 and any(Path(pattern).stem != "*" for pattern in patterns):
            what = f"{', '.join(path.name for path in found)} all look like {task.name}'s {split} rows"
            raise DataMissing(what, where=str(home), do="Leave one there.")
        if found:
            return tuple(found)
    return ()


def own_labels(task: Task, root: Path) -> tuple[str, ...]:
    """The labels of a task of the user's own files: in `tags_to_id.json`'s order, or else the sorted tags of all splits.

    CCGbank's dev and test sections have categories that its training sections lack; a head has an output for these too.
    Empty if there is no training file; DataMissing if `tags_to_id.json` does not number the tags from 0 without gaps.
    """
    found = {split: own_files(task, split, task.languages[0], root) for split in STEMS}
    if not found["train"]:
        return ()
    listing = found["train"][0].parent / LABELS
    if listing.is_file():
        return _numbered(listing, listing.stat().st_mtime_ns)
    return tuple(sorted(tags_in([file for several in found.values() for file in several])))


def tags_in(files: Sequence[Path]) -> set[str]:
    """The names of all tags in files of tagged text."""
    return {tag for file in files for tag in _tags_in(file, file.stat().st_mtime_ns)}


@lru_cache(maxsize=4096)
def _tags_in(file: Path, _changed: int) -> frozenset[str]:
    tags = (tag for record in read_file(file, ("words", "tags")).all() for tag in record.get("tags") or ())
    return frozenset(tag for tag in tags if isinstance(tag, str) and is_whole(tag))


@lru_cache(maxsize=16)
def _numbered(file: Path, _changed: int) -> tuple[str, ...]:
    try:
        numbers: dict[str, int] = read_json(file)
        order = sorted(numbers, key=lambda label: numbers[label])
        gaps = [numbers[label] for label in order] != list(range(len(order)))
    except (ValueError, TypeError, LookupError) as error:
        raise DataMissing(f"this is no JSON of tags and numbers: {error}", where=str(file), do=_NUMBERED) from error
    if gaps:
        raise DataMissing("the numbers are not 0, 1, 2 and so on", where=str(file), do=_NUMBERED)
    return tuple(order)


def _own_homes(task: Task, language: str, root: Path) -> Iterator[Path]:
    for base in _bases(root):
        yield base / task.name / language
        if task.languages == (language,):
            yield base / task.name


def _bases(root: Path) -> tuple[Path, ...]:
    return (root, root / "local")


def readme_names(root: Path, source: Source) -> dict[str, tuple[str, ...]]:
    """Column -> label names, as the README of a source's copy gives them; empty without one."""
    home = _hub_home(root, source)
    return label_names(_readme(home), source.config, str(home / README)) if home else {}


def _hub_home(root: Path, source: Source) -> Path | None:
    return next((home for home in (root / source.id, root / "datasets" / source.id) if home.is_dir()), None)


def _hub_files(root: Path, source: Source) -> tuple[Path, ...]:
    home = _hub_home(root, source)
    if home is None:
        return ()
    tried = places(_readme(home), source, str(home / README), folder=(home / source.config).is_dir())
    return next(filter(None, (_matches(home, patterns) for patterns in tried)), ())


def _readme(home: Path) -> str:
    readme = home / README
    return _text(readme, readme.stat().st_mtime_ns) if readme.is_file() else ""


@lru_cache(maxsize=64)
def _text(readme: Path, _changed: int) -> str:
    return read_text(readme)


def _matches(home: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Files below `home` only: a pattern that climbs out of it matches nothing."""
    inside = [pattern for pattern in patterns if not pattern.startswith("/") and ".." not in Path(pattern).parts]
    files = {path for pattern in inside for path in home.glob(pattern) if path.name.endswith(SUFFIXES)}
    return tuple(sorted(files))
