"""An unpacked encoder as the files of a plain BERT folder with XLM-R's tokenizer; their bytes depend on the encoder alone.

They are spelt here rather than by `safetensors` and `tokenizers`, whose spelling may change from release to release: a
backbone's identity is the digest of its files.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adaptstilts.models.architectures.fields import ROBERTA_TOKENS
from adaptstilts.models.packaged.blocks import PackedEncoder

FIRST = ("<s>", "<pad>", "</s>", "<unk>")
"""XLM-R's special tokens by id; `<mask>` is the last of its vocabulary."""

_EMBEDDINGS = {
    "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight", "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias",
}  # fmt: skip
_LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


def write_config(encoder: PackedEncoder, path: Path) -> None:
    """`config.json`: the encoder's sizes in BERT's fields."""
    sizes = encoder.sizes
    config = {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": sizes.width,
        "intermediate_size": sizes.inner,
        "layer_norm_eps": float(f"{encoder.epsilon:.6g}"),
        "max_position_embeddings": sizes.positions,
        "model_type": "bert",
        "num_attention_heads": sizes.heads,
        "num_hidden_layers": sizes.layers,
        "pad_token_id": FIRST.index("<pad>"),
        "type_vocab_size": sizes.types,
        "vocab_size": sizes.vocabulary,
    }
    path.write_text(_spelt(config), encoding="utf-8")


def write_weights(encoder: PackedEncoder, path: Path) -> None:
    """`model.safetensors` in float32: the header's length, the header, the tensors one after another; one in memory at a time."""
    shapes, header, at = encoder.sizes.shapes, dict[str, Any](), 0
    for name, shape in shapes.items():
        size = 4 * encoder.tensors[name].elements
        header[_bert_name(name)] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    spelt = json.dumps({"__metadata__": {"format": "pt"}, **header}, separators=(",", ":")).encode()
    spelt += b" " * (-len(spelt) % 8)  # tensors are aligned to their numbers
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(spelt)) + spelt)
        for name in shapes:
            stream.write(encoder.tensor(name).astype("<f4").data)


def _bert_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return f"embeddings.{_EMBEDDINGS[name]}"
    layer, part, side = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if side == 'w' else 'bias'}"


def write_tokenizer(pieces: Iterable[tuple[str, float]], characters: bytes, folder: Path) -> None:
    """`tokenizer.json` with XLM-R's published rules, and the names of its special tokens.

    `characters` is SentencePiece's table of normalisations (nmt_nfkc), which XLM-R's file carries in base64.
    """
    vocabulary = [[piece, score] for piece, score in pieces]
    for place, token in (*enumerate(FIRST), (len(vocabulary) - 1, "<mask>")):
        vocabulary[place] = [token, 0.0]
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    rules = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(place, token) for place, token in (*enumerate(FIRST), (len(vocabulary) - 1, "<mask>"))],
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(characters).decode()},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, space]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": _template("<s>", "A", "</s>"),
            "pair": _template("<s>", "A", "</s>", "</s>", "B", "</s>"),
            "special_tokens": {
                token: {"id": token, "ids": [FIRST.index(token)], "tokens": [token]} for token in ("</s>", "<s>")
            },
        },
        "decoder": space,
        "model": {"type": "Unigram", "unk_id": FIRST.index("<unk>"), "vocab": vocabulary, "byte_fallback": False},
    }
    (folder / "tokenizer.json").write_text(
        json.dumps(rules, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    mask = {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}
    (folder / "special_tokens_map.json").write_text(_spelt({**ROBERTA_TOKENS, "mask_token": mask}), encoding="utf-8")


def _added(place: int, token: str) -> dict[str, Any]:
    asked = {"single_word": False, "lstrip": token == "<mask>", "rstrip": False, "normalized": False, "special": True}
    return {"id": place, "content": token, **asked}


def _template(*parts: str) -> list[dict[str, Any]]:
    """Special tokens and sequences (A, B) in order, all of one type as in XLM-R."""
    return [{"SpecialToken" if part[0] == "<" else "Sequence": {"id": part, "type_id": 0}} for part in parts]


def _spelt(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
