"""Tables for a paper: booktabs, every letter escaped, the same numbers as the page's; published scores beside ours."""

import re

import pytest

from adaptstilts.metrics.benchmarks import BENCHMARKS
from adaptstilts.report.overview.grids import Grid, TableCell, TableRow
from adaptstilts.report.overview.latex import escape, tabular
from adaptstilts.report.overview.published import comparison, published
from adaptstilts.tasks import TASKS
from tests.report.frames import planted

# LaTeX's ten special characters, as "The Not So Short Introduction to LaTeX2e" (section 2.4) lists them
SPECIAL = "# $ % ^ & _ { } ~ \\"
PAWSX = ("de", "en", "es", "fr", "ja", "ko", "zh")


def link(key):
    return f"../steps/{key}/record.json"


def test_special_letters_are_escaped():
    assert escape(SPECIAL) == (
        r"\# \$ \% \textasciicircum{} \& \_ \{ \} \textasciitilde{} \textbackslash{}"
    )  # fmt: skip
    assert escape("mix_fields 10 % <b>\nü") == r"mix\_fields 10 \% \textless{}b\textgreater{} ü"


def test_a_table_is_laid_out():
    lines = [
        TableRow((TableCell("a_b"), TableCell("-1.5"), TableCell("x"), TableCell("50.0"))),
        TableRow((TableCell("c & d"), TableCell("+0.25"), TableCell("y"), TableCell("n/a"))),
    ]
    text = tabular(
        Grid("name", "Title", "100 % of it", ("model", "gain", "source", "k"), lines, (0, 2)), without=("source",)
    )
    assert "\\begin{tabular}{lrr}\n\\toprule\nmodel & gain & k \\\\\n\\midrule\n" in text
    assert "a\\_b & $-1.5$ & 50.0 \\\\\nc \\& d & $+0.25$ & n/a \\\\\n\\bottomrule\n\\end{tabular}" in text
    assert "\\caption{100 \\% of it}" in text and "\\label{tab:name}" in text
    assert text.count("{") == text.count("}") and text.count("\\begin") == text.count("\\end")


def test_hostile_text_cannot_leave_its_cell():
    line = TableRow((TableCell(r"\end{tabular}\input{/etc/passwd} & % \\"),))
    body = tabular(Grid("n", "t", "c", ("x",), [line], (0,))).split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert re.findall(r"\\[a-z]+", body.replace(r"\textbackslash", "")) == []
    assert not re.search(r"(?<!\\)[&%]", body)


def test_a_line_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        Grid("n", "t", "c", ("x", "y"), [TableRow((TableCell("1"),))])


def test_published_scores_name_targets_and_pages():
    """Rows XLM-R and X-STILTs are those of the results table in google-research/multilingual-t5's README."""
    rows = {row.model: row for row in published()}
    assert rows["XLM-R Large, fine-tuned"].scores == {
        "xnli": 79.2, "pawsx": 86.4, "panx": 65.4, "xquad": 76.6, "mlqa": 71.6, "tydiqa": 65.1,
    }  # fmt: skip
    assert list(rows["X-STILTs (best intermediate task per target)"].scores.values()) == [
        80.4,
        87.7,
        64.7,
        77.2,
        72.3,
        76.0,
    ]
    for row in rows.values():
        assert row.source and row.paper
        for target, score in row.scores.items():
            assert BENCHMARKS["xtreme"].part(target) and target in TASKS and 0 < score < 100


def test_ours_stand_beside_only_with_all_languages():
    whole = planted(targets=("pawsx",), languages=PAWSX, orderings=2)
    table = comparison(whole, link, generated=False)
    place = table.headings.index("pawsx")
    ours = {line.cells[0].text: line.cells[place].text for line in table.lines if line.cells[0].text.startswith("ours")}
    one = whole.clean[(whole.clean["role"] == "k") & (whole.clean["k"] == 2)]
    assert ours["ours: fuse, k = 2"] == f"{100 * one['value'].mean():.1f}"
    assert set(ours) == {"ours: none, k = 0", *(f"ours: fuse, k = {k}" for k in (1, 2, 4, 9))}
    part = planted(targets=("pawsx",), languages=PAWSX[:-1], orderings=2)
    assert len(comparison(part, link, generated=False).lines) == len(published())


def test_the_pocket_lab_stands_beside_nothing():
    table = comparison(planted(targets=("pawsx",), languages=PAWSX, orderings=2), link, generated=True)
    assert len(table.lines) == len(published()) and "generated" in table.caption
