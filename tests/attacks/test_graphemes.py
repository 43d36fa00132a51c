"""Clusters, runs and offset maps: against UAX #29 as Unicode words it, and against rebuilt texts."""

import json
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from adaptstilts.attacks.text import graphemes
from adaptstilts.attacks.text.graphemes import Rewrite, appended, clusters, rewritten, runs, tables
from adaptstilts.attacks.text.scripts import ill_formed

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
TEXTS = [text for texts in SENTENCES.values() for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी", ["हि", "न्दी"]),  # conjuncts stay whole (GB9c)
        ("नमस्ते", ["न", "म", "स्ते"]),
        ("ಕನ್ನಡ", ["ಕ", "ನ್ನ", "ಡ"]),
        ("தமிழ்", ["த", "மி", "ழ்"]),  # the Tamil pulli is seen and joins nothing
        ("ශ්\u200dරී", ["ශ්\u200dරී"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),  # AA is no Extend in UAX #29, yet a mark
        ("ခန္ဓာ", ["ခ", "န္ဓာ"]),
        ("ក្រុង", ["ក្រុ", "ង"]),
        ("العَرَبِيَّة", ["ا", "ل", "عَ", "رَ", "بِ", "يَّ", "ة"]),
        ("می\u200cخواهم", ["م", "ی\u200c", "خ", "و", "ا", "ه", "م"]),
        ("ọ̀rọ̀", ["ọ̀", "r", "ọ̀"]),
        ("한국어", ["한", "국", "어"]),
        ("e\u0301te\u0301", ["e\u0301", "t", "e\u0301"]),
        ("👩‍👩‍👧!", ["👩‍👩‍👧", "!"]),
    ],
)
def test_clusters(text, expected):
    assert clusters(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "\u1b13\u1b44\u1b13",  # Balinese
        "\ua98f\ua9c0\ua98f",  # Javanese
        "\U00011107\U00011133\U00011107",  # Chakma
        "\u1780\u17d2\u1781\u17d2\u1798",  # Khmer, two stacked below
        "\u1000\u1039\u1000",  # Burmese
    ],
)
def test_conjuncts_of_every_script_are_one_cluster(text):
    """The Indic conjunct break of Unicode 17 (GB9c): up to its release 2025.9.18 `regex` parts Balinese, Javanese and Chakma."""
    assert clusters(text) == [text]


def test_another_table_of_letters_has_another_name(monkeypatch):
    before = tables()
    assert len(before) == 8 and before == tables()
    tables.cache_clear()
    monkeypatch.setattr(graphemes, "_DECISIVE", regex.compile(r"(?P<consonant>\p{InCB=Consonant})"))
    assert tables() != before
    tables.cache_clear()


@given(st.text())
def test_clusters_give_any_text_back(text):
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one, two", ["one", "two"]),
        ("東京は首都、コーヒー屋", ["東京", "は", "首都", "コーヒー", "屋"]),
        ("らーめん", ["らーめん"]),
        ("भाषा है।", ["भाषा", "है"]),
        ("iPhoneは高い", ["iPhone", "は", "高", "い"]),
        ("12 3rd", ["rd"]),
    ],
)
def test_runs_are_words_of_one_script(text, expected):
    pieces = clusters(text)
    assert ["".join(pieces[run.start : run.end]) for run in runs(pieces)] == expected


@st.composite
def edits(draw):
    pieces = clusters(draw(st.sampled_from(TEXTS)))
    cuts = sorted(draw(st.lists(st.integers(0, len(pieces)), min_size=2, max_size=8, unique=True)))
    fresh = st.lists(st.text("abक", min_size=1, max_size=3), max_size=2).map(tuple)
    return pieces, [Rewrite(a, b, draw(fresh)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


@given(edits())
def test_every_kept_character_is_found_where_the_map_says(case):
    pieces, rewrites = case
    text, edited = "".join(pieces), rewritten(pieces, rewrites)
    assert len(edited.moved) == len(text) + 1
    assert list(edited.moved) == sorted(edited.moved)
    assert edited.moved[0] >= 0 and edited.moved[-1] == len(edited.text)
    changed = {i for r in rewrites for i in range(r.start, r.end)}
    expected, offset = "", 0
    fresh = {r.start: "".join(r.new) for r in rewrites}
    for i, piece in enumerate([*pieces, ""]):
        expected += fresh.get(i, "")
        if i not in changed:
            expected += piece
            for k, char in enumerate(piece):
                assert edited.text[edited.moved[offset + k]] == char
        offset += len(piece)
    assert edited.text == expected


def test_overlapping_rewrites_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        rewritten(list("abcd"), [Rewrite(0, 2, ()), Rewrite(1, 3, ())])


def test_appending_moves_nothing():
    edited = appended("an answer", " and more")
    assert edited.text == "an answer and more"
    assert edited.text[edited.moved[3] : edited.moved[9]] == "answer"


def test_real_sentences_are_well_formed():
    assert len(SENTENCES) >= 45
    assert [text for text in TEXTS if ill_formed(text)] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("\u093fक", "orphan mark"),
        ("का \u093e", "orphan mark"),
        ("कि\u093e", "two dependent vowels"),
        ("क्\u093f", "virama before a vowel sign"),
        ("ക്\u0d3e", "virama before a vowel sign"),
        ("ខ្", "stacker without a consonant"),
        ("န္", "stacker without a consonant"),
        ("က် မာ", "killed consonant without a vowel"),
        ("กเ", "Thai leading vowel without a consonant"),
        ("เะก", "Thai leading vowel without a consonant"),
        ("าก", "Thai following vowel without a consonant"),
        ("กะะ", "two Thai vowels"),
        ("ກເ", "Lao leading vowel without a consonant"),
        ("ㅋ\u1100", "loose jamo"),
        ("a\u064e", "Arabic mark without a base"),
        ("e\u0301", "not in NFC"),
    ],
)
def test_ill_formed_strings_are_named(text, what):
    assert ill_formed(text) == what


def test_real_xnli_sentences_pass_the_rules(hub):
    """Checked against XNLI's human translations: a rule that real text breaks often is no rule."""
    import unicodedata

    from pyarrow import parquet

    for language in ("ar", "hi", "th", "ur", "vi", "zh"):
        files = sorted((hub / "datasets/facebook/xnli").rglob(f"{language}/validation*.parquet"))
        if not files:
            pytest.skip(f"no XNLI rows in {language}")
        texts = parquet.read_table(files[0]).column("premise").to_pylist()[:200]
        bad = [text for text in texts if ill_formed(unicodedata.normalize("NFC", text))]
        assert len(bad) <= 0.05 * len(texts), (language, bad[:3])
