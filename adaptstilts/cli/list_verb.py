"""`list`: what there is, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, echo
from adaptstilts.cli.tables import print_found
from adaptstilts.config.include import REGISTRIES
from adaptstilts.config.load import available
from adaptstilts.config.tree import read_tree
from adaptstilts.errors import UnknownName
from adaptstilts.models.architectures import ARCHITECTURES
from adaptstilts.numerals import percents
from adaptstilts.report import catalogue
from adaptstilts.store.store import Store

if TYPE_CHECKING:
    from adaptstilts.store.records.record import AdapterRecord, Record
    from adaptstilts.zoo.index import Entry

Listing = tuple[Sequence[str], list[dict[str, Any]]]


def _tasks(role: str) -> Listing:
    more = {"challenge": ("of",), "intermediate": ("groups",)}.get(role, ())
    return ("name", *more, "kind", "languages", "metric", "summary"), catalogue.tasks(role)


def adapters_in(shelves: Iterable[Entry]) -> Listing:
    """The adapters of zoos: the fields of the index, scores as one text in per cent too."""
    columns = ("name", "backbone", "parameters", "score", "learnt", "from", "digest")
    return columns, [
        {
            "name": e.name,
            "task": e.task,
            "backbone": e.backbone,
            "parameters": e.trainable,
            "score": percents(e.scores),
            "scores": e.scores,
            **_taught(e),
            "from": e.origin,
            "step": e.step,
            "licence": e.licence,
            "config": e.config,
            "digest": e.digest,
        }
        for e in shelves
    ]


def _taught(found: Entry | AdapterRecord) -> dict[str, Any]:
    """By how much an adapter beats chance, in words and as it is told, and whether it has learnt."""
    told = found.above_chance
    return {
        "learnt": told.said if told else "not known", "above_chance": told and told.plain(), "taught": found.taught,
    }  # fmt: skip


def _records(out: Path) -> Iterator[Record]:
    """The store's records; those that do not read back are told."""
    problems: list[str] = []
    yield from Store(out).records(problems)
    complain(problems)


def _adapters(out: Path) -> Listing:
    """Those of the zoos, and those that steps of the store have trained."""
    from adaptstilts.zoo.zoo import zoos

    columns, rows = adapters_in(zoos(out))
    for record in _records(out):
        if record.step == "adapter":
            rows.append({
                "name": record.task, "task": record.task, "backbone": record.provenance.backbone.name,
                "parameters": record.parts.trainable, "score": "", **_taught(record), "from": f"{out}, step {record.key}",
                "digest": record.adapter.digest,
            })  # fmt: skip
    return columns, rows


def _configs() -> Listing:
    columns = ("name", "summary", "file")
    told = ((name, str(read_tree(path).get("summary", "")), str(path)) for name, path in available().items())
    return columns, [dict(zip(columns, line, strict=True)) for line in told]


def _encoders() -> Listing:
    rows = [
        {"name": each.name, "summary": each.summary, "refused": ", ".join(each.unfit), "citation": each.citation}
        for each in ARCHITECTURES
    ]
    return ("name", "summary", "refused", "citation"), rows


def _runs(out: Path) -> Listing:
    rows = [
        {"key": record.key, "run": record.title, "seed": record.seed, "config": record.provenance.config}
        for record in _records(out)
        if record.step == "transfer"
    ]
    return ("key", "run", "seed", "config"), rows


NOUNS: dict[str, Callable[[Path], Listing]] = {
    "tasks": lambda out: _tasks("intermediate"),
    "groups": lambda out: (("name", "tasks", "summary"), catalogue.groups()),
    "targets": lambda out: _tasks("target"),
    "challenges": lambda out: _tasks("challenge"),
    "attacks": lambda out: (("name", "family", "kinds", "languages", "summary"), catalogue.attacks()),
    "kinds": lambda out: (("name", "columns", "metrics", "summary"), catalogue.kinds()),
    "compositions": lambda out: (("name", "group", "tasks", "ordered", "methods", "summary"), catalogue.compositions()),
    "encoders": lambda out: _encoders(),
    "adapters": _adapters,
    "configs": lambda out: _configs(),
    "runs": _runs,
}


@click.command(name="list", epilog="Example: adaptstilts list targets")
@click.argument(
    "noun", metavar="|".join(NOUNS), shell_complete=completion.one(lambda context: dict.fromkeys(NOUNS, ""))
)
@options.shared(options.out, options.as_json)
def command(noun: str, out: Path, as_json: bool) -> None:
    """What there is of NOUN, one line each."""
    if noun not in NOUNS:
        raise UnknownName("list", noun, NOUNS)
    columns, rows = NOUNS[noun](out)
    every = (*REGISTRIES, ARCHITECTURES)
    complain(f"broken {each.noun} file {path}: {why}" for each in every for path, why in each.broken.items())
    print_listing(noun, columns, rows, as_json)


def print_listing(noun: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """The rows as JSON, as a table of these columns, or a word that there are none."""
    if rows or as_json:
        print_found(rows, columns, [[str(row[column]) for column in columns] for row in rows], as_json=as_json)
    else:
        echo(f"no {noun} here yet", err=True)
