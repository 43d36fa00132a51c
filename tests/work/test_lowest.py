"""With `adapter.drop` the lowest layers are run once for all cells of a sweep, and the numbers stay what they are."""

import dataclasses

import pyarrow as pa
import pytest

from adaptstilts.config.design import Controls, Design, Reference
from adaptstilts.config.load import load_config
from adaptstilts.models.assembly import Assembly
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.lowest import passes, readers
from adaptstilts.plan.request import Request
from adaptstilts.settings import Recipe
from adaptstilts.store.predictions import read_predictions
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import Zoo

SETTINGS = [
    "adapter.drop=2", "transfer.tasks={}", "transfer.rows=40", "transfer.recipe.batch=8", "evaluation.rows=20",
    "evaluation.attacks=[swap, greedy]", "evaluation.languages=[en, qab]", "evaluation.search_rows=4", "evaluation.budget=4",
]  # fmt: skip
SWEEP = Design(pool=("mnli", "squad"), k=(0, 1), targets=("pawsx",), orderings=2)
STEPS = {"one epoch": 5, "two epochs": 10}


class Cells:
    """Cells of the pocket lab in one store, and how many inputs went through the first layer since they were asked last."""

    def __init__(self, root, *, sweep=None, steps=10, more=()):
        config = load_config("pocket", [*SETTINGS, f"transfer.recipe.steps={steps}", *more])
        self.session = Session(dataclasses.replace(config, sweep=sweep), Store(root / "runs"), Zoo(root / "zoo"))
        self.folder = root / "runs" / "lowest"
        self.inputs = 0
        model = self.session.backbone.model
        model.base_model.encoder.layer[0].register_forward_pre_hook(self._count)

    def _count(self, module, args):
        self.inputs += len(args[0])

    def run(self, seed=0, target="pawsx"):
        todo = cell(self.session.config, Request("none", (), target, seed=seed), None)
        for step in pending(todo.steps, self.session.store):
            work(step, self.session)
        store = self.session.store
        records = [store.record(score.key) for score in todo.scores]
        return todo, records, [read_predictions(store.folder(score.key)) for score in todo.scores]

    @property
    def files(self):
        return {path.name for path in self.folder.glob("*.arrow")}


def test_the_numbers_are_the_same_with_and_without(tmp_path):
    """Held against the same cell with nothing kept: scores equal, margins within rounding."""
    plain = Cells(tmp_path / "plain", sweep=SWEEP, more=["device.lowest_gb=0"])
    kept = Cells(tmp_path / "kept", sweep=SWEEP)
    (todo, records, predictions), (same, others, theirs) = plain.run(), kept.run()
    assert not plain.files and kept.files
    assert [step.key for step in todo.steps] == [step.key for step in same.steps], "it is in no key"
    assert [record.scores for record in records] == [record.scores for record in others]
    for ours, expected in zip(theirs, predictions, strict=True):
        assert {row: p.margin for row, p in ours.items()} == pytest.approx(
            {row: p.margin for row, p in expected.items()}, abs=1e-4
        )


def test_a_second_cell_runs_the_lowest_layers_for_nothing_but_the_search(tmp_path):
    cells = Cells(tmp_path, sweep=SWEEP, more=["evaluation.attacks=[swap]"])
    cells.run()
    first = cells.files
    assert len(first) == 1 + 2 + 2, "training rows, and clean and attacked ones of two languages"
    cells.run(seed=1)
    assert len(cells.files - first) == 1, "each seed draws training rows of its own"
    assert first <= cells.files


@pytest.mark.parametrize(("steps", "count"), [("one epoch", 0), ("two epochs", 1)])
def test_one_cell_keeps_only_what_it_reads_twice_and_says_so(tmp_path, caplog, steps, count):
    cells = Cells(tmp_path, steps=STEPS[steps])
    with caplog.at_level("INFO"):
        cells.run()
    assert len(cells.files) == count
    assert "scored rows go through the lowest layers each time: they are read once" in caplog.messages
    assert caplog.messages.count("scored rows go through the lowest layers each time: they are read once") == 1


def test_long_inputs_do_without_and_it_is_said(tmp_path, caplog):
    cells = Cells(tmp_path, sweep=SWEEP, more=["device.lowest_gb=0.0001"])
    with caplog.at_level("INFO"):
        cells.run()
    assert not cells.files
    assert any("device.lowest_gb allows 100.0 kB" in message for message in caplog.messages)


def test_a_disk_that_says_no_costs_the_time_and_not_the_run(tmp_path, caplog):
    cells = Cells(tmp_path, sweep=SWEEP, more=["evaluation.attacks=[]"])
    cells.folder.parent.mkdir(parents=True)
    cells.folder.write_text("")
    _, records, _ = cells.run()
    assert records[0].scores and any("cannot be kept" in message for message in caplog.messages)


def test_nothing_is_kept_without_drop(tmp_path):
    cells = Cells(tmp_path, sweep=SWEEP, more=["adapter.drop=0", "evaluation.attacks=[]"])
    cells.run()
    assert not cells.folder.exists()


def test_searches_ask_from_the_bottom(tmp_path, monkeypatch):
    """A search's questions are of one model: they are not looked up, nor is any file made of them."""
    cells = Cells(tmp_path, sweep=SWEEP, more=["evaluation.attacks=[greedy]"])
    inside = []
    exactly, known = Assembly.exactly, Assembly._known

    def look(self, *args):
        found = known(self, *args)
        inside.append((self._lower is not None, found is not None))
        return found

    monkeypatch.setattr(Assembly, "_known", look)
    cells.run()
    assert exactly is Assembly.exactly
    assert len(cells.files) == 1 + 2, "training rows, clean rows of two languages"
    assert (True, True) in inside and (True, False) not in inside and (False, False) in inside


def test_rivals_of_a_retrieval_are_those_of_the_clean_rows(tmp_path):
    cells = Cells(tmp_path, sweep=SWEEP, more=["evaluation.attacks=[swap]", "evaluation.depth=1.0"])
    cells.run(target="tatoeba")
    with_rows = []
    for path in cells.folder.glob("*.arrow"):
        with pa.memory_map(str(path)) as source:
            with_rows.append(len(pa.ipc.open_file(source).read_all()))
    queries, pools = sorted(with_rows)[:2], sorted(with_rows)[2:]
    assert max(queries) <= 20 and len(pools) == 2 and max(pools) == 40, (
        "only attacked queries are made beside the clean pool"
    )


def test_how_often_rows_are_read():
    assert passes(Recipe(steps=10, batch=8), 40) == 2 and passes(Recipe(epochs=1.5), 40) == 1.5
    assert readers(None) == 1 and readers(SWEEP) == 4
    beside = dataclasses.replace(
        SWEEP,
        seeds=(0, 1),
        controls=Controls(compositions=("random",), k=(1,)),
        reference=Reference(fractions=(0.5, 1.0)),
    )
    assert readers(beside) == (4 + 1) * 2 + 2
