"""`docs/unknown-pieces.md` says what the tokenizer and the attacks do today."""

import importlib.util
import sys
import unicodedata
from pathlib import Path

import pytest

from adaptstilts.data.sources import source_of

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "unknown-pieces.md").read_text(encoding="utf-8").splitlines()
STALE = "stale: run `python benchmarks/unknown_pieces.py --data DIR > docs/unknown-pieces.md`"
SAMPLED = ("vi", "ko", "ta", "yo", "fa")
"""Two of each: what decomposes, what is drawn from the sample, what from our own sentences; all fifty take a minute."""


@pytest.fixture(scope="module")
def table():
    spec = importlib.util.spec_from_file_location("unknown_pieces", REPOSITORY / "benchmarks" / "unknown_pieces.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def reader(table, hub):
    if not any(f"Unicode {unicodedata.unidata_version} (" in line for line in PAGE):
        pytest.skip(f"the page was made with other letters than Unicode {unicodedata.unidata_version} has")
    return table.Reader.of(str(hub / "models" / "FacebookAI" / "xlm-roberta-large"))


@pytest.mark.parametrize("code", SAMPLED)
def test_rows_of_languages_are_fresh(table, reader, hub, code):
    assert table.line(table.language(code, reader, source_of(str(hub)))) in PAGE, STALE


def test_rows_of_scripts_are_fresh(table, reader):
    assert {table.line(row) for row in table.scripts(reader)} <= set(PAGE), STALE
    assert table.invisibles(reader) in PAGE, STALE


def test_every_language_of_xtreme_r_has_a_row(table):
    there = [
        line.split(" | ")[1] for line in PAGE if line.startswith("| ") and line.count("|") == len(table.COLUMNS) + 1
    ]
    assert len(table.LANGUAGES) == 50 and set(table.LANGUAGES) == set(there) - {"language", "---"}
