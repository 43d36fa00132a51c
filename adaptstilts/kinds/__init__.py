"""The six kinds of task, each a stateless value that owns the behaviour of all its tasks."""

from __future__ import annotations

from adaptstilts.errors import UnknownName
from adaptstilts.kinds.choice import Choice
from adaptstilts.kinds.kind import Kind
from adaptstilts.kinds.pair import Pair
from adaptstilts.kinds.retrieval import Retrieval
from adaptstilts.kinds.single import Single
from adaptstilts.kinds.span import SpanExtraction
from adaptstilts.kinds.tagging import Tagging

_ALL: tuple[Kind, ...] = (Single(), Pair(), Choice(), SpanExtraction(), Tagging(), Retrieval())

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """The kind called `name`; UnknownName with the nearest names."""
    if name not in KINDS:
        raise UnknownName("kind", name, KINDS)
    return KINDS[name]
