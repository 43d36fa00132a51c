"""What a config says of a name: where its rows lie, the task as it is there, the backbone's identity."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptstilts import ids
from adaptstilts.attacks.text.lexicon import read_lexicon, read_tautologies
from adaptstilts.data.identity import identity as data_identity
from adaptstilts.data.sources import DataSource, facts_for, source_of
from adaptstilts.data.text import text_identity
from adaptstilts.errors import DataMissing, InputError, NotApplicable
from adaptstilts.models.door.identity import identity as backbone_identity
from adaptstilts.tasks import TASKS, Task

if TYPE_CHECKING:
    from adaptstilts.config.load import Config


def where_of(config: Config) -> DataSource:
    """Where this config's rows come from."""
    return source_of(config.data.source)


def backbone_of(config: Config) -> str:
    """The identity of the config's backbone, as canonical JSON."""
    return ids.canonical(backbone_identity(config.backbone))


def data_of(task: Task, config: Config, split: str, languages: tuple[str, ...]) -> str:
    """The identity of the rows of one split, as canonical JSON; DataMissing if a language has none."""
    return ids.canonical(data_identity(task, where_of(config), split, languages))


def task_of(config: Config, name: str) -> Task:
    """The task as it is in this config: its languages and labels where its rows lie, its kind's settings; UnknownName.

    Where the task has no public data, the user has none, and stand-ins are allowed, it is the stand-in that comes back.
    """
    where = where_of(config)
    task = facts_for(TASKS.get(name), where)
    if task.standin and config.data.allow_standin and not _is_there(task, config):
        task = facts_for(TASKS.get(task.standin), where)
    return dataclasses.replace(task, options={**task.options, **options_of(config, task)})


def options_of(config: Config, task: Task) -> dict[str, Any]:
    """What the config sets of the task's kind: where and how retrieval reads the encoder, and compares."""
    if task.kind != "retrieval":
        return {}
    chosen = dataclasses.asdict(config.evaluation.retrieval)
    return {"depth": config.evaluation.depth, **{name: value for name, value in chosen.items() if value is not None}}


def _is_there(task: Task, config: Config) -> bool:
    try:
        data_of(task, config, "train", (config.data.intermediate_language,))
    except DataMissing:
        return False
    return True


def text_of(config: Config) -> str:
    """The identity of the running text for masked-language modelling; InputError where there is none."""
    return text_identity(config.data.text, where_of(config))


def languages_of(config: Config, alone: str = "") -> str:
    """The digests of the config's language adapters by language, as canonical JSON; empty without any.

    `alone` picks the one of a language, which is all that training in it depends on. Raises InputError for a folder that is not there.
    """
    found = {}
    for code, place in config.language_adapters.items():
        folder = Path(place).expanduser()
        if not folder.is_dir():
            do = "Name the folder of an adapter that `adapters` saved as safetensors."
            raise InputError(f"there is no language adapter for {code!r}", where=str(folder), do=do)
        if alone in ("", code):
            found[code] = ids.files_digest(sorted(folder.iterdir()))
    return ids.canonical(found) if found else ""


def check_languages(config: Config, languages: Iterable[str]) -> None:
    """NotApplicable, naming all, for languages without an adapter where the config has language adapters."""
    missing = [code for code in languages if config.language_adapters and code not in config.language_adapters]
    if missing:
        do = "Name a folder for each in the config's `language_adapters`, or leave them out with --langs."
        raise NotApplicable(f"there is no language adapter for {', '.join(missing)}", where="language_adapters", do=do)


def lexicon_of(config: Config, language: str) -> Mapping[str, tuple[str, ...]]:
    """Translations by word: of the user's lexicon (a file, or a folder of `de-en.txt` and the like), or the pocket lab's.

    Empty where there is none for the language. Raises DataMissing and InputError as `read_lexicon`.
    """
    file = _lexicon_file(config, language)
    if file:
        return read_lexicon(file, language)
    return {} if config.data.lexicon else where_of(config).lexicon(language)


def tautology_of(config: Config, language: str) -> str:
    """The clause of the user's table that changes no label; empty without one for the language."""
    if not config.data.tautologies:
        return ""
    return read_tautologies(Path(config.data.tautologies).expanduser()).get(language, "")


def resources_of(config: Config, languages: tuple[str, ...]) -> str:
    """What decides the user's lexicon and table of clauses, as canonical JSON; empty where there are neither."""
    lexicons = {language: file for language in languages if (file := _lexicon_file(config, language))}
    found = {f"lexicon {language}": ids.files_digest([file]) for language, file in lexicons.items()}
    if config.data.tautologies:
        file = Path(config.data.tautologies).expanduser()
        read_tautologies(file)  # says so if it is not there
        found["tautologies"] = ids.files_digest([file])
    return ids.canonical(found) if found else ""


def _lexicon_file(config: Config, language: str) -> Path | None:
    if not config.data.lexicon:
        return None
    path = Path(config.data.lexicon).expanduser()
    if path.is_dir():
        return next(iter(sorted(path.glob(f"{language}-*"))), None)
    if not path.is_file():
        do = "Name a file in MUSE's or PanLex's format, or a folder of files called de-en.txt and the like."
        raise DataMissing("there is no such lexicon", where=str(path), do=do)
    return path
