"""The pocket tokenizer: byte-pair encoding over the words of all languages, with every letter that noise may make."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts.ids import rng_for
from adaptstilts.pocket.corpus import short
from adaptstilts.pocket.grammar import PUNCTUATION, grammar
from adaptstilts.pocket.languages import languages
from adaptstilts.pocket.world import World

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Tokenizer

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
VOCABULARY = 4800
POSITIONS = 256
BLANK = "\u2581"
_BLOCKS = (
    (0xA1, 0x17F),
    (0x400, 0x45F),
    (0x621, 0x652),
    (0x660, 0x669),
    (0x6A4, 0x6AF),
    (0x900, 0x97F),
    (0x10D0, 0x10FA),
)


def alphabet() -> list[str]:
    """Every character that a language, a digit, a mark or an attack's noise can bring in, as the normaliser leaves it."""
    import unicodedata

    letters = set(string.printable.strip()) | set("،؛؟پچڤگ।॥。，？、！…«»“”‘’–—€" + BLANK)
    for low, high in _BLOCKS:
        letters.update(chr(code) for code in range(low, high + 1))
    for language in languages().values():
        letters.update("".join(grammar(language.code).words.values()))
        letters.update("".join((*language.affixes.values(), *language.marks.values(), language.plural)))
        letters.update((*language.syllables, *language.letters.values()) if not language.spaced else ())
    kept = {c for letter in letters for c in unicodedata.normalize("NFKC", letter) if not c.isspace()}
    return sorted(c for c in kept if unicodedata.category(c) != "Cn")


def train(sentences: int = 3000) -> Tokenizer:
    """Learn the merges within words (never across them, so that text without spaces falls into words too)."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=alphabet(),
        max_token_length=12,
        show_progress=False,
    )
    made.train_from_iterator(_units(sentences), trainer)
    blanks = normalizers.Replace(Regex(r"\s+"), " ")
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), blanks])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return made


def _units(sentences: int) -> list[str]:
    lines = []
    for code, language in languages().items():
        by, blank = grammar(code), BLANK if language.spaced else ""
        lines.append(" ".join(blank + word.replace(" ", f" {blank}") for word in by.words.values()))
        for i in range(sentences):
            world = World("ab"[i % 2], rng_for("pocket tokenizer", i))
            pieces = by.sentence(short(world))
            lines.append(" ".join(p.text if p.concept in PUNCTUATION else blank + p.text for p in pieces))
    return lines


def write(tokenizer: Tokenizer, folder: Path) -> None:
    """The tokenizer's three files, as AutoTokenizer reads them."""
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    names.update({"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"})
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": POSITIONS,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        **names,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
