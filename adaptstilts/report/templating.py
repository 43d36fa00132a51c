"""Templates of pages, and files written whole or not at all."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2

from adaptstilts.data.writing import write_whole
from adaptstilts.experiments.store import writing
from adaptstilts.report.learned import number, percent, said

FOLDER = Path(__file__).with_name("templates")


@lru_cache(maxsize=4)
def template(name: str) -> jinja2.Template:
    """A template by its file's name; everything that is put into it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(percent=percent, number=number, said=said)
    return environment.get_template(name)


def put(path: Path, content: str | bytes) -> Path:
    """Write a file by atomic rename, with its folder, and return its path; EnvironmentProblem if it cannot be written."""
    with writing(path):
        write_whole(path, content)
    return path
