"""SQuAD's rules, against transformers' copy of the official v2.0 script and cases of the v1.1 script worked by hand."""

import random
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptstilts.errors import InputError
from adaptstilts.metrics import squad

WORDS = st.text(alphabet="aAtThHeEnN .,'-_“”…é́ßİςΣ1ａ।​ 中文", max_size=25)


@pytest.fixture(scope="module")
def official():
    return pytest.importorskip("transformers.data.metrics.squad_metrics")


@settings(max_examples=300, deadline=None)
@given(text=WORDS)
def test_normalising_equals_the_official_one(official, text):
    assert squad.normalise(text) == official.get_tokens(text)


@settings(max_examples=300, deadline=None)
@given(said=WORDS, gold=WORDS)
def test_one_answer_scores_as_officially(official, said, gold):
    assert squad.exact(said, gold) == official.compute_exact(gold, said)
    golds = [gold] if squad.normalise(gold) else [""]
    assert squad.exact_v2(said, [gold]) == official.compute_exact(golds[0], said)
    assert squad.f1_v2(said, [gold]) == pytest.approx(official.compute_f1(golds[0], said), abs=1e-12)
    if squad.normalise(said) and squad.normalise(gold):
        assert squad.f1(said, gold) == pytest.approx(official.compute_f1(gold, said), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_a_corpus_with_unanswerable_questions_scores_as_officially(official, seed):
    draw = random.Random(seed)
    pool = ["the cat", "a dog!", "", "the", "cat sat", "dog", "on Mat", "...", "Mat"]
    golds = {str(i): [draw.choice(pool) for _ in range(draw.randint(0, 3))] for i in range(12)}
    golds |= {"answerable": ["cat"], "unanswerable": []}
    said = {key: draw.choice(pool) for key in golds}
    nulls = {key: draw.choice([0.1, 0.3, 0.5, 0.9]) for key in golds}
    examples = [
        types.SimpleNamespace(qas_id=key, answers=[{"text": text} for text in texts]) for key, texts in golds.items()
    ]
    theirs = official.squad_evaluate(examples, said, nulls, 0.5)
    names = {"em": "exact", "f1": "f1", "has_answer_em": "HasAns_exact", "has_answer_f1": "HasAns_f1"}
    names |= {"no_answer_em": "NoAns_exact", "no_answer_f1": "NoAns_f1", "best_em": "best_exact", "best_f1": "best_f1"}
    ours = squad.squad_v2(said, golds, nulls, 0.5)
    for name, their_name in names.items():
        assert 100 * ours[name] == pytest.approx(theirs[their_name], abs=1e-9), name
    assert ours["best_em_threshold"] == theirs["best_exact_thresh"]
    assert ours["best_f1_threshold"] == theirs["best_f1_thresh"]


# Worked by hand from the v1.1 rule as the reference notes give it.
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The quick, a brown AN fox", ["quick", "brown", "fox"]),
        ("“a” b", ["“", "”", "b"]),  # curly quotes stay and the article between them becomes a blank
        ("a-b", ["ab"]),  # a mark is deleted, nothing is put in, so no article is left
        ("an_the", ["anthe"]),  # "_" is one of the 32 marks
        ("ΟΔΟΣ", ["οδο\u03c2"]),  # lower(), which knows the final sigma
        ("a\u0301", ["\u0301"]),  # a combining mark is no letter: in NFD the letter alone is an article
        ("\u00e1", ["\u00e1"]),
        ("x\u200by", ["x\u200by"]),  # zero-width space is not white space
        ("中文 字", ["中文", "字"]),
    ],
)
def test_documented_traps(text, tokens):
    assert squad.normalise(text) == tokens


def test_two_texts_without_tokens():
    assert (squad.exact("the", "."), squad.f1("the", ".")) == (1.0, 0.0)
    assert (squad.exact_v2("the", ["."]), squad.f1_v2("the", ["."])) == (1.0, 1.0)


def test_v1_takes_the_best_answer_and_counts_missing_ones():
    golds = {"1": ["cat", "black cat"], "2": ["dog"], "3": ["x"]}
    scores = squad.squad_v1({"1": "the black cat sat", "2": "dog", "9": "?"}, golds)
    assert scores["em"] == pytest.approx(1 / 3)
    assert scores["f1"] == pytest.approx((0.8 + 1 + 0) / 3)  # 2 of 3 tokens right, 2 of 2 found: F1 = 4/5


@pytest.mark.parametrize(
    "call",
    [
        lambda: squad.squad_v1({}, {}),
        lambda: squad.squad_v1({"1": "x"}, {"1": []}),
        lambda: squad.squad_v2({}, {}),
        lambda: squad.squad_v2({}, {"1": ["x"]}),
        lambda: squad.squad_v2({"1": "x"}, {"1": ["x"]}, {}),
    ],
)
def test_what_the_reference_refuses_is_refused(call):
    with pytest.raises(InputError):
        call()


def test_multiset_overlap():
    assert squad.f1("x x y", "x z") == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
