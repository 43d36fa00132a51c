"""Records of real steps carry the digest of the plan that stood in the store before them, and refuse a later one."""

import pytest

from adaptstilts.errors import InputError
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.registration import plan_of, results_of
from adaptstilts.store.registration import preregister
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

TINY = (
    "sweep.orderings=2", "sweep.k=[0,1]", "sweep.targets=[pawsx]", "sweep.controls={}", "sweep.reference={}", "sweep.replays=[]",
    "transfer.tasks.pawsx={steps: 2}", "transfer.rows=8", "evaluation.rows=8", "evaluation.languages=[en,qaa]",
    "evaluation.attacks=[swap]",
)  # fmt: skip


def test_records_name_the_plan_that_stood_before_them(tmp_path):
    sweep, store = expand("pocket-k", TINY), Store(tmp_path)
    session = Session(sweep.config, store, shipped_zoo())
    cell = next(cell for cell in sweep.cells if cell.k == 0)
    early = work(cell.transfer, session)
    plan = plan_of(sweep)
    preregister(plan, results_of(sweep), store)
    late = [work(score, session) for score in cell.scores]
    assert early.provenance.preregistration is None
    assert [record.provenance.preregistration for record in late] == [plan.digest] * 2
    with pytest.raises(InputError, match="1 of this plan's results"):
        preregister(plan_of(sweep, sesoi=0.02), results_of(sweep), store)
