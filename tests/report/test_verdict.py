"""Verdicts on stores whose truth is known: each sentence, what is left out, and the same numbers by another way."""

import dataclasses
import json

import numpy as np
import pytest
import statsmodels.formula.api as smf
from scipy.special import ndtr, ndtri

from adaptstilts.report.frame import read_frame
from adaptstilts.report.verdict import decide, language_map, suggested, verdict
from adaptstilts.report.verdict.evidence import Evidence, Span
from adaptstilts.report.verdict.sentence import sentence
from adaptstilts.report.wording import KINDS, text
from adaptstilts.statistics.clustered_interval import Interval, interval
from adaptstilts.statistics.readings import LineReading
from adaptstilts.statistics.slopes import slope_table
from adaptstilts.store.registration import Plan, preregister
from adaptstilts.store.store import Store
from tests.report.stores import World, journalled, make_store

HEADS = ("pawsx", "xcopa", "panx", "tydiqa")
SIZE = {"orderings": 5, "heads": HEADS, "n": 2000}


def judged(folder, plan=None, **world):
    return verdict(read_frame(make_store(folder, World(**SIZE | world))), plan)


@pytest.fixture(scope="module")
def growing(tmp_path_factory):
    store = make_store(tmp_path_factory.mktemp("growing"), World(**SIZE, beta=0.12, slope_sd=0.01))
    return store, verdict(read_frame(store))


def test_a_cost_that_grows_beyond_accuracy_exacerbates(growing):
    _, found = growing
    assert found.kind == "exacerbates" and found.ci[0] < 0.12 < found.ci[1] and found.rho.high < 0
    assert (found.R, found.T, found.p < 0.001, found.counted) == (5, 4, True, 5 * 4 * 4 * 2 * 3)
    assert found.sentence.startswith("Over 5 orderings x 4 heads, robustness cost changed by beta = +0.1")
    said = ", for tasks like the 9 of the pool. Not registered; no planned cell is missing."
    assert found.sentence.endswith(KINDS["exacerbates"] + said)
    assert (
        "points where attacked scores are near" in found.sentence
        and "effective-robustness slope -0.1" in found.sentence
    )
    assert (
        abs(found.clean.mean) < 0.02
        and found.first.low < 0.06
        and (found.left_out, found.outside) == ({}, {"source language": 272})
    )


def test_beta_is_the_mean_of_slopes_of_means(growing):
    store, found = growing
    frame = read_frame(store)
    mine = frame.cells[(frame.cells.role == "k") & (frame.cells.k >= 1) & ~frame.cells.source]
    shares = {name: (mine.n * mine[name] + 0.5) / (mine.n + 1) for name in ("clean", "attacked")}
    d = mine.assign(D=ndtri(shares["clean"]) - ndtri(shares["attacked"]))
    means = d.groupby(["ordering", "head", "k"]).D.mean().reset_index()
    fits = [
        np.polyfit(np.log2(group.k.astype(float)), group.D, 1)[0] for _, group in means.groupby(["ordering", "head"])
    ]
    assert found.beta == pytest.approx(np.mean(fits), rel=1e-9)
    wide = slope_table(found.trajectories.of("k", "fuse"), "D")
    assert wide.shape == (5, 4) and float(interval(wide).mean) == pytest.approx(found.beta)


def test_heads_are_adjusted_and_controls_stand_beside(growing):
    _, found = growing
    assert [head.head for head in found.heads] == sorted(HEADS)
    assert all(head.holm >= float(head.slope.p) for head in found.heads)
    assert max(head.holm for head in found.heads) >= max(float(head.slope.p) for head in found.heads)
    told = {control.composition: control for control in found.controls}
    assert set(told) == {"random", "copies", "wide"} and told["random"].k == (2, 4, 8)
    assert all(abs(float(control.slope.mean)) < 0.05 for control in found.controls)
    assert all(float(control.difference.mean) > 0.1 for control in found.controls)
    points, attacked = found.points  # by hand: what is left of the attacked score at k = 1 after one doubling
    assert points == pytest.approx(100 * (attacked - ndtr(ndtri(attacked) - found.beta))) and 2 < points < 6
    assert found.page.p < 0.01 and found.mixed.slope == pytest.approx(found.beta, abs=0.01)


