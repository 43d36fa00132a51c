"""Reading a data set of the Hugging Face Hub: the files of one configuration and split, at one commit.

Files are read as they lie in the repository, not through `datasets.load_dataset`: without a network that gives whatever
commit it cached last, whichever was asked for, and it calls a second host for each data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adaptstilts.data.files.records import Records, read_files
from adaptstilts.data.hub.layout import README, data_files, label_names
from adaptstilts.data.hub.snapshot import Snapshot, snapshot
from adaptstilts.errors import DataMissing
from adaptstilts.tasks import Source


def read_hub(source: Source, expected: Sequence[str] = ()) -> Records:
    """The records of one source, from the Hub or its cache. `expected` are column names that tell a TSV's header.

    Raises DataMissing if the Hub has no such data set, revision, configuration or split; EnvironmentProblem if it refuses
    access or does not answer, naming the file.
    """
    found = snapshot("dataset", source.id, source.revision)
    readme = found.text(README)
    where = f"{README} of {found}"
    paths = data_files(found.paths, readme, source, where)
    if not paths:
        raise _absent(source, found)
    records = read_files([found.fetch(path) for path in paths], expected)
    return replace(records, names={**label_names(readme, source.config, where), **records.names})


def spelt(source: Source) -> str:
    """How a source is named in messages."""
    return f"{source.id}/{source.config}/{source.split}@{source.revision}"


def _absent(source: Source, found: Snapshot) -> DataMissing:
    scripts = [path for path in found.paths if path.endswith(".py") and "/" not in path]
    advice = "See the data set's page for the configurations and splits it has."
    if scripts:
        advice = f"It is loaded by a script ({scripts[0]}), which is never run; try the revision refs/convert/parquet."
    return DataMissing("the repository has no data files for this", where=spelt(source), do=advice)
