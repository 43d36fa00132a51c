"""The tables as a terminal prints them, from small records."""

import pytest

from adaptstilts.cli.tables import print_rows, print_table
from tests.report.plainly import table
from tests.report.records import HUB, challenge_record, records


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal that no table is too wide for."""
    monkeypatch.setenv("COLUMNS", "200")


def lines(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_scores_attacks_and_notes(capsys):
    transfer, scores = records(attacks=("swap", "pgd"), languages=("en", "qaa"))
    transfer["standins"] = {"ccg": "udpos"}
    print_table(table(transfer, scores))
    found = lines(capsys)
    assert found[0][-6:] == ["pawsx", "accuracy,", "%;", "related", "test", "data"]
    assert ["en", "(trained)", "91.4", "80.1", "80.1", "55.2", "400"] in found
    assert ["mean", "without", "en", "85.2", "75.1", "75.1"] in found
    assert ["mean", "with", "en", "88.3", "77.6", "77.6"] in found
    assert ["swap", "372", "of", "400", "84.0", "75.1", "71.1", "12.3", "0.0", "8.7", "75.0", "25.0", "0.0"] in found
    assert ["pgd", "372", "of", "400", "84.0", "75.1", "71.1", "12.3", "0.0", "radius", "0.1", "no", "text"] in found
    assert ["ccg", "was", "trained", "on", "udpos", "in", "its", "place"] in found


def test_challenge_sets_and_benchmarks(capsys):
    transfer, scores = records(attacks=(), languages=("en", "de"), data=HUB)
    scores.append(challenge_record(transfer, "noisy_xnli", {"en": 0.9, "de": 0.5, "hi": 0.7}))
    print_table(table(transfer, scores))
    found = lines(capsys)
    assert ["noisy_xnli", "de", "30", "accuracy", "50.0", "50.0", "related"] in found
    assert ["noisy_xnli", "mean", "without", "en", "accuracy", "60.0"] in found
    assert not any(line[:1] == ["attacks,"] for line in found)
    missing = "XTREME: no task score, for 5 of its 7 languages are not scored: es fr ja ko zh"
    assert missing.split(" ") in found


def test_names_in_brackets_stay_as_they_are(capsys):
    transfer, scores = records(attacks=("swap",), languages=("en", "qaa"))
    scores[1]["attack"] = "[bold]mine[/bold]"
    scores.append(challenge_record(transfer, "[red]set", {"[/x]": 0.5}))
    transfer["title"] = "fuse([mnli]) → pawsx"
    print_table(table(transfer, scores))
    out = capsys.readouterr().out
    assert out.count("[bold]mine[/bold]") == 2 and "[red]set" in out and "[/x]" in out and "fuse([mnli])" in out


def test_empty_headings_are_left_out(capsys):
    print_rows(("", ""), [("name", "[swap]")])
    assert lines(capsys) == [["name", "[swap]"]]
    print_rows(("noun", ""), [("name", "swap")], title="a [title] that is wider than its table")
    assert lines(capsys)[0] == ["a", "[title]", "that", "is", "wider", "than", "its", "table"]
