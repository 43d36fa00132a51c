"""The command line: one file per verb, imported when it is called; compositions are verbs too, found in their registry."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from adaptstilts.cli.console import echo
from adaptstilts.cli.streams import endure
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.errors import AdaptstiltsError, UnknownName, redact
from adaptstilts.stops import heed_signals

VERBS = {
    "One transfer at a time": {
        "attack": "attack a finished transfer",
        "compare": "hold finished transfers against each other over the same rows",
        "replay": "score the texts found on each run on all the others",
        "train": "train adapters on intermediate tasks",
    },
    "Sweeps over k, and the verdict": {
        "plan": "count a sweep's steps, estimate what they cost, and what it can detect",
        "calibrate": "measure how fast this machine is, for plan",
        "preregister": "write down what a sweep will be judged by, before there are results",
        "sweep": "do every step of a sweep that is not done yet, on any engine",
        "work": "do one planned step, as every engine does",
        "report": "the verdict on a store: figures, tables, one page",
    },
    "The store of results": {
        "status": "count a store's steps: done, running, failed, waiting",
        "why": "tell everything about one step",
        "journal": "tell in which order plans and steps came, and check what was posted",
        "gc": "find, and remove, weights that no record needs",
        "export": "write predictions as XTREME's leaderboard reads them, or a store's records for others to pool",
        "import": "take in the records of another store",
    },
    "Adapters for others, and from them": {
        "publish": "put an adapter, a transfer or a set of results on the Hub",
        "pull": "take an adapter or a transfer from the Hub, after checking it",
        "zoo": "list, verify, add to and remove from the adapter zoo",
    },
    "What there is": {
        "new": "write a first version of a task, an attack, a composition or a sweep of your own",
        "list": "list tasks, targets, attacks, compositions, adapters, configs, kinds or runs",
        "show": "show a task, attack, composition, kind, adapter, config or run",
        "check": "check every row of a task's data",
        "doctor": "check versions, devices, disk, the Hub, and what a config needs",
        "pin": "write down the commits of the Hub's data sets and models",
        "pocket": "build, sample or shelve the embedded lab",
    },
}
"""What each verb does, under the headings of `--help`; its file is `<verb>_verb.py`."""

SUMMARIES = {verb: summary for verbs in VERBS.values() for verb, summary in verbs.items()}


class Verbs(click.Group):
    """Verbs by name; a verb's file is imported only when that verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMPOSITIONS.names(), *SUMMARIES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in SUMMARIES:
            module = importlib.import_module(f"adaptstilts.cli.{cmd_name}_verb")
            return getattr(module, "command")  # type: ignore[no-any-return]  # noqa: B009
        if cmd_name in COMPOSITIONS:
            from adaptstilts.cli.compose_verb import command_for

            return command_for(COMPOSITIONS.get(cmd_name))
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if ctx.resilient_parsing:  # a shell asks what might come next
            return super().resolve_command(ctx, args)
        _refuse_empty(args)
        if args and self.get_command(ctx, args[0]) is None:
            raise UnknownName("verb", args[0], self.list_commands(ctx), do="`adaptstilts --help` lists them.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Compositions (train the target, score every language, clean and attacked)"):
            formatter.write_dl([(entry.name, entry.summary) for entry in COMPOSITIONS])
        for heading, verbs in VERBS.items():
            with formatter.section(heading):
                formatter.write_dl(list(verbs.items()))


def _refuse_empty(words: list[str]) -> None:
    """UsageError for a word or a value of nothing: nobody means it, and it would mean the current folder, or everything."""
    for before, word in zip(["", *words], words, strict=False):
        option, equals, value = word.partition("=")
        if not word.strip() or (word.startswith("--") and equals and not value.strip()):
            named = option if option.strip() else before if before.startswith("-") else "a word"
            raise click.UsageError(f"{named} is empty: leave it out, or say what it is to be.")


LET_IN = "adaptstilts.let_in"
"""Where a context keeps the paths that --include was typed with, for commands that say what to type next."""


def _include(ctx: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> None:
    """Let in what was typed, after what the environment says: click takes the one or the other."""
    if paths:
        from adaptstilts.config.include import include

        kept: tuple[Path, ...] = ()
        if ctx.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE:
            kept = option.type_cast_value(ctx, option.value_from_envvar(ctx) or ())
            ctx.meta[LET_IN] = paths
        for path in {path.absolute(): path for path in (*kept, *paths)}.values():
            include(path)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Start with: adaptstilts fuse --tasks squad,mnli,hellaswag --target pawsx",
)
@click.version_option(package_name="adaptstilts")
@click.option(
    "--include",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    envvar="ADAPTSTILTS_INCLUDE",
    callback=_include,
    expose_value=False,
    help="Let in a file (or folder) that declares a task, an attack or a composition; may be repeated, and adds to "
    "ADAPTSTILTS_INCLUDE.",
)
def cli() -> None:
    """Modular transfer for multilingual encoders.

    One adapter per English intermediate task, combined under a target head, scored in every language, clean and attacked.
    """


def main() -> NoReturn:
    """Run the command line and leave with 0 ok, 1 steps failed, 2 bad input, 3 environment, 75 interrupted and resumable."""
    endure()
    heed_signals()
    try:
        left = cli.main(standalone_mode=False)  # click returns the code of `ctx.exit` here, and None otherwise
        code = left if isinstance(left, int) else 0
        sys.stdout.flush()  # a full disk is told here, not while the interpreter ends
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = _tell("stopped", "Run the same command again: finished steps are kept.", 75)
    except AdaptstiltsError as error:
        code = _tell(str(error), _file_of(error), error.exit_code)
    except OSError as error:
        what = f"{error.strerror or error}: {error.filename or ''}"
        code = _tell(what, "Finished steps are kept; see to the disk or the path.", 3)
    except Exception as error:  # a fault of ours: its trace is what to report, and may quote an address with a token
        code = _tell("".join(traceback.format_exception(error)), "This is a bug; please report it with these lines.", 1)
    _let_go()
    sys.exit(code)


def _file_of(error: AdaptstiltsError) -> str:
    """What to type where a file here, not let in, has the name that nothing knows."""
    if isinstance(error, UnknownName) and error.name.isidentifier() and len(error.name) < 100:
        file = Path(f"{error.name}.py")
        return f"{file} here may declare it: adaptstilts --include {file} …" if file.is_file() else ""
    return ""


def _let_go() -> None:
    """Throw away what standard output cannot take any more; the interpreter would fail over it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:  # full
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(what: str, do: str, code: int) -> int:
    echo(redact(f"error: {what}") + (f"\n  {do}" if do else ""), err=True)
    return code
