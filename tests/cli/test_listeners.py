"""Who hears what the package says: standard error where a command talks, a step's log, a run's events, and otherwise nobody."""

import logging
import subprocess
import sys
import threading
from logging.handlers import BufferingHandler

import click
import pytest
from click.testing import CliRunner

from adaptstilts.cli.console import talk, told_as_events
from adaptstilts.listeners import Speaker, heard_by
from adaptstilts.work.step_log import step_log

log = Speaker("adaptstilts.somewhere")


@click.command()
@click.option("-q", "quiet", is_flag=True)
def command(quiet):
    talk(quiet)
    log.info("100% of it")
    logging.getLogger("another.library").info("not ours")
    with told_as_events():
        log.warning("an event")
    log.warning("the end")


def test_a_command_talks_on_standard_error_while_it_runs(capfd, monkeypatch):
    for _ in range(2):
        done = CliRunner().invoke(command)
        assert (done.stdout, done.stderr) == ("", "100% of it\nthe end\n")
    log.warning("nobody listens")
    assert CliRunner().invoke(command, ["-q"]).output == ""
    monkeypatch.setenv("RANK", "1")
    assert CliRunner().invoke(command).output == ""
    assert capfd.readouterr() == ("", "")


def test_each_thread_is_heard_by_its_own():
    heard = {name: BufferingHandler(10) for name in "ab"}
    ready = threading.Barrier(2)

    def say(name):
        with heard_by(heard[name]):
            ready.wait(20)
            log.info(name)
            ready.wait(20)
            heard[name] = [record.getMessage() for record in heard[name].buffer]

    threads = [threading.Thread(target=say, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"a": ["a"], "b": ["b"]}


def test_a_step_log_that_cannot_be_written_is_told(tmp_path, capfd):
    file = tmp_path / "log.txt"
    file.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"), step_log(file) as note:
        note("to the file alone")
    with pytest.raises(OSError, match="No space left"), step_log(file):
        log.info("to all")
    assert capfd.readouterr() == ("", "")


USER = """
import logging, logging.config, sys
from pathlib import Path
tree = logging.getLogger("adaptstilts")
exec(sys.argv[2])
import adaptstilts
from adaptstilts.listeners import Speaker
from adaptstilts.work.step_log import step_log
log = Speaker("adaptstilts.work")
exec(sys.argv[3])
with step_log(Path(sys.argv[1])):
    log.info("in the log")
log.info("in none")
assert tree.level == int(sys.argv[4])
"""


@pytest.mark.parametrize(
    ("before", "after", "level", "printed"),
    [
        ("logging.basicConfig()", "", logging.NOTSET, []),
        ("tree.setLevel(logging.ERROR)", "", logging.ERROR, []),
        ("", "tree.setLevel(logging.ERROR); logging.basicConfig()", logging.ERROR, []),
        ("", "logging.disable(); logging.config.dictConfig({'version': 1})", logging.NOTSET, []),
        ("logging.basicConfig(level='INFO', format='%(message)s')", "", logging.NOTSET, ["in the log", "in none"]),
    ],
)
def test_a_users_logging_is_let_be_and_a_steps_log_has_all(before, after, level, printed, tmp_path):
    words = [sys.executable, "-c", USER, str(tmp_path / "log.txt"), before, after, str(level)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr.splitlines()) == ("", printed)
    (line,) = (tmp_path / "log.txt").read_text().splitlines()
    assert line.endswith(" in the log")
