"""Language adapters below a composition (MAD-X, Pfeiffer et al. 2020): loaded, frozen, one of them active at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from adapters.composition import Stack

from adaptstilts.errors import NotApplicable
from adaptstilts.models.families import family
from adaptstilts.models.parts import add_saved

PREFIX = "language-"
"""What the names of language adapters begin with, so that no task's adapter has such a name."""


def add_languages(model: Any, folders: Mapping[str, Path]) -> dict[str, str]:
    """Load the language adapters, invertible ones included; their digests by language.

    Raises what `add_saved` raises, and NotApplicable for an adapter that is no bottleneck.
    """
    digests = {}
    for code, folder in sorted(folders.items()):
        digests[code] = add_saved(model, PREFIX + code, Path(folder))
        kind = family(model.adapters_config.get(PREFIX + code))
        if kind != "bottleneck":
            what = f"the language adapter for {code!r} is a {kind} adapter"
            raise NotApplicable(what, where=str(folder), do="MAD-X language adapters are bottlenecks.")
    return digests


def below(setup: Any, code: str, known: Iterable[str]) -> Any:
    """A setup of `adapters` with the language's adapter nearest to the backbone; NotApplicable if there is none."""
    if code not in known:
        do = f"Name the folder of one in the config's `language_adapters`, or leave {code} out; there are: "
        what = f"there is no language adapter for {code!r}"
        raise NotApplicable(what, where="language_adapters", do=f"{do}{', '.join(sorted(known)) or 'none'}.")
    if setup is None:
        return Stack(PREFIX + code)
    return Stack(PREFIX + code, *(setup.children if isinstance(setup, Stack) else [setup]))
