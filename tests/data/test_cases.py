"""The small inputs that were read wrong once, as their INDEX says that each must be read; the laws of all readers and kinds stand in
`test_text_of_files` and `test_values_of_rows`. They are no part of the project."""

import json
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner
from tokenizers import Tokenizer

from adaptstilts.attacks import ATTACKS, Scene
from adaptstilts.attacks.apply import attack_rows
from adaptstilts.attacks.model_input import told_apart
from adaptstilts.cli.check_verb import command
from adaptstilts.data.encoding.tokenizer import KeptTokens
from adaptstilts.data.load import load
from adaptstilts.data.pairing import pairing
from adaptstilts.data.sources import facts_for, source_of
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.tasks import TASKS

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES}")
NBSP = "\u00a0"


def rows_of(case, task, language, split="test"):
    where, bad = source_of(str(CASES / case)), []
    return list(load(facts_for(TASKS.get(task), where), split, language, where, wrong=bad.append).rows), bad


def checked(case, task, *languages):
    done = CliRunner().invoke(command, [task, "--data", str(CASES / case), "--langs", ",".join(languages), "--json"])
    return done, json.JSONDecoder().raw_decode(done.stdout)[0]


READ = {
    ("bom_csv", "xnli", "sw"): lambda row: row.first,
    ("bom_conllu_nocomment", "udpos", "de"): lambda row: row.words,
    ("nbsp_conll", "panx", "sw"): lambda row: row.words,
    ("json_column", "xnli", "sw"): lambda row: row.first,
}
FIRST = {
    "bom_csv": [f"A dog runs in park {i}." for i in range(6)],
    "bom_conllu_nocomment": [("Dogs", "bark")],
    "nbsp_conll": [(f"10{NBSP}000", f"New{NBSP}York", "Juma"), ("Habari",)],
}


@pytest.mark.parametrize(("case", "task", "language"), READ)
def test_rows_are_those_that_the_files_mean(case, task, language):
    found, bad = rows_of(case, task, language)
    texts = [READ[case, task, language](row) for row in found]
    _, told = checked(case, task, language)
    (split,) = (s for s in told["splits"] if s["rows"])
    assert (split["rows"], split["bad"]) == (len(found), len(bad))
    if case == "json_column":
        assert len(texts) == 5 and all(text[:1].isalpha() and "\\u" not in text for text in texts)
        assert texts[0] == "Mtoto mmoja anacheza mtoni."
        assert [(error.field, "number" in str(error) or "text" in str(error)) for error in bad] == [("first", True)]
    else:
        assert texts[: len(FIRST[case])] == FIRST[case] and not bad


def test_rows_of_one_id_are_paired_whatever_the_order_of_lines():
    english, swahili = (rows_of("al_pub", "xnli", code)[0] for code in ("en", "sw"))
    where = source_of(str(CASES / "al_pub"))
    task = facts_for(TASKS.get("xnli"), where)
    sources = {code: {row.source for row in rows} for code, rows in (("en", english), ("sw", swahili))}
    pairing(task, "test", sources, where).check()
    scene = Scene(task, kind_of("pair"), "sw", 0, 0.1, lambda a, b: a != b, {
        code: {row.source: row for row in rows} for code, rows in (("en", english), ("sw", swahili))
    })  # fmt: skip
    by_source = {row.source: row for row in english}
    for row, after in zip(swahili, attack_rows(ATTACKS.get("mix_fields"), swahili, scene), strict=True):
        mate = by_source[row.source]
        assert after.row.label == row.label == mate.label
        assert {after.row.first, after.row.second} & {mate.first, mate.second}


def test_decomposed_letters_have_the_ids_of_the_composed_ones(hub):
    """SentencePiece's own, clean and attacked alike; a word that is not edited stays as it was, byte for byte."""
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = hub / "models" / "FacebookAI" / "xlm-roberta-large"
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    specials = {"cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}
    tokens = KeptTokens(Tokenizer.from_file(str(folder / "tokenizer.json")), specials)
    kind, (rows, bad) = kind_of("pair"), rows_of("nfd", "xnli", "vi")
    task = facts_for(TASKS.get("xnli"), source_of(str(CASES / "nfd")))
    scene = Scene(task, kind, "vi", 0, 0.1, told_apart(tokens))
    attacked = [after.row for after in attack_rows(ATTACKS.get("swap"), rows, scene)]
    assert len(rows) == 3 and not bad and attacked != rows
    for row in (*rows, *attacked):
        assert not unicodedata.is_normalized("NFC", row.first)
        (encoding,) = kind.encode([row], task, tokens, Limits(128, 32))
        wanted = [
            [piece + 1 for piece in pieces.encode(unicodedata.normalize("NFC", text))]
            for text in (row.first, row.second)
        ]
        assert list(encoding.ids) == [0, *wanted[0], 2, 2, *wanted[1], 2]
    for before, after in zip(rows, attacked, strict=True):
        pairs = list(zip(before.first.split(), after.first.split(), strict=True))
        assert 0 < sum(a == b for a, b in pairs) < len(pairs) or before.first == after.first
        assert all(unicodedata.is_normalized("NFD", word) for word in after.first.split())
    _, told = checked("nfd", "xnli", "vi")
    assert sum(split["decomposed"] for split in told["splits"]) == 3
