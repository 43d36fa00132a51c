"""The shipped sweeps: each is read by the real loader, expands whole, and is what its summary says."""

import re
from collections import Counter

import pytest
from scipy.stats import norm

from adaptstilts.config.load import available, labs
from adaptstilts.plan.sweeps.budget import exposed, power_for, said_of
from adaptstilts.plan.sweeps.cost import Costing, rough, total
from adaptstilts.plan.sweeps.expansion import expand
from adaptstilts.plan.sweeps.row_errors import scored_rows
from adaptstilts.statistics.power import power_of
from adaptstilts.store.store import Store

SHIPPED = sorted(name for name in available() if name not in labs())
NINE = {"anli", "mnli", "qqp", "squad", "squad2", "hellaswag", "ccg", "cosmosqa", "csqa"}
XTREME = {"xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc", "tatoeba"}


@pytest.fixture(scope="module")
def sweeps():
    return {name: expand(name) for name in SHIPPED}


def levels(sweep, role="k"):
    return sorted({cell.k for cell in sweep.cells if cell.role == role})


def heads(sweep):
    return {cell.head for cell in sweep.cells if cell.role == "k" and cell.k and cell.head}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_sweep_expands_whole(name, sweeps):
    sweep = sweeps[name]
    assert sweep.config.name == name and sweep.config.summary.startswith("sweep: ")
    assert sweep.steps and all("trains nothing, so 'fuse' has nothing to learn from" in why for why in sweep.left_out)
    assert len({step.key for step in sweep.steps}) == len(sweep.steps)
    spending = sweep.config.sweep.spending
    assert spending.device_hours and spending.disk_gb
    costing = Costing(sweep.config, rough(sweep.config.backbone))
    assert total(costing.of(step) for step in sweep.steps).disk <= 1e9 * spending.disk_gb, "it may take what it needs"


def test_there_are_the_six():
    assert SHIPPED == ["low-compute", "phang-small", "phang2020", "pocket-k", "robustness-k", "small-k"]


def test_the_paper_has_nine_tasks_alone_all_at_once_and_none_on_nine_targets(sweeps):
    """As the results of Phang et al. 2020 are laid out: a row an intermediate task, a column a target; medians of three seeds."""
    cells = list(sweeps["phang2020"].cells)
    assert {cell.target for cell in cells} == XTREME
    rows = Counter((cell.composition, frozenset(cell.tasks)) for cell in cells)
    alone = {("single", frozenset([name])) for name in NINE}
    assert set(rows) == alone | {("multitask", frozenset(NINE)), ("none", frozenset())}
    assert set(rows.values()) == {7 * 3 + 2}  # two targets train nothing and are the same with every seed


def test_the_question_has_its_design(sweeps):
    sweep = sweeps["robustness-k"]
    assert levels(sweep) == [0, 1, 2, 4, 6, 9] and sweep.config.sweep.orderings >= 8 and len(heads(sweep)) >= 6
    assert {c.composition for c in sweep.cells if c.role == "control"} == {"random", "copies", "wide"}
    assert all(len(c.tasks) == c.k for c in sweep.cells if c.role == "k")
    assert power_of(sweep.config.sweep.orderings, list(heads(sweep)), levels(sweep)).detectable() < 1.0


@pytest.mark.parametrize("name", ["pocket-k", "robustness-k", "low-compute"])
def test_sweeps_over_k_have_what_the_statistics_need(name, sweeps):
    """Two or more of each unit for the test, and twelve k = 0 models a head for the line of effective robustness."""
    sweep = sweeps[name]
    design = sweep.config.sweep
    assert design.orderings >= 4 and len(heads(sweep)) >= 3 and 0 in levels(sweep)
    line = Counter(cell.target for cell in sweep.cells if cell.role == "reference")
    assert set(line) == set(design.targets) and min(line.values()) >= 12
    assert levels(sweep, "control") and any(score.texts for cell in sweep.cells for score in cell.scores)


@pytest.mark.parametrize("name", ["robustness-k", "low-compute"])
def test_controls_have_slopes_of_their_own(name, sweeps):
    """An effect of size is told from one of tasks by the controls' slopes: two levels of k, two orderings."""
    controls = [cell for cell in sweeps[name].cells if cell.role == "control"]
    for composition in {cell.composition for cell in controls}:
        own = [cell for cell in controls if cell.composition == composition]
        assert len({cell.k for cell in own}) >= 2 and len({cell.ordering for cell in own}) >= 2


