"""Mining and ranking: against the metrics on raw piles, a ranking by hand and simulated chance."""

import dataclasses
import random

import numpy as np
import pytest

from adaptstilts.errors import InputError, RowError
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits, Whereabouts
from adaptstilts.metrics import bucc
from adaptstilts.metrics.retrieval import average_precision
from adaptstilts.rows import RetrievalRow

KIND = kind_of("retrieval")
LIMITS = Limits(max_length=24, stride=4)
MINE = {"search": "mine"}
RANK = {"search": "rank", "pool": "all"}


def vectors_of(rows, encodings, made):
    """Outputs from a function of (row index, side)."""
    return [np.float32(made(e.row, e.notes)) for e in encodings]


def piles(count=40, gold=15, seed=3):
    """Rows with a query and a key each, of which the first are pairs, their vectors, and the same as raw piles."""
    rng = np.random.default_rng(seed)
    queries, candidates = rng.normal(size=(count, 12)), rng.normal(size=(count, 12))
    candidates[:gold] = queries[:gold] + 0.8 * rng.normal(size=(gold, 12))
    rows = [
        RetrievalRow(str(i), "de", f"de-{i}", f"cat {i}", f"dog {i}", str(i), (str(i),) if i < gold else ())
        for i in range(count)
    ]
    return rows, queries.astype(np.float32), candidates.astype(np.float32)


@pytest.mark.parametrize("margin", ["ratio", "distance", "absolute"])
def test_mining_says_what_the_miner_says_of_the_raw_piles(facts, bpe, margin):
    rows, queries, candidates = piles()
    task = facts(name="bucc", metric="bucc_f1", options={**MINE, "margin": margin})
    encodings = KIND.encode(rows, task, bpe, LIMITS)
    outputs = vectors_of(rows, encodings, lambda i, side: queries[i] if side == "query" else candidates[i])
    said = KIND.decode(rows, task, encodings, outputs)
    mined = bucc.mine([r.query for r in rows], [r.candidate for r in rows], queries, candidates, 4, margin)
    assert {(i, int(p.value[0]), p.value[1]) for i, p in enumerate(said) if p.value} == {(s, t, m) for m, s, t in mined}
    gold = {(i, i) for i in range(15)}
    expected = bucc.pair_scores(bucc.kept(mined, bucc.best_threshold(mined, gold)), gold)
    assert KIND.score(rows, said, task, "de") == {f"bucc_{name}": value for name, value in expected.items()}
    assert 0.3 < expected["f1"] < 1.0
    assert [p.score for p in said[15:]] == [0.0] * 25


def test_mining_margins_are_cosines_and_versions_of_a_row_are_no_rivals(facts, bpe):
    rows, queries, candidates = piles()
    task = facts(name="bucc", metric="bucc_f1", options=MINE)
    unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (queries, candidates)]
    table = unit[0] @ unit[1].T
    rivals = np.where(np.eye(len(rows)), -1, table).max(1)
    asked = [rows[3], *KIND.rivals(rows)]  # as a search does: one version in front, the whole pool behind
    assert asked[1:] == rows, "mining needs the other queries too"
    encodings = KIND.encode(asked, task, bpe, LIMITS)
    turned = -queries[3]

    def made(i, side):
        if i == 0:
            return turned if side == "query" else candidates[3]
        return queries[i - 1] if side == "query" else candidates[i - 1]

    found = KIND.decode(asked, task, encodings, vectors_of(asked, encodings, made))
    whole = KIND.decode(
        rows, task, KIND.encode(rows, task, bpe, LIMITS), [v for p in zip(queries, candidates, strict=True) for v in p]
    )
    assert found[1:] == whole, "what is asked in front changes nothing for the piles"
    assert [p.margin for p in whole[:15]] == pytest.approx(
        [float(table[i, i] - rivals[i]) for i in range(15)], abs=1e-5
    )
    assert found[0].margin == pytest.approx(float(-table[3, 3] - (-np.delete(table[3], 3)).max()), abs=1e-5)


def test_only_queries_with_something_to_find_are_attacked(facts):
    rows, _, _ = piles()
    task = facts(options=MINE)
    assert [len(KIND.fields(row, task)) for row in (rows[0], rows[20])] == [1, 0]
    pooled = RetrievalRow("k", "de", "k", "", "a sentence", "k")
    assert KIND.fields(pooled, task) == ()


def pool():
    """Two languages, two questions each; the first question has an answer in both languages, the second two in one."""
    return [
        RetrievalRow("q1", "en", "q1", "who?", "the cat", "en-1", ("en-1",), "the cat sat. a dog ran."),
        RetrievalRow("q2", "en", "q2", "what?", "a dog", "en-2", ("en-2", "en-3"), "the cat sat. a dog ran."),
        RetrievalRow("en-3", "en", "en-3", "", "a dog", "en-3"),
        RetrievalRow("q1", "de", "q1", "wer?", "die Katze", "de-1", ("de-1",)),
        RetrievalRow("de-2", "de", "de-2", "", "ein Hund", "de-2"),
    ]


