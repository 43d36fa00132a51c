"""Tokenizers of every architecture's kind, made with the `tokenizers` library: ids, pairs and offsets are those of `transformers`.

DeBERTa v3's as `transformers` converts it (Unigram behind SentencePiece's table, blanks as `▁`), Gemma's as mmBERT has it (byte-pair
encoding of `▁` with bytes for what is unknown), ModernBERT's and RoBERTa's (byte-pair encoding of bytes), and word pieces.
"""

import json
import unicodedata

import pytest
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.errors import Refused
from adaptstilts.kinds import kind_of
from adaptstilts.kinds.kind import Limits
from adaptstilts.models.door.config import ModelConfig
from adaptstilts.models.door.tokenizer import read_tokenizer
from adaptstilts.models.packaged.backbones import PACKAGED
from adaptstilts.rows import Answer, ClassificationRow, SpanRow, TaggingRow
from adaptstilts.tasks import TASKS

TEXTS = [
    "The river Main flows through Frankfurt.", "Der Fluß fließt durch Köln, nicht wahr?", "狗在睡觉。", "  two  blanks ",
    "naïve café, u\u0308ber", "नमस्ते दुनिया", "a😀b", "mid-word don't", "",
]  # fmt: skip
BRACKETED = {
    "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]",
}  # fmt: skip
WORDS = [
    *TEXTS,
    "river",
    "the quick brown fox jumps over the lazy dog",
    "Wasser und Brot",
    "Tiếng Việt rất đẹp",
    "한국어",
] * 3


def spoken(folder):
    """A unigram model that SentencePiece itself trained, with DeBERTa's special tokens where mDeBERTa has them."""
    (folder / "text.txt").write_text("\n".join(filter(None, WORDS)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"), model_prefix=str(folder / "spm"), vocab_size=150, model_type="unigram", pad_id=0, bos_id=1,
        eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]", hard_vocab_limit=False,
        character_coverage=1.0, normalization_rule_name="nmt_nfkc", minloglevel=2,
    )  # fmt: skip
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))


def deberta(folder):
    """SentencePiece's model as `transformers`' DebertaV2Converter spells it: blanks stripped, the table of characters, blanks as one."""
    model = spoken(folder)
    table = PACKAGED["e5-small"].characters
    made = Tokenizer(models.Unigram([(model.id_to_piece(i), model.get_score(i)) for i in range(len(model))], unk_id=3))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Strip(),
            normalizers.Precompiled(table.read(table.find())),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.add_special_tokens(
        [AddedToken(token, special=True) for token in ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")]
    )
    return made, BRACKETED


def gemma(folder):
    """Byte-pair encoding with bytes for unknown letters; only bos and eos are named, as in Gemma's own files."""
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{number:02X}>" for number in range(256))]
    made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.train_from_iterator(
        WORDS, trainers.BpeTrainer(vocab_size=400, special_tokens=specials, limit_alphabet=40, show_progress=False)
    )
    told = json.loads(made.to_str())
    told["added_tokens"] = [token for token in told["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(told)), {
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }


def byte_level(folder):
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    made.train_from_iterator(WORDS, trainer)
    return made, BRACKETED


def word_piece(folder):
    """Multilingual BERT's and DistilBERT's: cased, letters as they are."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(
        WORDS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=specials, show_progress=False)
    )
    return made, BRACKETED


KINDS = {
    "deberta-v2": deberta,
    "modernbert-gemma": gemma,
    "modernbert": byte_level,
    "distilbert": word_piece,
    "electra": word_piece,
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    """A kind's name, what the door makes of its files, and the wrapper around the same file."""
    folder = tmp_path_factory.mktemp(request.param)
    rules, named = KINDS[request.param](folder)
    first, last = named.get("cls_token") or named["bos_token"], named.get("sep_token") or named["eos_token"]
    rules.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(token, rules.token_to_id(token)) for token in (first, last)],
    )
    rules.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    config = ModelConfig(request.param.removesuffix("-gemma"), {})
    return (
        request.param,
        read_tokenizer(folder, config),
        PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **named),
    )


