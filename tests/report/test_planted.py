"""A sweep of the pocket lab with an effect planted in it: the verdict's statistic finds its sign and size; a placebo gains nothing."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.manifest import manifest
from adaptstilts.report.frame import read_frame
from adaptstilts.report.verdict import suggested, verdict
from adaptstilts.statistics.clustered_interval import equivalence, interval
from adaptstilts.statistics.estimands import probit_cost
from adaptstilts.statistics.slopes import slope_table
from adaptstilts.store.manifest import write_manifest
from adaptstilts.store.store import Store
from adaptstilts.work.session import Session
from adaptstilts.work.step import work
from adaptstilts.zoo.zoo import shipped_zoo

pytestmark = pytest.mark.timeout(900)  # about 70 s of CPU time, all in fixtures

PLANTED = 0.8
NO_GAIN = 0.03
"""Three points of clean accuracy: what the placebo is shown to stay within (trained adapters move it by more)."""
CONFIG = """
extends: pocket
name: small
summary: "four orderings of a head that learns fast"
transfer: {recipe: {steps: 40}, tasks: {udpos: {rows: 1280}}}
evaluation: {rows: 80, languages: [en, qab, qac], attacks: [swap], severity: 0.03}
sweep:
  pool: [anli, mnli, qqp, squad, squad2, hellaswag, ccg, cosmosqa, csqa]
  k: [0, 1, 2, 4]
  orderings: 4
  targets: [udpos]
  controls: {compositions: [random], k: [2], orderings: 4}
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One session for all: rows and backbone are the same with and without noise."""
    store = Store(tmp_path_factory.mktemp("planted"))
    (store.root / "small.yaml").write_text(CONFIG)
    return Session(swept(store).config, store, shipped_zoo())


def swept(store, *settings):
    return expand(str(store.root / "small.yaml"), settings)


@pytest.fixture(scope="module")
def store(session):
    """The sweep as it is and with noise, in one store: they share every transfer and clean score."""
    for settings in ((), (f"sweep.planted_noise={PLANTED}", "name=planted")):
        sweep = swept(session.store, *settings)
        write_manifest(manifest(sweep), session.store)
        for step in sweep.steps:
            work(step, session)
    return session.store


def judged(store, name):
    frame = read_frame(store.root, name)
    plan = suggested(frame)  # a tree that is being worked on has changes
    exclusions = tuple(flag for flag in plan.exclusions if flag != "dirty")
    return verdict(frame, dataclasses.replace(plan, exclusions=exclusions, levels=3))


@pytest.fixture(scope="module")
def expected(session):
    """The slopes that the noise should plant, on models of k = 4 that are in neither sweep, each attacked with and without its noise.

    On x = 0, 1, 2 the least-squares slope is half of what lies between the ends, and at k = 1 there is no noise.
    """
    found = []
    for cell in swept(session.store).cells:
        if cell.role == "k" and cell.k == 4 and cell.ordering < 3:
            transfer = dataclasses.replace(cell.transfer, seed=cell.seed + 1)
            clean = dataclasses.replace(cell.scores[0], transfer=transfer)
            attacked = dataclasses.replace(cell.scores[1], transfer=transfer, clean=clean)
            for step in (transfer, clean):
                work(step, session)
            without, noisy = (cost(work(dataclasses.replace(attacked, noise=x * PLANTED), session)) for x in (0, 2))
            found.append((noisy - without) / 2)
    return np.array(found)


def cost(record):
    cells = [told for language, told in record.scores.items() if language != "en"]
    return float(np.mean([probit_cost(c.clean, c.metric(record.metric), c.reached) for c in cells]))


def test_a_planted_effect_is_found_with_its_sign_and_size(store, expected):
    plain, planted = judged(store, "small"), judged(store, "planted")
    assert expected.min() > 0.1  # it is there to be found
    tables = [slope_table(v.trajectories.of("k", "fuse"), "D", 3) for v in (plain, planted)]
    effect = interval(tables[1] - tables[0])
    assert tables[0].shape == (4, 1) and effect.low > 0
    # of these tasks: four orderings of one head are too few to tell what of it would hold for others
    assert planted.evidence.pool.low > 0 > plain.evidence.pool.low
    size = float(expected.mean())
    assert float(effect.mean) == pytest.approx(size, rel=0.3)
    reach = stats.t.ppf(0.975, 2) * np.hypot(float(effect.se), expected.std(ddof=1) / np.sqrt(expected.size))
    assert abs(float(effect.mean) - size) <= reach


def test_untrained_adapters_bring_no_gain(store):
    """Equivalence, not a lack of evidence: the 90 % interval of the placebo's gain lies within NO_GAIN (TOST at 5 %)."""
    (control,) = judged(store, "small").controls
    assert control.composition == "random" and control.k == (2,)
    assert (control.gain.orderings, control.gain.heads) == (4, 1)
    low, high = control.gain.at(0.9)
    assert -NO_GAIN < low < high < NO_GAIN
    assert equivalence(control.gain, NO_GAIN) < 0.05
