"""Templates of pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2

from adaptstilts.numerals import number, percent
from adaptstilts.report.text import said

FOLDER = Path(__file__).parent


@lru_cache(maxsize=4)
def template(name: str) -> jinja2.Template:
    """A template by its file's name; everything that is put into it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(percent=percent, number=number, said=said)
    return environment.get_template(name)
