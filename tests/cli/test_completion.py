"""Shells put in names: asked through click's own protocol, as bash, zsh and fish ask."""

import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from adaptstilts.cli.main import cli


def offered(line):
    """What a shell offers at the end of a command line."""
    *words, last = line.split(" ")
    found = BashComplete(cli, {}, "adaptstilts", "_ADAPTSTILTS_COMPLETE").get_completions(words, last)
    return [item.value for item in found]


@pytest.mark.parametrize(
    ("line", "some", "none"),
    [
        ("fus", ["fuse"], ["full"]),
        ("fuse --tasks ", ["squad", "mnli", "english23", "pocket-mnli"], ["pawsx", "hans"]),
        ("fuse --tasks squad,mn", ["squad,mnli"], ["squad,mrpc"]),
        ("fuse --tasks mnli,s", ["mnli,squad", "mnli,small-mnli"], ["mnli,mnli"]),
        ("fuse --target ", ["pawsx", "xnli"], ["mnli", "hans"]),
        ("fuse --target xnli --attacks swap,", ["swap,greedy", "swap,hans"], ["swap,swap", "swap,squad_adversarial"]),
        ("fuse --target pawsx --langs qaa,", ["qaa,qab"], ["qaa,de"]),
        ("fuse --config xlmr-large --target pawsx --langs ", ["de", "zh"], ["qaa", "sw"]),
        ("fuse --config ", ["small", "xlmr-large"], []),
        ("plan ", ["pocket-k", "phang2020"], ["pocket", "small"]),
        ("sweep pocket-k --engine ", ["inline", "processes", "ray", "slurm"], []),
        ("check ", ["pawsx", "mnli", "hans"], ["swap"]),
        ("show ", ["pawsx", "swap", "fuse", "pocket-k", "pocket-mnli"], []),
        ("list ", ["tasks", "runs"], []),
        ("new task movies --kind ", ["pair", "span"], []),
        ("new sweep mine --target pawsx,xq", ["pawsx,xquad"], []),
        ("zoo rm ", ["pocket-mnli"], ["mnli"]),
        ("publish pocket-", ["pocket-mnli"], ["small-mnli"]),
        ("attack 2b6500cc --attacks gr", ["greedy", "gradient"], ["swap"]),
        ("nonsense --target ", [], ["pawsx"]),
    ],
)
def test_names_are_offered(line, some, none):
    found = offered(line)
    assert set(some) <= set(found) and not set(none) & set(found)
    assert len(found) == len(set(found))


def test_names_of_files_that_are_let_in_are_offered(tmp_path):
    file = tmp_path / "both.py"
    file.write_text(
        "from adaptstilts.tasks import Group\n"
        "group = Group(name='of_mine', summary='two', tasks=('mnli', 'rte'), citation='this file')\n"
    )
    code = f"""
from click.shell_completion import BashComplete
from adaptstilts.cli.main import cli
words = ["--include", {str(file)!r}, "train"]
print([item.value for item in BashComplete(cli, {{}}, "adaptstilts", "X").get_completions(words, "of_")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['of_mine']"


def test_nothing_is_offered_where_something_is_broken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert offered("fuse --config ./none.yaml --target pawsx --langs ") == []
    (tmp_path / "runs" / "zoo").mkdir(parents=True)
    (tmp_path / "runs" / "zoo" / "index.json").write_text("{")
    assert offered("zoo rm ") == [] and "pawsx" in offered("fuse --target ")


def ask(**env):
    code = "import sys; sys.argv = ['adaptstilts']; from adaptstilts.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("shell", "line", "word", "answer"),
    [
        ("bash", "adaptstilts fuse --target paw", "3", "plain,pawsx"),
        ("zsh", "adaptstilts fuse --target paw", "3", "plain\npawsx\nparaphrase or look-alike in 7 languages"),
        ("fish", "adaptstilts fuse --target paw", "paw", "plain\npawsx\nparaphrase or look-alike in 7 languages"),
    ],
)
def test_a_shell_is_answered(shell, line, word, answer):
    assert ask(_ADAPTSTILTS_COMPLETE=f"{shell}_source").strip()
    asked = ask(_ADAPTSTILTS_COMPLETE=f"{shell}_complete", COMP_WORDS=line, COMP_CWORD=word).strip()
    assert asked.replace("\t", "\n").replace(",pawsx\n", "\npawsx\n") == answer


def test_bash_itself_completes(tmp_path):
    if not shutil.which("bash"):
        pytest.skip("no bash on this machine")
    program = tmp_path / "adaptstilts"
    program.write_text(f"#!{sys.executable}\nfrom adaptstilts.cli.main import main\nmain()\n")
    program.chmod(0o755)
    script = """eval "$(_ADAPTSTILTS_COMPLETE=bash_source adaptstilts)"
COMP_WORDS=(adaptstilts fuse --tasks squad,hel); COMP_CWORD=3; _adaptstilts_completion adaptstilts; echo "${COMPREPLY[@]}" """
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.stdout.strip() == "squad,hellaswag", done.stderr
