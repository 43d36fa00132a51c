"""A stop that reaches a step in the shape of another error: torch's reading of tensors makes a ValueError of a KeyboardInterrupt."""

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.plan.ingredients import adapter_step
from adaptstilts.stops import Stopped
from adaptstilts.store.store import Store
from adaptstilts.work import step as working
from adaptstilts.work.session import Session
from adaptstilts.zoo.zoo import shipped_zoo


@pytest.mark.parametrize("stopped", [True, False])
def test_an_error_that_follows_a_stop_is_no_failure_of_the_step(tmp_path, monkeypatch, stopped):
    session = Session(load_config("pocket"), Store(tmp_path), shipped_zoo())
    step = adapter_step(session.facts, "qqp")

    def broken(*_):
        raise ValueError("could not determine the shape")

    monkeypatch.setattr(working, "_make", broken)
    monkeypatch.setattr(working, "asked", lambda: stopped)
    with pytest.raises(Stopped if stopped else ValueError):
        working.work(step, session)
    assert (session.store.folder(step.key) / "error.txt").is_file() is not stopped
