"""Progress where there is no terminal: a line now and then that tells what is left of the time once."""

import pytest

from adaptstilts.cli import console
from adaptstilts.cli.console import ProgressBar


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves."""
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_time_left_is_told_once_and_in_words(clock, capsys):
    bar = ProgressBar()
    bar.start(1000, "training pawsx")
    for clock[0], note in ((5.0, "loss 0.700"), (11.0, "loss 0.600"), (12.0, "loss 0.590"), (105.0, "loss 0.500")):
        bar.advance(100, note)
    bar.stop()
    assert capsys.readouterr().err.splitlines() == [
        "  training pawsx: 200/1000 loss 0.600, 48 s left",  # 100 in 6 s
        "  training pawsx: 400/1000 loss 0.500, 3 min 20 s left",  # 300 in 100 s
    ]


def test_what_was_done_before_a_stop_took_no_time_now(clock, capsys):
    bar = ProgressBar()
    bar.start(1000, "training pawsx")
    bar.advance(900, "resumed")
    clock[0] = 20.0
    bar.advance(20, "loss 0.5")
    assert capsys.readouterr().err == "  training pawsx: 920/1000 loss 0.5, 1 min 20 s left\n"


def test_quiet_is_quiet(clock, capsys):
    bar = ProgressBar(quiet=True)
    bar.start(10, "predicting")
    clock[0] = 60.0
    bar.advance(5)
    assert capsys.readouterr() == ("", "")