def test_the_pocket_sweep_takes_its_adapters_from_the_package(sweeps):
    trained = [step for step in sweeps["pocket-k"].steps if step.kind == "adapter"]
    assert {step.task for step in trained} == {"qqp"} and len(trained) == 3  # two more copies and the wide one
    assert levels(sweeps["pocket-k"]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["pocket-k", "robustness-k", "low-compute"])
def test_the_largest_k_leaves_room(name, sweeps):
    """Where all orderings end in one set of tasks, what it does looks like slope: k is half the pool at most."""
    design, power = sweeps[name].config.sweep, power_for(sweeps[name])
    assert 2 * max(design.k) <= len(design.pool) and not power.doubts
    cells = [cell for cell in sweeps[name].cells if cell.role == "k" and cell.k]
    for k in levels(sweeps[name]):
        held = {(cell.ordering, frozenset(cell.tasks)) for cell in cells if cell.k == k}
        assert len({tasks for _, tasks in held}) == len(held)
    assert max(power.errs().values()) <= 0.05 + 0.01


def test_the_question_can_be_answered(sweeps):
    """One point a doubling, which matters, is found four times in five."""
    assert power_for(sweeps["robustness-k"]).at(1.0) >= 0.8


def test_what_a_design_finds_goes_with_its_test_rows():
    """Bounded, or as many as there are; of searches alone those that are searched."""
    found = {rows: expand("pocket-k", [f"evaluation.rows={rows}"]) for rows in (20, 100, 5000)}
    few, usual, all_there = (power_for(sweep).detectable() for sweep in found.values())
    assert few > usual > all_there
    assert {(told.rows, told.languages, told.attacks) for told in scored_rows(found[100])} == {(100, 6, 2)}
    assert {told.rows for told in scored_rows(found[5000])} == {500}  # which the lab has
    searched = scored_rows(expand("pocket-k", ["evaluation.attacks=[greedy]"]))
    assert {(told.rows, told.attacks) for told in searched} == {(20, 1)}
    assert "(most in pawsx: 100 rows x 6 languages x 2 attacks)" in list(said_of(found[100]))[3]
    alone = expand("pocket-k", ["evaluation.languages=[en]"])
    assert not scored_rows(alone) and "left out, too: what test rows add" in list(said_of(alone))[3]


def test_what_a_design_finds_and_cannot_do_is_said():
    said = list(said_of(expand("pocket-k")))
    assert said[0].startswith("4 orderings, 4 independent heads") and "--set sweep.further=[4]" in said[-1]
    assert "of 4,000 simulated sweeps of this design" in said[2]
    slope = re.search(
        r"a slope of ([0-9.]+) probit units \(([0-9.]+) points where attacked scores are near 65 %\)", said[0]
    )
    least, points = map(float, slope.groups())
    assert 100 * (0.65 - norm.cdf(norm.ppf(0.65) - least)) == pytest.approx(
        points, rel=0.03
    )  # scipy's, at that very size
    short = ["sweep.k=[0, 1, 9]", "sweep.reference={}", "sweep.orderings=1"]
    beware = [line for line in said_of(expand("pocket-k", short)) if line.startswith("beware: ")]
    assert len(beware) == 3 and "sweep.reference" in beware[1] and "half the pool" in beware[2]
    usual = "sweep.reference={fractions: [0.1, 0.2, 0.5, 0.6, 0.8, 1.0], seeds: [0, 1]}"
    power = power_for(expand("pocket-k", [usual])).as_dict()
    assert (
        "no reference trains longer" in list(said_of(expand("pocket-k", [usual])))[-1]
        and "no reference" in power["doubts"][-1]
    )


def test_models_that_have_seen_the_data_of_their_target_are_counted_beforehand(sweeps, tmp_path):
    """By hand, from the families: mnli is the English of XNLI, udpos stands in for ccg; a Latin square has every task at each place."""
    wanted = {"xnli": "7 of 24 models of xnli hold mnli,", "udpos": "7 of 24 models of udpos hold ccg,"}
    told = list(exposed(sweeps["small-k"], Store(tmp_path)))
    assert [any(words in line for line in told) for words in wanted.values()] == [True, True]
    assert not any("panx" in line or "tydiqa" in line for line in told)