def test_no_effect_is_equivalent_and_a_fall_mitigates(tmp_path):
    found = judged(tmp_path / "none", beta=0.0)
    assert found.kind == "none" and found.tost_p < 0.05 and -0.05 < found.narrow[0] < found.narrow[1] < 0.05
    assert judged(tmp_path / "fall", beta=-0.12).kind == "mitigates"


def test_clean_accuracy_that_moves_alone_fires_nothing(tmp_path):
    found = judged(tmp_path, clean_slope=0.1, attacks=("swap", "drop"))
    assert found.kind == "none" and found.clean.low > 0.05


def test_missing_trajectories_are_told_and_heads_count_alike(growing):
    store, whole = growing
    frame = read_frame(store)
    lost = (frame.cells.role == "k") & (frame.cells.ordering == 1) & (frame.cells["head"] == "panx")
    found = verdict(dataclasses.replace(frame, cells=frame.cells[~lost]))
    assert (
        found.slope.units == 19
        and "5 orderings x 4 heads (1 of 20 trajectories missing; heads count alike)" in found.sentence
    )
    by_head = [float(head.slope.mean) for head in found.heads]
    assert found.beta == pytest.approx(np.mean(by_head)) and found.beta != pytest.approx(whole.beta)


def test_models_beyond_the_references_get_no_verdict_of_an_effect(tmp_path):
    found = judged(tmp_path, beta=0.12, clean_slope=0.2)
    assert found.kind == "inconclusive" and "lies outside the range of the k = 0 models" in found.sentence
    spans = [span for span in found.evidence.spans if span.outside]
    assert {span.by for span in spans} == {"abroad", "source"} and ": outside" in text(found)


def test_margins_of_the_records_say_whether_they_are_gaussian(tmp_path):
    """The store's margins are Normal with one spread: an attacked score moves as many probits as the clean one."""
    found = judged(tmp_path, rows=True, n=1000, orderings=2, heads=HEADS[:2], controls=())
    assert set(found.evidence.margins) == set(HEADS[:2])
    assert all(line == pytest.approx(1.0, abs=0.12) for line in found.evidence.margins.values())
    assert any(reading.by == "margins" for reading in found.evidence.readings)
    assert "1 if margins are Gaussian" in text(found)


def test_few_noisy_models_are_inconclusive_and_say_what_they_could_have_found(tmp_path):
    found = judged(tmp_path, orderings=2, heads=HEADS[:2], slope_sd=0.2, n=200)
    assert found.kind == "inconclusive" and f"minimum detectable slope = {found.mds:.4f}" in found.sentence
    assert found.mds > 0.05


def test_a_growing_cost_without_a_reference_line_is_not_told_from_accuracy(tmp_path):
    found = judged(tmp_path, beta=0.12, references=0, orderings=5, ks=(1, 2, 4, 8))
    assert found.rho is None and found.slope.low > 0 and found.kind == "inconclusive"
    assert "nothing tells it from an accuracy effect" in found.sentence


def test_what_cannot_be_compared_is_left_out_with_a_count(tmp_path):
    store = make_store(tmp_path, World(**SIZE | {"controls": ()}))
    frame = read_frame(store)
    keys = frame.cells.query("role == 'k' and k == 4 and ordering == 1 and head == 'panx'").score.unique()
    for key in keys:
        path = store / "steps" / key / "record.json"
        record = json.loads(path.read_text())
        record["provenance"]["dirty"] = True
        path.write_text(json.dumps(record))
    frame = read_frame(store)
    plan = suggested(frame)
    found = verdict(frame, plan)
    assert found.left_out["made from a tree with changes"] == len(keys) * 3
    assert 4 not in set(found.trajectories.of("k", "fuse").query("ordering == 1 and head == 'panx'").k)
    lenient = Plan(**{**plan.__dict__, "exclusions": ("backbone", "data", "exposure", "device")})
    assert "made from a tree with changes" not in verdict(frame, lenient).left_out


