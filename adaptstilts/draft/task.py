"""The declaration of a task, drafted from a user's own files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adaptstilts.draft.columns import ColumnMatch, labelled
from adaptstilts.draft.labels import by_language, doubts
from adaptstilts.draft.layout import files_in, home_of, patterns, placed
from adaptstilts.draft.rows import FirstReading, read, tell_split
from adaptstilts.draft.writing import Name, call, literal
from adaptstilts.errors import DataMissing
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind

SPLITS = ("train", "dev", "test")
LOPSIDED = 0.5
"""Of languages' ids so many must be shared for their rows to be translations of one another."""


READER = '''from pathlib import Path

from adaptstilts.data.files.records import read_file
from adaptstilts.tasks import Task


def read(path: Path, language: str) -> list[dict]:
    """The records of a file that are in one language."""
    return [record for record in read_file(path, COLUMNS).all() if record[SPOKEN] == language]


'''
"""How a declaration reads files of several languages; COLUMNS tell a header from a first row."""


@dataclass(frozen=True)
class TaskDraft:
    """What a declaration will say (`fields`), how each column was found, how many rows there are, and what is missing, in sentences.

    `spoken` is the column that tells a row's language, where files do not; `trained_in` is the language of the training rows. `unused`
    are columns left over, `labels` the counts of each label by language, `doubts` what to look at, in sentences.
    """

    name: str
    fields: Mapping[str, Any]
    columns: Mapping[str, ColumnMatch]
    counts: Mapping[tuple[str, str], int]
    missing: tuple[str, ...]
    spoken: str = ""
    trained_in: str = "en"
    unused: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The file."""
        title = f"{self.fields['summary'][:1].upper()}{self.fields['summary'][1:]}."
        start = f'"""{_plain(title)}"""\n\n'
        if not self.spoken:
            return f"{start}from adaptstilts.tasks import Task\n\n{call('task', self.fields)}"
        own = literal(tuple(match.column for match in self.columns.values()))
        reader = READER.replace("COLUMNS", own).replace("SPOKEN", literal(self.spoken))
        return f"{start}{reader}{call('task', {**self.fields, 'read': Name('read')})}"


def draft_task(
    name: str, kind_name: str, folder: Path, *, role: str = "target", chosen: Mapping[str, str] | None = None,
    language: str = "en", summary: str = "",
) -> TaskDraft:  # fmt: skip
    """The draft for files below `folder`; `chosen` are columns by the kind's names, `language` is what files without one are in.

    Raises UnknownName for a kind, DataMissing where neither files' names nor a column tell splits, InputError as `patterns` and `read`.
    """
    kind = kind_of(kind_name)
    if not folder.is_dir():
        raise DataMissing("there is no such folder", where=str(folder), do="Name the folder of your files with --data.")
    home, found = home_of(folder, name), tell_split(placed(folder, name), kind)
    if not found:
        raise _no_files(home, name)
    reading = read(kind, found, chosen or {}, str(home), language)
    splits = sorted({split for split, _ in reading.counts})
    apart = [replace(one, split=split) for one in found for split in ([one.split] if one.split else splits)]
    told = patterns(apart, home, usual=not (reading.spoken or reading.parted))
    return TaskDraft(
        name,
        _fields(name, kind, role, summary, reading, told),
        reading.columns,
        reading.counts,
        tuple(_missing(reading, kind, role)),
        reading.spoken,
        _trained_in(reading),
        reading.left.columns,
        by_language(reading.tallies),
        (*reading.left.doubts, *doubts(reading.tallies, _trained_in(reading))),
    )


def _trained_in(reading: FirstReading) -> str:
    """English, where there are training rows in it or none at all; else the first language that has some."""
    found = sorted(language for split, language in reading.counts if split == "train")
    return "en" if "en" in found or not found else found[0]


def _no_files(home: Path, name: str) -> DataMissing:
    others = ", ".join(str(path.relative_to(home)) for path in files_in(home)[:5])
    what = f"no file here says that it holds train, dev or test rows{f' (there are {others})' if others else ''}"
    do = (
        f"Call them {name}/LANGUAGE/SPLIT, as in {name}/en/train.csv; .jsonl, .tsv, .parquet, .conll and others are read too. Of a file "
        "that holds all splits, a column `split` says train, dev or test in each row."
    )
    return DataMissing(what, where=str(home), do=do)


def _fields(
    name: str, kind: Kind, role: str, summary: str, reading: FirstReading, told: Mapping[str, str]
) -> dict[str, Any]:
    """Of all languages found: which of them can be scored, their folder says."""
    columns = {own: match.column for own, match in reading.columns.items() if own != match.column}
    return {
        "name": name,
        "kind": kind.name,
        "role": role,
        "summary": summary or f"{name}: rows of one's own",
        "metric": _metric(kind, reading.labels),
        "columns": columns,
        "labels": reading.labels,
        "languages": tuple(sorted({language for _, language in reading.counts})),
        "files": dict(told),
        "split_by": reading.parted,
        "options": {"no_answer": True} if reading.unanswered else {},
        "family": (name,),
        "parallel": _parallel(reading),
        "licence": "not stated",
        "citation": "files of one's own",
    }


def _metric(kind: Kind, labels: tuple[str, ...]) -> str:
    """The usual metric of the kind; tags that are no chunks are counted one by one."""
    chunked = any(label.startswith("B-") for label in labels)
    return "token_accuracy" if "token_accuracy" in kind.metrics and not chunked else kind.metrics[0]


def _parallel(reading: FirstReading) -> bool:
    """Whether rows of one id stand in several languages."""
    for split in ("test", "dev"):
        first, *others = [ids for (place, _), ids in sorted(reading.ids.items()) if place == split] or [set[str]()]
        if others:
            return all(len(first & ids) > LOPSIDED * min(len(first), len(ids)) for ids in others)
    return False


def _missing(reading: FirstReading, kind: Kind, role: str) -> Iterator[str]:
    """What is not there, and what that means."""
    by_split = {split: sorted(code for place, code in reading.counts if place == split) for split in SPLITS}
    train, dev, test = by_split.values()
    if not train:
        yield "no training rows: there is nothing for a head to learn from (call a file train)"
    elif "en" not in train:
        option = "--set data.intermediate_language" if role == "intermediate" else "--source-lang"
        yield f"no training rows in en: say the language with {option}={_trained_in(reading)}"
    if role == "target":
        if unscored := sorted(set(train) - {*dev, *test}):
            inside = reading.spoken or reading.parted
            left = f" (leave it out: --langs {','.join(sorted({*dev, *test}))})" if inside else ""
            yield f"no dev or test rows in {', '.join(unscored)}: nothing is scored there{left}"
        if alone := sorted(set(dev) - set(test)):
            yield f"no test rows in {', '.join(alone)}: dev rows are scored in their place"
        if len({*dev, *test}) == 1:
            yield "rows to score in one language only: transfer to others cannot be seen"
        elif not _parallel(reading) and len({*dev, *test}) > 1:
            yield "no ids that languages share: `mix_fields` cannot pair translations (give each the `id` of the example it is of)"
    if reading.unlabelled:
        yield f"{reading.unlabelled:,} values without a label: `check` names their rows"
    if labelled(kind) and len(reading.labels) < 2:
        yield f"two labels or more: the files have {', '.join(reading.labels) or 'none'}"


def _plain(text: str) -> str:
    """The text as a docstring may hold it, on one line."""
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")
