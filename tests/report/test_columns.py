"""All scores of a transfer in one table: languages and attacks add up, whoever scored them and when."""

import dataclasses

import pytest

from adaptstilts.report.cell.columns import columns_of
from tests.report.plainly import page, table, typed
from tests.report.reading import Read
from tests.report.records import challenge_record, records, score_record, steps


def more(languages, attack, rows=400, **changed):
    """The clean score of other languages of the same transfer, and an attack held against it."""
    _, (clean, *_) = steps()
    clean = dataclasses.replace(clean, languages=languages, rows=rows)
    attacked = dataclasses.replace(clean, clean=clean, attack=attack, **{"severity": 0.1, **changed})
    return [score_record(clean), score_record(attacked)]


def set_n(records_, n):
    for made in records_:
        for cells in made["scores"].values():
            cells |= {"n": n} | ({"reached": n} if made["attack"] else {})
    return records_


def test_a_later_attack_in_a_new_language_adds_a_column_and_a_line():
    transfer, scores = records(languages=("en", "qaa"), attacks=("swap",))
    later = more(("qaf",), "drop")
    read = Read(page(transfer, [*scores, *later]))
    head, *lines = read.tables["scores"]
    cells = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    assert head[1:4] == ["clean", "swap", "drop"]
    assert (cells["qaf"]["swap"], cells["qaf"]["drop"]) == ("–", "80.1")
    assert (cells["qaa"]["drop"], cells["en (trained)"]["drop"]) == ("–", "–")
    assert "the mean over the 2 languages" in read.text
    assert "swap: tried in en, qaa alone" in read.text and "drop: tried in qaf alone" in read.text
    keys = {made["key"] for made in (*scores, *later)}
    assert keys <= {cell for line in read.tables[next(reversed(read.tables))] for cell in line}, (
        "all records are linked"
    )


def test_the_same_attack_in_other_languages_is_one_column():
    transfer, scores = records(languages=("en", "qaa"), attacks=("swap",))
    shown = table(transfer, [*scores, *more(("qab", "qac"), "swap")])
    assert shown.columns == ("clean", "swap") and list(shown.scores) == ["en", "qaa", "qab", "qac"]
    assert shown.gaps == {"clean": (), "swap": ()}
    (swap,) = shown.attacks
    assert [found.language for found in swap.languages] == ["en", "qaa", "qab", "qac"]


def test_another_strength_is_another_column():
    transfer, scores = records(languages=("en", "qaa"), attacks=("swap",))
    shown = table(transfer, [*scores, *more(("en", "qaa"), "swap", severity=0.2)[1:]])
    assert shown.columns == ("clean", "swap 0.1", "swap 0.2")


@pytest.mark.parametrize("first", [True, False])
def test_of_two_scores_of_a_language_the_one_of_more_rows_counts(first):
    transfer, scores = records(languages=("en", "qaa"), attacks=("swap",))
    few = set_n(more(("qaa",), "swap", rows=16), 16)
    shown = table(transfer, [*few, *scores] if first else [*scores, *few])
    assert list(shown.n.items()) == [("en", 400), ("qaa", 400)] and shown.rows["swap"] == 372
    assert any(few[0]["key"] in note and few[1]["key"] in note for note in shown.notes), "which are in no table is told"


def test_clean_scores_under_other_limits_do_not_mix():
    transfer, scores = records(languages=("en", "qaa", "qab"), attacks=("swap",))
    _, (clean, *_) = steps()
    short = dataclasses.replace(
        clean, languages=("qaa", "qac"), limits=dataclasses.replace(clean.limits, max_length=64)
    )
    shown = table(transfer, [score_record(short), *scores])
    assert list(shown.scores) == ["en", "qaa", "qab"] and shown.columns == ("clean", "swap")


def test_attention_and_challenge_sets_of_several_scores_are_one():
    transfer, scores = records(languages=("en",), attacks=())
    other, _ = more(("qaa",), "swap")
    scores[0]["attention"], other["attention"] = {"en": [[0.5, 0.3, 0.2]]}, {"qaa": [[0.1, 0.3, 0.6]]}
    found = columns_of([typed(made) for made in (scores[0], other, challenge_record(transfer, "hans", {"en": 0.4}))])
    assert list(found.clean.whole.attention) == ["en", "qaa"]
    assert [list(part.scores) for part in found.clean.parts] == [["en"], ["qaa"]]
    assert [column.whole.challenge for column in found.challenged] == ["hans"] and found.hidden == ()
