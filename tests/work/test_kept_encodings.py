"""Encodings of large sets are kept beside the store: a second run reads them, and its numbers are the same."""

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.kinds.pair import Pair
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.work import session as sessions
from adaptstilts.work.reread import REREAD_ROWS
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=2", "transfer.rows=40", "evaluation.rows=40",
            "evaluation.attacks=[]", "evaluation.languages=[en, qab]"]  # fmt: skip


def scored(root, zoo):
    session = Session(load_config("pocket", SETTINGS), Store(root), Zoo(zoo))
    todo = cell(session.config, Request("none", (), "pawsx"), None)
    for step in pending(todo.steps, session.store):
        work(step, session)
    return session.store.record(todo.scores[0].key).scores


@pytest.mark.parametrize("kept_from", [1, 1000], ids=["kept", "made each time"])
def test_the_numbers_are_the_same_kept_or_not(tmp_path, monkeypatch, kept_from):
    """Held against `kind.encode` itself, which small sets go through."""
    plain = scored(tmp_path / "plain", tmp_path / "zoo")
    monkeypatch.setattr(sessions, "KEPT_FROM", kept_from)
    assert scored(tmp_path / "other", tmp_path / "zoo") == plain
    assert (tmp_path / "other" / "encodings").is_dir() == (kept_from == 1)


def test_a_second_run_encodes_nothing_that_was_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "KEPT_FROM", 1)
    first = scored(tmp_path / "runs", tmp_path / "zoo")
    for folder in (tmp_path / "runs" / "steps").iterdir():
        (folder / "record.json").unlink()
    rows = []
    encode = Pair.encode
    monkeypatch.setattr(Pair, "encode", lambda self, found, *rest: rows.extend(found) or encode(self, found, *rest))
    assert scored(tmp_path / "runs", tmp_path / "zoo") == first
    assert len(rows) == 2 * REREAD_ROWS, "only the rows that are read again after saving are encoded"
