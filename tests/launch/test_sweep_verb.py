"""`adaptstilts sweep`: failures named at the end, a rerun that does and imports nothing, and what is shown meanwhile."""

import json
import subprocess
import sys

import click
import pytest

from adaptstilts.cli import live
from adaptstilts.cli.live import Lines, Tally, View
from adaptstilts.cli.main import cli
from adaptstilts.errors import ConfigError, InputError, Interrupted, StepsFailed
from adaptstilts.launch.front import Event
from adaptstilts.numerals import duration
from adaptstilts.store.store import Store
from tests.launch import tiny

SETTINGS = [word for setting in tiny.SETTINGS for word in ("--set", setting)]


@pytest.fixture
def sweep(tmp_path, monkeypatch, feigned, capsys):
    """The verb in this process, with steps that do nothing: exit code or error, what it printed and what it said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)

    def call(*words):
        ended = cli.main(["sweep", "tiny.yaml", *SETTINGS, *words], standalone_mode=False)
        return ended, *capsys.readouterr()

    return call


def test_it_does_all_and_says_how_far_it_is(sweep, tmp_path):
    ended, out, err = sweep()
    records = list(Store(tmp_path / "runs").records())
    assert not ended and not out
    assert f"{len(records)} steps to do, 0 done before" in err
    assert err.count(": begun ") == len(records) and f"0/{len(records)} steps, 1 running: begun " in err
    assert f"{len(records)}/{len(records)} steps: " in err and f"{len(records)} steps done now, 0 before" in err
    assert len({record.key for record in records}) == 11


def test_failures_end_it_with_1_and_are_named_and_retry_tries_again(sweep, feigned, tmp_path, capsys):
    feigned(tiny.failing("score swap"))
    with pytest.raises(StepsFailed, match=r"(?s)3 failed.*score swap of none\(\) → pawsx \[.*--retry") as caught:
        sweep()
    assert caught.value.exit_code == 1
    told = f"{capsys.readouterr().err}{caught.value}"
    assert told.count("it cannot be") == 3, "each error once: when it happens"
    assert len(list(Store(tmp_path / "runs").records())) == 8
    feigned()
    with pytest.raises(StepsFailed, match="3 failed"):
        sweep()
    assert capsys.readouterr().err.count("in an earlier run") == 3
    with pytest.raises(StepsFailed, match=r"(?s)3 failed.*it cannot be \(in an earlier run.*--retry"):
        sweep("--json")
    ended, _, err = sweep("--retry")
    assert not ended and "3 steps done now, 8 before" in err


def test_skipped_steps_are_counted(sweep, feigned):
    feigned(tiny.failing("adapter"))
    with pytest.raises(StepsFailed, match="2 failed, 6 that need them skipped"):
        sweep()


def test_an_interrupt_says_what_to_run_again(sweep, feigned, monkeypatch):
    feigned(tiny.failing("adapter", error=KeyboardInterrupt()))
    monkeypatch.setattr(sys, "argv", ["adaptstilts", "sweep", "tiny.yaml"])
    with pytest.raises(Interrupted, match=r"(?s)Run the same command again.*adaptstilts sweep tiny\.yaml") as caught:
        sweep()
    assert caught.value.exit_code == 75


def test_only_and_limit_and_quiet(sweep, tmp_path):
    assert sweep("--only", "adapter", "--quiet")[1:] == ("", "")
    assert {record.step for record in Store(tmp_path / "runs").records()} == {"adapter"}
    _, _, err = sweep("--limit", "2")
    assert "2 steps done now, 2 before, 7 left for later" in err


def test_above_the_budget_it_refuses_unless_told(sweep):
    with pytest.raises(InputError, match="--over-budget"):
        sweep("--set", "sweep.spending.device_hours=0.000001")
    assert not sweep("--set", "sweep.spending.device_hours=0.000001", "--over-budget")[0]


def test_wrong_options_are_told(sweep):
    with pytest.raises(ConfigError, match="wokers"):
        sweep("--engine", "processes", "--option", "wokers=2")
    with pytest.raises(InputError, match="has no sweep"):
        cli.main(["sweep", "pocket"], standalone_mode=False)
    with pytest.raises(click.ClickException):
        sweep("--limit", "0")


def test_a_finished_sweep_does_no_work_and_imports_no_torch(sweep, tmp_path, monkeypatch):
    sweep()
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "steps").rglob("*")}
    code = (
        "import sys\nfrom adaptstilts.cli.main import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({'torch', 'transformers', 'adapters', 'datasets', 'ray', 'scipy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "sweep", "tiny.yaml", *SETTINGS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
    assert "0 steps done now, 11 before" in done.stderr
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "steps").rglob("*")}


def test_events_are_json_and_nothing_else_reaches_standard_output(tmp_path):
    """In a process of its own: what a library prints during a step must not come between."""
    (tmp_path / "tiny.yaml").write_text(tiny.SWEEP)
    code = (
        "import os, sys\nimport adaptstilts.work.step as work\nfrom adaptstilts.cli.main import cli\n"
        "from tests.launch import tiny\n"
        "def make(*given):\n    os.write(1, b'noise')\n    print('more noise')\n    return tiny.made(*given)\n"
        "work._make = make\ncli.main(sys.argv[1:], standalone_mode=False)"
    )
    command = [sys.executable, "-c", code, "sweep", "tiny.yaml", *SETTINGS, "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (events[0]["what"], events[0]["total"], events[-1]["what"]) == ("planned", 11, "ended")
    assert [event["what"] for event in events[1:-1]] == ["started", "said", "done"] * 11
    assert done.stderr.count("noise") == 22 and all(event["time"] > 0 for event in events)


def tally_after(*events, kinds=None, expected=None):
    tally = Tally(kinds or {"a": "adapter", "b": "adapter", "c": "score", "d": "score"}, expected)
    for event in events:
        tally.add(event)
    return tally


def test_time_left_follows_the_plan_or_the_mean_of_the_kind():
    planned = Event("planned", total=4, before=0)
    first = Event("done", "a", "adapter", "adapter x", 10.0)
    assert tally_after(planned, first).seconds_left() is None, "nothing is known of scores"
    assert tally_after(planned, first, Event("done", "c", "score", "score", 2.0)).seconds_left() == pytest.approx(12.0)
    assert tally_after(planned, first, expected={"c": 3.0, "d": 4.0}).seconds_left() == pytest.approx(17.0)
    two = [Event("started", key, "score", "score") for key in ("c", "d")]
    left = tally_after(planned, first, *two, expected={"b": 10.0, "c": 3.0, "d": 5.0}).seconds_left()
    assert left == pytest.approx(9.0, abs=0.5), "two run at once"


def test_the_line_counts_what_has_become_of_the_steps():
    events = [
        Event("planned", total=4, before=2),
        Event("done", "a", "adapter", "adapter x", 3.0),
        Event("failed", "b", "adapter", "adapter y", text="odd"),
        Event("skipped", "c", "score", "score", because="b"),
        Event("started", "d", "score", "score"),
    ]
    assert tally_after(*events).line() == "3/4 steps, 1 running, 1 failed, 1 skipped"


def test_time_left_is_that_of_what_this_run_has_to_do(sweep, monkeypatch):
    told, watching = [], live.watching
    monkeypatch.setattr(live, "watching", lambda kinds, **more: told.append(list(kinds)) or watching(kinds, **more))
    for words in (["--limit", "3"], ["--only", "score"], []):
        sweep(*words)
    first, scores, rest = told
    assert len(first) == 3 and scores and not set(first) & {*scores, *rest} and not set(scores) & set(rest)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3661, "1 h 1 min"), (200000, "2 d 7 h")]
)
def test_durations_are_spelt(seconds, expected):
    assert duration(seconds) == expected


def test_the_live_view_names_what_runs_and_the_failures(capsys):
    view = View(Tally({"a": "adapter", "b": "score"}))
    with view.live:
        view(Event("planned", total=2, before=0))
        view(Event("started", "a", "adapter", "adapter mnli", worker="worker 1"))
        view(Event("warned", "a", "adapter", "adapter mnli", text="waiting for [it]"))
        view(Event("failed", "b", "score", "score swap", text="odd [b]"))
        view.live.refresh()
    shown = capsys.readouterr().err
    assert "adapter mnli [a]" in shown and "worker 1" in shown and "failed: score swap [b]: odd [b]" in shown
    assert "1/2 steps, 1 running, 1 failed" in shown and "adapter mnli [a]: waiting for [it]" in shown
    assert any(line.strip().startswith("adapter mnli [a]") for line in shown.splitlines())  # not behind the bar


def test_lines_tell_what_has_begun_and_how_many_run_at_once(capsys):
    """Of two workers one has just ended whenever a step is done: what still runs beside it is no count of workers."""
    lines = Lines(Tally({"a": "adapter", "b": "adapter", "c": "score"}))
    for event in (
        Event("planned", total=3, before=0),
        Event("started", "a", "adapter", "adapter mnli", worker="worker 1"),
        Event("started", "b", "adapter", "adapter squad", worker="worker 2"),
        Event("done", "a", "adapter", "adapter mnli", 3.0),
        Event("started", "c", "score", "score swap", worker="worker 1"),
    ):
        lines(event)
    assert capsys.readouterr().err.splitlines() == [
        "3 steps to do, 0 done before",
        "0/3 steps, 1 running: begun adapter mnli [a], worker 1",
        "0/3 steps, 2 running: begun adapter squad [b], worker 2",
        "1/3 steps: adapter mnli [a] in 3.0 s",
        "1/3 steps, 2 running: begun score swap [c], worker 1",
    ]


def test_lines_tell_what_is_waited_for(capsys):
    Lines(Tally({"a": "adapter"}))(Event("warned", "a", "adapter", "adapter mnli", text="waiting for it"))
    assert capsys.readouterr().err == "adapter mnli [a]: waiting for it\n"


def test_quiet_lines_are_failures_alone(capsys):
    lines = Lines(Tally({"a": "adapter"}), quiet=True)
    lines(Event("planned", total=1, before=0))
    lines(Event("warned", "a", "adapter", "adapter mnli", text="waiting for it"))
    lines(Event("failed", "a", "adapter", "adapter mnli", text="odd"))
    assert capsys.readouterr().err == "failed: adapter mnli [a]: odd\n"
