"""What edits end in, against SentencePiece's own piece 0 and its own blanks; the variants that use known characters only."""

import dataclasses
import json
import unicodedata
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import applies, attack_rows
from adaptstilts.attacks.model_input import endings, told_apart
from adaptstilts.attacks.static.homoglyph import look_alikes
from adaptstilts.attacks.static.invisible import ignorables
from adaptstilts.attacks.text.inventory import inventory
from adaptstilts.attacks.text.scripts import nature_of
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.kinds import kind_of
from adaptstilts.rows import ClassificationRow
from adaptstilts.tasks.task import Task

SENTENCES = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
SPECIALS = {"unk_token": "<unk>", "mask_token": "<mask>"}


@pytest.fixture(scope="module")
def folder(hub):
    return hub / "models/FacebookAI/xlm-roberta-large"


@pytest.fixture(scope="module")
def tokens(folder):
    return KeptTokens(Tokenizer.from_file(str(folder / "tokenizer.json")), SPECIALS)


@pytest.fixture(scope="module")
def pieces(folder):
    """SentencePiece's pieces, the unknown one as 0, the blank that it puts before a text left out."""
    sentencepiece = pytest.importorskip("sentencepiece")
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model")).encode


def scene(language, tokens, **more):
    task = Task("toy", "single", "target", "", "accuracy", labels=("no", "yes"))
    letters = inventory(SENTENCES[language])
    return Scene(
        task, kind_of("single"), language, 0, 0.2, told_apart(tokens), inventory=letters, ending=endings(tokens), **more
    )


def rows(language):
    return [ClassificationRow(str(i), language, str(i), text, None, 0) for i, text in enumerate(SENTENCES[language])]


def test_invisible_characters_end_as_sentencepiece_has_them(tokens, pieces):
    """As the issue counted them: of 27 eight are kept, three a blank, sixteen unknown (here: those that are told apart at all)."""
    differ, ending = told_apart(tokens), endings(tokens)
    found = {char: ending("ab", f"a{char}b") for char in ignorables() if differ("ab", f"a{char}b")}
    for char, end in found.items():
        there = pieces(f"a{char}b")
        assert end == ("unknown" if 0 in there else "blank" if there == pieces("a b") else "known"), ascii(char)
    counts = [list(found.values()).count(end) for end in ("known", "blank", "unknown")]
    assert (sum(counts), counts) == (27, [8, 3, 16])


def test_latin_look_alikes_end_as_sentencepiece_has_them(tokens, pieces):
    ending = endings(tokens)
    latin = {(a, b) for a, others in look_alikes().items() for b in others if nature_of(a).script == "Latin"}
    found = {(a, b): ending(f"x{a}y", f"x{b}y") for a, b in latin}
    unknown = {letter for pair in latin for letter in pair if 0 in pieces(f"x{letter}y")}
    assert {pair for pair, end in found.items() if end == "unknown"} == {
        (a, b) for a, b in latin if b in unknown and a not in unknown
    }
    assert sum(b in unknown for _, b in latin) > len(latin) / 3


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        ("ab", "ba", "known"),
        ("ab", "a", "known"),
        ("abc", "ab c", "blank"),
        ("می‌روم", "می روم", "known"),  # a blank for what is read as one
        ("ක්‍ෂය", "ක්‍ෂ", "known"),  # it had one before
        ("ක්ෂය", "ක්‍ෂය", "unknown"),
        ("cafe", "café", "known"),
        ("ab", "a\u200bb", "blank"),
        ("ab", "a\u00a0b", "blank"),
    ],
)  # fmt: skip
def test_what_an_edit_ends_in(tokens, before, after, end):
    differ = told_apart(tokens)
    if differ(before, after):
        assert endings(tokens)(before, after) == end


def test_a_tokenizer_without_an_unknown_piece_knows_everything(tokens):
    bare = KeptTokens(tokens.backend_tokenizer, {"mask_token": "<mask>"})
    assert endings(bare)("ab", "a\u2060b") == "known"


@pytest.mark.parametrize("name", ["homoglyph", "invisible"])
@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_the_known_variants_use_no_other_character(tokens, pieces, name, language):
    known, where = ATTACKS.get(f"{name}_known"), scene(language, tokens)
    assert applies(known, where.kind, language) == applies(ATTACKS.get(name), where.kind, language).replace(
        name, known.name
    )
    if applies(known, where.kind, language):
        return
    for row, after in zip(rows(language), attack_rows(known, rows(language), where), strict=True):
        assert (after.unknown, after.blank) == (0, 0)
        assert pieces(after.row.first).count(0) <= pieces(row.first).count(0)
        assert len(told(tokens, after.row.first).split()) == len(told(tokens, row.first).split())


def told(tokens, text):
    """The text as the tokenizer reads it, by its own blanks."""
    return tokens.decode(tokens([text], add_special_tokens=False)["input_ids"][0])


def test_without_a_tokenizer_the_variants_are_the_attacks():
    where = dataclasses.replace(scene("en", _Any()), survives=lambda before, after: before != after, ending=None)
    for name in ("homoglyph", "invisible"):
        draws = [attack_rows(ATTACKS.get(each), rows("en"), where) for each in (name, f"{name}_known")]
        for plain, known in zip(*draws, strict=True):
            assert plain.edits == known.edits > 0 and known.unknown is known.blank is None


class _Any:
    unk_token_id = None


def test_letters_are_what_they_were(tokens):
    """A known look-alike stands where the letter stood, its marks with it."""
    where = scene("en", tokens)
    for row, after in zip(rows("en"), attack_rows(ATTACKS.get("homoglyph_known"), rows("en"), where), strict=True):
        assert len(unicodedata.normalize("NFD", after.row.first)) == len(unicodedata.normalize("NFD", row.first))
        assert after.outcome == "edited" and after.row.first != row.first
