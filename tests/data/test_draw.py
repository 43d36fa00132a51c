"""A bound on rows draws them: whatever their order, the same ones in every language, and each as likely as any other."""

import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.data.draw import first, in_draw_order
from adaptstilts.data.load import load
from adaptstilts.data.sources import source_of
from adaptstilts.rows import ClassificationRow, RetrievalRow
from adaptstilts.tasks import TASKS

LABELS = ("entailment", "neutral", "contradiction")


def row(number, source=None, language="en", label=0):
    return ClassificationRow(str(number), language, str(number if source is None else source), "a", "b", label)


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_decide(sources, shuffled):
    rows = [row(i, source) for i, source in enumerate(sources)]
    assert in_draw_order(rows) == in_draw_order(shuffled.sample(rows, len(rows)))


def test_translations_are_drawn_together():
    english = [row(i) for i in range(300)]
    swahili = [row(i, language="sw") for i in random.Random(0).sample(range(300), 300)]
    assert [r.id for r in in_draw_order(english)[:40]] == [r.id for r in in_draw_order(swahili)[:40]]
    named = [row(f"sw-{i}", i, "sw") for i in range(300)]  # ids of their own, and the source that they translate
    assert [r.source for r in in_draw_order(named)[:40]] == [r.source for r in in_draw_order(english)[:40]]


def test_rows_of_one_source_are_not_drawn_in_a_lump():
    """Against scipy's hypergeometric distribution: 60 of 1,200 rows, 10 sources of 120 rows each."""
    from scipy.stats import hypergeom

    drawn = Counter(r.source for r in in_draw_order([row(i, i // 120) for i in range(1200)])[:60])
    low, high = hypergeom(1200, 120, 60).interval(0.9999)
    assert all(low <= drawn[str(source)] <= high for source in range(10)), drawn


def test_a_sorted_file_gives_every_class_its_share(tmp_path):
    """HANS comes sorted by class: its first 150 rows have one. The bounds are scipy's, of a fair draw."""
    from scipy.stats import hypergeom

    place = tmp_path / "xnli" / "en" / "test.jsonl"
    place.parent.mkdir(parents=True)
    records = [{"id": f"r{i}", "first": f"a {i}", "second": f"b {i}", "label": LABELS[i // 600]} for i in range(1800)]
    place.write_text("".join(json.dumps(record) + "\n" for record in records))
    where, task = source_of(str(tmp_path)), TASKS.get("xnli")
    assert {r.label for r in load(task, "test", "en", where, 150).rows} == {0}
    rows = load(task, "test", "en", where, 150, drawn=True).rows
    low, high = hypergeom(1800, 600, 150).interval(0.9999)
    assert len(rows) == 150
    assert all(low <= count <= high for count in Counter(r.label for r in rows).values())
    place.write_text("".join(json.dumps(record) + "\n" for record in records[::-1]))
    assert load(task, "test", "en", where, 150, drawn=True).rows == rows
    assert load(task, "test", "en", where, 20, drawn=True).rows == rows[:20]


def test_where_queries_rank_one_pool_all_of_it_stays():
    rows = [RetrievalRow(str(i), "en", str(i), "q" if i % 4 == 0 else "", f"c {i}", key=str(i)) for i in range(40)]
    kept = list(first(in_draw_order(rows), 3, TASKS.get("lareqa")))
    assert sum(bool(r.query) for r in kept) == 3
    assert {r.id for r in kept if not r.query} == {r.id for r in rows if not r.query}
    assert len(list(first(rows, 3, TASKS.get("tatoeba")))) == 3


def test_the_pocket_labs_first_rows_are_a_fair_draw_already():
    """Labels come in shuffled blocks, each once in a block: the first rows of any number have all of them alike."""
    found = Counter(r.label for r in load(TASKS.get("xnli"), "test", "qaa", source_of("pocket"), 31).rows)
    assert source_of("pocket").generated
    assert max(found.values()) - min(found.values()) <= 1


@pytest.mark.parametrize("name", ["hub", "."])
def test_no_other_source_claims_to_be_generated(name):
    assert not source_of(name).generated
