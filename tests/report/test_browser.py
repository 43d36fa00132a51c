"""Pages opened in Chromium at two widths: nothing sticks out, the console is silent, tables sort and filter, scripts off reads too."""

import pytest

from adaptstilts.report.report import report
from adaptstilts.store.runs import scores_of
from adaptstilts.store.store import Store
from tests.report.browsing import WIDE, Browser
from tests.report.plainly import write_page
from tests.report.records import records
from tests.report.stores import World, make_store

WIDTHS = (1280, 390, 360)
WORLD = World(orderings=2, heads=("pawsx", "xnli", "xquad"), ks=(0, 1, 2, 4), n=60, rows=True, beta=0.05, slope_sd=0.02)


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def overview(tmp_path_factory):
    return report(make_store(tmp_path_factory.mktemp("runs"), WORLD)).files[0]


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    transfer, scores = records()
    scores[0]["attention"] = {"en": [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], "qaa": [[0.7, 0.1, 0.2], None]}
    scores[1]["scores"]["qaa"] = {"n/a": "<script>document.title = 'run'</script>"}
    return write_page(tmp_path_factory.mktemp("step"), transfer, scores, "adaptstilts fuse " + "--set x=" + "y" * 300)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["overview", "cell"])
def test_nothing_sticks_out_and_the_console_is_silent(name, width, dark, browser, request):
    browser.open(request.getfixturevalue(name), width=width, dark=dark)
    assert browser.value("innerWidth") == width
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value(WIDE) == []
    assert browser.complaints == []


def test_no_column_hides_behind_a_scrollbar_beside_blank_space(browser, tmp_path):
    attacks = ("swap", "drop", "mix_fields", "distract", "greedy")
    world = World(orderings=1, heads=("pawsx",), ks=(2,), controls=(), references=0, n=40, rows=True, attacks=attacks)
    store = Store(make_store(tmp_path, world))
    (transfer,) = (record for record in store.records() if record.step == "transfer")
    browser.open(write_page(store.folder(transfer.key), transfer, scores_of(store, transfer.key)), width=1280)
    assert browser.value("document.querySelectorAll('#attacks thead th').length") == 12, (
        "costs with their intervals too"
    )
    hidden = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert browser.value("document.querySelectorAll('.scroll').length") > 5 and browser.value(hidden) == 0
    overlap = """(() => {
      const boxes = [...document.querySelectorAll('.beside > *')].map(e => e.getBoundingClientRect());
      const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      return boxes.some((a, i) => boxes.some((b, j) => i < j && meet(a, b)));
    })()"""
    assert browser.value(overlap) is False


def test_the_browser_sees_what_would_stick_out(browser, tmp_path):
    """The check itself: a page that is too wide and a script that fails are told."""
    (tmp_path / "bad.html").write_text("<!DOCTYPE html><body><p style='width:2000px'>x</p><script>nothing()</script>")
    browser.open(tmp_path / "bad.html", width=390)
    assert browser.value("document.documentElement.scrollWidth") > 390
    assert browser.value(WIDE) and browser.complaints


def test_a_page_that_would_fetch_is_told(browser, overview, tmp_path):
    """The policy forbids what is not the page's own, and the browser says so."""
    text = overview.read_text().replace(
        "</main>", "<img src='https://192.0.2.1/x.png' alt=''><script>document.title = 'run'</script></main>"
    )
    (tmp_path / "injected.html").write_text(text)
    browser.open(tmp_path / "injected.html", width=1280)
    assert len([line for line in browser.complaints if "Content Security Policy" in line]) == 2
    assert browser.value("document.title") != "run"


def test_a_row_with_markup_stays_text(browser, cell):
    browser.open(cell, width=1280)
    assert browser.value("document.title") != "run"
    assert browser.value("document.querySelectorAll('script').length") == 0
    assert "<script>document.title" in browser.value("document.body.textContent")


def test_tables_sort_by_number_and_back(browser, overview):
    browser.open(overview, width=1280)
    column = "Array.from(document.querySelectorAll('#doses-table tbody tr'), r => r.cells[6].textContent)"
    head = "document.querySelectorAll('#doses-table thead th')[6]"
    before = [float(text) for text in browser.value(column)]
    browser.value(f"{head}.querySelector('button').click()")
    assert [float(text) for text in browser.value(column)] == sorted(before) != before
    assert browser.value(f"{head}.getAttribute('aria-sort')") == "ascending"
    browser.value(f"{head}.querySelector('button').click()")
    assert [float(text) for text in browser.value(column)] == sorted(before, reverse=True)
    assert browser.complaints == []


def test_one_language_at_a_time(browser, overview):
    browser.open(overview, width=1280)
    shown = "Array.from(document.querySelectorAll('#languages-table tbody tr')).filter(r => !r.hidden).map(r => r.dataset.language)"
    every = browser.value(shown)
    assert set(every) == {"en", "qaa", "qab", "qac"}
    choose = "(v => {{ const s = document.getElementById('language'); s.value = v; s.dispatchEvent(new Event('change')) }})('{}')"
    browser.value(choose.format("qab"))
    assert browser.value(shown) == [language for language in every if language == "qab"]
    browser.value(choose.format(""))
    assert browser.value(shown) == every


def test_it_reads_without_scripts(browser, overview):
    browser.open(overview, width=390, scripts=False)
    assert browser.complaints == []
    root = browser.call("DOM.getDocument", depth=1)["root"]["nodeId"]

    def count(selector):
        return len(browser.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"])

    assert count("#doses-table tbody tr") > 10 and count("svg.plot") >= 7
    assert count("thead button") == 0 and count("p.filter[hidden]") == 1


def test_figures_take_the_pages_colours(browser, overview):
    inks = []
    for dark in (False, True):
        browser.open(overview, width=1280, dark=dark)
        look = "getComputedStyle(document.querySelector('svg.plot [fill=\"var(--ink)\"]')).fill"
        inks.append((browser.value(look), browser.value("getComputedStyle(document.body).color")))
    assert inks[0][0] == inks[0][1] != inks[1][1] == inks[1][0]
