"""The verdict's error rates on simulated sweeps with known truth (fixed seeds); `benchmarks/calibration.py` is the full size."""

import pytest

from adaptstilts.store.registration import Plan
from benchmarks.calibration import (
    POINT,
    SCATTER,
    SETTINGS,
    SIZES,
    TRUTHS,
    Truth,
    equivalent,
    kinds,
    level,
    naive,
    rates,
    simulate,
)

SIMS, SIZE = 2000, (8, 8)


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def setting(request):
    return SETTINGS[request.param]


def test_level_and_coverage_hold_where_nothing_happens(setting):
    found = rates(simulate(setting, Truth(), SIMS, *SIZE, seed=100), 0.0)
    assert 0.02 <= found["rejects"] <= 0.08
    assert 0.93 <= found["covers"] <= 0.97


def test_one_point_a_doubling_is_found_and_covered(setting):
    found = rates(simulate(setting, Truth(1.0), SIMS, *SIZE, seed=101), 1.0)
    assert found["rejects"] >= 0.9
    assert 0.93 <= found["covers"] <= 0.97


def test_equivalence_holds_its_level_at_the_edge_and_is_found_at_zero(setting):
    edge = simulate(setting, Truth(0.05 / POINT), SIMS, *SIZE, seed=102)
    assert equivalent(edge, 0.05) <= 0.08
    assert equivalent(simulate(setting, Truth(), SIMS // 4, *SIZE, seed=103), 0.05) >= 0.9


@pytest.mark.parametrize("size", SIZES)
def test_no_size_of_the_design_errs_more_than_it_may(size):
    found = [level(*size, by, 5000, seed=107) for by in SCATTER.values()]
    assert max(found) <= 0.07
    if min(size) >= 5:
        assert min(found) >= 0.02


def test_models_are_not_independent_replications():
    assert naive(simulate(SETTINGS["steady models, slopes vary much"], Truth(), SIMS // 4, *SIZE, seed=104)) > 0.25


@pytest.mark.parametrize("name", [name for name in TRUTHS if "alone" in name])
def test_clean_accuracy_alone_does_not_fire_the_verdict(name):
    sweeps = simulate(SETTINGS["noisy models, slopes vary"], TRUTHS[name], 200, *SIZE, seed=105, reference=True)
    found = kinds(sweeps, Plan())
    assert found["exacerbates"] + found["accuracy"] <= 0.08 * 200


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cost goes with accuracy, accuracy grows", "accuracy"),
        ("3 points a doubling", "exacerbates"),
        ("-3 points a doubling", "mitigates"),
    ],
)
def test_each_truth_gets_its_sentence(name, kind):
    sweeps = simulate(SETTINGS["noisy models, slopes vary"], TRUTHS[name], 100, *SIZE, seed=106, reference=True)
    assert kinds(sweeps, Plan())[kind] >= 90
