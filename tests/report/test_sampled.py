"""Intervals of one cell's costs: worked out again by the delta method over source rows, and shown on its page."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest, norm

from tests.report.plainly import cost_intervals, write_page
from tests.report.reading import Read
from tests.report.records import records

LANGUAGES, ROWS = ("en", "qaa", "qab"), 400


@pytest.fixture
def cell(tmp_path):
    """A cell whose rows are the same in every language, with prediction files for the clean score and the first attack."""
    transfer, scores = records(languages=LANGUAGES, attacks=("swap", "drop"))
    rng = np.random.default_rng(4)
    clean = rng.random(ROWS) < 0.8
    attacked = clean & (rng.random(ROWS) < 0.7)
    for record, right in zip(scores[:2], (clean, attacked), strict=True):
        lines = [
            {"language": language, "id": f"{language}-{n}", "source": str(n), "score": float(right[n]), "margin": 0.0}
            | {"queries": 0, "edits": 1, "rate": 0.1, "outcome": "edited"}
            for language in LANGUAGES
            for n in range(ROWS)
        ]
        folder = tmp_path / "steps" / record["key"]
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(lines), folder / "predictions.parquet")
    return tmp_path / "steps", transfer, scores, clean, attacked


def test_translations_of_a_row_are_one_row(cell):
    steps, _, scores, clean, attacked = cell
    found = cost_intervals(steps, scores, "en")
    assert list(found) == ["swap"]
    cost, low, high = found["swap"]
    shares = np.array([clean.mean(), attacked.mean()])
    assert cost == pytest.approx(norm.ppf(shares[0]) - norm.ppf(shares[1]), abs=0.01)
    slope = np.array([1, -1]) / norm.pdf(norm.ppf(shares))
    se = float(np.sqrt(slope @ np.cov(clean, attacked) @ slope / ROWS))  # of 400 rows, not of 800
    assert (high - low) / 2 == pytest.approx(1.96 * se, rel=0.15)


def test_the_page_has_them_and_says_n_a_elsewhere(cell):
    steps, transfer, scores, *_ = cell
    (cost, low, high) = cost_intervals(steps, scores, "en")["swap"]
    path = write_page(steps / transfer["key"], transfer, scores)
    swap, drop = Read(path.read_text().replace("\xa0", " ")).tables["attacks"][-2:]
    assert swap[-1] == f"{cost:+.2f} ({low:+.2f} to {high:+.2f})" and drop[-1] == "n/a"
    (steps / scores[1]["key"] / "predictions.parquet").write_text("")
    assert "rows do not read back" in write_page(steps / transfer["key"], transfer, scores).read_text()
    scores[0]["metric"] = scores[1]["metric"] = scores[2]["metric"] = "balanced_accuracy"  # no mean over rows
    text = write_page(steps / transfer["key"], transfer, scores).read_text()
    assert "95&nbsp;% interval" not in text


def test_an_attack_that_turned_no_row_is_not_known_to_cost_nothing(cell):
    """The bound is scipy's exact one: of 400 examples none was turned, so up to 0.75 % of them may be."""
    steps, _, scores, clean, _ = cell
    (steps / scores[1]["key"] / "predictions.parquet").write_bytes(
        (steps / scores[0]["key"] / "predictions.parquet").read_bytes()
    )
    cost, low, high = cost_intervals(steps, scores, "en")["swap"]
    off = binomtest(0, ROWS).proportion_ci(confidence_level=0.90).high
    share = clean.mean()
    assert cost == 0 and high == pytest.approx(norm.ppf(share) - norm.ppf(share - off), abs=1e-3)
    assert low == pytest.approx(norm.ppf(share) - norm.ppf(share + off), abs=1e-3)
