"""Laws of every static letter attack over 57 languages: sound strings, exact offsets, kept text, order, severity."""

import json
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.edits.board import Board
from adaptstilts.attacks.edits.editable import EditableField
from adaptstilts.attacks.edits.rewrites import drops, swaps
from adaptstilts.attacks.static.invisible import IGNORABLE
from adaptstilts.attacks.text.graphemes import clusters, runs
from adaptstilts.attacks.text.inventory import inventory, known_words, words_of_rows
from adaptstilts.attacks.text.scripts import ill_formed
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Field
from adaptstilts.rows import Answer, ChoiceRow, ClassificationRow, SpanRow, TaggingRow
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
LETTERS = ["swap", "drop", "insert", "sub", "keyboard", "homoglyph", "invisible"]
EVERYWHERE = ["swap", "drop", "insert", "sub", "invisible"]
PARTIAL = {"ar", "fa", "ur", "he", "th", "ml"}  # not every word has a look-alike there
INVENTORIES = {language: inventory(texts) for language, texts in SENTENCES.items()}
UNSPACED = {"th", "lo", "km", "my", "ja", "zh"}

languages = st.sampled_from(sorted(SENTENCES))
attacks = st.sampled_from(LETTERS)
universal = st.sampled_from(EVERYWHERE)
severities = st.sampled_from([0.02, 0.05, 0.1, 0.2])


def differ(before, after):
    return before != after


def scene(kind, language="en", severity=0.1, **more):
    task = Task("toy", kind, "target", "", "accuracy", labels=("no", "yes"))
    more.setdefault("inventory", INVENTORIES[language])
    return Scene(task, kind_of(kind), language, more.pop("seed", 0), severity, more.pop("survives", differ), **more)


def single(text, language="en", id="1"):
    return ClassificationRow(id, language, id, text, None, 0)


def attack_one(name, row, where):
    return attack_rows(ATTACKS.get(name), [row], where)[0]


def words_of(text):
    return re.findall(r"[^\s.,:;!?'’·।۔؟。、။։።-]+", text)


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("name", LETTERS)
def test_every_language_is_edited_into_well_formed_text(name, language):
    if applies(ATTACKS.get(name), kind_of("single"), language):
        assert name in ("keyboard", "homoglyph")
        return
    for text in SENTENCES[language]:
        for severity in (0.02, 0.1, 0.2):
            after = attack_one(name, single(text, language), scene("single", language, severity))
            assert after.outcome == "edited" or (name == "homoglyph" and language in PARTIAL)
            assert (after.row.first != text) == (after.outcome == "edited")
            assert ill_formed(after.row.first) == ""


