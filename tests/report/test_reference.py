"""Lines of the k = 0 models against statsmodels' on the same models, and what cells do beyond them."""

import dataclasses

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import ndtri

from adaptstilts.report.frame import read_frame
from adaptstilts.report.verdict import suggested
from adaptstilts.report.verdict.evidence import evidence
from adaptstilts.report.verdict.reference import references
from adaptstilts.report.verdict.trajectories import trajectories
from tests.report.stores import World, make_store

LANGUAGES = ("qaa", "qab", "qac")


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    world = World(orderings=3, heads=("pawsx", "panx"), ks=(0, 1, 2), controls=(), references=10, n=500)
    return read_frame(make_store(tmp_path_factory.mktemp("reference"), world))


def score(values, n=500):
    return ndtri((n * np.asarray(values, float) + 0.5) / (n + 1))


def by_hand(frame, target):
    """Attacked, clean and source probits of a target's cells, means over languages and attacks, a row a model."""
    cells = frame.cells.query(f"target == '{target}' and not source")
    source = frame.clean[frame.clean.source].drop_duplicates("transfer").set_index("transfer").value
    told = cells.assign(attacked=score(cells.attacked), clean=score(cells.clean))
    means = told.groupby(["role", "ordering", "k", "transfer"])[["attacked", "clean"]].mean().reset_index()
    return means.assign(source=score(means.transfer.map(source)))


def test_a_cell_lies_as_far_beyond_the_line_as_least_squares_says(frame):
    plan = suggested(frame)
    found = evidence(frame, plan, trajectories(frame, plan))
    told = {r.by: r for r in found.readings if r.scale == "probit" and not r.corrected}
    covariates = {"target": ["clean"], "source": ["source"], "both": ["clean", "source"]}
    assert set(told) == set(covariates)
    for by, names in covariates.items():
        excess = []
        for target in ("panx", "pawsx"):
            models = by_hand(frame, target)
            lines = models[models.k == 0]
            assert len(lines) == 10 + 3
            steep = sm.OLS(lines.attacked, sm.add_constant(lines[names])).fit().params[names]
            rows = models[models.k >= 1].sort_values(["ordering", "k"])
            steps = rows.groupby("ordering")[["attacked", *names]].agg(lambda two: two.iloc[1] - two.iloc[0])
            excess.append((steps.attacked - steps[names] @ steep).mean())
        assert float(told[by].excess.mean) == pytest.approx(np.mean(excess), abs=1e-9)
        both = float(told[by].expected.mean) - float(told[by].excess.mean)
        assert both == pytest.approx(float(found.slope.mean), abs=1e-9)


def test_the_range_is_that_of_the_models_at_no_k(frame):
    plan = suggested(frame)
    found = evidence(frame, plan, trajectories(frame, plan))
    (span,) = (each for each in found.spans if (each.target, each.by) == ("panx", "abroad"))
    models = by_hand(frame, "panx")
    bare = models[models.k == 0].clean
    assert span.references == pytest.approx((bare.min(), bare.max()))
    means = models[models.k >= 1].groupby("k").clean.mean()
    assert span.models == pytest.approx((means.min(), means.max())) and not span.outside
    far = dataclasses.replace(span, models=(span.models[0], bare.max() + 0.06))
    assert far.outside and dataclasses.replace(found, spans=(far,)).tellable is False


def lines(frame, **changes):
    plan = dataclasses.replace(suggested(frame), **changes)
    return references(frame, plan, trajectories(frame, plan), ["panx", "pawsx"])


def test_too_few_models_give_no_line(frame):
    assert lines(frame, references=14) is None and lines(frame, references=13) is not None


def test_models_that_cannot_be_compared_make_no_line(frame):
    cells = frame.cells.copy()
    cells.loc[cells.role == "reference", "flagged"] = "dirty"
    flagged = dataclasses.replace(frame, cells=cells)
    assert lines(flagged, references=4) is None
    assert lines(flagged, references=4, exclusions=("data",)) is not None
