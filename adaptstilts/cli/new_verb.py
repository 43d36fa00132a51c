"""`new`: a first version of a declaration, to be looked at and changed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adaptstilts.cli import completion, options
from adaptstilts.cli.console import complain, print_json, talk
from adaptstilts.cli.tables import print_rows
from adaptstilts.kinds import KINDS
from adaptstilts.listeners import Speaker

if TYPE_CHECKING:
    from adaptstilts.draft.task import TaskDraft

log = Speaker(__name__)

to = click.option(
    "--to", metavar="FILE|DIR", type=options.PLACE, help="Where to write it; a file of its name here if not given."
)
force = click.option("--force", is_flag=True, help="Write over a file that is there.")
summary = click.option("--summary", default="", metavar="TEXT", help="What it is, in half a sentence.")


@click.group(name="new", epilog="Example: adaptstilts new task movies --kind pair --data data")
def command() -> None:
    """Write the first version of a task, an attack, a composition or a sweep of your own.

    A declaration is one file; `adaptstilts --include FILE …` (or ADAPTSTILTS_INCLUDE) lets it in, wherever it lies.
    """


@command.command(name="task", epilog="Example: adaptstilts new task movies --kind pair --data data")
@click.argument("name")
@click.option(
    "--kind", required=True, metavar="|".join(KINDS), help="What a row is (`adaptstilts show kind KIND` tells each).",
    shell_complete=completion.one(completion.kinds),
)  # fmt: skip
@click.option("--data", "folder", required=True, metavar="DIR", type=options.FOLDER, help="The folder of its files.")
@click.option(
    "--role", default="target", show_default=True, type=click.Choice(["target", "intermediate"]),
    help="Scored in every language, or trained on in one.",
)  # fmt: skip
@click.option(
    "--column", "columns", multiple=True, metavar="KIND'S=FILE'S",
    help="Which column of the files is which of the kind's, e.g. first=premise; may be repeated.",
)  # fmt: skip
@click.option(
    "--lang", "language", default="en", show_default=True, metavar="CODE", help="Of files whose names tell none."
)
@options.shared(summary, to, force, options.as_json, options.quiet)
def task(name: str, kind: str, folder: Path, columns: tuple[str, ...], **given: Any) -> None:
    """Declare the task NAME by what is in the files below DIR: columns, labels, languages, splits.

    Files are found by their names, best as NAME/LANGUAGE/SPLIT (movies/en/train.csv) with train, dev or test as the split; other
    names that tell language and split by one rule will do, and so do columns `language` and `split`. Columns are told by their
    names, by what data sets call them, or by what they look like; what was guessed is said. So is what is missing.
    """
    from adaptstilts.draft.labels import told as counted
    from adaptstilts.draft.task import draft_task
    from adaptstilts.draft.writing import check_name, write_new
    from adaptstilts.tasks import GROUPS, TASKS

    talk(given["quiet"])
    check_name("task", name, {*TASKS.names(), *GROUPS.names()})
    draft = draft_task(
        name, kind, folder, role=given["role"], chosen=_pairs(columns), language=given["language"], summary=given["summary"]
    )  # fmt: skip
    path = write_new(given["to"], f"{name}.py", draft.text, force=given["force"])
    if given["as_json"]:
        print_json(_told(draft, path))
        return
    rows = [(split, language, f"{count:,}") for (split, language), count in sorted(draft.counts.items())]
    print_rows(("split", "language", "rows"), rows, str(path))
    for own, match in draft.columns.items():
        log.info(f"column {own}: {match.column}{' (a guess: look whether it is right)' if match.guessed else ''}")
    for what, column in (("language", draft.spoken), ("split", draft.fields["split_by"])):
        if column:
            log.info(f"each row's {what}: {column}")
    if draft.unused:
        log.info(f"not used: {', '.join(draft.unused)}")
    for code, counts in draft.labels.items():
        log.info(f"labels {code}: {counted(counts)}")
    complain(f"beware: {said}" for said in draft.doubts)
    complain(f"missing: {said}" for said in draft.missing)
    rows_of = ["--data", str(folder), *(["--source-lang", draft.trained_in] if draft.trained_in != "en" else [])]
    run = ["none", "--target", name] if given["role"] == "target" else ["train", name]
    _next(path, [["check", name, *rows_of], [*run, *rows_of, "--config", "small"]])


def _told(draft: TaskDraft, path: Path) -> dict[str, Any]:
    return {
        "file": str(path), **draft.fields, "columns": {own: match.column for own, match in draft.columns.items()},
        "guessed": [own for own, match in draft.columns.items() if match.guessed], "missing": list(draft.missing),
        "unused": list(draft.unused), "labels_by_language": draft.labels, "doubts": list(draft.doubts),
        "rows": [{"split": split, "language": code, "rows": n} for (split, code), n in sorted(draft.counts.items())],
    }  # fmt: skip


@command.command(name="attack", epilog="Example: adaptstilts new attack double")
@click.argument("name")
@click.option(
    "--family", default="static", show_default=True, type=click.Choice(["static", "search"]),
    help="A perturbation of text, or a search that asks the model.",
)  # fmt: skip
@options.shared(to, force, options.quiet)
def attack(name: str, family: str, **given: Any) -> None:
    """Write an attack that works as it is, with one line to put your own rule in."""
    from adaptstilts.attacks import ATTACKS
    from adaptstilts.draft.templates import ATTACKS as TEMPLATES
    from adaptstilts.tasks import TASKS

    shown = [["show", name, "--text", "a perfectly ordinary sentence", "--lang", "en"]] if family == "static" else []
    run = ["none", "--target", "pawsx", "--attacks", name]
    _write("attack", name, {*ATTACKS.names(), *TASKS.names()}, TEMPLATES[family], [*shown, run], given)


@command.command(name="composition", epilog="Example: adaptstilts new composition tower")
@click.argument("name")
@options.shared(to, force, options.quiet)
def composition(name: str, **given: Any) -> None:
    """Write a composition that works as it is, with one line to put your own arrangement in. Its name becomes a verb."""
    from adaptstilts.cli.main import SUMMARIES
    from adaptstilts.compositions import COMPOSITIONS
    from adaptstilts.draft.templates import COMPOSITION

    run = [name, "--tasks", "squad,mnli,hellaswag", "--target", "pawsx"]
    _write("composition", name, {*COMPOSITIONS.names(), *SUMMARIES}, COMPOSITION, [run], given)


def _write(noun: str, name: str, taken: set[str], template: str, commands: list[list[str]], given: Any) -> None:
    from adaptstilts.draft.writing import check_name, write_new

    talk(given["quiet"])
    check_name(noun, name, taken)
    path = write_new(given["to"], f"{name}.py", template.replace('"NAME"', f'"{name}"'), force=given["force"])
    log.info(f"wrote {path}")
    _next(path, commands)


@command.command(name="sweep", epilog="Example: adaptstilts new sweep mine --tasks mnli,squad,qqp,csqa --target pawsx")
@click.argument("name")
@click.option(
    "--tasks", "-t", required=True, metavar="A,B,C",
    help="The pool: intermediate tasks, groups of them, adapters of the zoo, hub:user/repo@revision, ./folder.",
    shell_complete=completion.several(completion.tasks, completion.adapters),
)  # fmt: skip
@click.option(
    "--target", "-T", "targets", required=True, metavar="A,B", help="The target tasks.",
    shell_complete=completion.several(completion.targets),
)  # fmt: skip
@click.option(
    "--k", "levels", metavar="0,1,2", help="How many of them are composed; 0, 1, 2, 4 … up to half if not given."
)
@click.option("--orderings", type=click.IntRange(1), help="Orders of the pool; as many as tasks if not given.")
@click.option("--data", metavar="DIR", default="", help="The folder of the rows, in place of the config's source.")
@options.shared(options.config, options.source_lang, to, force, options.out, options.quiet)
def sweep(name: str, tasks: str, targets: str, levels: str | None, **given: Any) -> None:
    """Write a sweep over k of these tasks under these targets, as a config that extends another."""
    from adaptstilts.config.load import available
    from adaptstilts.draft.sweep import doubts, draft_sweep
    from adaptstilts.draft.writing import check_name, write_new
    from adaptstilts.tasks.naming import spelt_out

    talk(given["quiet"])
    check_name("sweep", name, available())
    text = draft_sweep(
        name, given["config_name"], spelt_out(options.names(tasks)), options.names(targets), k=_levels(levels),
        orderings=given["orderings"] or 0, data=given["data"], language=options.changes().get("data.language", ""),
        adapters=options.adapters,
    )  # fmt: skip
    path = write_new(given["to"], f"{name}.yaml", text, force=given["force"])
    log.info(f"wrote {path}")
    complain(f"beware: {said}" for said in doubts(options.names(targets)))
    store = ["--out", str(given["out"])] if given["out"] != Path("runs") else []
    _next(
        None, [[verb, str(path), *store] for verb in ("plan", "preregister", "sweep")] + [["report", str(given["out"])]]
    )


def _levels(text: str | None) -> list[int]:
    wrong = [part for part in options.names(text) if not part.isdecimal()]
    if wrong:
        raise click.BadParameter(f"{', '.join(wrong)} is no number of tasks.", param_hint="'--k'")
    return [int(part) for part in options.names(text)]


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """`a=b` texts as a mapping; BadParameter for one that is none."""
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not KIND'S=FILE'S.", param_hint="'--column'")
    return dict(text.split("=", 1) for text in texts)


def _next(included: Path | None, commands: list[list[str]]) -> None:
    """Say what to type next, with what this command was given to let in."""
    from adaptstilts.cli.main import LET_IN

    let_in = [*click.get_current_context().meta.get(LET_IN, ()), *([included] if included else [])]
    before = ["adaptstilts", *(word for path in dict.fromkeys(let_in) for word in ("--include", str(path)))]
    log.info("next:" + "".join(f"\n  {shlex.join([*before, *words])}" for words in commands))
