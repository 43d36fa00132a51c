"""A step's precision: told in its record, kept from training to rereading and scores, in no key, and told where a store mixes them."""

import pytest
import torch

from adaptstilts.config.load import load_config
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.report.frame.tables import read_frame
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=2", "transfer.rows=16", "evaluation.rows=8",
            "evaluation.attacks=[swap]", "evaluation.languages=[en, qaa]"]  # fmt: skip
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU autocast does it")


def session(root, precision, *, apart=False):
    config = load_config("pocket", [*SETTINGS, f"device.precision={precision}"])
    return Session(config, Store(root), shipped_zoo(), apart=apart)


def planned(one, *tasks):
    return cell(one.config, Request("fuse", tasks, "pawsx"), one.zoo)


def done(one, steps):
    return [work(step, one) for step in pending(steps, one.store)]


def test_a_score_is_made_in_the_precision_of_its_transfer(tmp_path):
    asked = session(tmp_path, "bfloat16", apart=True)
    plan = planned(asked, "mnli", "squad")
    (transfer,) = done(asked, [plan.transfer])  # read again in a fresh process
    assert (
        transfer.provenance.precision == "bfloat16"
        and transfer.provenance.settings["device"]["precision"] == "bfloat16"
    )
    later = session(tmp_path, "auto")
    assert later.backbone.precision == "float32", "the pocket lab's own"
    assert [step.key for step in planned(later, "mnli", "squad").scores] == [step.key for step in plan.scores]
    scores = done(later, plan.scores)
    assert scores and {record.provenance.precision for record in scores} == {"bfloat16"}
    usual = done(later, [planned(later, "qqp", "squad").transfer])
    assert [record.provenance.precision for record in usual] == ["float32"]


def test_a_precision_that_is_asked_for_is_used_and_a_store_that_mixes_them_says_so(tmp_path):
    first = session(tmp_path, "auto")
    plan = planned(first, "mnli", "squad")
    (transfer,) = done(first, [plan.transfer])
    assert transfer.provenance.precision == transfer.provenance.arithmetic == "float32"
    done(session(tmp_path, "bfloat16"), plan.scores)
    assert read_frame(tmp_path).precisions == {"float32": 1, "bfloat16": len(plan.scores)}


def test_records_that_do_not_say_were_made_as_their_device_did_it():
    from adaptstilts.store.records.origin import Encoder, Provenance

    told = Provenance(config="pocket", backbone=Encoder(name="pocket"), device="cpu")
    assert (told.precision, told.arithmetic) == ("", "float32")
    assert told.model_copy(update={"device": "cuda:0"}).arithmetic == "bfloat16"
