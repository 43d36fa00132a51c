"""Laws of every search, on victims whose margins are a hash of the text: budget, batches, order, temperature."""

import hashlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Attack, Scene
from adaptstilts.attacks.algorithms.rounds import Proposal, by_walking
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.text.scripts import ill_formed
from adaptstilts.errors import InputError, NotApplicable
from adaptstilts.kinds import kind_of
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, SpanRow
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
SEARCHES = [attack for attack in ATTACKS if attack.family == "search"]
SOME = ["en", "hi", "th", "ar", "ko", "zh", "ja", "my", "vi", "ru"]


def differ(before, after):
    return before != after


def scene(kind="single", language="en", survives=differ):
    task = Task("toy", kind, "target", "", "accuracy", labels=("no", "yes"))
    return Scene(task, kind_of(kind), language, 7, 0.1, survives)


class Hashed:
    """Margins spread over (-offset, 10 - offset) by a hash of the row, times a temperature; counts what it is asked."""

    def __init__(self, offset=2.0, scale=1.0):
        self.offset, self.scale = offset, scale
        self.calls, self.asked = 0, []

    def margins(self, rows):
        self.calls += 1
        self.asked += rows
        digests = (hashlib.blake2b(repr(row).encode(), digest_size=3).digest() for row in rows)
        return [(int.from_bytes(d, "big") / 2**24 * 10 - self.offset) * self.scale for d in digests]


class Sturdy(Hashed):
    """Never fooled."""

    def __init__(self, scale=1.0):
        super().__init__(offset=-1e-3, scale=scale)


def rows_of(languages, id=""):
    return [ClassificationRow(f"{id}{code}", code, code, " ".join(SENTENCES[code]), None, 0) for code in languages]


@pytest.fixture(params=SEARCHES, ids=lambda attack: attack.name)
def search(request):
    return request.param


def test_greedy_is_under_these_laws():
    assert "greedy" in {attack.name for attack in SEARCHES}


@pytest.mark.parametrize("budget", [1, 2, 7, 30, 100])
def test_the_budget_is_never_exceeded_and_every_query_counts(search, budget):
    victim = Sturdy()
    found = attack_rows(search, rows_of(SOME), scene(), victim, budget)
    assert all(1 <= after.queries <= budget for after in found)
    assert len(victim.asked) <= sum(after.queries for after in found)
    assert len(victim.asked) == len(set(victim.asked))


def test_a_larger_budget_never_leaves_a_higher_margin(search):
    rows = rows_of(SOME)
    before = [float("inf")] * len(rows)
    fooled = set()
    for budget in (1, 5, 10, 20, 40, 80, 160, 400):
        found = attack_rows(search, rows, scene(), Hashed(), budget)
        now = Hashed().margins([after.row for after in found])
        assert all(new <= old for new, old in zip(now, before, strict=True))
        assert fooled <= {row.id for row, margin in zip(rows, now, strict=True) if margin < 0}
        fooled |= {row.id for row, margin in zip(rows, now, strict=True) if margin < 0}
        before = now
    assert fooled


@given(st.sampled_from([0.01, 0.1, 3.0, 100.0]), st.sampled_from(["pair", "single"]))
@settings(max_examples=8, deadline=None)
def test_scaling_the_margins_changes_no_text(scale, kind):
    rows = rows_of(SOME)
    if kind == "pair":
        rows = [ClassificationRow(r.id, r.language, r.source, r.first, SENTENCES[r.language][1], 0) for r in rows]
    for search in SEARCHES:
        plain = attack_rows(search, rows, scene(kind), Hashed(), 60)
        scaled = attack_rows(search, rows, scene(kind), Hashed(scale=scale), 60)
        assert plain == scaled


