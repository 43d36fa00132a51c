"""The pages of docs/ as MkDocs builds them: strictly, with all that is declared in the reference, and asking the network for nothing."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

import adaptstilts
from adaptstilts.cli.main import SUMMARIES
from adaptstilts.compositions import COMPOSITIONS
from tests.report.browsing import Browser

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site. A link that leads nowhere, or a page that is not in the navigation, is an error."""
    if not all(importlib.util.find_spec(name) for name in ("mkdocs", "material", "mkdocstrings")):
        pytest.skip("MkDocs is not installed: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_in_the_navigation():
    named = re.findall(r"[\w/-]+\.md", json.dumps(yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text())["nav"]))
    there = {path.relative_to(REPOSITORY / "docs").as_posix() for path in (REPOSITORY / "docs").rglob("*.md")}
    assert there <= set(named), "name the page under `nav` in mkdocs.yml"
    assert len(named) == len(set(named))


class Loads(HTMLParser):
    """What a page loads by itself: scripts, styles, pictures, frames; links that a reader may follow are none."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.found += [given[name] for name in ("src", "srcset", "poster", "data") if given.get(name)]
        self.found += [given["href"]] if tag in ("link", "use", "image", "base") and given.get("href") else []
        self.found += re.findall(r"url\(([^)]*)\)", given.get("style") or "")


def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        read = Loads()
        read.feed(page.read_text(encoding="utf-8"))
        assert read.found and not [load for load in read.found if re.match(r"\s*['\"]?(https?:)?//", load)], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_a_browser_opens_pages_as_files_and_search_answers(site):
    with Browser() as browser:
        for page, width in (("index.html", 1280), ("tasks.html", 390), ("reference/python.html", 1280)):
            browser.open(site / page, width=width)
            assert browser.complaints == []
        browser.open(site / "index.html", width=1280)
        browser.value("document.querySelector('.md-search__input').focus()")
        end, titles = time.monotonic() + 60, ""
        while "Registration" not in titles and time.monotonic() < end:
            asked = "const i = document.querySelector('.md-search__input'); i.value = 'preregistered'; i.dispatchEvent(new Event('keyup'))"
            browser.value(f"(() => {{ {asked} }})()")
            time.sleep(0.5)
            titles = browser.value("document.querySelector('.md-search-result__list').innerText")
        assert "Registration" in titles and browser.complaints == []


def test_the_reference_has_every_verb_option_record_and_public_name(site):
    verbs = (site / "reference" / "verbs.html").read_text(encoding="utf-8")
    assert all(
        f"<code>{verb}</code>" in verbs for verb in [*SUMMARIES, *COMPOSITIONS.names(), "zoo add", "pocket sample"]
    )
    assert all(
        option in verbs for option in ("--tasks A,B,C", "--allow-standin", "--method", "--convert-pickle", "--looks")
    )
    records = (site / "reference" / "records.html").read_text(encoding="utf-8")
    schema = json.loads((REPOSITORY / "adaptstilts" / "store" / "record.schema.json").read_text())
    for name, declared in schema["$defs"].items():
        assert f'id="{name.lower()}"' in records
        assert all(f"<code>{field}</code>" in records for field in declared.get("properties", ()))
    names = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in set(adaptstilts.__all__) - {"__version__"}:
        assert f'id="{getattr(adaptstilts, name).__module__}.{name}"' in names


def test_links_out_of_docs_become_pages_or_text(site):
    page = (site / "precision.html").read_text(encoding="utf-8")
    assert 'href="benchmarks.html"' in page and "../benchmarks" not in page
    front = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="contributing.html"' in front and "CITATION.cff" in front and 'href="CITATION.cff"' not in front