def test_a_series_at_chance_is_dropped_at_every_k(tmp_path):
    found = judged(tmp_path, cost=1.3, n=200, chance=0.5)
    assert found.left_out["a score within two standard errors of chance or 1"] > 0
    series = found.trajectories.series.groupby(
        ["role", "composition", "ordering", "head", "attack", "language"]
    ).k.nunique()
    assert (
        set(series["k"]) == {5}
        and (found.trajectories.table.groupby(["role", "composition", "ordering", "head"]).series.nunique() == 1).all()
    )


def test_nothing_to_compare_is_said(tmp_path):
    found = judged(tmp_path, provenance={"dirty": True})
    assert found.kind == "inconclusive" and "nothing is left" in found.sentence and text(found)
    gone = found.left_out["made from a tree with changes"]
    assert gone > 0 and f"made from a tree with changes ({gone:,})" in found.sentence
    assert found.points is None and set(found.outside) == {"source language"}


def test_what_is_not_scored_yet_is_not_called_left_out(tmp_path):
    found = judged(tmp_path, ks=(0, 1), controls=(), references=0)
    assert not found.left_out and "no head was attacked at 2 values of k" in found.sentence


def test_where_there_is_no_slope_it_says_what_is_missing_and_what_to_run(tmp_path):
    """In a sentence, and without tables of dashes; of single runs, of a sweep of one k, and of one that is not done."""
    alone = verdict(read_frame(tmp_path))
    assert "no slope over k can be drawn: no head was attacked" in alone.sentence
    assert "`adaptstilts sweep pocket-k`" in alone.sentence and "`adaptstilts compare`" in alone.sentence
    single = judged(tmp_path / "one", ks=(2,), orderings=1, heads=("pawsx",), controls=(), references=0)
    assert "which has k 2, two values of k from 1 on (--set sweep.k=[0,1,2,4])" in single.sentence
    for found in (alone, single):
        assert "–" not in text(found) and "by head" not in text(found) and found.sentence in text(found)
    lost = judged(tmp_path / "lost", provenance={"dirty": True})
    assert "To get one: make anew what was left out" in lost.sentence
    begun = dataclasses.replace(single, pending=3)
    assert "3 planned steps are not done. To get one: go on with the sweep" in sentence(begun)


def told(low, high):
    return Interval((low + high) / 2, (high - low) / 2 / 1.959964, 1e9, 0.5, low, high, 0.95, 8, 8, 64)


def seen(beta, excess, expected=(-0.01, 0.01), **more):
    """Evidence with one reading for each interval of `excess`."""
    readings = tuple(
        LineReading("probit", f"reading {n}", False, told(*one), told(*expected)) for n, one in enumerate(excess)
    )
    whole = {"costs": {"probit": told(*beta)}, "readings": readings} | more
    return Evidence(told(*beta), told(*beta), **whole)


UP, DOWN, NEITHER = (0.01, 0.05), (-0.05, -0.01), (-0.02, 0.01)


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (seen(UP, [DOWN]), "exacerbates"),
        (seen(UP, [DOWN, DOWN]), "exacerbates"),
        (seen(UP, [DOWN, NEITHER]), "inconclusive"),  # the references cannot tell
        (seen(UP, [NEITHER], expected=UP), "accuracy"),
        (seen(UP, [UP], expected=UP), "accuracy"),
        (seen(UP, [NEITHER]), "inconclusive"),  # that more is not shown does not show that accuracy does it
        (seen((-0.02, 0.02), [DOWN]), "none"),
        (seen((-0.20, -0.01), [UP]), "mitigates"),
        (seen((-0.20, -0.01), [NEITHER], expected=DOWN), "shrinks"),
        (seen((-0.20, -0.01), [NEITHER]), "inconclusive"),
        (seen((-0.20, -0.01), []), "inconclusive"),  # no references
        (seen((-0.20, 0.10), [NEITHER]), "inconclusive"),
        (seen(UP, [DOWN], costs={"probit": told(*UP), "corrected": told(-0.06, 0.06)}), "inconclusive"),
        (seen(UP, [DOWN], spans=(Span("xnli", "abroad", (0.2, 1.0), (0.9, 1.2)),)), "none"),
        (seen((0.01, 0.09), [DOWN], spans=(Span("xnli", "abroad", (0.2, 1.0), (0.9, 1.2)),)), "inconclusive"),
    ],
)
def test_the_first_condition_that_holds_decides(evidence, kind):
    plan = Plan(sesoi=0.03) if kind == "inconclusive" else Plan()
    assert decide(evidence, plan) == kind


