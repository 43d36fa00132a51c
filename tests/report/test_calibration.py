"""Error rates of the interval and of the verdict on simulated sweeps with known truth (fixed seeds).

`benchmarks/intervals.py` and `benchmarks/calibration.py` are the full size.
"""

import pytest

from adaptstilts.config.load import available, load_config
from adaptstilts.plan.sweeps.expansion import expand
from benchmarks.calibration import DESIGNS, SPREAD, WORLDS, Design, judged
from benchmarks.calibration import rates as verdicts
from benchmarks.intervals import POINT, SCATTER, SETTINGS, SIZES, equivalent, level, naive, rates, simulate

SIMS, SIZE = 2000, (8, 8)
SMALL = Design(pool=12, orderings=12, heads=5, k=(1, 2, 4, 6), rows=1000, languages=4)
"""Of middling size: what a guard of the verdict holds off shows in a hundred of its sweeps."""


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def setting(request):
    return SETTINGS[request.param]


def test_level_and_coverage_hold_where_nothing_happens(setting):
    found = rates(simulate(setting, 0.0, SIMS, *SIZE, seed=100), 0.0)
    assert 0.02 <= found["rejects"] <= 0.08
    assert 0.93 <= found["covers"] <= 0.97


def test_one_point_a_doubling_is_found_and_covered(setting):
    found = rates(simulate(setting, 1.0, SIMS, *SIZE, seed=101), 1.0)
    assert found["rejects"] >= 0.9
    assert 0.93 <= found["covers"] <= 0.97


def test_equivalence_holds_its_level_at_the_edge_and_is_found_at_zero(setting):
    edge = simulate(setting, 0.05 / POINT, SIMS, *SIZE, seed=102)
    assert equivalent(edge, 0.05) <= 0.08
    assert equivalent(simulate(setting, 0.0, SIMS // 4, *SIZE, seed=103), 0.05) >= 0.9


@pytest.mark.parametrize("size", SIZES)
def test_no_size_of_the_design_errs_more_than_it_may(size):
    found = [level(*size, by, 5000, seed=107) for by in SCATTER.values()]
    assert max(found) <= 0.07
    if min(size) >= 5:
        assert min(found) >= 0.02


def test_models_are_not_independent_replications():
    assert naive(simulate(SETTINGS["steady models, slopes vary much"], 0.0, SIMS // 4, *SIZE, seed=104)) > 0.25


def test_designs_are_those_that_ship():
    """Every shipped sweep over k has its line in the table of docs/verdict.md, by its own geometry."""
    for name in available():
        config = load_config(name)
        if not any(config.sweep.k if config.sweep else ()):
            continue
        sweep, design = expand(name), DESIGNS[name]
        heads = {cell.head for cell in sweep.cells if cell.role == "k" and cell.k and cell.head}
        drawn = config.sweep
        k = tuple(sorted(k for k in drawn.k if k))
        assert (len(drawn.pool), drawn.orderings, len(heads), k, config.evaluation.rows) == (
            design.pool, design.orderings, design.heads, design.k, design.rows,
        )  # fmt: skip
        assert drawn.reference.points == len(SPREAD) and not drawn.further


FOOLING = (
    "nothing happens",
    "sets of tasks matter, 1.5 points",
    "tasks add up, 1 point each",
    "accuracy rises, cost falls with it",
    "accuracy falls abroad only, English in step",
    "accuracy falls in English only",
    "both act, both scatter",
    "logistic margins, accuracy falls",
    "chance floor, weak languages, accuracy falls",
    "beyond the references",
    "heads with two orderings",
)


@pytest.mark.parametrize("name", FOOLING)
def test_no_verdict_of_an_effect_is_false_too_often(name):
    """5 % of 60 sweeps and three standard errors."""
    assert verdicts(WORLDS[name], SMALL, 60, seed=105)["false"] <= 0.135


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [("accuracy rises, cost falls with it", "shrinks", 0.4), ("accuracy falls, cost rises with it", "accuracy", 0.8)],
)
def test_what_clean_accuracy_does_is_called_so(name, kind, least):
    """Rising accuracy may leave the references' range, where nothing is said."""
    found = verdicts(WORLDS[name], DESIGNS["robustness-k"], 30, seed=106)
    assert found[kind] >= least and found[kind] + found["inconclusive"] >= 0.9


@pytest.mark.parametrize("name", ["accuracy rises", "accuracy falls"])
def test_clean_accuracy_alone_does_not_fire_the_verdict(name):
    found = verdicts(WORLDS[name], SMALL, 60, seed=105)
    assert found["false"] <= 0.08


def lenient(found, *, by=("target", "source", "both")):
    """Whether a verdict with only some of its readings would claim an effect beyond accuracy."""
    readings = [reading for reading in found.readings if reading.by in by]
    up = found.side > 0 and all(reading.excess.high < 0 for reading in readings)
    return up or (found.side < 0 and all(reading.excess.low > 0 for reading in readings))


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("accuracy falls, cost rises with it", {"by": ()}),
        ("accuracy rises, cost falls with it", {"by": ()}),
        ("accuracy falls abroad only", {"by": ("source",)}),
        ("accuracy falls in English only", {"by": ("target",)}),
        ("both act, both scatter", {"by": ("target", "source")}),
    ],
)
def test_each_reading_is_there_for_a_reason(name, removed):
    """The same sweeps, judged without one guard."""
    found = list(judged(WORLDS[name], DESIGNS["robustness-k"], 30, seed=108))
    assert sum(lenient(each) for each in found) <= 5
    assert sum(lenient(each, **removed) for each in found) >= 7


def test_a_change_on_one_scale_alone_is_none():
    """Where languages are near a floor of chance, probits fall with accuracy as no cost does."""
    found = list(judged(WORLDS["chance floor, weak languages, accuracy falls"], DESIGNS["robustness-k"], 30, seed=113))
    assert sum(each.slope.low > 0 or each.slope.high < 0 for each in found) >= 9
    assert sum(each.side != 0 for each in found) <= 5


def test_what_lies_beyond_the_references_is_seen():
    found = list(judged(WORLDS["beyond the references"], SMALL, 30, seed=114))
    assert not any(each.tellable for each in found) and all(each.side for each in found)


def test_a_slope_of_one_set_of_tasks_is_none_of_k():
    """Nine orderings of nine tasks that end in one set: without what they share, the interval is far too short."""
    found = verdicts(WORLDS["sets of tasks matter, 1.5 points"], DESIGNS["robustness-k as it was"], 100, seed=109)
    assert found["covers"] >= 0.93 and found["alone"] <= 0.88


def test_an_interval_for_tasks_like_these_covers_what_tasks_add():
    found = verdicts(WORLDS["tasks add up, 1 point each"], DESIGNS["robustness-k"], 100, seed=110)
    assert found["covers"] >= 0.92 and found["alone"] <= 0.75


def test_the_question_is_found_in_its_design():
    """One point a doubling: four sweeps in five at least, as the issue asks."""
    assert verdicts(WORLDS["one point a doubling"], DESIGNS["robustness-k"], 40, seed=111)["exacerbates"] >= 0.8
    assert verdicts(WORLDS["minus one point a doubling"], DESIGNS["robustness-k"], 40, seed=112)["mitigates"] >= 0.8
