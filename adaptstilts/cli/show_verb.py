"""`show`: everything about one thing, with examples where it has any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from adaptstilts.cli import options
from adaptstilts.cli.console import print_json, print_rows

EXAMPLES = 3


@click.command(
    name="show", epilog='Examples: adaptstilts show pawsx;  adaptstilts show swap --text "a plain sentence" --lang en'
)
@click.argument("name")
@click.option("--text", help="For an attack: perturb this text.")
@click.option("--lang", default="en", show_default=True, metavar="CODE", help="The language of --text.")
@click.option("--severity", default=0.1, show_default=True, help="The share of letters that an attack changes.")
@options.shared(options.config, options.settings, options.data, options.seed, options.out, options.as_json)
def command(name: str, text: str | None, lang: str, severity: float, **given: Any) -> None:
    """Show a task, target, attack, composition, config, adapter (by name) or run (by key)."""
    from adaptstilts.attacks import ATTACKS
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.experiments.config import available
    from adaptstilts.tasks import TASKS

    if name in TASKS:
        _show_task(name, given)
    elif name in ATTACKS:
        _show_attack(name, text, lang, severity, given)
    elif name in COMPOSITIONS:
        _show_facts(
            COMPOSITIONS.get(name),
            ("name", "summary", "ordered", "least", "most", "version", "citation"),
            given["as_json"],
        )
    elif name in available():
        click.echo(available()[name].read_text(encoding="utf-8"), nl=False)
    else:
        _show_artefact(name, given["out"], given["as_json"])


def _show_facts(value: Any, fields: tuple[str, ...], as_json: bool) -> None:
    facts = {field: getattr(value, field) for field in fields}
    if as_json:
        print_json(facts)
    else:
        print_rows(("", ""), [(field, str(fact)) for field, fact in facts.items() if fact not in ("", None, ())])


def _show_task(name: str, given: dict[str, Any]) -> None:
    from adaptstilts.data.loading import load
    from adaptstilts.data.where import facts_for
    from adaptstilts.errors import AdaptstiltsError
    from adaptstilts.experiments.facts import where_of
    from adaptstilts.kinds import kind_of
    from adaptstilts.tasks import TASKS

    overrides = options.Overrides(given["settings"], data=given["data"])
    where = where_of(overrides.load(given["config_name"]))
    task = facts_for(TASKS.get(name), where)
    facts: dict[str, Any] = {
        "name": task.name, "kind": task.kind, "summary": task.summary, "metric": task.metric, "labels": ", ".join(task.labels[:20]),
        "languages": " ".join(task.languages), "family": ", ".join(task.family),
        "sources": ", ".join(sorted({f"{s.id} [{s.config}] @ {s.revision}" for s in (*task.train, *task.dev, *task.test)})),
        "licence": task.licence, "citation": task.citation, "notes": task.notes, "declared in": str(TASKS.origin(name)),
    }  # fmt: skip
    kind, rows, problems = kind_of(task.kind), [], []
    for language in task.languages:
        split = "test" if task.role != "intermediate" else "train"
        try:
            loaded = load(task, split, language, where, EXAMPLES, given["seed"])
        except AdaptstiltsError as error:
            problems.append(f"{language}: {error.what}")
            continue
        rows += [{"language": language, **kind.shown(row, task)} for row in loaded.rows]
    if given["as_json"]:
        print_json({**facts, "rows": rows, "problems": problems})
        return
    print_rows(("", ""), [(key, value) for key, value in facts.items() if value])
    for row in rows:
        click.echo("  ".join(f"{key}: {value}" for key, value in row.items()))
    for problem in problems:
        click.echo(f"no rows for {problem}", err=True)


def _show_attack(name: str, text: str | None, lang: str, severity: float, given: dict[str, Any]) -> None:
    from adaptstilts.attacks import ATTACKS
    from adaptstilts.attacks.showing import marked, perturbed

    attack = ATTACKS.get(name)
    if text is None:
        _show_facts(attack, ("name", "summary", "family", "version", "citation"), given["as_json"])
        return
    after = perturbed(attack, text, lang, severity=severity, seed=given["seed"])
    if given["as_json"]:
        print_json({"attack": name, "language": lang, "before": text, "after": after})
        return
    click.echo(f"before  {text}\nafter   {after}\nedits   {marked(text, after)}")


def _show_artefact(name: str, out: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from adaptstilts.attacks import ATTACKS
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.errors import UnknownName
    from adaptstilts.experiments.config import available
    from adaptstilts.experiments.store import Store
    from adaptstilts.experiments.zoo import shipped_zoo
    from adaptstilts.tasks import TASKS

    entries = {entry.name: entry for entry in shipped_zoo()}
    if name in entries:
        print_json(asdict(entries[name]))
        return
    problems: list[str] = []
    records = {record["key"]: record for record in Store(out).records(problems)}
    for problem in problems:
        click.echo(problem, err=True)
    matches = [record for key, record in records.items() if len(name) >= 4 and key.startswith(name)]
    if len(matches) != 1:
        known = [*TASKS.names(), *ATTACKS.names(), *COMPOSITIONS.names(), *available(), *entries, *records]
        raise UnknownName("task, attack, composition, config, adapter or run", name, known)
    record = matches[0]
    if as_json or record["step"] != "transfer":
        print_json(record)
        return
    from adaptstilts.cli.console import print_table
    from adaptstilts.report.cell import table

    scores = [r for r in records.values() if r["step"] == "score" and record["key"] in r["upstream"]]
    for clean in (score for score in scores if score["attack"] is None):
        print_table(table(record, [clean, *(score for score in scores if clean["key"] in score["upstream"])]))
    if not scores:
        print_json(record)
