"""A model folder's `config.json`, read as plain data and kept only as far as it is known to be harmless.

`transformers` acts on some fields of a config by importing and running code (CVE-2026-4372
`_attn_implementation_internal`, CVE-2026-5241, `auto_map`), so no config reaches it whole: `read_config` refuses
those fields and rebuilds the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptstilts.bounds import JSON_BYTES
from adaptstilts.errors import CorruptArtefact, Refused
from adaptstilts.models.architectures import ARCHITECTURES, Architecture
from adaptstilts.models.door.headers import parse, read_text
from adaptstilts.models.size import EncoderShape

REFUSED = frozenset({
    "auto_map", "_attn_implementation", "_attn_implementation_internal", "attn_implementation", "trust_remote_code",
    "custom_pipelines", "quantization_config", "experts_implementation", "_experts_implementation",
})  # fmt: skip
"""Fields that name code, or change how weights are read."""

LARGEST = 20_000_000_000
"""Parameters; XLM-R XXL, the largest of its family, has 10.7 billion."""


@dataclass(frozen=True)
class ModelConfig:
    """The known fields of a `config.json`, checked one by one; whether its head for masked words is `tied` to the embeddings."""

    model_type: str
    fields: Mapping[str, Any]
    tied: bool = True

    @property
    def architecture(self) -> Architecture:
        return ARCHITECTURES.get(self.model_type)

    @property
    def shape(self) -> EncoderShape:
        """How large the encoder is."""
        return self.architecture.shape(self.fields)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that its layers have parts for, as it names them; none for most."""
        return tuple(self.fields.get(self.architecture.languages, ()))

    @property
    def bytes(self) -> int:
        """The most that one file of such a model's weights may have: those of double its parameters in float32."""
        return 8 * self.shape.parameters + (64 << 20)


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
        do = f"Known architectures: {', '.join(ARCHITECTURES.names())}."
        raise Refused(f"unknown model_type {model_type!r}", where=str(path), do=do)
    known = ARCHITECTURES.get(model_type)
    for name in known.needed:
        if name not in found:
            do = "Use the config.json that came with the model."
            raise Refused(f"the field {name!r} is missing", where=str(path), do=do)
    fields = {name: found[name] for name in known.fields if name in found}
    for name, value in fields.items():
        if not known.fields[name](value):
            what = f"the field {name!r} has the value {value!r}, which no encoder here may have"
            raise Refused(what, where=str(path))
    if odd := known.odd(found):
        raise Refused(odd, where=str(path))
    config = ModelConfig(model_type, fields, bool(found.get("tie_word_embeddings", True)))
    if odd := _odd_padding(config):
        raise Refused(odd, where=str(path))
    if (count := config.shape.parameters) > LARGEST:
        raise Refused(f"an encoder of {count:,} parameters is more than any known one", where=str(path))
    return config


def _odd_padding(config: ModelConfig) -> str:
    """Why the id that fills inputs up cannot be used, the default of a config that names none included; "" if it can."""
    known, vocabulary = config.architecture, config.fields["vocab_size"]
    pad = config.fields.get("pad_token_id", known.pad)
    said = "pad_token_id is" if "pad_token_id" in config.fields else "pad_token_id is missing, which means"
    if pad is None:
        return f"{said} null, and positions are counted from it" if known.positions_after_pad else ""
    if pad >= vocabulary:
        return f"{said} {pad}, and the vocabulary ends at {vocabulary - 1}"
    if known.positions_after_pad and pad + 1 >= config.shape.positions:
        return f"{said} {pad}, and positions are counted from it: none are left"
    return ""