@given(universal, languages, severities, st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_the_edit_rate_is_within_one_edit_of_the_target(name, language, severity, seed):
    text = " ".join(SENTENCES[language])
    where = scene("single", language, severity, seed=seed)
    after = attack_one(name, single(text, language), where)
    editable = Board(single(text, language), where).editable
    assert after.rate == after.edits / editable
    assert abs(after.edits - max(1, severity * editable)) <= 1


@given(universal, languages)
@settings(max_examples=30, deadline=None)
def test_severity_zero_changes_nothing(name, language):
    row = single(SENTENCES[language][0], language)
    after = attack_one(name, row, scene("single", language, 0.0))
    assert (after.row, after.outcome, after.edits) == (row, "noop", 0)


@given(attacks, st.permutations(sorted(SENTENCES)[::4]))
@settings(max_examples=15, deadline=None)
def test_results_do_not_depend_on_order_or_batch(name, order):
    rows = {language: single(SENTENCES[language][0], "en", id=language) for language in order}
    where = scene("single")
    together = attack_rows(ATTACKS.get(name), [rows[language] for language in order], where)
    for language, after in zip(order, together, strict=True):
        assert after == attack_one(name, rows[language], where)


@st.composite
def span_rows(draw):
    language = draw(languages)
    context = " ".join(SENTENCES[language])
    words = [run for run in runs(clusters(context)) if run.end - run.start >= 2]
    run = draw(st.sampled_from(words))
    pieces = clusters(context)
    start = len("".join(pieces[: run.start]))
    text = "".join(pieces[run.start : min(run.end, run.start + 4)])
    return SpanRow("1", language, "1", context, SENTENCES[language][1], (Answer(text, start),))


@given(universal, span_rows(), severities)
@settings(max_examples=80, deadline=None)
def test_gold_answers_and_their_borders_stay(name, row, severity):
    where = scene("span", row.language, severity)
    after = attack_one(name, row, where).row
    where.kind.check(after, where.task, None)  # raises if an answer is not at its offset
    assert [answer.text for answer in after.answers] == [answer.text for answer in row.answers]
    gold, start = row.answers[0].text, row.answers[0].start
    kept = clusters(row.context[start + len(gold) :])[:1]
    at = after.answers[0].start + len(gold)
    assert clusters(after.context[at:])[:1] == kept
    assert after.context.count(gold) >= 1 and ill_formed(after.context) == ""


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("severity", [0.1, 0.5, 1.0])
def test_numbers_addresses_short_words_and_word_ends_stay(name, severity):
    text = "On 3rd May 2019 an old ox saw www.example.org/page and wrote to anna@example.org about @someone twice"
    after = attack_one(name, single(text), scene("single", severity=severity)).row.first
    for kept in ("3rd", "2019", "www.example.org/page", "anna@example.org", "@someone", " an ", " ox ", "On "):
        assert kept in after
    before_words, after_words = text.split(), after.split()
    assert [(w[0], w[-1]) for w in before_words] == [(w[0], w[-1]) for w in after_words]


@given(universal, languages, severities)
@settings(max_examples=80, deadline=None)
def test_a_word_of_both_sentences_gets_the_same_edit_in_both(name, language, severity):
    first, second = SENTENCES[language]
    row = ClassificationRow("1", language, "1", f"{first} {second}", f"{second} {first}", 0)
    after = attack_one(name, row, scene("pair", language, severity)).row

    if language in UNSPACED:
        return  # a window may straddle the seam between the two sentences; see the next test
    became = {}
    for before, now in [(row.first, after.first), (row.second, after.second)]:
        for old, new in zip(words_of(before), words_of(now), strict=True):
            assert became.setdefault(old.casefold(), new.casefold()) == new.casefold()
    assert after.first.casefold().split() != row.first.casefold().split()


@given(universal, st.sampled_from(sorted(UNSPACED)), severities)
@settings(max_examples=40, deadline=None)
def test_equal_sentences_stay_equal(name, language, severity):
    text = SENTENCES[language][0]
    row = ClassificationRow("1", language, "1", text, text, 1)
    after = attack_one(name, row, scene("pair", language, severity))
    assert after.outcome == "edited"
    assert after.row.first == after.row.second != text


def test_capitals_do_not_make_another_word():
    row = ClassificationRow("1", "en", "1", "Monday came. Nothing else.", "nothing came on monday.", 0)
    for seed in range(20):
        where = Scene(scene("pair").task, kind_of("pair"), "en", seed, 0.3, differ)
        after = attack_one("swap", row, where).row
        assert after.first.casefold().split()[0] == after.second.casefold().split()[-1].rstrip(".")


def length(text):
    """In clusters, an invisible character counting as one of its own whether it joins a cluster or not."""
    hidden = IGNORABLE.findall(text)
    return len(clusters(IGNORABLE.sub("", text))) + len(hidden)


@given(universal, st.sampled_from(["en", "ru", "hi", "ko", "ja", "ar"]), severities)
@settings(max_examples=40, deadline=None)
def test_choices_get_equally_many_edits_and_stay_apart(name, language, severity):
    one, two = SENTENCES[language]
    row = ChoiceRow("1", language, "1", f"{one} {two}", "", (one, two), 0)
    where = scene("choice", language, severity)
    after = attack_one(name, row, where).row
    assert after.choices[0] != after.choices[1]
    shrunk = [length(a) - length(b) for a, b in zip(row.choices, after.choices, strict=True)]
    assert len(set(shrunk)) == 1
    assert (row.choices[0] == after.choices[0]) == (row.choices[1] == after.choices[1])


def test_choices_alone_are_edited_equally_often():
    row = ChoiceRow("1", "en", "1", "He ran.", "", ("Nobody expected the museum to reopen.", "Thursday"), 1)
    after = attack_one("drop", row, scene("choice", severity=0.2)).row
    assert [len(a) - len(b) for a, b in zip(row.choices, after.choices, strict=True)] in ([1, 1], [2, 2], [3, 3])
    number = ChoiceRow("1", "en", "1", "ox", "", ("Nobody expected it.", "7"), 1)
    assert attack_one("drop", number, scene("choice", severity=0.2)).outcome == "noop"


def test_tagged_words_keep_their_number():
    words = tuple(SENTENCES["hi"][0].split())
    row = TaggingRow("1", "hi", "1", words, (0,) * len(words))
    after = attack_one("drop", row, scene("tagging", "hi", 0.2))
    assert after.outcome == "edited" and len(after.row.words) == len(words) and all(after.row.words)
    assert 0 < sum(a != b for a, b in zip(words, after.row.words, strict=True)) <= after.edits


def test_no_edit_makes_another_known_word():
    row = single("The form of the trail was casual and they were united again by the board")
    words = known_words(["trial untied causal from", "Broad trails"])
    seen = set()
    for seed in range(40):
        where = Scene(scene("single").task, kind_of("single"), "en", seed, 0.5, differ, words=words)
        seen |= set(attack_one("swap", row, where).row.first.split())
    assert not seen & {"trial", "untied", "causal", "from", "broad"}
    free = set()
    for seed in range(40):
        where = Scene(scene("single").task, kind_of("single"), "en", seed, 0.5, differ)
        free |= set(attack_one("swap", row, where).row.first.split())
    assert free & {"trial", "untied", "causal", "from"}


def test_words_are_harvested_from_fields():
    where = scene("single")
    assert words_of_rows([single("Über den Fluß 東京")], where.kind, where.task) == {"über", "den", "fluss"}


def test_what_the_tokenizer_does_not_see_is_no_attack():
    row = single(SENTENCES["en"][0])
    blind = attack_one("swap", row, scene("single", survives=lambda before, after: False))
    assert (blind.outcome, blind.row, blind.edits, blind.counts) == ("noop", row, 0, False)

    def sees_the_end(before, after):
        return "report" in before and before != after

    seen = attack_one("swap", row, scene("single", survives=sees_the_end))
    assert seen.outcome == "edited"
    changed = [a for a, b in zip(row.first.split(), seen.row.first.split(), strict=True) if a != b]
    assert changed == ["report"]


def test_a_whole_text_that_is_truncated_away_is_redrawn_then_given_up():
    calls = []

    def survives(before, after):
        calls.append(before)
        return " " not in before  # words differ, the text as a whole is cut off before any edit

    after = attack_one("swap", single(SENTENCES["en"][0]), scene("single", survives=survives))
    assert after.outcome == "noop"
    assert sum(" " in before for before in calls) == 6


@pytest.mark.parametrize("name", EVERYWHERE)
def test_decomposed_text_is_edited_as_composed_text_is_and_stays_decomposed(name):
    import unicodedata

    for language in ("vi", "ko", "bn", "yo"):
        text = SENTENCES[language][0]
        row = single(unicodedata.normalize("NFD", text), language)
        after = attack_one(name, row, scene("single", language)).row.first
        composed = attack_one(name, single(text, language), scene("single", language)).row.first
        assert unicodedata.is_normalized("NFC", composed) and ill_formed(composed) == ""
        assert after == unicodedata.normalize("NFD", composed)


def test_the_same_seed_gives_the_same_text_everywhere():
    """Frozen outputs: a change of these is a change of the attack's version."""
    where = scene("single")
    rows = [single(SENTENCES["en"][0]), single(SENTENCES["hi"][0]), single(SENTENCES["zh"][0])]
    found = {name: [attack_one(name, row, where).row.first for row in rows] for name in ("swap", "drop")}
    frozen = json.loads((Path(__file__).parent / "frozen_letters.json").read_text("utf-8"))
    assert found == frozen


def test_driver_leaves_global_randomness_alone():
    import random

    state = random.getstate()
    ATTACKS.get("swap").perturb(single(SENTENCES["en"][0]), scene("single"), Random(1))
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("text", "protected", "locked"),
    [
        ("委员会星期四公布", (3, 5), [2, 3, 4, 5]),
        ("an answer here", (3, 9), list(range(2, 10))),
        ("कि रिपोर्ट", (3, 4), [1, 2, 3]),  # half a cluster protected is all of it, and its neighbours
        ("see www.a.org now", (0, 0), list(range(4, 13))),
    ],
)
def test_protected_clusters_and_their_neighbours_are_locked(text, protected, locked):
    sheet = EditableField(Field("context", text, (protected,)))
    assert [i for i, held in enumerate(sheet.locked) if held] == locked


def test_an_edit_that_would_join_two_clusters_is_none():
    """The last cluster of this Hindi word ends in a virama: further in, it would swallow its neighbour."""
    board = Board(single("श्रीमान्", "hi"), scene("single", "hi"))
    texts = {board.row_with([step]).first for unit in board.units for step in board.options(unit, [swaps, drops])}
    assert texts == {"श्रीन्", "श्रीमा"}


def test_a_word_that_is_protected_in_one_sentence_stays_in_the_other():
    row = ClassificationRow("1", "en", "1", "museum visitors left", "see www.museum.example, visitors", 0)
    for seed in range(10):
        where = Scene(scene("pair").task, kind_of("pair"), "en", seed, 1.0, differ)
        after = attack_one("swap", row, where).row
        assert after.first.startswith("museum ") and "www.museum.example" in after.second
        assert after.first != row.first


def test_different_choices_never_become_one():
    row = ChoiceRow("1", "en", "1", "", "", ("trial", "trail"), 0)
    seen = set()
    for seed in range(60):
        where = Scene(scene("choice").task, kind_of("choice"), "en", seed, 0.3, differ)
        seen.add(attack_one("drop", row, where).row.choices)
    assert len(seen) > 3 and all(one != two for one, two in seen)
