"""The page of a whole store: strict HTML, numbers that are the frame's, links that reach, texts that stay text, nothing fetched."""

import base64
import hashlib
import json
import re
import urllib.parse
from pathlib import Path

import html5lib
import pandas as pd
import pyarrow.parquet as pq
import pytest

from adaptstilts.report import wording
from adaptstilts.report.report import report
from tests.report.reading import Read
from tests.report.stores import World, make_store

SMALL = World(
    orderings=2, heads=("pawsx", "xnli"), ks=(0, 1, 2, 4), references=6, n=120, beta=0.08, slope_sd=0.01, rows=True
)
HOSTILE = "<script>alert(1)</script>\"'&</title></style><b>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    store = make_store(tmp_path_factory.mktemp("runs"), SMALL)
    found = report(store, command="adaptstilts report runs")
    return found, found.files[0].read_text(encoding="utf-8")


def strict(text):
    """The page as html5lib's strict parser reads it: the first error of the HTML standard's parser raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def test_it_is_valid_html(made):
    found, text = made
    assert found.files == (found.frame.store / "report" / "index.html",)
    tree = strict(text)
    assert [element.text for element in tree.iter("h1")] == ["Report: synthetic"]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_verdict_stands_on_top_with_its_warning(made):
    found, text = made
    said = Read(text).text
    top = said[: said.index("The verdict in numbers")]
    assert wording.KINDS[found.verdict.kind] in top and found.verdict.sentence in top
    assert "Pocket lab: generated languages" in top and "Not a preregistered test." in top and "In plain words:" in top
    for words in (f"{found.verdict.R} × {found.verdict.T}", f"{found.verdict.beta:+.3f}", found.verdict.plan.digest):
        assert words in said


def test_it_needs_nothing_but_itself(made):
    _, text = made
    tree = strict(text)
    tags = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert not {"link", "img", "image", "iframe", "object", "embed", "base", "form"} & tags
    assert "@import" not in text and "url(" not in text.replace("url(#", "")
    for element in tree.iter():
        for name, value in element.attrib.items():
            name = name if isinstance(name, str) else name[1]
            assert not name.startswith("on") and name not in {"src", "srcset", "data", "action"}
            if name.endswith("href"):
                assert value.startswith(("../", "#")), value


def test_only_its_own_script_may_run(made):
    _, text = made
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        policy.replace("&#39;", "'") == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_every_link_reaches_a_record_or_a_row(made):
    found, text = made
    read, page = Read(text), found.files[0]
    links = {value for _, name, value in read.attributes if name == "href"}
    records = [link for link in links if link.startswith("../")]
    assert len(records) > 100
    for link in records:
        path = page.parent / urllib.parse.unquote(link)
        assert path.name == "record.json" and path.is_file()
    assert {link[1:] for link in links if link.startswith("#")} <= set(read.ids)


def test_numbers_are_the_frames(made):
    found, text = made
    tables = Read(text).tables
    head, *rows = tables["doses-table"]
    clean = found.frame.clean[~found.frame.clean["source"].astype(bool)]
    one = clean[(clean["target"] == "xnli") & (clean["role"] == "k") & (clean["k"] == 2)]
    (row,) = [dict(zip(head, row, strict=True)) for row in rows if row[:4] == ["xnli", "k", "fuse", "2"]]
    assert row["clean"] == f"{100 * one['value'].mean():.1f}" and row["models"] == "2"
    source = found.frame.clean[
        found.frame.clean["source"].astype(bool) & found.frame.clean["transfer"].isin(one["transfer"])
    ]
    assert row["gap"] == f"{100 * (source['value'].mean() - one['value'].mean()):+.1f}"
    bare = clean[(clean["target"] == "xnli") & (clean["role"] == "k") & (clean["k"] == 0)]
    assert row["gain"] == f"{100 * (one['value'].mean() - bare['value'].mean()):+.1f}"
    cells = found.frame.cells[~found.frame.cells["source"].astype(bool)]
    hit = cells[(cells["target"] == "xnli") & (cells["role"] == "k") & (cells["k"] == 2) & (cells["attack"] == "drop")]
    assert row["drop"] == f"{100 * hit['attacked'].mean():.1f}"
    head, *rows = tables["models-table"]
    assert len(rows) == found.frame.transfers["transfer"].nunique()
    by_key = {row[head.index("model")]: dict(zip(head, row, strict=True)) for row in rows}
    some = found.frame.transfers.iloc[5]
    mean = cells[(cells["transfer"] == some["transfer"]) & (cells["attack"] == "swap")]["attacked"].mean()
    assert by_key[some["transfer"][:8]]["swap"] == f"{100 * mean:.1f}"


def test_each_number_of_a_model_leads_to_its_score(made):
    found, text = made
    tree = strict(text)
    (table,) = [element for element in tree.iter("table") if element.get("id") == "models-table"]
    head = [cell.text for cell in table.find("thead").find("tr")]
    row = table.find("tbody").find("tr")
    link = row[head.index("swap")].find("a").get("href")
    record = json.loads((found.files[0].parent / link).read_text())
    assert record["attack"] == "swap" and record["spec"]["transfer"].startswith(row[head.index("model")].find("a").text)


def test_every_figure_is_there_or_says_why_not(made):
    found, text = made
    said = Read(text)
    for shown in found.figures:
        assert f"figure-{shown.figure.number}" in said.ids
        assert (shown.reason in said.text) if shown.drawn is None else (shown.drawn.caption in said.text)
    assert said.tags.count("svg") == sum(shown.drawn is not None for shown in found.figures) >= 7


def test_what_is_left_out_is_told_with_a_count(tmp_path):
    store = make_store(tmp_path, SMALL)
    keys = [path.parent for path in store.glob("steps/*/record.json")]
    scores = [folder for folder in keys if json.loads((folder / "record.json").read_text()).get("attack") == "swap"]
    for folder in scores[:3]:
        record = json.loads((folder / "record.json").read_text())
        record["provenance"]["dirty"] = True
        (folder / "record.json").write_text(json.dumps(record))
    (keys[0] / "record.json").write_text("{")
    found = report(store)
    rows = Read(found.files[0].read_text()).tables["left-out-table"]
    attacked, tested = [row for row in rows if row[0] == "made from a tree with changes"]
    assert attacked[1:3] == ["attacked", "swap"] and tested[1] == "the verdict's test"
    assert attacked[4:6] == ["3", "12"]
    assert any("readable" in row[0] for row in rows) or found.frame.pending
    assert any(row[1] == "outside the plan" and row[0] == "source language" for row in rows)


def test_texts_stay_text(tmp_path):
    """A row, a language, a task and a title that hold markup are shown as they are."""
    store = make_store(tmp_path, SMALL)
    for path in store.glob("steps/*/record.json"):
        record = json.loads(path.read_text())
        record["title"] = HOSTILE
        if record["step"] == "score":
            record["scores"][HOSTILE] = record["scores"].pop("qaa")
            table = pq.read_table(path.with_name("predictions.parquet")).to_pandas()
            table["language"] = table["language"].replace("qaa", HOSTILE)
            if record["attack"]:
                table["text"] = json.dumps({HOSTILE: HOSTILE})
            table.to_parquet(path.with_name("predictions.parquet"))
        path.write_text(json.dumps(record))
    found = report(store, command=HOSTILE)
    text = found.files[0].read_text()
    tree = strict(text)
    assert len(list(tree.iter("script"))) == 1 and not list(tree.iter("b"))
    assert text.count("<script") == 1
    read = Read(text)
    assert any(HOSTILE in row[3] for row in read.tables["examples-table"][1:])
    assert any(row[1] == HOSTILE for row in read.tables["languages-table"])


def test_a_report_elsewhere_links_back(tmp_path):
    store = make_store(tmp_path / "runs", SMALL)
    found = report(store, tmp_path / "out" / "deep")
    links = [v for _, n, v in Read(found.files[0].read_text()).attributes if n == "href" and v.endswith("record.json")]
    assert all((found.files[0].parent / link).is_file() for link in links) and links
    assert links[0].startswith("../../runs/steps/")


def test_all_formats_and_links_to_the_files(tmp_path):
    store = make_store(tmp_path, SMALL)
    found = report(store, formats=("html", "pdf", "latex", "csv"), figures=("1", "forest"))
    names = {path.relative_to(tmp_path / "report").as_posix() for path in found.files}
    assert {
        "index.html",
        "figures/01-headline.pdf",
        "figures/03-forest.csv",
        "tables/doses.tex",
        "tables/published.tex",
    } <= names
    links = {v for _, n, v in Read(found.files[0].read_text()).attributes if n == "href" and v.startswith("figures/")}
    assert links == {name for name in names if name.startswith("figures/")}
    assert not [path for path in Path(tmp_path).rglob(".*") if path.is_file()]


def test_a_store_of_one_cell_has_a_page(tmp_path):
    """Nothing to test and little to draw, and still a page."""
    store = make_store(
        tmp_path, World(orderings=1, heads=("pawsx",), ks=(1,), controls=(), references=0, attacks=("swap",))
    )
    (tmp_path / "sweeps" / "synthetic.json").unlink()
    found = report(store)
    read = Read(found.files[0].read_text())
    assert found.verdict.kind == "inconclusive" and "INCONCLUSIVE" in read.text
    assert len(read.tables["models-table"]) == 2
    assert isinstance(found.frame.cells, pd.DataFrame)


def test_shown_texts_were_right_before(tmp_path):
    store = make_store(tmp_path, SMALL)
    for path in store.glob("steps/*/predictions.parquet"):
        table = pq.read_table(path).to_pandas()
        if "edits" in table:
            table.assign(text=[json.dumps({"row": name}) for name in table["id"]]).to_parquet(path)
    found = report(store)
    shown = Read(found.files[0].read_text()).tables["examples-table"][1:]
    assert len(shown) >= 3 * len(SMALL.attacks) - 1
    rows = found.frame.rows()
    best = rows[rows["k"] == rows["k"].max()]
    for attack, language, name, _ in shown:
        here = best[(best["attack"] == attack) & (best["language"] == language) & (best["id"] == name)]
        assert ((here["s_clean"] >= 0.5) & (here["s_adv"] < 0.5)).any()


def test_success_rates_stand_on_the_same_rows(tmp_path):
    found = report(make_store(tmp_path, SMALL))
    lines = Read(found.files[0].read_text()).tables["common-table"][1:]
    assert {line[2] for line in lines} == {f"{k:g}" for k in SMALL.ks}
    rows = found.frame.rows(attack="drop", roles=["k"])
    target, k = lines[0][0], float(lines[0][2])
    rates = []
    for _, group in rows[(rows["target"] == target) & (rows["language"] != "en")].groupby(["ordering", "language"]):
        right = group.pivot_table(index="id", columns="k", values="s_clean").min(axis=1) >= 0.5
        at = group[group["k"] == k].set_index("id")
        rates.append((at["s_adv"][right[right].index] < 0.5).mean())
    assert float(lines[0][4]) == pytest.approx(100 * sum(rates) / len(rates), abs=0.051)
