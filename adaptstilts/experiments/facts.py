"""What a config says of a name: where its rows lie, the task as it is there, the backbone's identity."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from adaptstilts import ids
from adaptstilts.data.identity import identity as data_identity
from adaptstilts.data.where import Where, facts_for
from adaptstilts.errors import DataMissing, InputError
from adaptstilts.models.identity import identity as backbone_identity
from adaptstilts.tasks import TASKS, Task

if TYPE_CHECKING:
    from adaptstilts.experiments.config import Config


def where_of(config: Config) -> Where:
    """Where this config's rows come from."""
    return Where.of(config.data.source)


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
    settings = {"depth": config.evaluation.depth, **config.evaluation.retrieval}
    return dataclasses.replace(task, options={**task.options, **settings})


def _is_there(task: Task, config: Config) -> bool:
    try:
        data_of(task, config, "train", (config.data.intermediate_language,))
    except DataMissing:
        return False
    return True


def text_of(config: Config) -> str:
    """The identity of the running text for masked-language modelling; InputError where there is none."""
    if config.data.text:
        path = Path(config.data.text)
        if not path.is_file():
            raise InputError("there is no such text file", where=config.data.text, do="One sentence a line, UTF-8.")
        return ids.canonical({"text": ids.files_digest([path])})
    if where_of(config).place == "pocket":
        return data_of(TASKS.get("tatoeba"), config, "test", ())
    do = "Name a file with one sentence a line, in as many languages as wanted: --set data.text=FILE."
    raise InputError("masked-language modelling needs running text", where="data.text", do=do)


def languages_of(config: Config) -> str:
    """The digests of the config's language adapters by language, as canonical JSON; empty without any."""
    if not config.language_adapters:
        return ""
    folders = {code: Path(folder).expanduser() for code, folder in config.language_adapters.items()}
    for code, folder in folders.items():
        if not folder.is_dir():
            do = "Name the folder of an adapter that `adapters` saved as safetensors."
            raise InputError(f"there is no language adapter for {code!r}", where=str(folder), do=do)
    return ids.canonical({code: ids.files_digest(sorted(folder.iterdir())) for code, folder in folders.items()})
