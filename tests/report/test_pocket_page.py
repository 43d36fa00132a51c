"""One real cell of the pocket lab, from its config to its page."""

import re

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo
from tests.report.plainly import page, table
from tests.report.reading import Read

TINY = {
    "transfer.rows": 8,
    "evaluation.rows": 8,
    "evaluation.languages": ("en", "qaa"),
    "evaluation.attacks": ("swap",),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    store, zoo = Store(tmp_path_factory.mktemp("runs")), shipped_zoo()
    config = load_config("pocket", ("transfer.tasks.pawsx.steps=2",), TINY)
    todo = cell(config, Request("fuse", ("mnli", "qqp"), "pawsx"), zoo)
    session = Session(config, store, zoo)
    for step in todo.steps:
        work(step, session)
    return store.record(todo.transfer.key).plain(), [store.record(step.key).plain() for step in todo.scores]


def test_the_table_is_the_records(made):
    transfer, scores = made
    shown = table(transfer, scores)
    assert shown.columns == ("clean", "swap") and list(shown.scores) == ["en", "qaa"]
    assert shown.mean["clean"] == scores[0]["summary"]["mean_without_source"] == scores[0]["scores"]["qaa"]["accuracy"]
    assert shown.every["clean"] == scores[0]["summary"]["mean"]
    assert shown.n == {"en": 8, "qaa": 8} and shown.benchmarks == () and shown.challenges == ()
    (swap,) = shown.attacks
    assert 0 < swap.total.survival <= 1 and swap.total.edit_rate > 0


def test_the_page_shows_what_fusion_attends_to(made):
    transfer, scores = made
    read = Read(page(transfer, scores))
    layers = re.findall(r"layer (\d): mnli ([\d.]+) %, qqp ([\d.]+) %", read.text)
    assert [int(number) for number, *_ in layers] == [1, 2, 3, 4]
    assert all(float(first) + float(second) == pytest.approx(100, abs=0.11) for _, first, second in layers)
    rows = dict(read.tables["parameters"])
    assert rows["trained in this step"] == f"{transfer['parts']['trainable']:,}"
