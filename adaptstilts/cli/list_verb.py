"""`list`: what there is, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import print_json, print_rows
from adaptstilts.numerals import percent
from adaptstilts.registry import Registry

if TYPE_CHECKING:
    from adaptstilts.store.records.record import Record
    from adaptstilts.zoo.zoo import Entry

Listing = tuple[Sequence[str], list[dict[str, Any]]]


def _tasks(role: str) -> Listing:
    from adaptstilts.report.catalogue import tasks

    of = ("of",) if role == "challenge" else ()
    return ("name", *of, "kind", "languages", "metric", "summary"), tasks(role)


def _attacks() -> Listing:
    from adaptstilts.report.catalogue import attacks

    return ("name", "family", "kinds", "languages", "summary"), attacks()


def _compositions() -> Listing:
    from adaptstilts.report.catalogue import compositions

    return ("name", "group", "tasks", "ordered", "methods", "summary"), compositions()


def adapters_in(shelves: Iterable[Entry]) -> Listing:
    """The adapters of zoos: the fields of the index, scores as one text in per cent too."""
    columns = ("name", "backbone", "parameters", "score", "from", "digest")
    return columns, [
        {
            "name": e.name,
            "task": e.task,
            "backbone": e.backbone,
            "parameters": e.trainable,
            "score": ", ".join(f"{name} {percent(value)}" for name, value in e.scores.items()),
            "scores": e.scores,
            "from": e.origin,
            "step": e.step,
            "licence": e.licence,
            "config": e.config,
            "digest": e.digest,
        }
        for e in shelves
    ]


def _records(out: Path) -> Iterator[Record]:
    """The store's records; those that do not read back are told."""
    from adaptstilts.store.store import Store

    problems: list[str] = []
    yield from Store(out).records(problems)
    for problem in problems:
        click.echo(problem, err=True)


def _adapters(out: Path) -> Listing:
    """Those of the zoos, and those that steps of the store have trained."""
    from adaptstilts.zoo.zoo import zoos

    columns, rows = adapters_in(zoos(out))
    for record in _records(out):
        if record.step == "adapter":
            rows.append(
                {
                    "name": record.task,
                    "task": record.task,
                    "backbone": record.provenance.backbone.name,
                    "parameters": record.parts.trainable,
                    "score": "",
                    "from": f"{out}, step {record.key}",
                    "digest": record.adapter.digest,
                }
            )
    return columns, rows


def _configs() -> Listing:
    import yaml

    from adaptstilts.config.load import available

    rows = []
    for name, path in available().items():
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows.append({"name": name, "summary": str(tree.get("summary", "")), "file": str(path)})
    return ("name", "summary", "file"), rows


def _runs(out: Path) -> Listing:
    rows = [
        {"key": record.key, "run": record.title, "seed": record.seed, "config": record.provenance.config}
        for record in _records(out)
        if record.step == "transfer"
    ]
    return ("key", "run", "seed", "config"), rows


NOUNS: dict[str, Callable[[Path], Listing]] = {
    "tasks": lambda out: _tasks("intermediate"),
    "targets": lambda out: _tasks("target"),
    "challenges": lambda out: _tasks("challenge"),
    "attacks": lambda out: _attacks(),
    "compositions": lambda out: _compositions(),
    "adapters": _adapters,
    "configs": lambda out: _configs(),
    "runs": _runs,
}


def _broken() -> Iterable[str]:
    from adaptstilts.attacks import ATTACKS
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.tasks import TASKS

    registries: tuple[Registry[Any], ...] = (TASKS, ATTACKS, COMPOSITIONS)
    for registry in registries:
        yield from (f"broken {registry.noun} file {path}: {why}" for path, why in registry.broken.items())


@click.command(name="list", epilog="Example: adaptstilts list targets")
@click.argument("noun", metavar="|".join(NOUNS))
@options.shared(options.out, options.as_json)
def command(noun: str, out: Path, as_json: bool) -> None:
    """What there is of NOUN, one line each."""
    from adaptstilts.errors import UnknownName

    if noun not in NOUNS:
        raise UnknownName("list", noun, NOUNS)
    columns, rows = NOUNS[noun](out)
    for line in _broken():
        click.echo(line, err=True)
    print_listing(noun, columns, rows, as_json)


def print_listing(noun: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """The rows as JSON, as a table of these columns, or a word that there are none."""
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(columns, [[str(row[column]) for column in columns] for row in rows])
    else:
        click.echo(f"no {noun} here yet", err=True)
