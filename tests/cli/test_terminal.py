"""Tables at any width, without colour where none is wanted, and in encodings that lack letters: nothing is cut and nothing fails."""

import json
import os
import subprocess
import sys

import pytest
from rich.cells import cell_len

from adaptstilts.cli.tables import print_rows, print_table
from tests.report.plainly import table
from tests.report.records import records

ATTACKS = ("swap", "drop", "mix_fields", "homoglyph_known", "invisible_known", "entity_swap", "greedy")


def shown(capsys, monkeypatch, columns, **env):
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    transfer, scores = records(attacks=ATTACKS)
    print_table(table(transfer, scores))
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [20, 33, 60, 80, 100, 140, 400])
def test_no_number_is_cut_at_any_width(capsys, monkeypatch, columns):
    out = shown(capsys, monkeypatch, columns)
    whole = shown(capsys, monkeypatch, 1000)
    assert "…" not in out and all(cell_len(line) <= columns for line in out.splitlines())

    def numbers(text):
        return sorted(word for word in text.split() if word.replace(".", "").isdigit())

    parts = numbers(out)
    assert {word: parts.count(word) for word in set(numbers(whole))} == {
        word: numbers(whole).count(word) for word in set(parts)
    }, "each number as often as in a table without bounds"
    if columns >= 60:
        for name in (*ATTACKS, "clean", "survival", "chance"):
            assert name in out.split()


def test_text_is_folded_and_names_are_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    print_rows(
        ("name", "summary", "rows"), [("squad", "questions about a passage, answered by a span of it", "87,599")] * 2
    )
    out = capsys.readouterr().out
    assert out.count("87,599") == 2 and "…" not in out and max(map(len, out.splitlines())) <= 50
    assert "passage," in out.split() and "squad" in out.split()


@pytest.mark.parametrize("columns", ["0", "wide", ""])
def test_columns_that_are_no_number_of_columns(capsys, monkeypatch, columns):
    assert max(map(len, shown(capsys, monkeypatch, columns).splitlines())) > 100


def test_no_color_is_obeyed_bold_included(capsys, monkeypatch):
    """https://no-color.org: set and not empty."""
    assert "\x1b[1m" in shown(capsys, monkeypatch, 140, FORCE_COLOR="1")
    assert "\x1b[1m" in shown(capsys, monkeypatch, 140, FORCE_COLOR="1", NO_COLOR="")
    assert "\x1b" not in shown(capsys, monkeypatch, 140, FORCE_COLOR="1", NO_COLOR="1")


def run(encoding, *words):
    env = {**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "100"}
    done = subprocess.run([sys.executable, "-m", "adaptstilts", *words], capture_output=True, env=env, check=False)
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


TABLE = """
from adaptstilts.cli.streams import endure
endure()
from adaptstilts.cli.tables import print_table
from tests.report.plainly import table
from tests.report.records import records
print_table(table(*records(attacks=("swap",))))
print("\\U0001f600 Größe")
"""


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-8"])
def test_letters_that_an_encoding_lacks_have_others_in_their_place(encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", TABLE], capture_output=True, env=env, check=False)
    out = done.stdout.decode(encoding)
    assert done.returncode == 0 and not done.stderr
    assert ("→ pawsx" if encoding == "utf-8" else "-> pawsx") in out and "80.1" in out
    assert ("\U0001f600" if encoding == "utf-8" else "\\U0001f600") in out
    assert ("Gr\\xf6\\xdfe" if encoding == "ascii" else "Größe") in out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_json_is_json_in_every_encoding(encoding):
    words = ("list", "compositions", "--json")
    code, out, _ = run(encoding, *words)
    assert code == 0 and json.loads(out) == json.loads(run("utf-8", *words)[1])
