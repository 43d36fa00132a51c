"""The names that a composition's members go by: tasks, adapters in a zoo, `hub:user/repo@revision`, folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from adaptstilts.errors import InputError
from adaptstilts.names import HUB

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}")


@dataclass(frozen=True)
class OnHub:
    """A repository of the Hub at a revision: a branch, a tag, or a commit's hash."""

    id: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{HUB}{self.id}@{self.revision}"


def on_hub(text: str) -> OnHub:
    """`user/repo`, `hub:user/repo@revision` and between; InputError for what is no such name."""
    id, at, revision = text.removeprefix(HUB).partition("@")
    bad = ".." in id or ".." in revision or not _ID.fullmatch(id) or (at and not _REVISION.fullmatch(revision))
    if bad:
        do = "Names are user/repo, or user/repo@revision with a branch, a tag or a commit's hash."
        raise InputError(f"{text!r} names no repository of the Hub", do=do)
    return OnHub(id, revision or "main")


def folder_named(name: str) -> Path:
    """The folder; InputError if there is none."""
    path = Path(name).expanduser()
    if not path.is_dir():
        do = "Name a folder with adapter_config.json and adapter.safetensors, or hub:user/repo."
        raise InputError(f"there is no folder {name!r}", where="--tasks", do=do)
    return path
