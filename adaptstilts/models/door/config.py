"""A model folder's `config.json`, read as plain data and kept only as far as it is known to be harmless.

`transformers` acts on some fields of a config by importing and running code (CVE-2026-4372
`_attn_implementation_internal`, CVE-2026-5241, `auto_map`), so no config reaches it whole: `read_config` refuses
those fields and rebuilds the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.bounds import JSON_BYTES
from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.models.door.headers import parse, read_text
from adaptstilts.models.size import shape_of

REFUSED = frozenset({
    "auto_map", "_attn_implementation", "_attn_implementation_internal", "attn_implementation", "trust_remote_code",
    "custom_pipelines", "quantization_config", "experts_implementation", "_experts_implementation",
})  # fmt: skip
"""Fields that name code, or change how weights are read."""

ACTIVATIONS = frozenset({"gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "tanh"})


@dataclass(frozen=True)
class Architecture:
    """Names for one known `model_type`: its classes, the encoder's attribute in the flex-head model, special tokens."""

    config: str
    model: str
    encoder: str
    specials: Mapping[str, str]
    positions_after_pad: bool
    """RoBERTa numbers positions from `pad_token_id + 1` on, so that many of them are never used."""


_ROBERTA_TOKENS = {
    "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
    "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
}  # fmt: skip
_BERT_TOKENS = {
    "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]",
}  # fmt: skip

ARCHITECTURES: Mapping[str, Architecture] = {
    "xlm-roberta": Architecture("XLMRobertaConfig", "XLMRobertaAdapterModel", "roberta", _ROBERTA_TOKENS, True),
    "roberta": Architecture("RobertaConfig", "RobertaAdapterModel", "roberta", _ROBERTA_TOKENS, True),
    "bert": Architecture("BertConfig", "BertAdapterModel", "bert", _BERT_TOKENS, False),
}


def _count(value: Any) -> bool:
    return type(value) is int and 0 < value <= 2_000_000


def _token(value: Any) -> bool:
    return value is None or (type(value) is int and 0 <= value < 2_000_000)


def _share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1


NEEDED = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
_SHARES = ("hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "layer_norm_eps")

KNOWN: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys((*NEEDED, "max_position_embeddings", "type_vocab_size"), _count),
    "hidden_act": lambda value: type(value) is str and value in ACTIVATIONS,
    **dict.fromkeys(_SHARES, _share),
    "classifier_dropout": lambda value: value is None or _share(value),
    "position_embedding_type": lambda value: value == "absolute",
    "is_decoder": lambda value: value is False,
    **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), _token),
}
LARGEST = 20_000_000_000
"""Parameters; XLM-R XXL, the largest of its family, has 10.7 billion."""


@dataclass(frozen=True)
class ModelConfig:
    """The known fields of a `config.json`, checked one by one."""

    model_type: str
    fields: Mapping[str, Any]

    @property
    def architecture(self) -> Architecture:
        return ARCHITECTURES[self.model_type]

    @property
    def bytes(self) -> int:
        """The most that one file of such a model's weights may have: those of double its parameters in float32."""
        return 8 * shape_of(self.fields).parameters + (64 << 20)


def read_json(path: Path, most: int = JSON_BYTES) -> dict[str, Any]:
    """The object in a JSON file; DataMissing if there is no file, CorruptArtefact if it is no JSON object.

    Refused for a file of more than `most` bytes, or one that is nested too deep.
    """
    value = parse(read_text(path, most), str(path))
    if not isinstance(value, dict):
        raise CorruptArtefact("JSON, but not an object", where=str(path), do="Fetch or copy the file again.")
    return value


def refuse_code(found: Mapping[str, Any], path: Path) -> None:
    """Raise Refused if any field, at any depth, is one that could make a loader run code."""
    stack: list[Any] = [found]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            bad = sorted(REFUSED & set(value))
            if bad:
                do = "Remove the field if you trust the rest; adaptstilts never runs code that comes with a model."
                raise Refused(f"the field {bad[0]!r} can make a loader run code", where=str(path), do=do)
            stack += value.values()
        elif isinstance(value, list):
            stack += value


def read_config(folder: Path) -> ModelConfig:
    """The known fields of `folder/config.json`.

    Raises Refused for an unknown architecture, a dangerous field or an odd value, DataMissing, CorruptArtefact.
    """
    path = folder / "config.json"
    found = read_json(path)
    refuse_code(found, path)
    model_type = found.get("model_type")
    if not isinstance(model_type, str) or model_type not in ARCHITECTURES:
        do = f"Known architectures: {', '.join(ARCHITECTURES)}."
        raise Refused(f"unknown model_type {model_type!r}", where=str(path), do=do)
    for name in NEEDED:
        if name not in found:
            do = "Use the config.json that came with the model."
            raise Refused(f"the field {name!r} is missing", where=str(path), do=do)
    fields = {name: found[name] for name in KNOWN if name in found}
    for name, value in fields.items():
        if not KNOWN[name](value):
            what = f"the field {name!r} has the value {value!r}, which no encoder here may have"
            raise Refused(what, where=str(path))
    if fields["hidden_size"] % fields["num_attention_heads"]:
        raise Refused("hidden_size is not a multiple of num_attention_heads", where=str(path))
    if (count := shape_of(fields).parameters) > LARGEST:
        raise Refused(f"an encoder of {count:,} parameters is more than any known one", where=str(path))
    return ModelConfig(model_type, fields)
