"""Heads and adapters that have not learnt are named in table, page and report, and do not count in the verdict; by hand."""

import json

import pytest

from adaptstilts.report.caveats import unlearnt_in
from adaptstilts.report.frame import read_frame
from adaptstilts.report.report import report
from adaptstilts.report.verdict import verdict
from tests.report.plainly import page, table, typed
from tests.report.reading import Read
from tests.report.records import HUB, records
from tests.report.stores import World, make_store
from tests.report.test_frame import change

BELOW = {"n": 600, "uninformed": 0.552, "by": 0.003, "low": -0.011, "high": 0.018}
ABOVE = {**BELOW, "by": 0.3617, "low": 0.32, "high": 0.4}
SIZE = {"n": 40, "references": 0, "controls": (), "heads": ("pawsx", "panx"), "orderings": 3, "ks": (0, 1, 2, 4)}


def cell(above_chance, **shape):
    transfer, scores = records(**shape)
    scores[0]["scores"]["en"]["above_chance"] = above_chance
    return transfer, scores


def test_a_head_that_has_not_learnt_is_named_in_table_and_page():
    transfer, scores = cell(BELOW)
    said = "The head has not learnt. In en, where it was trained, its score of 91.4 is within noise of the 55.2"
    assert any(note.startswith(said) and "(+0.3 [-1.1, +1.8] points)" in note for note in table(transfer, scores).notes)
    assert said in " ".join(Read(page(transfer, scores)).text.split())


@pytest.mark.parametrize("told", [ABOVE, None])
def test_one_that_has_or_that_nobody_asked_is_not(told):
    transfer, scores = cell(told)
    assert not [note for note in table(transfer, scores).notes if "learnt" in note]
    assert "has not learnt" not in page(transfer, scores)


def test_untaught_adapters_are_named():
    transfer, scores = cell(ABOVE)
    transfer["untaught"] = ["mnli"]
    assert "Untaught adapters. mnli do not beat chance" in " ".join(table(transfer, scores).notes)


def test_an_adapter_is_taught_where_its_interval_lies_above_zero():
    def adapter(**told):
        cells = {"en": {"n": 600, "accuracy": 0.5, **told}}
        from tests.store.filled import record

        return record("adapter", scores=cells)

    assert adapter(above_chance=ABOVE).taught is True
    assert adapter(above_chance={**BELOW, "low": 0.0}).taught is False
    assert adapter().taught is None
    assert json.loads(json.dumps(adapter(above_chance=BELOW).plain()))["scores"]["en"]["above_chance"] == BELOW


@pytest.fixture
def store(tmp_path):
    """A sweep in which the second task of the first ordering was never learnt, and no head of panx."""
    made = make_store(tmp_path, World(**SIZE))
    frame = read_frame(made)
    lost = frame.transfers[(frame.transfers.ordering == 0) & (frame.transfers.k >= 2)]
    name = lost.iloc[0].members[1]
    for key in lost.transfer:
        change(made, key, untaught=[name])
    for row in frame.clean[frame.clean.source].itertuples():
        told = json.loads((made / "steps" / row.score / "record.json").read_text())["scores"]
        told["en"]["above_chance"] = BELOW if row.target == "panx" else ABOVE
        change(made, row.score, scores=told)
    return made, name, lost


def test_models_with_an_untaught_adapter_do_not_count(store):
    made, name, lost = store
    frame = read_frame(made)
    found = verdict(frame)
    reason = "an adapter that does not beat chance, which is no task"
    cells = frame.cells[frame.cells.transfer.isin(set(lost.transfer))]
    assert set(cells.why) == {reason}
    assert found.left_out[reason] == len(cells[~cells.source])
    assert set(found.trajectories.of("k", "fuse").query("ordering == 0").k) <= {0, 1}
    assert found.R == 2  # the first ordering has one level of k left, so no slope
    said = dict(unlearnt_in(frame))
    assert said["Untaught adapters."].startswith(f"{name} do not beat chance")
    assert said["Untaught adapters."].endswith(f"{lost.transfer.nunique()} models with one are not compared.")


def test_the_report_names_both(store):
    made, name, _ = store
    found = report(made)
    text = " ".join(Read(found.files[0].read_text(encoding="utf-8")).text.split())
    models = read_frame(made).transfers.query("target == 'panx'").transfer.nunique()
    said = f"Heads of panx have not learnt. {models} of {models} models score within noise"
    assert said in text and "Heads of pawsx" not in text and f"{name} do not beat chance" in text
    assert [line.split(".")[0] for line in found.as_dict()["unlearnt"]] == [
        "Heads of panx have not learnt",
        "Untaught adapters",
    ]


def test_only_generated_languages_are_called_so():
    transfer, scores = records(data=HUB)
    transfer["provenance"]["config"] = "pocket"
    transfer["provenance"]["backbone"]["name"] = "e5-small"
    text = " ".join(Read(page(transfer, scores)).text.split())
    assert "enerated languages" not in text and "One cell, one seed." in text
    assert "intfloat/multilingual-e5-small" in text and "docs/backbones/e5-small.md" in text
    pocket = " ".join(Read(page(*records())).text.split())
    assert (
        "Pocket lab: generated languages, a tiny encoder." in pocket
        and "adaptstilts/pocket/encoder/README.md" in pocket
    )


@pytest.mark.parametrize(
    ("backbone", "about", "url"),
    [
        ({"name": "FacebookAI/xlm-roberta-base"}, "", "https://huggingface.co/FacebookAI/xlm-roberta-base"),
        ({"name": "/models/mine"}, "", ""),
        ({"name": "e5-small", "init": "random"}, "randomly initialised", ""),
    ],
)
def test_an_encoder_is_named_with_its_card(backbone, about, url):
    from adaptstilts.report.encoder import named
    from adaptstilts.store.records.origin import Encoder

    found = named(Encoder(**backbone))
    assert found.url == url and about in found.about
    transfer, scores = records(data=HUB)
    transfer["provenance"]["backbone"] = backbone
    assert typed(transfer).provenance.backbone.name in page(transfer, scores)
