"""The tokenizer of a backbone, out of its files alone: no weights, and no library of models is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from adaptstilts.data.encoding.tokenizer import BareTokenizer
from adaptstilts.data.hub.pins import pinned
from adaptstilts.errors import AdaptstiltsError, DataMissing, Refused
from adaptstilts.models.door.config import ModelConfig, read_config, read_json, refuse_code
from adaptstilts.models.door.folder import cached_folder, local_folder
from adaptstilts.models.door.headers import TOKENIZER_BYTES
from adaptstilts.models.door.tokenizer_rules import check_rules, panics_as_errors
from adaptstilts.settings import BackboneSettings

_SPECIALS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def tokenizer_at_hand(settings: BackboneSettings) -> tuple[BareTokenizer | None, str]:
    """The backbone's tokenizer where its files are here and good; else None, and why. Nothing is fetched or made."""
    try:
        commit = pinned("model", settings.name, settings.revision)
        folder = local_folder(settings.name) or cached_folder(settings.name, commit)
        if folder is None or not folder.is_dir():
            return None, f"the tokenizer of {settings.name} is not here"
        return read_tokenizer(folder, read_config(folder)), ""
    except AdaptstiltsError as error:
        return None, str(error)


def read_tokenizer(folder: Path, config: ModelConfig) -> BareTokenizer:
    """The fast tokenizer in `tokenizer.json`; settings are read for special tokens only."""
    named = dict[str, str]()
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        path = folder / name
        if path.is_file():
            found = read_json(path)
            refuse_code(found, path)
            named |= {key: _content(found[key]) for key in _SPECIALS if _content(found.get(key))}
    specials = {**config.architecture.specials, **named}
    path = folder / "tokenizer.json"
    if not path.is_file():
        do = "A fast tokenizer is needed; convert the slow one once."
        raise DataMissing("no tokenizer.json here", where=str(folder), do=do)
    check_rules(read_json(path, TOKENIZER_BYTES), path)
    with panics_as_errors(path):
        rules = Tokenizer.from_file(str(path))
    for name, other in (
        ("cls_token", "bos_token"),
        ("sep_token", "eos_token"),
    ):  # Gemma's tokenizer may have the latter alone
        if name not in named and other in named and rules.token_to_id(specials[name]) is None:
            specials[name] = named[other]
    for name in ("cls_token", "sep_token", "pad_token"):
        if rules.token_to_id(specials[name]) is None:
            raise Refused(f"the tokenizer has no {name} {specials[name]!r}", where=str(path))
    known = {name: token for name, token in specials.items() if rules.token_to_id(token) is not None}
    added = {token.content for token in rules.get_added_tokens_decoder().values()}
    rules.add_special_tokens([token for token in dict.fromkeys(known.values()) if token not in added])
    try:
        return BareTokenizer(rules, known)
    except Refused as error:
        raise Refused(error.what, where=str(path)) from error


def _content(token: Any) -> str:
    """A special token as text, whether the file holds the text or an object around it."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else ""
