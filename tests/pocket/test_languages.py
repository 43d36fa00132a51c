"""The languages: words without doubles, letters that stand where they may, the same text in every process."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from adaptstilts import pocket
from adaptstilts.errors import UnknownName
from adaptstilts.pocket.grammar import grammar
from adaptstilts.pocket.language import words
from adaptstilts.pocket.languages import languages

ROOT = Path(pocket.__file__).resolve().parents[2]


def test_english_and_six_more_with_private_codes():
    assert pocket.LANGUAGES[0] == "en"
    assert set(pocket.LANGUAGES[1:]) >= {"qaa", "qab", "qac", "qad", "qae", "qaf"}
    assert {language.order for language in languages().values()} == {"SVO", "SOV", "VSO"}
    assert len({language.script for language in languages().values()}) >= 6


@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_no_two_words_share_a_form(code):
    known = words(languages()[code])
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_the_lexicon_is_injective_and_its_words_occur(code):
    lexicon = pocket.lexicon(code)
    forms = {}
    for word, found in lexicon.items():
        forms.setdefault(found, set()).add(word)
    for same in forms.values():  # a language without plural says singular and plural alike
        assert same in ({min(same)}, {min(same), min(same) + "s"})
    text = " ".join(pocket.sample(code, 400))
    assert sum(form in text for (form,) in forms) > 0.6 * len(forms)


@pytest.mark.parametrize("code", pocket.LANGUAGES)
def test_marks_stand_on_letters(code):
    for sentence in pocket.sample(code, 300):
        assert sentence == unicodedata.normalize("NFC", sentence)
        for before, mark in zip(" " + sentence, sentence, strict=False):
            if unicodedata.category(mark) in ("Mn", "Mc"):
                assert unicodedata.category(before) == "Lo", sentence


def test_each_language_keeps_to_its_script():
    names = {"qab": "CYRILLIC", "qac": "ARABIC", "qad": "DEVANAGARI", "qae": "CJK", "qaf": "GEORGIAN"}
    for code, name in names.items():
        letters = {c for sentence in pocket.sample(code, 100) for c in sentence if c.isalpha()}
        assert all(name in unicodedata.name(letter) for letter in letters), code
    assert not any(" " in sentence for sentence in pocket.sample("qae", 100))


def test_an_event_in_three_orders():
    from adaptstilts.pocket.facts import Clause, Thing, say

    fact = (say(Clause(verb="chase", agent=Thing("dog"), patient=Thing("cat", adjective="red"))),)
    roles = {}
    for code in pocket.LANGUAGES:
        pieces = grammar(code).sentence(fact[0])
        said = [p.role[0] for p in pieces if p.role in ("agent", "verb", "patient")]
        roles[code] = "".join(dict.fromkeys(said))
    assert grammar("en").text(fact) == "the dog chased the red cat."
    assert roles == {"en": "avp", "qaa": "avp", "qab": "apv", "qac": "vap", "qad": "apv", "qae": "avp", "qaf": "apv"}


def test_a_passive_says_the_same_in_other_words():
    from adaptstilts.pocket.facts import Clause, Thing, say

    clause = Clause(verb="push", agent=Thing("dog"), patient=Thing("cat", count=3), passive=True, negated=True)
    assert grammar("en").text((say(clause),)) == "three cats was not pushed by the dog."


def test_offsets_point_at_the_words():
    from adaptstilts.ids import rng_for
    from adaptstilts.pocket.world import World

    for code in pocket.LANGUAGES:
        by = grammar(code)
        for i in range(30):
            world = World("b", rng_for("offsets", i))
            pieces = by.sentence(world.longer(world.event()))
            text = by.join(pieces)
            starts = by.offsets(pieces)
            assert all(text[at : at + len(p.text)] == p.text for at, p in zip(starts, pieces, strict=True))


def test_text_is_the_same_under_any_hash_seed():
    script = (
        "from adaptstilts import ids, pocket;"
        "print(ids.digest([pocket.sample(c, 20) for c in pocket.LANGUAGES]"
        "+ [pocket.rows(t, 'dev', 'qaf', 8) for t in pocket.TWINS]))"
    )
    seen = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
        seen.add(done.stdout)
    assert len(seen) == 1


def test_looking_at_the_lab_imports_nothing_heavy():
    script = "import sys; from adaptstilts import pocket; pocket.rows('pawsx', 'dev', 'qaa', 2); print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "transformers", "tokenizers", "adapters"} & set(done.stdout.split())


def test_unknown_names_are_told():
    for call in (
        lambda: pocket.rows("pawsz", "test", "en"),
        lambda: pocket.rows("pawsx", "validation", "en"),
        lambda: pocket.rows("pawsx", "test", "xx"),
        lambda: pocket.sample("xx"),
        lambda: pocket.labels("nothing"),
    ):
        with pytest.raises(UnknownName):
            call()