def test_a_ranking_by_hand(facts, bpe):
    rows, task = pool(), facts(name="lareqa", metric="map_at_20", options=RANK)
    cosines = {"en-1": 0.9, "en-2": 0.8, "en-3": 0.4, "de-1": 0.5, "de-2": 0.7}
    encodings = KIND.encode(rows, task, bpe, LIMITS)
    turned = {key: [c, np.sqrt(1 - c * c)] for key, c in cosines.items()}
    outputs = vectors_of(rows, encodings, lambda i, side: [3, 0] if side == "query" else turned[rows[i].key])
    said = KIND.decode(rows, task, encodings, outputs)
    order = ["en-1", "en-2", "de-2", "de-1", "en-3"]
    assert [p.value for p in said] == [order, order, None, order, None]
    assert (
        said[0].score == said[3].score == pytest.approx((1 / 1 + 2 / 4) / 2)
    )  # en-1 and de-1 answer q1 in either language
    assert said[1].score == pytest.approx((1 / 2 + 2 / 5) / 2)
    assert said[0].margin == pytest.approx(0.9 - 0.8, abs=1e-6)
    assert said[1].margin == pytest.approx(0.8 - 0.9, abs=1e-6)
    scores = [
        KIND.score([rows[i] for i in at], [said[i] for i in at], task, "")["map_at_20"] for at in ((0, 1, 2), (3, 4))
    ]
    assert scores == pytest.approx([(0.75 + 0.45) / 2, 0.75])
    with pytest.raises(InputError, match="nothing to score"):
        KIND.score(rows[4:], said[4:], task, "de")


def test_one_answer_gives_its_reciprocal_rank_and_none_in_the_pool_nothing(facts, bpe):
    task = facts(name="mewslix", metric="map_at_20", options=RANK)
    rows = [RetrievalRow(f"m{i}", "pl", f"pl-m{i}", f"cat {i}", "", "", (f"Q{i}",)) for i in range(3)]
    rows += [RetrievalRow(f"e{i}", "pl", f"pl-e{i}", "", f"dog {i}", f"Q{i}") for i in range(2)]
    encodings = KIND.encode(rows, task, bpe, LIMITS)
    outputs = vectors_of(rows, encodings, lambda i, side: [1, 0] if side == "query" else [[1, 0], [0.5, 1]][i - 3])
    said = KIND.decode(rows, task, encodings, outputs)
    assert [p.score for p in said] == [1.0, 0.5, 0.0, 0.0, 0.0]
    assert KIND.score(rows, said, task, "pl")["map_at_20"] == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(3))
def test_only_the_first_twenty_count_and_ties_go_to_the_lowest_index(facts, bpe, seed):
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 6, size=120) / 6  # many ties
    rows = [RetrievalRow("q", "en", "en-q", "cat", "", "", ("7", "50", "90"))]
    rows += [RetrievalRow(f"c{i}", "en", f"c{i}", "", f"dog {i}", str(i)) for i in range(120)]
    task = facts(metric="map_at_20", options=RANK)
    encodings = KIND.encode(rows, task, bpe, LIMITS)
    outputs = vectors_of(
        rows, encodings, lambda i, side: [1, 0] if side == "query" else [levels[i - 1], np.sqrt(1 - levels[i - 1] ** 2)]
    )
    said = KIND.decode(rows, task, encodings, outputs)[0]
    cosines = np.array([v[0] / np.linalg.norm(v.astype(np.float64)) for v in outputs[1:]])
    order = sorted(range(120), key=lambda i: (-cosines[i], i))[:20]
    assert said.value == [str(i) for i in order]
    assert said.score == pytest.approx(average_precision(said.value, {"7", "50", "90"}, 20))


@pytest.mark.parametrize(("answers", "size"), [(1, 8), (3, 30), (25, 60), (2, 2)])
def test_chance_is_the_mean_of_random_orders(facts, answers, size):
    rows = [RetrievalRow("q", "en", "q", "cat", "", "", tuple(map(str, range(answers))))]
    rows += [RetrievalRow(f"c{i}", "en", f"c{i}", "", "dog", str(i)) for i in range(size)]
    rng, keys, wanted = random.Random(1), list(range(size)), set(range(answers))
    drawn = [average_precision(rng.sample(keys, size), wanted, 20) for _ in range(4000)]
    assert KIND.chance(rows, facts(options=RANK)) == pytest.approx(
        np.mean(drawn), abs=4 * np.std(drawn) / 4000**0.5 + 1e-9
    )


def test_chance_of_mining_is_the_f1_of_random_pairs(facts):
    rows, _, _ = piles(count=20, gold=8)
    rng, gold = random.Random(0), {(i, i) for i in range(8)}
    drawn = [bucc.pair_scores(set(enumerate(rng.sample(range(20), 20))), gold)["f1"] for _ in range(4000)]
    assert KIND.chance(rows, facts(options=MINE)) == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 4000**0.5)