def test_ids_of_deberta_are_those_of_sentencepiece(tmp_path):
    """Decomposed letters included, of which the fast tokenizer as published makes unknown pieces."""
    rules, named = deberta(tmp_path)
    rules.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(named))
    ours, theirs = read_tokenizer(tmp_path, ModelConfig("deberta-v2", {})), spoken(tmp_path)
    for text in (*TEXTS, "cafe\u0301", "\u3000 wide \u00a0blank", " ﬁne"):
        assert ours([text], add_special_tokens=False)["input_ids"] == [theirs.encode(text)], text
    told = [unicodedata.normalize("NFD", text) for text in ("über", "Tiếng Việt rất đẹp", "한국어")]
    assert [ours([text], add_special_tokens=False)["input_ids"][0] for text in told] == [
        theirs.encode(text) for text in told
    ]
    published = [rules.encode(text, add_special_tokens=False).ids for text in told]
    assert published != [theirs.encode(text) for text in told], "the fast tokenizer as published is mended"


def test_ids_are_those_of_the_wrapper(kind):
    """But where SentencePiece's table is there: decomposed letters are composed first, as SentencePiece does."""
    name, ours, theirs = kind
    told = [text for text in TEXTS if name != "deberta-v2" or "\u0308" not in text]
    assert ours(told)["input_ids"] == theirs(told)["input_ids"]
    others = list(reversed(told))
    assert ours(told, others)["input_ids"] == theirs(told, others)["input_ids"]
    assert ours(told, add_special_tokens=False)["input_ids"] == theirs(told, add_special_tokens=False)["input_ids"]
    if name == "deberta-v2":
        composed, decomposed = ours(["über", "u\u0308ber"])["input_ids"]
        assert composed == decomposed


def test_offsets_are_those_of_the_text_as_it_is(kind):
    name, ours, theirs = kind
    for text in TEXTS:
        found = ours([text], add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"][0]
        assert all(0 <= start <= end <= len(text) for start, end in found) and found == sorted(found)
        if "\u0308" not in text:
            assert (
                found == theirs([text], add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"][0]
            ), name


def test_special_tokens_are_known_by_their_names(kind):
    name, ours, theirs = kind
    known = {"cls": "<bos>", "sep": "<eos>"} if name.endswith("gemma") else {"cls": "[CLS]", "sep": "[SEP]"}
    for part, token in known.items():
        assert getattr(ours, f"{part}_token_id") == theirs.convert_tokens_to_ids(token)
    assert ours.pad_token_id == theirs.pad_token_id and len(ours) == len(theirs)


def test_kinds_encode_with_it(kind):
    """Pairs, tags and spans: segments where they should be, one tag a word, answers that read back."""
    _, ours, theirs = kind
    limits = Limits(max_length=40, stride=4)
    pair = ClassificationRow("1", "en", "1", "The river Main flows.", "Frankfurt lies there.", 0)
    (encoding,) = kind_of("pair").encode([pair], TASKS.get("pawsx"), ours, limits)
    assert list(encoding.ids) == theirs(pair.first, pair.second)["input_ids"]
    words = ("Frankfurt", "am", "Main", "naïve", "狗")
    tagged = TaggingRow("1", "en", "1", words, (0, 1, 2, 3, 4))
    (encoding,) = kind_of("tagging").encode([tagged], TASKS.get("udpos"), ours, limits)
    assert [tag for tag in encoding.target if tag != -100] == [0, 1, 2, 3, 4]
    context = "Der Main fließt durch Frankfurt und in den Rhein."
    span = SpanRow("1", "de", "1", context, "Wo?", (Answer("Frankfurt", context.index("Frankfurt")),))
    encodings = kind_of("span").encode([span], TASKS.get("xquad"), ours, Limits(max_length=128, stride=4))
    (encoding,) = encodings
    start, end = encoding.target
    offsets = ours([context], add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"][0]
    position = len(encoding.ids) - 1 - len(offsets)
    read = context[offsets[start - position][0] : offsets[end - position][1]]
    assert read.strip() == "Frankfurt"


def test_a_tokenizer_without_a_beginning_is_refused(tmp_path):
    rules, _ = word_piece(tmp_path)
    rules.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"cls_token": "[nowhere]"}))
    with pytest.raises(Refused, match="no cls_token"):
        read_tokenizer(tmp_path, ModelConfig("distilbert", {}))
    assert BareTokenizer(rules, {}).mask_token is None
