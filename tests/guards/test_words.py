"""What is typed and what is said: nothing is no value, and no escape sequence of a record or a name reaches the terminal."""

import io
import json
import sys

import click
import pandas as pd
import pytest
from rich.console import Console
from rich.table import Table

from adaptstilts.cli.live import Tally, View
from adaptstilts.cli.main import Verbs, cli
from adaptstilts.cli.printable import Printable, printable
from adaptstilts.errors import AdaptstiltsError, InputError
from adaptstilts.launch.front import Event
from adaptstilts.report.drawing.figure import Drawn
from tests.guards.fuzz import CONTROLS
from tests.store.filled import whole


def commands(group, ctx, words=()):
    """Every command with the words that name it."""
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from commands(command, ctx, (*words, name))
        else:
            yield (*words, name), command


ALL = list(commands(cli, click.Context(cli)))
OPTIONS = [
    (*words, option.opts[0])
    for words, command in ALL
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
]


def call(*words):
    cli.main(list(words), prog_name="adaptstilts", standalone_mode=False)


def test_all_verbs_are_looked_at():
    assert len(ALL) > 30 and len(OPTIONS) > 150 and isinstance(cli, Verbs)


@pytest.mark.parametrize("words", OPTIONS, ids=" ".join)
def test_nothing_is_no_value(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    *verb, option = words
    for spelt in ((option, ""), (option, "  "), *([(f"{option}=",)] if option.startswith("--") else ())):
        with pytest.raises(click.UsageError, match=f"{option} is empty"):
            call(*verb, *spelt)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("show", ""),
        ("fuse", "--tasks", ",", "--target", "pawsx"),
        ("fuse", "--tasks", "mnli", "--target", "pawsx", "--langs", ","),
        ("fuse", "--tasks", "mnli", "--target", "pawsx", "--attacks", " , "),
        ("report", ".", "--format", ","),
        ("sweep", "pocket-k", "--only", ","),
        ("doctor", "--quick", "--tasks", ","),
        ("preregister", "pocket-k", "--langs", ","),
    ],
)
def test_lists_of_nothing_are_none(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((AdaptstiltsError, click.UsageError)) as told:
        call(*words)
    assert told.value.exit_code == 2 and not list(tmp_path.iterdir())


def test_gc_takes_a_store_only(tmp_path):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder" / ".import-mine").mkdir(parents=True)
    for place in ("file", "folder", "nowhere"):
        with pytest.raises(InputError, match="no store here"):
            call("gc", "--yes", "--out", str(tmp_path / place))
    assert (tmp_path / "file").read_text() == "kept" and (tmp_path / "folder" / ".import-mine").is_dir()


EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnirts\x7f"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Records that say EVIL wherever they may say anything."""
    monkeypatch.chdir(tmp_path)
    provenance = {
        "config": EVIL,
        "engine": EVIL,
        "device": EVIL,
        "backbone": {"name": EVIL},
        "settings": {"name": EVIL},
    }
    more = {"title": EVIL, "provenance": provenance}
    adapter = whole("adapter", task=EVIL, scores={EVIL: {"n": 8, "accuracy": 0.5, EVIL: 0.4}}, **more)
    transfer = whole("transfer", target=EVIL, composition=EVIL, notes=[EVIL], tasks=[EVIL], **more)
    cells = {EVIL: {"n": 8, "accuracy": 0.5, "chance": 0.5, "split": EVIL}, "en": {"n/a": EVIL}}
    spec = {"transfer": transfer["key"], "languages": [EVIL]}
    score = whole("score", spec=spec, scores=cells, upstream=[transfer["key"]], exposure="seen", **more)
    for record in (adapter, transfer, score):
        folder = tmp_path / "runs" / "steps" / record["key"]
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(record))
    evil = dict.fromkeys(("at", "sweep", "plan", "posted"), EVIL)
    (tmp_path / "runs" / "journal.jsonl").write_text(json.dumps({"kind": "plan", **evil, "previous": ""}) + "\n")
    failed = tmp_path / "runs" / "steps" / ("0" * 16)
    failed.mkdir()
    (failed / "error.txt").write_text(f"ValueError: {EVIL}")
    return {"adapter": adapter["key"], "transfer": transfer["key"], "score": score["key"], "failed": "0" * 16}


VERBS = [
    ("journal",), ("journal", "--json"), ("journal", "--posted", EVIL),
    ("list", "runs"), ("list", "runs", "--json"), ("list", "adapters"), ("status",), ("status", "--json"), ("show", "{adapter}"),
    ("show", "{transfer}"), ("show", "{transfer}", "--json"), ("show", "{score}"), ("why", "{transfer}"), ("why", "{failed}"),
    ("why", "{score}", "--json"),
    ("attack", "{transfer}", "--attacks", "swap"), ("publish", "{transfer}", "me/x", "--dry-run"), ("gc",), ("report", "--format", "latex"),
    ("export", "--records", "out.zip"), ("zoo", "add", "{adapter}"), ("show", EVIL), ("list", EVIL), ("check", EVIL), ("plan", EVIL),
    ("fuse", "--tasks", EVIL, "--target", "pawsx"), ("report", EVIL), ("pocket", "sample", "--task", EVIL), ("zoo", "rm", EVIL),
]  # fmt: skip


@pytest.mark.parametrize(
    "words", VERBS, ids=lambda words: " ".join(words).encode("ascii", "replace").decode()[:40].replace("\x1b", "")
)
def test_no_verb_says_an_escape_sequence(words, store, monkeypatch, capfd):
    from adaptstilts.cli import main

    words = [word.format(**store) if "{" in word else word for word in words]
    monkeypatch.setattr(sys, "argv", ["adaptstilts", *words])
    with pytest.raises(SystemExit) as left:
        main.main()
    said = "".join(capfd.readouterr())
    assert said and CONTROLS.search(said) is None and "Traceback" not in said, said
    assert left.value.code in (0, 1, 2, 3)


def test_json_means_the_same():
    value = {"a": EVIL, "b": "é\u00a0日本"}
    assert json.loads(printable(json.dumps(value, ensure_ascii=False))) == value
    assert printable("tab\there\nשלום \u200f") == "tab\there\nשלום \u200f"


def test_what_is_drawn_keeps_its_own_colours_only():
    said = io.StringIO()
    console = Console(file=said, force_terminal=True, width=80)
    grid = Table("name")
    grid.add_row(f"[red]{'x'}[/red]{EVIL}")
    console.print(Printable(grid))
    assert "\x1b[31m" in said.getvalue() and "\x1b[2J" not in said.getvalue() and "\\u001b[2J" in said.getvalue()
    view = View(Tally({"0" * 16: "score"}))
    view.tally.add(Event("started", "0" * 16, step="score", title=EVIL))
    console.print(view._drawn())
    assert not any(bad in said.getvalue() for bad in ("\x1b[2J", "\x1b]", "\x9b", "\u202e"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_figure_is_a_formula(start):
    data = pd.DataFrame({"series": [f"{start}1+1", "plain"], "x": [-1.5, 2.0]})
    text = Drawn(None, data, "", "").csv()
    assert text == f"series,x\n'{start}1+1,-1.5\nplain,2.0\n"
