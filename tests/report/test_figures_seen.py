"""What is to be seen on figures: ticks enough, levels of intervals said, nothing behind anything else, units beside colours."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from adaptstilts.report.drawing.gallery import gallery
from adaptstilts.report.drawing.labels import names_beside
from adaptstilts.report.figures.effective import ticks
from adaptstilts.report.verdict import verdict
from tests.report.frames import planted


def drawn(orderings, *numbers, **changed):
    frame = planted(targets=("pawsx", "xnli"), languages=("en", "de", "hi"), orderings=orderings)
    frame.cells = frame.cells.assign(**changed)
    return [shown.drawn for shown in gallery(frame, verdict(frame), numbers)]


def texts(made):
    return [text.get_text() for ax in made.canvas.axes for text in ax.texts]


def test_the_forest_says_which_intervals_are_bonferronis():
    (made,) = drawn(3, 3)
    assert "97.5 % intervals (Bonferroni over 2 heads); p: Holm" in texts(made)
    assert "95 % interval" in texts(made) and "95 % intervals, one by one; exploratory" in texts(made)
    assert "97.5 %" in made.said and "heads' at Bonferroni's level" in made.said


def test_one_ordering_has_no_interval_and_says_so():
    (made,) = drawn(1, 3)
    assert "nan" not in made.said and "one ordering, no interval" in made.said
    assert not any("nan" in text for text in texts(made))


@pytest.mark.parametrize("middle", [0.03, 0.3, 0.5, 0.77, 0.975])
@pytest.mark.parametrize("reach", [0.002, 0.01, 0.05, 0.2])
def test_an_axis_has_three_ticks_or_more(middle, reach):
    low, high = max(0.001, middle - reach), min(0.999, middle + reach)
    found = ticks(low, high)
    assert 3 <= len(found) <= 6 and all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    assert np.allclose(np.diff(found), np.diff(found)[0])


def test_diagnostics_end_at_100_and_hide_nothing():
    (made,) = drawn(2, 7, survival=1.0)
    axes = {ax.get_label(): ax for ax in made.canvas.axes}
    assert axes["edits the tokenizer notices"].get_ylim()[1] <= 100.0
    lines = {line.get_label(): line for line in axes["confidence"].get_lines()}
    clean, attacked = lines["_line:clean"], lines["_line:attacked"]
    assert clean.get_linestyle() != attacked.get_linestyle() and clean.get_linewidth() > 1.5 * attacked.get_linewidth()
    points = made.data[(made.data["panel"] == "edits the tokenizer notices") & (made.data["kind"] == "points")]
    assert not points.duplicated(["x", "y"]).any(), "attacks stand side by side"


def test_names_have_a_rim_and_stand_over_no_point():
    (made,) = drawn(2, 9)
    for ax in made.canvas.axes:
        places = ax.transData.transform(
            [line.get_xydata()[0] for line in ax.get_lines() if ":" in str(line.get_label())]
        )
        for text in names_beside(ax):
            assert text.get_path_effects()
            box = text.get_window_extent()
            assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for x, y in places), text.get_text()


def test_colours_have_a_unit():
    made = drawn(2, 6, 8, 10)
    units = [[ax.get_ylabel() for ax in one.canvas.axes if ax.get_label() == "<colorbar>"] for one in made]
    assert units == [["probit units"], ["points"], ["weight, in even shares"]]


def test_single_orderings_are_to_be_seen_on_the_band():
    (made,) = drawn(4, 1)
    ax = made.canvas.axes[0]
    thin = [line for line in ax.get_lines() if str(line.get_label()).startswith("_line:ordering")]
    (band,) = [area for area in ax.collections if area.get_label() == "_band:95 % band"]
    assert len(thin) == 4 and all(line.get_alpha() >= 0.7 for line in thin)
    assert to_rgba(thin[0].get_color())[3] - band.get_alpha() > 0.5
