"""`show`: everything about one thing, with examples where it has any."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.attacks import ATTACKS, Attack
from adaptstilts.attacks.model_input import endings
from adaptstilts.attacks.preview import marked, perturbed
from adaptstilts.attacks.text.languages import coded
from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, echo, print_json
from adaptstilts.cli.tables import print_found, print_rows, print_table
from adaptstilts.compositions import COMPOSITIONS, Composition
from adaptstilts.config.declared import setting_at
from adaptstilts.config.load import Config, available
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.errors import AdaptstiltsError, UnknownName
from adaptstilts.ids import key_named
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Kind
from adaptstilts.numerals import first_of
from adaptstilts.plan.facts import ConfigFacts
from adaptstilts.report.catalogue import columns, groups, kinds_of, languages_of
from adaptstilts.report.examples import Example, Examples, examples
from adaptstilts.store.store import Store
from adaptstilts.tasks import GROUPS, TASKS, Task

if TYPE_CHECKING:
    from adaptstilts.store.records.record import Record

EXAMPLES = 3
"""Rows a language."""

LABELS = 20
"""How many labels are named before the rest is counted."""


@click.command(
    name="show", epilog='Examples: adaptstilts show pawsx;  adaptstilts show swap --text "a plain sentence" --lang en'
)
@click.argument(
    "words", nargs=-1, required=True, metavar="[kind] NAME",
    shell_complete=completion.one(
        completion.tasks, completion.targets, completion.challenges, completion.attacks, completion.compositions,
        completion.configs, completion.adapters,
    ),
)  # fmt: skip
@click.option("--text", help="For an attack: perturb this text.")
@click.option(
    "--lang", default="en", show_default=True, metavar="CODE", help="The language of --text.",
    shell_complete=completion.one(completion.languages),
)  # fmt: skip
@click.option(
    "--severity", default=0.1, show_default=True, type=options.type_of(setting_at(Config, ["evaluation", "severity"])),
    help="The share of letters that an attack changes.",
)  # fmt: skip
@options.shared(
    options.config, options.settings, options.data, options.lexicon, options.seed, options.out, options.as_json
)
def command(words: tuple[str, ...], text: str | None, lang: str, severity: float, **given: Any) -> None:
    """Show a task, target, challenge set, group, attack, composition, config, adapter (by name) or run (by key).

    `show kind KIND` tells what a row of a kind is: its columns, an example, how it is scored. Rows of a task are shown as its data
    has them and as the config's backbone is given them.
    """
    *noun, name = words
    if noun == ["kind"]:
        _show_kind(kind_of(name), given["as_json"])
        return
    if noun:
        raise click.UsageError(f"{' '.join(words)!r} is more than one name; of two words the first is `kind`.")
    _check_code(lang)
    if name in TASKS:
        _show_task(name, options.load(given["config_name"], given["settings"]), given)
    elif name in ATTACKS and text is not None:
        _show_perturbed(ATTACKS.get(name), text, lang, severity, given)
    elif name in ATTACKS:
        _show_facts(_attack_facts(ATTACKS.get(name)), given["as_json"])
    elif name in COMPOSITIONS:
        _show_facts(_composition_facts(COMPOSITIONS.get(name)), given["as_json"])
    elif name in GROUPS and name not in available():
        _show_facts(next(group for group in groups() if group["name"] == name), given["as_json"])
    elif name in available():
        echo(available()[name].read_text(encoding="utf-8"), nl=False)
    else:
        _show_artefact(name, given["out"], given["as_json"])


def _show_kind(kind: Kind, as_json: bool) -> None:
    example = json.dumps(dict(kind.example), ensure_ascii=False)
    facts = {"name": kind.name, "summary": kind.summary, "metrics": ", ".join(kind.metrics), "a row": example}
    found = columns(kind.name)
    if as_json:
        print_json({**facts, "a row": dict(kind.example), "metrics": list(kind.metrics), "columns": found})
        return
    _show_facts(facts, as_json=False)
    rows = [(row["name"], row["needed"], row["holds"], row["also"]) for row in found]
    print_rows(("column", "needed", "what it holds", "also found under"), rows)


def _check_code(language: str) -> None:
    """UnknownName for a code of no language that an attack or a task knows."""
    lab = source_of("pocket")
    known = {*coded(), *(code for task in TASKS for code in (*task.languages, *lab.languages(task)))}
    if language not in known:
        raise UnknownName("language", language, known, where="--lang")


def _show_facts(facts: Mapping[str, Any], as_json: bool) -> None:
    rows = [(name, str(fact)) for name, fact in facts.items() if fact not in ("", None)]
    print_found(facts, ("", ""), rows, as_json=as_json)


def _attack_facts(attack: Attack) -> dict[str, Any]:
    return {
        "name": attack.name, "family": attack.family, "summary": attack.summary, "kinds of task": ", ".join(kinds_of(attack)),
        "languages": languages_of(attack), "follows --severity": "yes" if attack.graded else "no", "citation": attack.citation,
        "version": attack.version, "declared in": str(ATTACKS.origin(attack.name)),
    }  # fmt: skip


def _composition_facts(composition: Composition) -> dict[str, Any]:
    return {
        "name": composition.name, "group": composition.group, "summary": composition.summary, "tasks": composition.takes,
        "order of tasks matters": "yes" if composition.ordered else "no", "methods": ", ".join(composition.methods),
        "citation": composition.citation, "version": composition.version,
        "declared in": str(COMPOSITIONS.origin(composition.name)),
    }  # fmt: skip


def _show_task(name: str, config: Config, given: Mapping[str, Any]) -> None:
    task, found = _examples(TASKS.get(name), config, given["seed"])
    facts = _task_facts(task, str(TASKS.origin(name)))
    if given["as_json"]:
        rows = [{"language": e.language, **e.fields, "given": list(e.inputs), "cut": e.cut} for e in found.rows]
        print_json({**facts, "rows": rows, "problems": list(found.problems)})
        return
    _show_facts(facts, as_json=False)
    for example in found.rows:
        echo("\n".join(_lines(example)))
    complain(found.problems)


def _examples(task: Task, config: Config, seed: int) -> tuple[Task, Examples]:
    """The task as it is in this config, with rows; as it is declared, and why there are none, where the config has no such data."""
    facts = ConfigFacts(config)
    try:
        here, used = facts_for(task, facts.source), facts.task(task.name)
    except AdaptstiltsError as error:
        return task, Examples((), (f"no rows in {facts.source}: {error.what}",))
    found = examples(used, config, EXAMPLES, seed)
    standin = (f"rows are of {used.name}, which stands in for {task.name}",) if used.name != task.name else ()
    return here, Examples(found.rows, (*standin, *found.problems))


def _task_facts(task: Task, declared: str) -> dict[str, Any]:
    sources = (*task.train, *task.dev, *task.test)
    return {
        "name": task.name, "kind": task.kind, "role": task.role, "through the head of": ", ".join(task.of), "summary": task.summary,
        "metric": task.metric, "labels": first_of(task.labels, LABELS), "languages": " ".join(task.languages),
        "family": ", ".join(task.family), "sources": ", ".join(sorted({f"{s.id} [{s.config}] @ {s.revision}" for s in sources})),
        "how to get it": task.obtain, "stand-in": task.standin, "licence": task.licence, "citation": task.citation,
        "notes": task.notes, "version": task.version, "declared in": declared,
    }  # fmt: skip


def _lines(example: Example) -> list[str]:
    """A row: its fields, and below them each of its inputs."""
    lines = [f"{example.language}  " + "  ".join(f"{field}: {text}" for field, text in example.fields.items())]
    indent = " " * (len(example.language) + 2)
    lines += [f"{indent}given: {text}" for text in example.inputs]
    return [*lines, f"{indent}{example.cut} tokens of it do not fit"] if example.cut else lines


def _show_perturbed(attack: Attack, text: str, lang: str, severity: float, given: Mapping[str, Any]) -> None:
    from adaptstilts.models.door.tokenizer import tokenizer_at_hand

    config = options.load(given["config_name"], given["settings"])
    lexicon = _lexicon(config, lang) if "words" in attack.needs else {}
    tokens, _ = tokenizer_at_hand(config.backbone)
    ending = endings(tokens) if tokens else None
    after = perturbed(attack, text, lang, severity=severity, seed=given["seed"], lexicon=lexicon, ending=ending)
    if given["as_json"]:
        print_json({"attack": attack.name, "language": lang, "before": text, "after": after})
    elif after == text:
        echo(f"before  {text}\nafter   the same: {attack.name} finds nothing to change")
    else:
        echo(f"before  {text}\nafter   {after}\nedits   {marked(text, after)}")


def _lexicon(config: Config, language: str) -> Mapping[str, tuple[str, ...]]:
    """The config's translations of a language's words; none for one that the pocket lab does not speak."""
    try:
        return ConfigFacts(config).lexicon(language)
    except UnknownName:
        return {}


def _show_artefact(name: str, out: Path, as_json: bool) -> None:
    from adaptstilts.zoo.zoo import zoos

    entries = {entry.name: entry for entry in reversed(list(zoos(out)))}
    if name in entries:
        print_json({**entries[name].as_dict(), "taught": entries[name].taught})
        return
    problems: list[str] = []
    records = {record.key: record for record in Store(out).records(problems)}
    complain(problems)
    known = [*TASKS.names(), *GROUPS.names(), *ATTACKS.names(), *COMPOSITIONS.names(), *available(), *entries, *records]
    key = key_named(name, records, "task, group, attack, composition, config, adapter or run", known=known)
    _show_record(records[key], [record for record in records.values() if key in record.upstream], as_json)


def _show_record(record: Record, built: Sequence[Record], as_json: bool) -> None:
    """A transfer as the table of its scores, which are among the records `built` on it; any other record as JSON."""
    scores = [found for found in built if found.step == "score"]
    scored = any(not found.attack and not found.challenge for found in scores)
    if as_json or record.step != "transfer" or not scored:
        print_json({**record.plain(), **({"taught": record.taught} if record.step == "adapter" else {})})
        return
    from adaptstilts.report.cell.table import table

    print_table(table(record, scores))