@given(st.permutations(SOME), st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_batch_and_order_change_nothing(order, cut):
    rows = {row.language: row for row in rows_of(SOME)}
    for search in SEARCHES:
        whole = attack_rows(search, rows_of(SOME), scene(), Hashed(), 40)
        expected = {after.row.id: after for after in whole}
        for part in (order[:cut], order[cut:]):
            found = attack_rows(search, [rows[language] for language in part], scene(), Hashed(), 40)
            assert {after.row.id: after for after in found} == {language: expected[language] for language in part}


def test_all_rows_share_each_round(search):
    rows = [row for i in range(20) for row in rows_of(SOME[:1], id=str(i))]
    alone, together = Sturdy(), Sturdy()
    found = attack_rows(search, rows, scene(), together, 50)
    attack_rows(search, rows[:1], scene(), alone, 50)
    assert together.calls <= alone.calls + 5
    assert sum(after.queries for after in found) > 10 * together.calls


def test_a_row_already_wrong_costs_one_query_and_stays(search):
    rows = rows_of(SOME)
    found = attack_rows(search, rows, scene(), Hashed(offset=10.0), 50)
    assert [(a.row, a.outcome, a.edits, a.rate, a.queries) for a in found] == [(r, "wrong", 0, 0.0, 1) for r in rows]
    assert all(after.counts for after in found)


class Rising:
    """Any change only makes this victim surer."""

    def margins(self, rows):
        texts = {text for texts in SENTENCES.values() for text in [" ".join(texts)]}
        return [1.0 if row.first in texts else 2.0 for row in rows]


def test_a_row_that_holds_comes_back_as_it_was_and_counts(search):
    rows = rows_of(SOME)
    found = attack_rows(search, rows, scene(), Rising(), 30)
    assert [(a.row, a.outcome, a.edits) for a in found] == [(row, "held", 0) for row in rows]
    assert all(after.counts and after.queries > 1 for after in found)


def test_nothing_to_edit_is_a_noop_whatever_the_model_says(search):
    rows = [ClassificationRow("1", "en", "1", "ox 42 !", None, 0)]
    for victim in (Hashed(offset=10.0), Sturdy()):
        after = attack_rows(search, rows, scene(), victim, 50)[0]
        assert (after.outcome, after.queries, after.counts) == ("noop", 0, False)
        assert victim.asked == []
    blind = attack_rows(search, rows_of(["en"]), scene(survives=lambda a, b: False), Sturdy(), 50)[0]
    assert blind.outcome == "noop"


class Keyword:
    """Knows one word only: the margin is 1 while it stands in the text, else -1; masks count as absence."""

    def __init__(self, word):
        self.word = word

    def margins(self, rows):
        return [1.0 if self.word in row.first else -1.0 for row in rows]


def test_the_word_that_matters_is_found_and_edited_first():
    row = ClassificationRow("1", "en", "1", " ".join(SENTENCES["en"]), None, 0)
    after = attack_rows(ATTACKS.get("wir"), [row], scene(), Keyword("museum"), 60)[0]
    assert after.outcome == "edited" and after.edits == 1
    changed = [b for a, b in zip(row.first.split(), after.row.first.split(), strict=True) if a != b]
    assert len(changed) == 1 and sorted(changed[0]) != ["museum"] and changed[0].startswith("m")
    words = 12
    assert after.queries <= 1 + words + 12


@given(st.sampled_from(SOME), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_searched_texts_are_well_formed_and_few_words_change(language, number):
    row = ClassificationRow(str(number), language, "1", " ".join(SENTENCES[language]), None, 0)
    after = attack_rows(ATTACKS.get("greedy"), [row], scene(language=language), Sturdy(), 200)[0]
    assert ill_formed(after.row.first) == ""
    if language in ("en", "hi", "ar", "ko", "vi", "ru"):
        pairs = zip(row.first.split(), after.row.first.split(), strict=True)
        assert sum(a != b for a, b in pairs) <= max(1, 0.15 * len(row.first.split()))


def test_answers_choices_and_twins_are_safe_under_search():
    one, two = SENTENCES["en"]
    span = SpanRow("1", "en", "1", f"{one} {two}", "When did it appear?", (Answer("Thursday", one.index("Thursday")),))
    where = scene("span")
    after = attack_rows(ATTACKS.get("greedy"), [span], where, Sturdy(), 100)[0].row
    where.kind.check(after, where.task, None)
    choice = ChoiceRow("1", "en", "1", one, "", (two, one), 0)
    assert attack_rows(ATTACKS.get("greedy"), [choice], scene("choice"), Sturdy(), 100)[0].row.choices == choice.choices
    twins = ClassificationRow("1", "en", "1", one, one, 1)
    found = attack_rows(ATTACKS.get("greedy"), [twins], scene("pair"), Sturdy(), 100)[0].row
    assert found.first == found.second != one


def test_a_word_of_both_sentences_counts_twice():
    text = " ".join([*SENTENCES["en"], *SENTENCES["de"], "Really?"])
    row = ClassificationRow("1", "en", "1", text, text, 1)
    after = attack_rows(ATTACKS.get("greedy"), [row], scene("pair"), Falling(), 300)[0]
    changed = sum(a != b for a, b in zip(text.split(), after.row.first.split(), strict=True))
    assert after.edits == 2 * changed <= 0.15 * 2 * len(text.split())
    assert changed == int(0.15 * 2 * len(text.split())) // 2


class Falling:
    """Every further changed word lowers the margin, never below zero."""

    def margins(self, rows):
        clean = " ".join([*SENTENCES["en"], *SENTENCES["de"], "Really?"])
        return [1 / (1 + sum(a != b for a, b in zip(clean.split(), row.first.split(), strict=True))) for row in rows]


def test_what_a_walk_asks_twice_is_sent_once_and_counts_twice():
    def walk(board, clean, rng):
        row = ClassificationRow("1", "en", "1", "another text", None, 0)
        first = yield [Proposal(row, 1), Proposal(row, 1), Proposal(board.row, 0)]
        second = yield [Proposal(row, 1, probe=True)]
        assert first[:2] == second * 2 and first[2] == clean

    attack = Attack("twice", "", "search", frozenset({"letters"}), search=by_walking(walk, lambda board, rng: True))
    victim = Sturdy()
    after = attack_rows(attack, rows_of(["en"]), scene(), victim, 50)[0]
    assert after.queries == 5 and len(victim.asked) == 2


def test_user_mistakes_are_told():
    greedy, rows = ATTACKS.get("greedy"), rows_of(["en"])
    with pytest.raises(InputError, match="budget of 0"):
        attack_rows(greedy, rows, scene(), Sturdy(), 0)
    with pytest.raises(InputError, match="needs a model"):
        attack_rows(greedy, rows, scene())
    with pytest.raises(NotApplicable, match="mix_fields needs"):
        attack_rows(ATTACKS.get("mix_fields"), rows, scene())
    none = Attack("x", "", "static", frozenset({"letters"}))
    with pytest.raises(InputError, match="neither"):
        attack_rows(none, rows, scene())


def test_an_attack_says_why_it_does_not_apply():
    swap = ATTACKS.get("swap")
    assert applies(swap, kind_of("retrieval"), "de") == ""
    assert "retrieval" in applies(ATTACKS.get("distract"), kind_of("retrieval"), "de")
    latin = Attack("x", "", "static", frozenset({"letters"}), perturb=swap.perturb, languages=lambda code: code == "en")
    assert "'th'" in applies(latin, kind_of("single"), "th")


def test_a_hundred_rows_take_a_moment():
    rows = [row for i in range(10) for row in rows_of(SOME, id=str(i))]
    started = time.process_time()
    attack_rows(ATTACKS.get("greedy"), rows, scene(), Sturdy(), 50)
    assert time.process_time() - started < 5
