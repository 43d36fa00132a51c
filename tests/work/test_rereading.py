"""A saved transfer is read in a fresh process before its step counts as done, and must predict the very same."""

import json

import pytest

from adaptstilts.config.load import load_config
from adaptstilts.errors import CorruptArtefact
from adaptstilts.ids import files_digest
from adaptstilts.plan.cell import cell, pending
from adaptstilts.plan.request import Request
from adaptstilts.store.store import Store
from adaptstilts.work.reread import _apart, check_saved, reread
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

SETTINGS = ["transfer.tasks={}", "transfer.recipe.steps=2", "transfer.rows=16", "evaluation.rows=8",
            "evaluation.attacks=[]", "evaluation.languages=[en]"]  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    session = Session(load_config("pocket", SETTINGS), Store(root), shipped_zoo(), apart=True)
    step = cell(session.config, Request("fuse", ("mnli", "squad"), "pawsx"), session.zoo).transfer
    for one in pending([step], session.store):
        work(one, session)
    return session, step, session.store.folder(step.key)


def test_a_fresh_process_predicts_what_this_one_does(done):
    session, step, folder = done
    here = reread(step, session, folder)
    assert len(set(here)) > 1, "outputs differ from row to row"
    assert _apart(step, session, folder) == here


@pytest.mark.parametrize("apart", [True, False])
def test_weights_that_changed_on_the_way_are_refused(done, apart):
    """As if saving had lost a fusion, which users of `adapters` met: the file is sound, its numbers are others."""
    from safetensors.torch import load_file, save_file

    session, step, folder = done
    before = reread(step, session, folder)
    (weights,) = (folder / "bundle").glob("fusion-0/*.safetensors")
    described = folder / "bundle" / "bundle.json"
    kept = weights.read_bytes(), described.read_text()
    tensors = load_file(weights)
    save_file({name: tensor + 0.5 for name, tensor in tensors.items()}, weights)
    told = json.loads(kept[1])
    told["weights"][str(weights.relative_to(folder / "bundle"))] = files_digest([weights])
    described.write_text(json.dumps(told))
    session.apart = apart
    try:
        with pytest.raises(CorruptArtefact, match="does not predict what it predicted"):
            check_saved(step, before, session, folder)
    finally:
        weights.write_bytes(kept[0])
        described.write_text(kept[1])
        session.apart = True
    check_saved(step, before, session, folder)