def test_a_context_is_a_second_segment_cut_longest_first(facts, tokenizer):
    """As the tokenizer's own pair with longest-first truncation."""
    text, context = "the black cat", "the big dog did not like it at all. " * 4
    rows = [RetrievalRow("q", "en", "q", "who sat ?", text, "k", ("k",), context)]
    task = facts(options={**RANK, "trained": True})
    query, candidate = KIND.encode(rows, task, tokenizer, LIMITS)
    whole = tokenizer(text, context, truncation="longest_first", max_length=LIMITS.max_length)["input_ids"]
    assert (query.notes, query.target, query.second) == ("query", 0, 0)
    assert (candidate.notes, candidate.target) == ("candidate", 1)
    assert list(candidate.ids) == whole
    assert candidate.truncated == len(tokenizer(text, context)["input_ids"]) - len(whole) > 0
    assert candidate.second > 0


def test_translations_are_encoded_as_before(facts, bpe):
    row = RetrievalRow("0", "sw", "s", "cat", "paka")
    query, candidate = KIND.encode([row], facts(), bpe, LIMITS)
    assert [(e.notes, e.target, e.second, e.truncated) for e in (query, candidate)] == [
        ("query", None, 0, 0),
        ("candidate", None, 0, 0),
    ]
    assert KIND.rivals([row]) == [RetrievalRow("0", "sw", "s", "", "paka")]


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ({}, ("pooled", 0, "none", 14 / 24, "mean")),
        ({"depth": 0.5, "pooling": "first"}, ("pooled", 0, "none", 0.5, "first")),
        ({"trained": True, "depth": 0.5}, ("sequence", 0, "contrast", 14 / 24, "mean")),
    ],
)
def test_layer_and_pooling_are_settings_of_what_is_read_as_it_is(facts, options, head):
    found = KIND.head(facts(options=options))
    assert (found.level, found.outputs, found.loss, found.depth, found.pooling) == head


@pytest.mark.parametrize("options", [{"pooling": "max"}, {"search": "guess"}, {**MINE, "margin": "wide"}])
def test_unknown_settings_are_refused(facts, bpe, options):
    rows, queries, candidates = piles(4, 2)
    task = facts(name="bucc", options=options)
    with pytest.raises(InputError, match="there is no"):
        KIND.head(task)
        encodings = KIND.encode(rows, task, bpe, LIMITS)
        KIND.decode(rows, task, encodings, [v for p in zip(queries, candidates, strict=True) for v in p])


@pytest.mark.parametrize(
    ("record", "options", "field"),
    [
        ({"query": "", "candidate": ""}, RANK, "query"),
        ({"query": "q", "candidate": "c", "answers": ["k"]}, RANK, "key"),
        ({"query": "q", "candidate": "", "key": "k", "answers": ["k"]}, RANK, "key"),
        ({"query": "", "candidate": "c", "key": "k", "answers": ["k"]}, MINE, "answers"),
        ({"query": "q", "candidate": "", "answers": []}, RANK, "answers"),
        ({"query": "q", "candidate": "c", "key": 5}, MINE, "key"),
        ({"query": "q", "candidate": "c", "key": "5", "answers": "5"}, MINE, "answers"),
        ({"query": "q", "candidate": ""}, {}, "candidate"),
    ],
)
def test_rows_that_make_no_sense_are_refused(facts, record, options, field):
    with pytest.raises(RowError) as told:
        KIND.read({"id": "7", **record}, 0, facts(options=options), Whereabouts("lareqa", "test", "el"))
    assert (told.value.row, told.value.field, told.value.language) == ("7", field, "el")


def test_rows_with_keys_are_read(facts):
    record = {"id": "1", "query": "q", "candidate": "c", "key": "k", "answers": ["k", "l"], "context": "c and d"}
    row = KIND.read(record, 0, facts(options=RANK), Whereabouts("lareqa", "test", "el"))
    assert (row.key, row.answers, row.context, row.keyed, row.asks) == ("k", ("k", "l"), "c and d", True, True)
    shown = KIND.shown(row, facts())
    assert shown == {"query": "q", "candidate": "c", "key": "k", "answers": "k l", "context": "c and d"}


def test_each_side_is_read_behind_its_prefix_and_is_edited_without_it(facts, bpe):
    rows = [RetrievalRow("1", "de", "1", "cat", "dog"), RetrievalRow("2", "de", "2", "dog", "cat cat")]
    options = {"query_prefix": "query: ", "candidate_prefix": "passage: "}
    task = facts(name="tatoeba", metric="retrieval_accuracy", options=options)
    found = KIND.encode(rows, task, bpe, LIMITS)
    spelt = [
        dataclasses.replace(row, query=f"query: {row.query}", candidate=f"passage: {row.candidate}") for row in rows
    ]
    bare = facts(name="tatoeba", metric="retrieval_accuracy")
    assert [e.ids for e in found] == [e.ids for e in KIND.encode(spelt, bare, bpe, LIMITS)]
    assert [e.ids for e in found] != [e.ids for e in KIND.encode(rows, bare, bpe, LIMITS)]
    assert [field.text for field in KIND.fields(rows[0], task)] == ["cat"]
    assert KIND.shown(rows[0], task) == {"query": "cat", "candidate": "dog"}
