"""A sweep of the pocket lab with an effect planted in it: the verdict's statistic finds its sign and size; a placebo gains nothing."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from adaptstilts.experiments.expansion import expand
from adaptstilts.experiments.manifest import write_manifest
from adaptstilts.experiments.session import Session
from adaptstilts.experiments.store import Store
from adaptstilts.experiments.work import work
from adaptstilts.experiments.zoo import shipped_zoo
from adaptstilts.report.frame import read_frame
from adaptstilts.report.slopes import slope_table
from adaptstilts.report.statistics.clusters import interval, slopes
from adaptstilts.report.statistics.estimands import probit_cost
from adaptstilts.report.verdict import suggested, verdict

pytestmark = pytest.mark.timeout(900)

PLANTED = 0.8
CONFIG = """
extends: pocket
name: small
summary: "three orderings, two heads that learn fast"
transfer: {recipe: {steps: 32}}
evaluation: {rows: 80, languages: [en, qaa, qac], attacks: [swap], severity: 0.03}
sweep:
  pool: [anli, mnli, qqp, squad, squad2, hellaswag, ccg, cosmosqa, csqa]
  k: [0, 1, 2, 4]
  orderings: 3
  targets: [udpos, panx]
  controls: {compositions: [random], k: [2], orderings: 2}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The sweep as it is and with noise, in one store: they share every transfer and clean score."""
    store, zoo = Store(tmp_path_factory.mktemp("planted")), shipped_zoo()
    for settings in ((), (f"sweep.planted_noise={PLANTED}", "name=planted")):
        sweep = expand(config(store), settings)
        write_manifest(sweep, store)
        session = Session(sweep.config, store, zoo)
        for step in sweep.steps:
            work(step, session)
    return store


def config(store):
    path = store.root / "small.yaml"
    path.write_text(CONFIG)
    return str(path)


def judged(store, name):
    frame = read_frame(store.root, name)
    plan = suggested(frame)  # a tree that is being worked on has changes
    exclusions = tuple(flag for flag in plan.exclusions if flag != "dirty")
    return verdict(frame, dataclasses.replace(plan, exclusions=exclusions, levels=3))


@pytest.fixture(scope="module")
def expected(store):
    """The slope that the noise should plant, with its standard error, on models that are in neither sweep: two of each head.

    The same model is attacked without noise and with that of k = 2 and k = 4, where x is 1 and 2.
    """
    sweep = expand(config(store))
    session = Session(sweep.config, store, shipped_zoo())
    found = {"udpos": [], "panx": []}
    for cell in sweep.cells:
        if cell.role == "k" and cell.k == 2 and cell.ordering < 2:
            transfer = dataclasses.replace(cell.transfer, seed=cell.seed + 1)
            clean = dataclasses.replace(cell.scores[0], transfer=transfer)
            attacked = dataclasses.replace(cell.scores[1], transfer=transfer, clean=clean)
            work(transfer, session)
            work(clean, session)
            costs = [cost(work(dataclasses.replace(attacked, noise=x * PLANTED), session)) for x in (0, 1, 2)]
            found[cell.head].append(float(slopes(costs, [0, 1, 2])))
    values = np.array(list(found.values()))  # [heads, models]
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def cost(record):
    cells = [told for language, told in record["scores"].items() if language != "en"]
    return float(np.mean([probit_cost(c["clean"], c[record["metric"]], c["reached"]) for c in cells]))


def test_a_planted_effect_is_found_with_its_sign_and_size(store, expected):
    plain, planted = judged(store, "small"), judged(store, "planted")
    size, error = expected
    assert size > 0.1  # it is there to be found
    tables = [slope_table(v.trajectories.of("k", "fuse"), "D", 3) for v in (plain, planted)]
    effect = interval(tables[1] - tables[0])
    assert tables[0].shape == (3, 2) and effect.low > 0
    assert effect.low <= size <= effect.high
    assert float(effect.mean) == pytest.approx(size, rel=0.4)
    assert planted.ci[0] > 0
    reach = stats.t.ppf(0.975, planted.df) * np.hypot(float(planted.slope.se), error)
    assert abs(planted.beta - plain.beta - size) <= reach


def test_untrained_adapters_bring_no_gain(store):
    (control,) = judged(store, "small").controls
    assert control.composition == "random" and control.k == (2,)
    assert (control.gain.orderings, control.gain.heads) == (2, 2)
    assert control.gain.low < 0 or float(control.gain.mean) < 0.02
