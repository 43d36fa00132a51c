"""Where rows come from: the pocket lab, the Hugging Face Hub, or a folder, each a value that answers the same questions."""

from __future__ import annotations

from pathlib import Path

from adaptstilts.data.sources.folder import FolderSource
from adaptstilts.data.sources.hub import HubSource
from adaptstilts.data.sources.pocket import PocketSource
from adaptstilts.data.sources.source import SPLITS as SPLITS
from adaptstilts.data.sources.source import DataSource as DataSource
from adaptstilts.data.sources.source import facts_for as facts_for
from adaptstilts.errors import DataMissing

_NAMED: dict[str, DataSource] = {str(source): source for source in (PocketSource(), HubSource())}


def source_of(text: str) -> DataSource:
    """`pocket`, `hub`, or the path of a folder; DataMissing if there is no such folder."""
    if text in _NAMED:
        return _NAMED[text]
    path = Path(text).expanduser()
    if not path.is_dir():
        do = "Name `pocket`, `hub`, or a folder of data sets."
        raise DataMissing("there is no such folder", where=text, do=do)
    return FolderSource(path)
