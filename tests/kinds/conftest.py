"""Tokenizers and tasks for the tests of kinds: two tiny real fast tokenizers, and XLM-R's where it is at hand."""

from dataclasses import dataclass, field
from typing import Any

import pytest

CORPUS = [
    "the black cat sat on the mat in 1990 and the dog did not like it at all",
    "who sat on the mat and why did the big dog bark at the small black cat",
    "кошка сидела на ковре и не хотела есть рыбу",
    "北京是中国的首都，上海是最大的城市。",
    "a man eats an apple, two women read books; nobody sleeps!",
]


@dataclass(frozen=True)
class Facts:
    """A task's facts, as far as a kind asks."""

    name: str = "task"
    labels: tuple[str, ...] = ()
    metric: str = "accuracy"
    options: dict[str, Any] = field(default_factory=dict)


def _fast(tokenizer, template: dict[str, str], **special):
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    ids = [(token, tokenizer.token_to_id(token)) for token in special.values()]
    tokenizer.post_processor = TemplateProcessing(**template, special_tokens=ids)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def _bpe():
    """As XLM-R's: <s> A </s></s> B </s>, a blank belongs to the word after it."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=180, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _fast(
        tokenizer,
        {"single": "<s> $A </s>", "pair": "<s> $A </s> </s> $B </s>"},
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )


def _word_piece():
    """As BERT's: [CLS] A [SEP] B [SEP], pieces of words, lower case."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=180, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _fast(
        tokenizer,
        {"single": "[CLS] $A [SEP]", "pair": "[CLS] $A [SEP] $B:1 [SEP]:1"},
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
    )


@pytest.fixture(scope="session", params=["bpe", "word pieces", "xlm-r"])
def tokenizer(request):
    """Each tokenizer in turn."""
    return request.getfixturevalue({"bpe": "bpe", "word pieces": "word_pieces", "xlm-r": "xlm_r"}[request.param])


@pytest.fixture(scope="session")
def bpe():
    return _bpe()


@pytest.fixture(scope="session")
def word_pieces():
    return _word_piece()


@pytest.fixture(scope="session")
def xlm_r(hub):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(hub / "models" / "FacebookAI" / "xlm-roberta-large")


@pytest.fixture(scope="session")
def facts():
    """Makes the facts of a task."""
    return Facts
