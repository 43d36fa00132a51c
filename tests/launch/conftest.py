import pytest

import adaptstilts.work.step as work
from adaptstilts.store.store import Store
from tests.launch import tiny


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture(scope="session")
def config():
    return tiny.config()


@pytest.fixture(scope="session")
def steps(config):
    return tiny.steps(config)


@pytest.fixture
def feigned(monkeypatch):
    """Steps that do nothing, or what is given in place of their work."""

    def set_work(make=tiny.made):
        monkeypatch.setattr(work, "_make", make)

    set_work()
    return set_work
