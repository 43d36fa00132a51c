"""Commands that documents show: each is one that the command line takes, of things that there are; light ones are run."""

import os
import re
import shlex
import subprocess
import sys
import textwrap

import click
import pytest

from adaptstilts.attacks import ATTACKS
from adaptstilts.cli.main import SUMMARIES, cli
from adaptstilts.compositions import COMPOSITIONS
from adaptstilts.config.load import load_config
from adaptstilts.errors import AdaptstiltsError
from adaptstilts.launch.engines import engine_named
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.tasks import TASKS
from tests.house.test_documents import PAGES

NO_COMMANDS = ("adaptstilts plan SWEEP DIGEST", "adaptstilts journal COUNT DIGEST")
"""Lines that commands print, to be posted elsewhere."""

LIGHT = (
    "list",
    "show",
    "zoo list",
    "zoo verify",
    "plan pocket-k",
    "check pawsx",
    "publish pocket-mnli me/pocket-mnli --dry-run",
    "doctor --quick",
    "pocket sample",
)
"""Beginnings of what is run as it stands: seconds, nothing from the Hub, nothing of an earlier command."""

REMOTE = re.compile(r"--config (?!pocket)|--data|\bTASK\b|\bme/scores\b|\bwnli\b")


def commands(text: str) -> list[str]:
    """The words after `adaptstilts` of every command in a page: lines of fenced blocks, inline code, containers' commands."""
    lines = [
        line
        for block in re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    lines += re.findall(
        r"`((?:\.venv/bin/)?adaptstilts [^`]+)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)
    )
    found = []
    for line in lines:
        for part in re.split(r" && | \| |; ", re.sub(r"\s+#.*$", "", line).strip()):
            shown = re.match(r"(?:\$ )?(?:docker run .*? |(?:\.venv/bin/)?)adaptstilts(?::cuda)?(?: (.*))?$", part)
            if shown and shown[1] and part not in NO_COMMANDS:
                found.append(re.sub(r"[\[\]…]", "", shown[1]) if "[--" in part or "…" in part else shown[1])
    return list(dict.fromkeys(found))


SHOWN = sorted({(name, command) for name, text in PAGES.items() for command in commands(text)})


def parsed(words: list[str]) -> tuple[click.Command, click.Context]:
    """Walk words through the command line down to the last command, whose options are parsed but which is not run."""
    command: click.Command = cli
    context = cli.make_context("adaptstilts", list(words))
    while isinstance(command, click.Group) and [*context._protected_args, *context.args]:
        _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        command, context = found, found.make_context(found.name, rest, parent=context)
    return command, context


def real(name: str) -> bool:
    """Whether a word of a command is a name and no placeholder, repository, folder or key."""
    return name == name.lower() and not re.search(r"[/:.]|^[0-9a-f]{6,}$", name)


def test_there_are_commands_to_hold():
    assert len(SHOWN) > 80
    assert len({name for name, _ in SHOWN}) > 15


@pytest.mark.parametrize(("page", "command"), SHOWN)
def test_the_command_line_takes_it(page, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    while words[0] == "--include":
        words = words[2:]
        if not words or words[0] not in {*SUMMARIES, *COMPOSITIONS.names()}:
            return  # a verb that the reader's file declares
    try:
        _, context = parsed(words)
    except (
        click.exceptions.Exit,
        getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit),
    ):  # click 8.1 leaves
        return  # help is what it prints
    except click.BadParameter as error:
        assert "does not exist" in error.message, f"{page}: {error.message}"
        return
    except AdaptstiltsError as error:
        pytest.fail(f"{page}: {error}")
    given = context.params
    with context:
        if given.get("target") and "--include" not in command:
            assert given["target"] in TASKS
        config = given.get("config_name") or (given.get("config") if isinstance(given.get("config"), str) else "pocket")
        if real(config):
            settings = [text for text in given.get("settings") or () if real(text.partition("=")[2].strip("[]"))]
            changed = context.meta.get("adaptstilts.cli.options", {})
            loaded = load_config(config, settings, changed)
            assert all(attack in ATTACKS or attack in TASKS for attack in loaded.evaluation.attacks)


@pytest.mark.parametrize("command", sorted({c for _, c in SHOWN if c.startswith(LIGHT) and not REMOTE.search(c)}))
def test_light_commands_run(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = cli.main(shlex.split(command), prog_name="adaptstilts", standalone_mode=False)
    told = capsys.readouterr()
    assert code in (0, None), told.err
    assert told.out.strip() or told.err.strip()


SETTINGS = {
    f"{name} {number}": block
    for name, text in PAGES.items()
    for number, block in enumerate(re.findall(r"^( *)```yaml\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE), start=1)
}


@pytest.mark.parametrize("place", SETTINGS)
def test_settings_that_documents_show_are_taken(place, tmp_path):
    """Configs are expanded as sweeps, the rest are settings of an engine."""
    file = tmp_path / "shown.yaml"
    file.write_text(textwrap.dedent(SETTINGS[place][1]))
    if "engine:" in SETTINGS[place][1]:
        engine_named(str(file), {})
    else:
        assert expand(str(file)).steps


TINY = """
extends: pocket
name: pocket-k
summary: the tutorial's sweep, small enough for a test
transfer: {rows: 16, tasks: {pawsx: {steps: 2}}}
evaluation: {rows: 8, languages: [en, qaa], attacks: [swap]}
sweep: {pool: [qqp, mnli], k: [0, 1, 2], orderings: 2, targets: [pawsx]}
"""


def test_the_tutorial_of_a_sweep_in_miniature(tmp_path):
    """From plan to verdict as the page has it, with a config of the same name in the folder and a key of its store."""
    (tmp_path / "pocket-k.yaml").write_text(TINY)
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGES["docs/sweep.md"], re.DOTALL | re.MULTILINE)
    block, after = [block for block in blocks if "adaptstilts " in block][:2]
    told = {}
    for line in (block + after).splitlines():
        command = line.split(" #")[0].strip().replace(" pocket-k ", " ./pocket-k.yaml ")
        if " why " in command:
            (key, *_) = (path.parent.name for path in tmp_path.glob("runs-k/steps/*/record.json"))
            command = command.replace("2b6500cc", key)
        verb, *words = shlex.split(command)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "adaptstilts", verb, *words], cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "ADAPTSTILTS_THREADS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stderr}"
        told[verb] = done.stdout
    assert list(told) == ["plan", "preregister", "sweep", "report", "status", "why", "journal"]
    assert "adaptstilts plan pocket-k" in told["preregister"] and "INCONCLUSIVE" in told["report"]
    assert (tmp_path / "runs-k" / "report" / "index.html").is_file()
