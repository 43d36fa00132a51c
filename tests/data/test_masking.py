"""Masked text: the published shares, every token where it was, and nothing that depends on more than seed and place."""

import random

import pytest
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from adaptstilts.data.masking import masked_encodings
from adaptstilts.errors import InputError
from adaptstilts.settings import Limits

SPECIALS = {"cls_token": "<s>", "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}
WORDS = [*SPECIALS.values(), *(f"w{i}" for i in range(400))]


def tokenizer(**specials):
    rules = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    rules.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=rules, **{**SPECIALS, **specials})


def texts(count, seed=0):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS[5:], k=rng.randrange(1, 90))) for _ in range(count)]


def test_the_shares_are_those_of_devlin_et_al():
    found = masked_encodings(texts(1500), tokenizer(), Limits(50), seed=1)
    pairs = [(token, target) for e in found for token, target in zip(e.ids, e.target, strict=True) if target != -100]
    tokens = sum(len(e.ids) - 2 for e in found)
    assert len(pairs) / tokens == pytest.approx(0.15, abs=0.01)
    behind_mask = sum(token == 4 for token, _ in pairs) / len(pairs)
    stays = sum(token == target for token, target in pairs) / len(pairs)
    assert behind_mask == pytest.approx(0.8, abs=0.015) and stays == pytest.approx(0.1, abs=0.012)
    drawn = {token for token, target in pairs if token not in (4, target)}
    assert len(drawn) > 300 and min(drawn) >= 5, "random tokens come from the whole vocabulary, without specials"


def test_targets_put_back_give_the_text():
    plain, given = tokenizer(), texts(40)
    for encoding in masked_encodings(given, plain, Limits(2000), seed=3):
        restored = [t if target == -100 else target for t, target in zip(encoding.ids, encoding.target, strict=True)]
        assert restored == plain(f"<s>{given[encoding.row]}</s>")["input_ids"]
        assert encoding.target.count(-100) < len(encoding.target)


def test_long_texts_make_several_inputs_and_empty_ones_none():
    given = ["", " ".join(WORDS[5:105]), "w1"]
    found = masked_encodings(given, tokenizer(), Limits(32), seed=0)
    assert [encoding.row for encoding in found] == [1, 1, 1, 1, 2]
    assert [len(encoding.ids) for encoding in found] == [32, 32, 32, 12, 3]


def test_what_is_hidden_depends_on_seed_and_place_only():
    given = texts(30)
    first, again = (masked_encodings(given, tokenizer(), Limits(64), seed=5) for _ in range(2))
    assert first == again == masked_encodings(given + texts(5, 1), tokenizer(), Limits(64), seed=5)[: len(first)]
    assert first != masked_encodings(given, tokenizer(), Limits(64), seed=6)


def test_no_mask_and_no_text_are_refused():
    with pytest.raises(InputError, match="no mask token"):
        masked_encodings(["w1"], tokenizer(mask_token=None), Limits(), seed=0)
    with pytest.raises(InputError, match="no text"):
        masked_encodings(["", " "], tokenizer(), Limits(), seed=0)
