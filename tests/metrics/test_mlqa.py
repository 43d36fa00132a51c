"""MLQA's normalising: cases worked by hand from its documented rule; for English ASCII it must equal SQuAD's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptstilts.errors import UnknownName
from adaptstilts.metrics import mlqa, squad


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("en", "The “quick” — fox…", ["quick", "fox"]),
        ("en", "5 € $5 £5 20° a＋b a+b", ["5", "€", "5", "£5", "20°", "＋b", "ab"]),
        ("es", "El perro, la casa y los UNOS", ["perro", "casa", "y"]),
        ("de", "Einem Hund des Hauses: das", ["hund", "hauses"]),
        ("de", "ein a an", ["a", "an"]),
        ("hi", "यह एक घर है।", ["यह", "एक", "घर", "है"]),
        ("vi", "Những con mèo của tôi là cái gì", ["con", "mèo", "tôi", "gì"]),
        ("vi", "la\u0300", ["la\u0300"]),  # NFD: the article is known in NFC only
        ("ar", "الكتاب والقلم", ["كتاب", "و", "قلم"]),  # inside a word too
        ("ar", "ا.ل", []),  # also where only the deleted mark made it
        ("ar", "أل إل ٱل ﻻ", ["أل", "إل", "ٱل", "ﻻ"]),
        ("zh", "北京在 2008年，OK！", ["北", "京", "在", "2008", "年", "ok"]),
        ("zh", "\u9fa5\u9fa6\u3400かな", ["\u9fa5", "\u9fa6\u3400かな"]),
    ],
)
def test_documented_rules_and_traps(language, text, tokens):
    assert mlqa.normalise(text, language) == tokens


@given(text=st.text(alphabet=[chr(c) for c in range(128)], max_size=40))
def test_english_ascii_is_squads_rule(text):
    assert mlqa.normalise(text, "en") == squad.normalise(text)


def test_chinese_scores_by_character():
    scores = mlqa.mlqa({"1": "北京市", "2": "上 海"}, {"1": ["北京"], "2": ["上海"]}, "zh")
    assert scores["em"] == 0.5  # blanks between Han never matter
    assert scores["f1"] == pytest.approx((0.8 + 1) / 2)


def test_other_languages_are_refused():
    with pytest.raises(UnknownName, match="MLQA language"):
        mlqa.mlqa({"1": "x"}, {"1": ["x"]}, "fr")
