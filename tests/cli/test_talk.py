"""Who hears what the package says: standard error where a command talks, a step's log, a run's events, and otherwise nobody."""

import logging
import threading
from logging.handlers import BufferingHandler

import click
import pytest
from click.testing import CliRunner

from adaptstilts.cli.console import talk, told_as_events
from adaptstilts.talk import heard_by
from adaptstilts.work.step_log import step_log

log = logging.getLogger("adaptstilts.somewhere")


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