def test_the_map_is_adjusted_over_all_its_cells(growing):
    store, _ = growing
    table = language_map(read_frame(store))
    assert len(table) == 2 * 3 and (table.p_bh >= table.p).all() and set(table.language) == {"qaa", "qab", "qac"}
    assert table.slope.mean() == pytest.approx(0.12, abs=0.03) and set(table.orderings) == {5}


def test_the_text_and_the_json_say_the_same(growing):
    _, found = growing
    shown, told = text(found), json.loads(json.dumps(found.as_dict()))
    assert found.sentence in shown and "not preregistered" in shown and f"{found.beta:+.4f}" in shown
    assert told["kind"] == "exacerbates" and told["slope"]["mean"] == found.beta
    assert [head["head"] for head in told["heads"]] == sorted(HEADS) and told["tost"]["sesoi"] == 0.05
    assert max(len(line) for line in shown.splitlines() if not line.startswith("Over")) <= 140


def test_the_mixed_model_is_statsmodels_own(growing):
    _, found = growing
    mine = found.trajectories.of("k", "fuse")
    data = mine[mine.k >= 1].assign(x=lambda d: np.log2(d.k.astype(float)), t=lambda d: d["head"])
    simple = smf.ols("D ~ x + C(t)", data.assign(r=data.ordering)).fit()
    assert found.mixed.slope == pytest.approx(simple.params["x"], abs=0.005) and found.mixed.se > simple.bse["x"] / 2


def registered_store(folder, world):
    """A store whose plan is registered and whose every record was made after it."""
    plan = suggested(read_frame(make_store(folder / "draft", world)))
    preregister(plan, [], Store(folder))
    journalled(make_store(folder, dataclasses.replace(world, provenance={"preregistration": plan.digest})))
    return plan


def test_a_plan_that_came_first_is_told_from_one_that_did_not(tmp_path):
    world = World(orderings=2, heads=("pawsx", "panx"), controls=(), references=0)
    plan = registered_store(tmp_path, world)
    found = verdict(read_frame(tmp_path))
    assert found.plan == plan and found.preregistered and "preregistered: every score" in text(found)
    stricter = dataclasses.replace(plan, sesoi=0.01)
    assert verdict(read_frame(tmp_path), stricter).registration == "changed"
    key = found.trajectories.used[0]
    path = tmp_path / "steps" / key / "record.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "provenance": {**record["provenance"], "preregistration": None}}))
    late = verdict(read_frame(tmp_path))
    assert late.registration == "changed" and not late.preregistered and "changed since" in text(late)


def test_a_sweep_that_changed_after_its_plan_is_told(tmp_path):
    world = World(orderings=2, heads=("pawsx", "panx"), controls=(), references=0)
    plan = registered_store(tmp_path, world)
    make_store(tmp_path, dataclasses.replace(world, orderings=3, provenance={"preregistration": plan.digest}))
    assert verdict(read_frame(tmp_path)).registration == "changed"


def test_an_empty_store_has_a_verdict_too(tmp_path):
    found = verdict(read_frame(tmp_path))
    assert found.kind == "inconclusive" and "no head was attacked" in text(found) and found.counted == 0


def test_other_severities_and_budgets_than_the_plans_do_not_count(tmp_path):
    store = make_store(tmp_path, World(orderings=2, heads=("pawsx", "panx"), controls=(), references=0))
    frame = read_frame(store)
    plan = dataclasses.replace(suggested(frame), severities=(0.0, 0.2))
    assert verdict(frame, plan).outside["severity outside the plan"] == len(frame.cells)
    plan = dataclasses.replace(suggested(frame), severities=(0.1,), budgets=(0, 50))
    assert verdict(frame, plan).counted == (~frame.cells[frame.cells.k >= 1].source).sum()
