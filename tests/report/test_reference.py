"""Effective robustness of a frame's cells against lines that statsmodels fits on the same k = 0 models."""

import dataclasses

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit

from adaptstilts.report.frame import read_frame
from adaptstilts.report.verdict import suggested
from adaptstilts.report.verdict.trajectories import trajectories
from tests.report.stores import World, make_store


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    world = World(orderings=3, heads=("pawsx", "panx"), ks=(0, 1, 2), controls=(), references=10, n=500)
    return read_frame(make_store(tmp_path_factory.mktemp("reference"), world))


def score(values, n):
    return logit((n * np.asarray(values, float) + 0.5) / (n + 1))


def test_cells_lie_as_far_above_the_line_as_least_squares_says(frame):
    series = trajectories(frame, suggested(frame)).series
    place = "target == 'panx' and attack == 'drop' and language == 'qab'"
    models = frame.cells.query(f"{place} and k == 0 and role in ['reference', 'k']")
    source = frame.clean[frame.clean.source].drop_duplicates("transfer").set_index("transfer").value
    assert len(models) == 10 + 3
    design = np.column_stack([np.ones(13), score(models.transfer.map(source), 500), score(models.clean, 500)])
    line = sm.OLS(score(models.attacked, 500), design).fit().params
    cells = series.query(f"{place} and k == 2")
    at = np.column_stack([np.ones(3), score(cells.transfer.map(source), 500), score(cells.clean, 500)])
    expected = (500 * cells.attacked + 0.5) / 501 - expit(at @ line)
    assert len(cells) == 3 and np.allclose(cells.rho, expected, atol=1e-9)


def test_too_few_models_give_no_line(frame):
    plan = dataclasses.replace(suggested(frame), references=14)
    assert trajectories(frame, plan).series.rho.isna().all()


def test_models_that_cannot_be_compared_make_no_line(frame):
    cells = frame.cells.copy()
    cells.loc[cells.role == "reference", "flagged"] = "dirty"
    plan = dataclasses.replace(suggested(frame), references=4)
    assert trajectories(dataclasses.replace(frame, cells=cells), plan).series.rho.isna().all()
    lenient = dataclasses.replace(plan, exclusions=("data",))
    assert trajectories(dataclasses.replace(frame, cells=cells), lenient).series.rho.notna().all()
