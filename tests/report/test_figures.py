"""Figures: found by folder, drawn from a planted study, their tables equal to the artists, none harmed by another."""

import io
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from scipy.special import expit

from adaptstilts.report.drawing.figure import Figure, NotDrawn
from adaptstilts.report.drawing.gallery import gallery, save, svg
from adaptstilts.report.drawing.labels import label_points, names_beside
from adaptstilts.report.drawing.sheet import Sheet, settle, style
from adaptstilts.report.figures import FIGURES, in_order
from adaptstilts.report.figures.languages import script_of
from adaptstilts.report.figures.security import left
from adaptstilts.report.verdict import verdict
from adaptstilts.statistics.calibration import calibration_error
from tests.report.frames import RISE, planted

NAMES = {
    1: "headline", 2: "effective", 3: "forest", 4: "security", 5: "replayed", 6: "languages", 7: "diagnostics", 8: "transfer",
    9: "cost", 10: "attention",
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    frame = planted(targets=("pawsx", "xnli"), languages=("en", "de", "hi", "zh"), orderings=3)
    return frame, verdict(frame)


@pytest.fixture(scope="module")
def drawn(study):
    frame, told = study
    with style():
        return {figure.name: figure.draw(frame, told) for figure in in_order()}


def test_figures_are_found_and_numbered():
    assert {figure.number: figure.name for figure in in_order()} == NAMES
    assert FIGURES.broken == {}
    for figure in in_order():
        assert FIGURES.origin(figure.name).stem == figure.name
        assert figure.title and figure.summary and figure.needs


@pytest.mark.parametrize("name", NAMES.values())
def test_the_table_is_what_is_drawn(drawn, name):
    """Every number of the table is read back from matplotlib's artists, and every labelled artist is in the table."""
    made = drawn[name]
    seen = 0
    for ax in made.canvas.axes:
        own = made.data[made.data["panel"] == ax.get_label()]
        for artist in (*ax.get_lines(), *ax.collections):
            kind, _, series = str(artist.get_label()).removeprefix("_").partition(":")
            if series:
                seen += _equal(artist, kind, own[own["series"] == series])
    cells = (made.data["kind"] == "cell").sum()
    assert seen + cells == len(made.data) + (made.data["kind"] == "interval").sum()
    assert seen or cells


def _equal(artist, kind, table):
    """How many lines of the table the artist shows."""
    if isinstance(artist, QuadMesh):
        shown = np.ma.filled(artist.get_array(), np.nan).ravel()
        np.testing.assert_allclose(table["y"].to_numpy(float), shown)
        return 0
    if isinstance(artist, PolyCollection):
        band = table[table["kind"] == "band"]
        corners = {tuple(np.round(point, 9)) for point in artist.get_paths()[0].vertices}
        expected = {(x, y) for x, low, high in band[["x", "low", "high"]].to_numpy(float) for y in (low, high)}
        assert {tuple(np.round(point, 9)) for point in expected if np.isfinite(point).all()} <= corners
        return len(band)
    x, y = np.asarray(artist.get_xdata(), float), np.asarray(artist.get_ydata(), float)
    if kind == "interval":
        (row,) = table[["low", "high", "y"]].to_numpy(float)
        np.testing.assert_allclose([*x, *y], [row[0], row[1], row[2], row[2]])
        return 1
    if kind == "estimate":
        np.testing.assert_allclose([[x[0], y[0]]], table[["x", "y"]].to_numpy(float))
        return 1
    own = table[table["kind"] == kind]
    np.testing.assert_allclose(own[["x", "y"]].to_numpy(float), np.column_stack([x, y]))
    return len(own)


@pytest.mark.parametrize("name", NAMES.values())
def test_each_says_in_words_what_is_to_be_seen(drawn, name):
    made = drawn[name]
    assert len(made.caption) > 80 and len(made.said) > 40
    assert "nan" not in made.said.lower().split()
    panels = [ax.get_label() for ax in made.canvas.axes if not ax.get_label().startswith("<")]
    assert set(made.data["panel"]) <= set(panels)


def test_the_headline_shows_the_planted_rise_and_the_verdict(study, drawn):
    _, told = study
    data = drawn["headline"].data
    mean = data[(data["panel"] == "all heads") & (data["series"] == "mean")]
    steep = np.polyfit(mean["x"], mean["y"], 1)[0]
    assert steep == pytest.approx(told.beta, abs=1e-6) == pytest.approx(RISE, abs=0.03)
    low, high = drawn["headline"].canvas.axes[0].get_ylim()
    lines = data[data["kind"] != "band"]["y"]
    assert low < lines.min() and lines.max() < high <= low + 1.17 * (
        max(data["high"][data["panel"] == "all heads"].max(), lines.max())
        - min(
            data["low"][data["panel"] == "all heads"].min(),
            lines.min(),
            data["low"][data["series"] != "95 % band"].min(),
        )
    )
    texts = [text.get_text() for ax in drawn["headline"].canvas.axes for text in ax.texts]
    assert f"slope {told.beta:+.3f} [{told.ci[0]:+.3f}, {told.ci[1]:+.3f}]" in texts
    assert told.sentence in drawn["headline"].canvas.get_suptitle().replace("\n", " ")
    assert {"random", "copies"} <= set(data["series"])
    wedge = data[(data["panel"] == "pawsx") & (data["series"] == "too small to matter")]
    np.testing.assert_allclose(wedge["high"], told.plan.sesoi * wedge["x"])


def test_the_forest_holds_every_head_and_attack(study, drawn):
    _, told = study
    table = drawn["forest"].data.set_index("series")
    assert table.loc["all heads", ["x", "low", "high"]].tolist() == pytest.approx([told.beta, *told.ci])
    assert {"pawsx", "xnli", "swap", "drop", "pawsx · swap"} <= set(table.index)
    low, high = told.heads[0].slope.at(1 - told.plan.alpha / 2)
    assert table.loc[told.heads[0].head, ["low", "high"]].tolist() == pytest.approx([low, high])


def test_a_language_that_an_attack_lacks_is_blank(drawn):
    table = drawn["languages"].data.set_index(["row", "column"])["y"]
    assert np.isnan(table["hi", "homoglyph"]) and np.isfinite(table["de", "homoglyph"])


def test_scripts_in_order():
    assert [script_of(code) for code in ("qaa", "hi", "zh", "??")] == ["generated", "Devanagari", "Han", "other"]


def test_a_security_curve_is_what_its_definition_says():
    draw = np.random.default_rng(5)
    rows = pd.DataFrame(
        {"s_clean": draw.integers(0, 2, 300), "s_adv": draw.integers(0, 2, 300), "queries": draw.integers(1, 40, 300)}
    )
    x, y = left(rows, "queries")
    for budget in (0, 1, 7, 20, 39):
        lost = (rows["s_clean"] == 1) & (rows["s_adv"] == 0) & (rows["queries"] <= budget)
        by_hand = ((rows["s_clean"] == 1) & ~lost).mean()
        assert y[np.searchsorted(x, budget, side="right") - 1] == pytest.approx(by_hand)
    assert (np.diff(y) <= 0).all()


def test_calibration_error_of_known_answers():
    """One confidence: the error is its distance from the share right. Answers right as often as they are sure: none."""
    margins = np.array([2.0] * 70 + [-2.0] * 30)
    assert calibration_error(margins) == pytest.approx(abs(expit(2.0) - 0.7))
    draw = np.random.default_rng(2)
    sure = draw.uniform(0, 4, 200_000)
    right = draw.random(200_000) < expit(sure)
    assert calibration_error(np.where(right, sure, -sure)) < 0.005


def test_replayed_pairs_stand_where_they_belong(study, drawn):
    frame, _ = study
    table = drawn["replayed"].data.set_index(["row", "column"])["y"]
    cells = frame.cells[(frame.cells["attack"] == "greedy") & ~frame.cells["source"].astype(bool)]
    doses = frame.transfers.drop_duplicates("transfer").set_index("transfer")["k"]
    one = cells[(cells["texts_from"].map(doses) == 9) & (cells["k"] == 1)]
    assert table["k = 9", "k = 1"] == pytest.approx(one["success_rate"].mean())


def test_labels_are_moved_apart_and_keep_their_order():
    with style():
        sheet = Sheet(["a panel"])
        ax = sheet.axes["a panel"]
        label_points(ax, [(0.5, y, name, "k") for y, name in ((0.5, "b"), (0.5, "c"), (0.1, "a"), (0.52, "d"))])
        ax.set_ylim(0, 1)
        settle(sheet.canvas)
        boxes = {text.get_text(): text.get_window_extent() for text in names_beside(ax)}
    assert not any(one.overlaps(other) for one, other in combinations(boxes.values(), 2))
    low = {name: box.y0 for name, box in boxes.items()}
    assert low["a"] < min(low["b"], low["c"]) and max(low["b"], low["c"]) < low["d"]
    assert ax.transData.inverted().transform((0, boxes["a"].y0 + boxes["a"].height / 2))[1] == pytest.approx(
        0.1, abs=0.02
    )


def test_no_name_of_a_figure_stands_over_another(study):
    named = [
        [text.get_window_extent() for text in names_beside(ax)]
        for shown in gallery(*study, (1, 4, 7, 9))
        for ax in shown.drawn.canvas.axes
    ]
    assert sum(len(boxes) > 1 for boxes in named) >= 4
    for boxes in named:
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_names_at_lines_ends_stand_in_the_lines_order(study):
    (shown,) = gallery(*study, (4,))
    for ax in shown.drawn.canvas.axes:
        solid = [line for line in ax.get_lines() if line.get_linestyle() == "-"]
        ends = sorted(solid, key=lambda line: line.get_ydata()[-1])
        rising = sorted(names_beside(ax), key=lambda text: text.get_window_extent().y0)
        assert [text.get_text() for text in rising] == [line.get_label().removeprefix("_line:") for line in ends]
        assert rising[0].get_position()[1] >= ax.get_ylim()[0]


def test_figures_without_data_say_why():
    bare = planted(doses=(1,), targets=("pawsx",), languages=("en", "de"), orderings=1)
    bare.cells = bare.cells[
        (bare.cells["attack"] == "swap") & (bare.cells["severity"] == 0.1) & (bare.cells["texts_from"] == "")
    ]
    bare.transfers = bare.transfers.assign(attention=None)
    shown = {each.figure.name: each for each in gallery(bare, verdict(bare))}
    assert set(shown) == set(NAMES.values())
    reasons = {name: each.reason for name, each in shown.items() if each.drawn is None}
    assert {"headline", "forest", "security", "replayed", "languages", "attention"} <= set(reasons)
    assert reasons["replayed"] == "no replayed scores in this store"
    assert not any(each.broken for each in shown.values())
    with pytest.raises(NotDrawn):
        svg(shown["replayed"])


def test_a_broken_figure_harms_no_other(study, monkeypatch):
    frame, told = study

    def crash(frame, verdict):
        raise ZeroDivisionError("of its own")

    broken = Figure(3, "forest", "Forest", "", crash)
    monkeypatch.setitem(FIGURES._entries, "forest", broken)
    shown = {each.figure.name: each for each in gallery(frame, told, (1, 3, 8))}
    assert "ZeroDivisionError: of its own" in shown["forest"].reason and shown["forest"].broken
    assert shown["headline"].drawn is not None and shown["transfer"].drawn is not None


def test_files_are_vectors_pictures_and_tables(study, tmp_path):
    (shown,) = gallery(*study, (3,))
    files = save(shown, tmp_path / "figures", ("pdf", "csv"))
    assert [path.name for path in files] == ["03-forest.pdf", "03-forest.png", "03-forest.csv"]
    pdf = files[0].read_bytes()
    assert pdf.startswith(b"%PDF") and b"/Subtype /Image" not in pdf and b"CreationDate" not in pdf
    assert files[1].read_bytes().startswith(b"\x89PNG")
    back = pd.read_csv(io.BytesIO(files[2].read_bytes()))
    pd.testing.assert_frame_equal(back, shown.drawn.data, check_dtype=False)
    first = pdf
    save(shown, tmp_path / "figures", ("pdf",))
    assert files[0].read_bytes() == first


def test_inline_drawings_share_no_id_and_ask_for_nothing(study):
    texts = [svg(shown) for shown in gallery(*study, (1, 5, 6))]
    ids = [part.split('"', 1)[0] for text in texts for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids)) > 20
    for text in texts:
        assert "<image" not in text and "<style" not in text and "<metadata" not in text and "#1b1f24" not in text
        assert "var(--ink)" in text and text.count("<desc") == 1
        assert "http" not in text.replace("http://www.w3.org/", "")
